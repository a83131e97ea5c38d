/**
 * Stripe's webhooks: every event to every endpoint that listens, signed with each of the endpoint's secrets.
 *
 * Source: docs.stripe.com/webhooks/signature.
 */
import { createHmac } from "node:crypto"
import { Clock, Effect, type Schedule, type Scope } from "effect"
import type { EmulatorClock } from "../EmulatorClock.ts"
import type { Ids } from "../internal/Ids.ts"
import * as WebhookSender from "../WebhookSender.ts"
import type { Event } from "./Model.ts"
import * as View from "./View.ts"

/** Where to send events. */
export interface EndpointOptions {
  readonly url: string
  /** One, or several while a secret is being rolled. Made up when absent. */
  readonly secrets?: ReadonlyArray<string>
  /** @default every type */
  readonly events?: ReadonlyArray<string>
}

/** An endpoint of the account. */
export interface Endpoint {
  readonly id: string
  readonly url: string
  readonly secrets: ReadonlyArray<string>
  readonly events: ReadonlyArray<string> | null
}

/** The `Stripe-Signature` header: a time in seconds and one `v1` for each secret. */
export const sign = (secrets: ReadonlyArray<string>, seconds: number, body: string): string =>
  [
    `t=${seconds}`,
    ...secrets.map((secret) => `v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`),
  ].join(",")

/** The endpoints, and how to tell them something. */
export interface Webhooks {
  readonly sender: WebhookSender.WebhookSender
  readonly endpoints: Map<string, Endpoint>
  readonly add: (options: EndpointOptions) => Effect.Effect<Endpoint>
  /** Sends events, each as a delivery of its own. */
  readonly publish: (events: ReadonlyArray<Event>) => Effect.Effect<void>
}

/** Webhooks whose deliveries live as long as the scope. */
export const make = Effect.fnUntraced(function* (options: {
  readonly clock: EmulatorClock
  readonly ids: Ids
  readonly apiVersion: string
  readonly retries: Schedule.Schedule<unknown>
}): Effect.fn.Return<Webhooks, never, Scope.Scope> {
  const endpoints = new Map<string, Endpoint>()
  const sender = yield* WebhookSender.make({ clock: options.clock, retries: options.retries })

  const publish = Effect.fnUntraced(function* (events: ReadonlyArray<Event>) {
    for (const event of events) {
      const listening = [...endpoints.values()].filter(
        (endpoint) => endpoint.events === null || endpoint.events.includes(event.type),
      )
      const body = JSON.stringify(
        { ...View.event(event, options.apiVersion), pending_webhooks: listening.length },
        undefined,
        2,
      )
      for (const endpoint of listening) {
        yield* sender.send({
          eventId: event.id,
          type: event.type,
          url: endpoint.url,
          // the receiver checks the time against its own clock, so this is the program's clock, not the emulator's
          message: () =>
            Effect.map(Clock.currentTimeMillis, (millis) => ({
              headers: {
                "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                "stripe-signature": sign(endpoint.secrets, Math.floor(millis / 1000), body),
              },
              body,
            })),
        })
      }
    }
  })

  return {
    sender,
    endpoints,
    publish,
    add: (input) =>
      Effect.sync(() => {
        const endpoint: Endpoint = {
          id: options.ids.token("we_", 24),
          url: input.url,
          secrets: input.secrets ?? [options.ids.token("whsec_", 32)],
          events: input.events ?? null,
        }
        endpoints.set(endpoint.id, endpoint)
        return endpoint
      }),
  }
})
