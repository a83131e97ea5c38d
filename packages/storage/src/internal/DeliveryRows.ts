/** Deliveries as rows. */
import { Delivery, DeliverySchedule, Event, Id } from "@payment-orchestrator/domain"
import type { DeliveryStore, EventLog } from "@payment-orchestrator/payments"
import { Array, Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Sent from "./Sent.ts"

type Sql = SqlClient.SqlClient

/** What a delivery has from its event. */
export interface Of {
  readonly id: Id.EventId
  readonly type: Event.EventType
  readonly object_id: string
  readonly sequence: number
  readonly tenant_id: string
  readonly livemode: 0 | 1
}

/** Of an event that was told before. */
export const of = (event: EventLog.StoredEvent): Of => ({
  id: event.id,
  type: event.type,
  object_id: event.objectId,
  sequence: event.sequence,
  tenant_id: event.tenantId,
  livemode: event.livemode ? 1 : 0,
})

const progress = (now: number) => {
  const { retryAt, step } = DeliverySchedule.begin(now)
  return { step, retry_at: retryAt, due_at: retryAt }
}

/** One delivery for each endpoint, due at once. What is there already stays as it is. */
export const insert = Effect.fnUntraced(function* (
  sql: Sql,
  { id, object_id, sequence, tenant_id, livemode, type }: Of,
  endpoints: ReadonlyArray<Id.EndpointId>,
  now: number,
) {
  const rows = yield* Effect.forEach(endpoints, (endpoint_id) =>
    Effect.map(Id.makeDeliveryId, (deliveryId) => ({
      id: deliveryId,
      endpoint_id,
      event_id: id,
      event_type: type,
      object_id,
      sequence,
      tenant_id,
      livemode,
      status: "pending",
      tries: 0,
      ...progress(now),
      created_at: now,
    })),
  )
  if (!Array.isArrayNonEmpty(rows)) return
  yield* Sent.send(sql, sql`insert into deliveries ${sql.insert(rows)} on conflict (event_id, endpoint_id) do nothing`)
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
