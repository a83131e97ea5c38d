/** Every statement about events, endpoints and deliveries, with every filter. */
import { Event, Id } from "@payment-orchestrator/domain"
import { DeliveryStore, EndpointStore, EventLog } from "@payment-orchestrator/payments"
import { Retention } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import * as Merchants from "./Merchants.ts"

const pages = <A>(before: A) => [{}, { createdAfter: 1, createdBefore: 2, before }]
const tenants = [undefined, "default"]

const lists = Effect.gen(function* () {
  const deliveries = yield* DeliveryStore.DeliveryStore
  const endpoints = yield* EndpointStore.EndpointStore
  const events = yield* EventLog.EventLog
  const endpointId = yield* Id.makeEndpointId
  const eventId = yield* Id.makeEventId
  const type: Event.EventType = "checkout.paid"
  for (const tenantId of tenants) {
    for (const page of pages(endpointId)) yield* endpoints.list({ tenantId, limit: 20, ...page })
    for (const page of pages(eventId)) {
      for (const filter of [{}, { type }, { objectId: "o" }]) {
        yield* events.list({ tenantId, limit: 20, ...filter, ...page })
      }
    }
    for (const page of pages(yield* Id.makeDeliveryId)) {
      for (const filter of [{}, { endpointId }, { eventId }]) {
        for (const status of [undefined, "failed", "succeeded"] as const) {
          yield* deliveries.list({ tenantId, status, limit: 20, ...filter, ...page })
        }
      }
    }
  }
})

export const everything = Effect.gen(function* () {
  const deliveries = yield* DeliveryStore.DeliveryStore
  const endpoints = yield* EndpointStore.EndpointStore
  const events = yield* EventLog.EventLog
  const { endpoint } = yield* Merchants.endpoint("https://shop.example/")
  const which = { id: endpoint.id, tenantId: "default" }
  const lane = { endpointId: endpoint.id, holder: "x" }
  yield* Merchants.tell("paypal", "one")
  yield* Merchants.tell("paypal", "two")
  const [event] = yield* events.list({ limit: 1 })
  const eventId = event?.id ?? (yield* Id.makeEventId)
  yield* deliveries.ready
  yield* deliveries.enter(lane, 1_000)
  const load = Option.getOrThrow(yield* deliveries.load(lane, 10))
  const tried = load.due.map(({ id }) => ({ id, endpointId: endpoint.id, startedAt: 0, durationMs: 1 }))
  const failure = {
    result: { _tag: "Failed", status: Option.none(), retryAfter: Option.none() },
    status: null,
  } as const
  yield* deliveries.record(tried.map((one) => ({ ...one, ...failure, error: "dns" })))
  yield* deliveries.record(tried.map((one) => ({ ...one, result: { _tag: "Succeeded" }, status: 200, error: null })))
  yield* deliveries.release(endpoint.id)
  yield* deliveries.leave(lane)
  yield* deliveries.redeliver(eventId, undefined, undefined)
  yield* deliveries.redeliver(eventId, undefined, endpoint.id)
  yield* deliveries.redeliverFailed(endpoint.id, 0)
  yield* deliveries.test(endpoint.id)
  yield* events.find(eventId)
  yield* events.read([eventId])
  yield* events.recent(0)
  for (const tenantId of tenants) yield* events.after({ at: 0, id: "" }, 10, tenantId)
  yield* endpoints.find(which)
  yield* endpoints.rotate(which)
  yield* endpoints.change(which, { status: "disabled", events: ["*"] })
  yield* deliveries.settle
  yield* endpoints.remove(which)
  yield* deliveries.settle
  yield* lists
  yield* Retention.sweepDeliveries
})
