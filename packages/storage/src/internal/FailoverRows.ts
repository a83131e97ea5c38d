/** The failover log as rows. */
import { Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import type { OrchestratorLog } from "@payment-orchestrator/core"
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Keyset from "./Keyset.ts"
import * as Sent from "./Sent.ts"

const FailoverRow = Schema.Struct({
  id: Id.FailoverId,
  at: Timestamp.Millis,
  checkoutId: Id.CheckoutId,
  tenantId: Schema.String,
  from: ProviderName.ProviderName,
  to: ProviderName.ProviderName,
  reason: Schema.String,
  message: Schema.String,
  requestId: Schema.NullOr(Schema.String),
}).pipe(
  Schema.encodeKeys({
    checkoutId: "checkout_id",
    tenantId: "tenant_id",
    from: "from_provider",
    to: "to_provider",
    requestId: "request_id",
  }),
)

const decode = Schema.decodeUnknownEffect(Schema.Array(FailoverRow))
const encode = Schema.encodeEffect(FailoverRow)

/** Sends them, and answers what waits for how many were not there yet. */
export const insert = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  failovers: ReadonlyArray<OrchestratorLog.Failover>,
) {
  const [first, ...others] = yield* Effect.forEach(failovers, (failover) => encode(failover))
  if (first === undefined) return Effect.succeed(0)
  const inserted = yield* Sent.send(
    sql,
    sql`insert into failovers ${sql.insert([first, ...others])} on conflict (id) do nothing returning id`,
  )
  return Effect.map(inserted, ({ length }) => length)
})

/** Newest first. */
export const page = (
  sql: SqlClient.SqlClient,
  { tenantId, ...page }: Keyset.Page & { readonly tenantId?: string | undefined },
) =>
  Effect.flatMap(
    sql`
      select id, at, checkout_id, tenant_id, from_provider, to_provider, reason, message, request_id
      from failovers ${Keyset.page(sql, { name: "failovers", time: "at" }, page, {
        tenant_id: tenantId,
      })}`,
    decode,
  )
