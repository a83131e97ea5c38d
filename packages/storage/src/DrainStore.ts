/** `DrainStore` on SQL. The audit log keeps what is over. */
import { ProviderName, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { DrainStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Leases from "./internal/Leases.ts"

type Sql = SqlClient.SqlClient

const DrainRow = Schema.Struct({
  provider: ProviderName.ProviderName,
  reason: Schema.String,
  actor: Schema.String,
  drained_at: Timestamp.Millis,
  expires_at: Schema.NullOr(Timestamp.Millis),
})
const decode = Schema.decodeUnknownEffect(Schema.Array(DrainRow))

const read = (sql: Sql) =>
  sql`select * from drains order by provider`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) =>
      rows.map(({ drained_at, expires_at, ...rest }): DrainStore.Drain => ({
        ...rest,
        drainedAt: drained_at,
        expiresAt: Option.fromNullOr(expires_at),
      })),
    ),
  )

/** One at a time, whoever asks. */
const inTurn = (sql: Sql) => Leases.queue(sql, "drains")

const audit = (sql: Sql, action: "provider.drain" | "provider.restore", target: string, reason: string) =>
  AuditRows.insert(sql, { action, target, reason: Option.some(reason), tenantId: Option.none() })

const drain = Effect.fnUntraced(function* (
  sql: Sql,
  { actor, drainedAt, expiresAt, provider, reason }: DrainStore.Drain,
  others: Option.Option<ReadonlyArray<ProviderName.ProviderName>>,
) {
  yield* inTurn(sql)
  const standing = (yield* read(sql)).filter((drain) => DrainStore.isStanding(drain, drainedAt))
  const drained = new Set(standing.map((drain) => drain.provider))
  if (Option.exists(others, (names) => names.every((name) => name === provider || drained.has(name)))) return false
  const row = { reason, actor, drained_at: drainedAt, expires_at: Option.getOrNull(expiresAt) }
  yield* sql`
    insert into drains ${sql.insert({ provider, ...row })}
    on conflict (provider) do update set reason = excluded.reason, actor = excluded.actor,
      drained_at = excluded.drained_at, expires_at = excluded.expires_at`
  yield* audit(sql, "provider.drain", provider, reason)
  return true
})

const restore = Effect.fnUntraced(function* (sql: Sql, provider: ProviderName.ProviderName, reason: string) {
  yield* inTurn(sql)
  const ended = yield* sql`delete from drains where provider = ${provider} returning provider`
  if (ended.length > 0) yield* audit(sql, "provider.restore", provider, reason)
  return ended.length > 0
})

export const layer: Layer.Layer<DrainStore.DrainStore, never, SqlClient.SqlClient> = Layer.effect(
  DrainStore.DrainStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    DrainStore.DrainStore.of({
      all: Failure.storing("read the drains")(read(sql)),
      drain: (wanted, others) =>
        Tracing.span("DrainStore.drain")(Failure.transaction(sql, "drain a provider")(drain(sql, wanted, others))),
      restore: (provider, reason) =>
        Tracing.span("DrainStore.restore")(
          Failure.transaction(sql, "restore a provider")(restore(sql, provider, reason)),
        ),
    }),
  ),
)
