/** The contract of a provider, kept by Stripe's adapter through the real SDK against the stand-in on HTTP. */
import { Clock, Effect, Redacted, Schedule } from "effect"
import { Fault, StripeEmulator } from "@payment-orchestrator/emulators"
import { conformance, Emulated, type Harness } from "@payment-orchestrator/provider-kit"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { Stripe as StripeSdk } from "stripe"

const apiKey = "sk_test_canary4eC39HqLyjWDarjtT1zdp7dc"
const webhookSecret = "whsec_canaryMfKQ9r8GKYqrTwjUPD8ILPZIo2"
const createRoute = "POST /v1/checkout/sessions"

const inUse = {
  type: "idempotency_error",
  code: "idempotency_key_in_use",
  message: "There is currently another in-progress request using this Idempotency Key.",
}

/** Signed by the SDK's own generator. */
const unknownWebhook = Effect.map(Clock.currentTimeMillis, (now) => {
  const payload = JSON.stringify({
    id: "evt_unknown",
    object: "event",
    type: "radar.early_fraud_warning.created",
    created: Math.floor(now / 1000),
    livemode: false,
    data: { object: { id: "issfr_1", object: "radar.early_fraud_warning" } },
  })
  const timestamp = Math.floor(now / 1000)
  const signature = StripeSdk.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, timestamp })
  return { headers: { "stripe-signature": signature }, body: new TextEncoder().encode(payload) }
})

const backendOf = (
  emulator: StripeEmulator.StripeEmulator,
  webhooks: Harness.Backend["webhooks"],
): Harness.Backend => ({
  ...Emulated.backend({
    emulator,
    creates: [createRoute],
    inProgress: Fault.status(409, { body: { error: inUse } }),
    plain: {
      409: { error: { type: "invalid_request_error", message: "Changed meanwhile." } },
      429: { error: { type: "invalid_request_error", code: "rate_limit" } },
    },
  }),
  sessionCount: Effect.map(emulator.sessions, (sessions) => sessions.length),
  approve: (sessionId) => Effect.asVoid(Effect.orDie(emulator.buyer.pay(sessionId))),
  webhooks,
  unknownWebhook,
  dispute: (intentId) => Effect.map(Effect.orDie(emulator.buyer.dispute(intentId)), ({ id }) => id),
  prices: {
    change: (id, { amount }) => Effect.asVoid(Effect.orDie(emulator.changePrice(id, { unit_amount: amount }))),
    archive: (id) => Effect.asVoid(Effect.orDie(emulator.changePrice(id, { active: false }))),
  },
  renew: (subscriptionId) => Effect.asVoid(Effect.orDie(emulator.renew(subscriptionId))),
})

const make = Effect.fnUntraced(function* (options: Harness.MakeOptions = {}) {
  const receiver = yield* Emulated.receiver
  const emulator = yield* StripeEmulator.make({
    apiKey,
    webhooks: [{ url: receiver.url, secrets: [webhookSecret] }],
    webhookRetries: Schedule.recurs(0),
  })
  const provider = yield* Stripe.make({
    apiKey: Redacted.make(apiKey),
    baseUrl: options.unreachable === "dns" ? "https://stripe.invalid" : emulator.url,
    webhookSecrets: [Redacted.make("whsec_theOneThatIsRotatedOut"), Redacted.make(webhookSecret)],
  })
  return { provider, backend: backendOf(emulator, receiver.webhooks) }
})

conformance({
  name: "Stripe",
  canaries: [apiKey, webhookSecret],
  make,
  subscriptionPrice: { id: StripeEmulator.monthlyPriceId, amount: "9.99", currency: "USD", interval: "month" },
  hasInProgressAnswer: true,
  webhookCover: "bytes",
})
