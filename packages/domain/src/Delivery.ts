/** The sending of one event to one endpoint. */
import { Schema } from "effect"
import { EventType } from "./Event.ts"
import { DeliveryId, EndpointId, EventId } from "./Id.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * `pending`: still to be sent. `failed`: given up, or its endpoint was disabled; it waits to be redelivered. `canceled`:
 * its endpoint was deleted.
 */
export const DeliveryStatus = Schema.Literals(["pending", "succeeded", "failed", "canceled"]).annotate({
  identifier: "DeliveryStatus",
})
export type DeliveryStatus = typeof DeliveryStatus.Type

const Wire = Schema.Struct({
  id: DeliveryId,
  endpointId: EndpointId,
  eventId: EventId,
  eventType: EventType,
  objectId: Schema.String,
  sequence: Schema.Int,
  status: DeliveryStatus,
  /** How often it was sent. */
  tries: Schema.Int,
  /** When it will be sent again. */
  nextTryAt: Schema.NullOr(Timestamp),
  lastTryAt: Schema.NullOr(Timestamp),
  /** The HTTP status of the last answer; null when there was none. */
  lastStatus: Schema.NullOr(Schema.Int),
  /** Why the last try did not succeed, e.g. `http_500`, `timeout`, `address_refused`. */
  lastError: Schema.NullOr(Schema.String),
  lastDurationMs: Schema.NullOr(Schema.Int),
  tenantId: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
})

export const Delivery = Schema.toType(Wire)
export type Delivery = typeof Delivery.Type

/** A delivery as the HTTP contract writes it. */
export const DeliveryJson = Wire.pipe(
  Schema.encodeKeys({
    endpointId: "endpoint_id",
    eventId: "event_id",
    eventType: "event_type",
    objectId: "object_id",
    nextTryAt: "next_try_at",
    lastTryAt: "last_try_at",
    lastStatus: "last_status",
    lastError: "last_error",
    lastDurationMs: "last_duration_ms",
    tenantId: "tenant_id",
    createdAt: "created_at",
  }),
).annotate({ identifier: "Delivery" })
