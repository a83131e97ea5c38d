/** Endpoints as rows, and the patterns by which events find them. */
import { DeliverySchedule, Id, WebhookEndpoint } from "@payment-orchestrator/domain"
import type { EndpointStore } from "@payment-orchestrator/payments"
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

type Sql = SqlClient.SqlClient

const EndpointRow = Schema.Struct({
  id: Id.EndpointId,
  tenant_id: Schema.String,
  url: Schema.String,
  events: Schema.fromJsonString(Schema.Array(Schema.String)),
  description: Schema.NullOr(Schema.String),
  status: WebhookEndpoint.EndpointStatus,
  disabled_reason: Schema.NullOr(WebhookEndpoint.DisabledReason),
  secret: Schema.String,
  old_secret: Schema.NullOr(Schema.String),
  old_secret_until: Schema.Int,
  failing_since: Schema.NullOr(Schema.Int),
  alerted: Schema.Int,
  paused_until: Schema.Int,
  releasing: Schema.Literals([0, 1]),
  livemode: Schema.Literals([0, 1]),
  created_at: Schema.Int,
})
export type EndpointRow = typeof EndpointRow.Type

/** Out of the rows of a `select *`. */
export const decode = Schema.decodeUnknownEffect(Schema.Array(EndpointRow))

export const endpointOf = (row: EndpointRow): EndpointStore.Endpoint => ({
  id: row.id,
  url: row.url,
  events: row.events,
  description: row.description,
  status: row.status,
  disabledReason: row.disabled_reason,
  failingSince: row.failing_since,
  tenantId: row.tenant_id,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
})

export const healthOf = (row: EndpointRow): DeliverySchedule.Health => ({
  failingSince: Option.fromNullOr(row.failing_since),
  alerted: row.alerted,
  pausedUntil: row.paused_until === 0 ? Option.none() : Option.some(row.paused_until),
})

/** The columns of a health. */
export const health = ({ alerted, failingSince, pausedUntil }: DeliverySchedule.Health) => ({
  failing_since: Option.getOrNull(failingSince),
  alerted,
  paused_until: Option.getOrElse(pausedUntil, () => 0),
})

/** The columns of an endpoint about which nothing bad is known. */
export const fresh = health(DeliverySchedule.healthy)

/** One that was not deleted, of a tenant or (undefined) anybody's; held to the end of the transaction. */
export const hold = (sql: Sql, { id, tenantId }: EndpointStore.Which) =>
  sql`
    select * from endpoints where ${sql.and([
      sql`id = ${id}`,
      sql`status <> 'deleted'`,
      ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
    ])} ${Dialect.forUpdate(sql)}`.pipe(Effect.flatMap(decode), Effect.map(Array.head))

/** Whoever tells an event from now on finds it by these. */
export const setPatterns = Effect.fnUntraced(function* (
  sql: Sql,
  id: Id.EndpointId,
  tenantId: string,
  patterns: ReadonlyArray<string>,
) {
  yield* sql`delete from endpoint_patterns where endpoint_id = ${id}`
  const rows = Array.dedupe(patterns).map((pattern) => ({ tenant_id: tenantId, pattern, endpoint_id: id }))
  if (Array.isArrayNonEmpty(rows)) yield* sql`insert into endpoint_patterns ${sql.insert(rows)}`
})
