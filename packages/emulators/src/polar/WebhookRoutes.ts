/**
 * Polar's API over webhook endpoints and their deliveries, for set-up checks and catch-up.
 */
import { Effect, Result } from "effect"
import * as Answer from "../Answer.ts"
import type * as Emulator from "../Emulator.ts"
import type { Delivery } from "../WebhookSender.ts"
import * as Gate from "./Gate.ts"
import * as Input from "./Input.ts"
import * as Listing from "./Listing.ts"
import { byId } from "./Routes.ts"
import type { Endpoint, Event, Webhooks } from "./Webhooks.ts"
import { iso } from "./View.ts"
import type { World } from "./World.ts"

/** `WebhookEndpoint`. */
const endpointView = (organizationId: string, value: Endpoint) => ({
  id: value.id,
  created_at: iso(value.created_at),
  modified_at: null,
  url: value.url,
  name: null,
  api_version: "2026-10",
  format: "raw",
  secret: value.secret,
  organization_id: organizationId,
  events: value.events ?? [],
  enabled: value.enabled,
  uses_standard_webhook_signature: value.signing === "standard",
})

/** Whether a delivery counts as one that worked; undefined while its first attempt is under way. */
const succeeded = (delivery: Delivery): boolean | undefined => {
  if (delivery.state === "delivered") return true
  if (delivery.state !== "waiting") return false
  return delivery.attempts > 1 || delivery.lastStatus !== null ? false : undefined
}

const eventView = (value: Event, deliveries: ReadonlyArray<Delivery>) => {
  const own = deliveries.filter((delivery) => delivery.eventId === value.id)
  return {
    id: value.id,
    created_at: iso(value.created_at),
    modified_at: null,
    last_http_code: own.at(-1)?.lastStatus ?? null,
    succeeded: own.some((delivery) => delivery.state === "delivered")
      ? true
      : own.some((delivery) => delivery.state === "failed" || delivery.state === "dropped")
        ? false
        : null,
    skipped: false,
    api_version: "2026-10",
    payload: value.payload,
    type: value.type,
    is_archived: false,
  }
}

interface Attempted {
  readonly delivery: Delivery
  readonly event: Event
  readonly succeeded: boolean
}

const attempted = (webhooks: Webhooks, deliveries: ReadonlyArray<Delivery>): ReadonlyArray<Attempted> =>
  deliveries.flatMap((delivery) => {
    const event = webhooks.events.get(delivery.eventId)
    const worked = succeeded(delivery)
    return event === undefined || worked === undefined ? [] : [{ delivery, event, succeeded: worked }]
  })

/**
 * The routes. `deliveries` is what the sender logged; reading it takes an effect, so these routes look at it before
 * their turn begins.
 */
export const make = (world: World, gate: Gate.Gate): ReadonlyArray<Emulator.Route> => {
  const { webhooks, settings } = world
  const view = (endpoint: Endpoint) => endpointView(settings.organizationId, endpoint)
  let log: ReadonlyArray<Delivery> = []

  /** A route that sees a fresh `log`, and may have something to send afterwards. */
  const withLog = (
    route: Emulator.Route,
    after?: (request: Emulator.Request) => Effect.Effect<void>,
  ): Emulator.Route => ({
    ...route,
    handler: (request) =>
      Effect.gen(function* () {
        log = yield* webhooks.sender.deliveries
        const answer: Answer.Answer = yield* route.handler(request)
        if (after !== undefined && answer.status < 300) yield* after(request)
        return answer
      }),
  })

  return [
    gate.route("GET", "/v1/webhooks/endpoints", ["webhooks:read", "webhooks:write"], (_, request) => {
      const sorters = { created_at: (value: Endpoint) => value.created_at }
      return Result.map(Listing.page(request.query, webhooks.endpoints.values(), sorters, view), (value) => ({ value }))
    }),
    gate.route("GET", "/v1/webhooks/endpoints/:id", ["webhooks:read", "webhooks:write"], (_, request) =>
      Result.map(byId(webhooks.endpoints, request), (endpoint) => ({ value: view(endpoint) })),
    ),
    gate.route("PATCH", "/v1/webhooks/endpoints/:id", ["webhooks:write"], (_, request) =>
      Result.gen(function* () {
        const endpoint = yield* byId(webhooks.endpoints, request)
        const collector = Input.collect(yield* Input.parse(request.text))
        const enabled = yield* Input.settle(collector, collector.boolean("enabled"))
        if (enabled !== undefined) endpoint.enabled = enabled
        if (enabled === true) endpoint.failures = 0
        return { value: view(endpoint) }
      }),
    ),
    withLog(
      gate.route("GET", "/v1/webhooks/deliveries", ["webhooks:read", "webhooks:write"], (_, request) =>
        Result.gen(function* () {
          const query = request.query
          const endpoints = yield* Listing.uuids(query, "endpoint_id")
          const worked = yield* Listing.flag(query, "succeeded")
          const start = yield* Listing.time(query, "start_timestamp")
          const end = yield* Listing.time(query, "end_timestamp")
          const types = query.getAll("event_type")
          const found = attempted(webhooks, log).filter(
            (entry) =>
              Listing.passes(endpoints, entry.event.endpoint_id) &&
              (worked === undefined || entry.succeeded === worked) &&
              (start === undefined || entry.delivery.at >= start) &&
              (end === undefined || entry.delivery.at <= end) &&
              (types.length === 0 || types.includes(entry.event.type)),
          )
          const sorters = { created_at: (entry: Attempted) => entry.delivery.at }
          return {
            value: yield* Listing.page(query, found, sorters, (entry) => ({
              id: entry.delivery.id,
              created_at: iso(entry.delivery.at),
              modified_at: null,
              succeeded: entry.succeeded,
              http_code: entry.delivery.lastStatus,
              response: null,
              webhook_event: eventView(entry.event, log),
            })),
          }
        }),
      ),
    ),
    withLog(
      gate.route("POST", "/v1/webhooks/events/:id/redeliver", ["webhooks:write"], (_, request) =>
        Result.map(byId(webhooks.events, request), () => ({ status: 202, value: null })),
      ),
      (request) => {
        const event = webhooks.events.get((request.params["id"] ?? "").toLowerCase())
        return event === undefined ? Effect.void : webhooks.redeliver(event)
      },
    ),
  ]
}
