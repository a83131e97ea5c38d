/** The provider against the stand-in of Polar, with a sink that keeps every webhook. */
import { Effect, Redacted, Schedule, type Scope } from "effect"
import type { PaymentProvider } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Emulated, type Harness as Kit } from "@payment-orchestrator/provider-kit"
import * as Polar from "@payment-orchestrator/provider-polar"
import { signed } from "./Signing.ts"

export const apiKey = "polar_oat_canaryKey0123456789"
export const webhookSecret = "whsec_Y2FuYXJ5U2VjcmV0MDEyMzQ1Njc4OQ=="
export const createRoute = "POST /v1/checkouts/"

export interface World {
  readonly polar: PaymentProvider.Service
  readonly emulator: PolarEmulator.PolarEmulator
  readonly sink: Emulated.Receiver
}

/** A provider against a fresh stand-in; both may be changed. */
export const world = (
  options: Partial<Polar.Options> = {},
  emulated: PolarEmulator.Options = {},
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const received = yield* Emulated.receiver
    const emulator = yield* PolarEmulator.make({
      accessToken: apiKey,
      webhooks: [{ url: received.url, secret: webhookSecret }],
      webhookRetries: Schedule.recurs(0),
      ...emulated,
    })
    const polar = yield* Polar.make({
      apiKey: Redacted.make(apiKey),
      environment: "sandbox",
      baseUrl: emulator.url,
      webhookSecrets: [Redacted.make(webhookSecret)],
      carrierProductId: PolarEmulator.carrierProductId,
      currencies: ["USD", "EUR", "JPY"],
      ...options,
    })
    return { polar, emulator, sink: received }
  })

const backendOf = ({ emulator, sink: received }: World): Kit.Backend => ({
  ...Emulated.backend({
    emulator,
    creates: [createRoute],
    inProgress: Fault.status(409, { body: { error: "CheckoutLocked", detail: "Checkout is being processed." } }),
    // left to itself the stand-in says in a 429 how long to wait, as Polar does
    plain: { 429: { error: "RateLimitExceeded", detail: "Too many requests" } },
  }),
  sessionCount: Effect.map(emulator.checkouts, (all) => all.length),
  approve: (sessionId) => Effect.asVoid(Effect.orDie(emulator.buyer.pay(sessionId))),
  webhooks: received.webhooks,
  renew: (subscriptionId) => Effect.asVoid(Effect.orDie(emulator.renew(subscriptionId))),
  dispute: (orderId) => Effect.map(Effect.orDie(emulator.dispute(orderId)), ({ id }) => id),
  prices: {
    change: (id, { amount }) => Effect.asVoid(Effect.orDie(emulator.changeProduct(id, { prices: { usd: amount } }))),
    archive: (id) => Effect.asVoid(Effect.orDie(emulator.changeProduct(id, { isArchived: true }))),
  },
  unknownWebhook: signed({ type: "benefit_grant.created", timestamp: "2026-11-22T20:00:00Z", data: { id: "b" } }),
})

/** How the suite makes a Polar; `options` and `emulated` change every one of them. */
export const harness = (options: Partial<Polar.Options> = {}, emulated: PolarEmulator.Options = {}): Kit.Harness => ({
  name: "Polar",
  canaries: [apiKey, webhookSecret, webhookSecret.slice("whsec_".length)],
  make: (wanted) =>
    Effect.map(
      world({ ...options, ...(wanted?.unreachable === "dns" ? { baseUrl: "http://polar.invalid" } : {}) }, emulated),
      (made) => ({ provider: made.polar, backend: backendOf(made) }),
    ),
  subscriptionPrice: { id: PolarEmulator.catalogProductId, amount: "9.99", currency: "USD", interval: "month" },
  hasInProgressAnswer: true,
})
