/** Deliveries as rows. */
import { Delivery, DeliverySchedule, Event, Id } from "@payment-orchestrator/domain"
import type { DeliveryStore } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Sent from "./Sent.ts"

type Sql = SqlClient.SqlClient

const progress = (now: number) => {
  const { retryAt, step } = DeliverySchedule.begin(now)
  return { step, retry_at: retryAt, due_at: retryAt }
}

/** One delivery of an event that is there for each endpoint, due at once. What is there already stays as it is. */
export const insert = Effect.fnUntraced(function* (
  sql: Sql,
  eventId: Id.EventId,
  endpoints: ReadonlyArray<Id.EndpointId>,
  now: number,
) {
  const { due_at, retry_at, step } = progress(now)
  const rows = yield* Effect.forEach(endpoints, (endpointId) =>
    Effect.map(
      Id.makeDeliveryId,
      (id) => sql`select cast(${id} as text) as id, cast(${endpointId} as text) as endpoint_id`,
    ),
  )
  if (rows.length === 0) return
  yield* Sent.send(
    sql,
    sql`
      insert into deliveries (
        id, endpoint_id, event_id, event_type, object_id, sequence, tenant_id, livemode, status, tries, step, retry_at,
        due_at, created_at)
      select d.id, d.endpoint_id, e.id, e.type, e.object_id, e.sequence, e.tenant_id, e.livemode, 'pending', 0,
        cast(${step} as integer), cast(${retry_at} as bigint), cast(${due_at} as bigint), cast(${now} as bigint)
      from events e cross join (${sql.join(" union all ", false)(rows)}) d
      where e.id = ${eventId}
      on conflict (event_id, endpoint_id) do nothing`,
  )
})

/** From the beginning again, whatever came of it before. */
export const again = (sql: Sql, now: number) => sql`status = 'pending', ${sql.update(progress(now))}`

const DeliveryRow = Schema.Struct({
  id: Id.DeliveryId,
  endpoint_id: Id.EndpointId,
  event_id: Id.EventId,
  event_type: Event.EventType,
  object_id: Schema.String,
  sequence: Schema.Int,
  tenant_id: Schema.String,
  livemode: Schema.Literals([0, 1]),
  status: Delivery.DeliveryStatus,
  tries: Schema.Int,
  due_at: Schema.NullOr(Schema.Int),
  last_try_at: Schema.NullOr(Schema.Int),
  last_status: Schema.NullOr(Schema.Int),
  last_error: Schema.NullOr(Schema.String),
  last_duration_ms: Schema.NullOr(Schema.Int),
  created_at: Schema.Int,
})

const decode = Schema.decodeUnknownEffect(Schema.Array(DeliveryRow))

const deliveryOf = (row: typeof DeliveryRow.Type): DeliveryStore.Delivery => ({
  id: row.id,
  endpointId: row.endpoint_id,
  eventId: row.event_id,
  eventType: row.event_type,
  objectId: row.object_id,
  sequence: row.sequence,
  status: row.status,
  tries: row.tries,
  nextTryAt: row.due_at,
  lastTryAt: row.last_try_at,
  lastStatus: row.last_status,
  lastError: row.last_error,
  lastDurationMs: row.last_duration_ms,
  tenantId: row.tenant_id,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
})

/** Deliveries out of the rows of a `select *`. */
export const read = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), (all) => all.map(deliveryOf))
