/**
 * Polar's webhooks: Standard Webhooks signatures with either kind of key, one event per endpoint, ten attempts, and an
 * endpoint that is switched off after ten events in a row failed.
 *
 * Source: `server/polar/webhook/tasks.py` of Polar's open-source server; standardwebhooks.com for the signature.
 */
import { createHmac } from "node:crypto"
import { Clock, Effect, Schedule, type Scope } from "effect"
import type { EmulatorClock } from "../EmulatorClock.ts"
import * as WebhookSender from "../WebhookSender.ts"
import type { Ids } from "../internal/Ids.ts"
import type { Happening } from "./State.ts"
import { iso } from "./View.ts"

/** How a secret becomes a key: its UTF-8 bytes as they are (`raw`), or base64 after `whsec_` (`standard`). */
export type Signing = "raw" | "standard"

/** Where to send events. */
export interface EndpointOptions {
  readonly url: string
  /** Made up when absent, for `standard`. */
  readonly secret?: string
  /** @default "standard" for secrets that start with `whsec_`, else "raw" */
  readonly signing?: Signing
  /** @default every type */
  readonly events?: ReadonlyArray<string>
}

/** An endpoint of the organisation. */
export interface Endpoint {
  readonly id: string
  readonly created_at: number
  readonly url: string
  readonly secret: string
  readonly signing: Signing
  readonly events: ReadonlyArray<string> | null
  enabled: boolean
  /** Events in a row that were given up. */
  failures: number
}

/** One event for one endpoint; its id is the `webhook-id` header of every attempt. */
export interface Event {
  readonly id: string
  readonly created_at: number
  readonly type: string
  readonly payload: string
  readonly endpoint_id: string
}

/** Attempts per event. */
export const attempts = 10

/** Events in a row that may fail before an endpoint is switched off. */
export const failuresAllowed = 10

/** Nine retries like Polar's, but 200 ms doubling to at most 5 s; Polar itself takes 17 to 34 minutes over them. */
export const defaultRetries: Schedule.Schedule<unknown> = Schedule.min([
  Schedule.exponential("200 millis"),
  Schedule.spaced("5 seconds"),
]).pipe(Schedule.upTo({ times: attempts - 1 }))

/** The headers of one attempt; `seconds` since 1970 is what the receiver's clock is compared with. */
export const sign = (
  endpoint: Pick<Endpoint, "secret" | "signing">,
  id: string,
  seconds: number,
  body: string,
): Readonly<Record<string, string>> => {
  const key =
    endpoint.signing === "raw"
      ? Buffer.from(endpoint.secret, "utf8")
      : Buffer.from(endpoint.secret.replace(/^whsec_/, ""), "base64")
  const mac = createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")
  return { "webhook-id": id, "webhook-timestamp": String(seconds), "webhook-signature": `v1,${mac}` }
}

/** The endpoints, what was sent to them, and how to send more. */
export interface Webhooks {
  readonly sender: WebhookSender.WebhookSender
  readonly endpoints: Map<string, Endpoint>
  readonly events: Map<string, Event>
  readonly add: (options: EndpointOptions) => Effect.Effect<Endpoint>
  /** Tells every enabled endpoint that listens to it. */
  readonly publish: (happened: ReadonlyArray<Happening>) => Effect.Effect<void>
  /** Sends an event again, as a new delivery with the same id. */
  readonly redeliver: (event: Event) => Effect.Effect<void>
}

/** Webhooks whose deliveries live as long as the scope. */
export const make = Effect.fnUntraced(function* (options: {
  readonly clock: EmulatorClock
  readonly ids: Ids
  readonly retries: Schedule.Schedule<unknown>
}): Effect.fn.Return<Webhooks, never, Scope.Scope> {
  const endpoints = new Map<string, Endpoint>()
  const events = new Map<string, Event>()
  const sender = yield* WebhookSender.make({
    clock: options.clock,
    retries: options.retries,
    onEnd: (delivery) =>
      Effect.sync(() => {
        const endpoint = endpoints.get(events.get(delivery.eventId)?.endpoint_id ?? "")
        if (endpoint === undefined) return
        endpoint.failures = delivery.state === "delivered" ? 0 : endpoint.failures + 1
        if (endpoint.failures >= failuresAllowed) endpoint.enabled = false
      }),
  })

  const redeliver = (event: Event) => {
    const endpoint = endpoints.get(event.endpoint_id)
    if (endpoint === undefined) return Effect.void
    return sender.send({
      eventId: event.id,
      type: event.type,
      url: endpoint.url,
      // the receiver checks the time against its own clock, so this is the program's clock, not the emulator's
      message: () =>
        Effect.map(Clock.currentTimeMillis, (millis) => ({
          headers: {
            "user-agent": "polar.sh webhooks",
            ...sign(endpoint, event.id, Math.floor(millis / 1000), event.payload),
          },
          body: event.payload,
        })),
    })
  }

  const publish = Effect.fnUntraced(function* (happened: ReadonlyArray<Happening>) {
    const now = yield* options.clock.now
    for (const happening of happened) {
      for (const endpoint of endpoints.values()) {
        if (!endpoint.enabled) continue
        if (endpoint.events !== null && !endpoint.events.includes(happening.type)) continue
        const event: Event = {
          id: options.ids.uuid(),
          created_at: now,
          type: happening.type,
          payload: JSON.stringify({ type: happening.type, timestamp: iso(now), data: happening.data }),
          endpoint_id: endpoint.id,
        }
        events.set(event.id, event)
        yield* redeliver(event)
      }
    }
  })

  const add = Effect.fnUntraced(function* (input: EndpointOptions) {
    const secret = input.secret ?? options.ids.token("whsec_", 40)
    const endpoint: Endpoint = {
      id: options.ids.uuid(),
      created_at: yield* options.clock.now,
      url: input.url,
      secret,
      signing: input.signing ?? (secret.startsWith("whsec_") ? "standard" : "raw"),
      events: input.events ?? null,
      enabled: true,
      failures: 0,
    }
    endpoints.set(endpoint.id, endpoint)
    return endpoint
  })

  return { sender, endpoints, events, add, publish, redeliver }
})
