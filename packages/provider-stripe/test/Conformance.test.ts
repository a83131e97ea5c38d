/** The contract of a provider, kept by Stripe's adapter through the real SDK against the stand-in on HTTP. */
import { Clock, Effect, Redacted, Schedule } from "effect"
import { Fault, StripeEmulator } from "@payment-orchestrator/emulators"
import { conformance, type Harness } from "@payment-orchestrator/provider-kit"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { Stripe as StripeSdk } from "stripe"
import { serve } from "./Server.ts"

const apiKey = "sk_test_canary4eC39HqLyjWDarjtT1zdp7dc"
const webhookSecret = "whsec_canaryMfKQ9r8GKYqrTwjUPD8ILPZIo2"
const createRoute = "POST /v1/checkout/sessions"

const conflict = (error: object) => Fault.status(409, { body: { error } })

/** The suite's fault in the emulator's words; undefined for those that are no answer. */
const faultOf = (fault: Harness.ScriptedFault, apply: boolean): Fault.Fault | undefined => {
  switch (fault._tag) {
    case "Status": {
      const headers = fault.retryAfter === undefined ? {} : { headers: { "retry-after": fault.retryAfter } }
      if (fault.body !== undefined) return Fault.status(fault.status, { ...headers, body: fault.body, apply })
      // the emulator's own 409 is the one that says "still running", and its own 429 has a Retry-After
      if (fault.status === 409) return conflict({ type: "invalid_request_error", message: "Changed meanwhile." })
      return fault.status === 429
        ? Fault.status(429, {
            ...headers,
            body: { error: { type: "invalid_request_error", code: "rate_limit" } },
            apply,
          })
        : Fault.status(fault.status, { ...headers, apply })
    }
    case "InProgress":
      return conflict({
        type: "idempotency_error",
        code: "idempotency_key_in_use",
        message: "There is currently another in-progress request using this Idempotency Key.",
      })
    case "Html":
      return Fault.html(fault.status, { apply })
    case "Hang":
      return Fault.hang({ apply })
    case "StallBody":
      return Fault.stallBody(20, { apply })
    case "SlowDrip":
      return Fault.slowDrip(20, { apply })
    case "CutBody":
      return Fault.cutBody(20, { apply })
    case "Reset":
      return Fault.reset({ apply })
    case "MalformedJson":
      return Fault.malformedJson({ apply })
    case "WrongShape":
      return Fault.wrongShape({ apply })
    case "EmptyBody":
      return Fault.emptyBody({ apply })
    case "Redirect":
      return Fault.redirect("https://elsewhere.invalid/", { apply })
    case "Refuse":
    case "DnsFailure":
      return undefined
  }
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

const routes = { reads: ["GET /v1/*"], writes: ["POST /v1/*", "DELETE /v1/*"] }

/** Plays a fault on some routes, in place of what was played before. */
const play = Effect.fnUntraced(function* (
  emulator: StripeEmulator.StripeEmulator,
  on: ReadonlyArray<string>,
  fault: Harness.ScriptedFault,
  options: Harness.ScriptOptions = {},
) {
  yield* emulator.faults.clear
  const played = faultOf(fault, options.apply ?? false)
  if (played === undefined) return yield* emulator.refuse(true)
  const times = options.times === undefined ? {} : { times: options.times }
  yield* Effect.forEach(on, (route) => emulator.faults.add({ route, fault: played, ...times }), { discard: true })
})

const backendOf = (emulator: StripeEmulator.StripeEmulator): Harness.Backend => ({
  script: (fault, options) => play(emulator, [createRoute], fault, options),
  scriptEvery: (fault, options = {}) =>
    play(emulator, options.only === undefined ? ["*"] : routes[options.only], fault, options),
  heal: Effect.andThen(emulator.faults.clear, emulator.refuse(false)),
  createCalls: emulator.journal.count(createRoute),
  sessionCount: Effect.map(emulator.sessions, (sessions) => sessions.length),
  requestTexts: Effect.map(emulator.journal.requests, (entries) =>
    entries.map(
      ({ body, headers, method, path, query }) => `${method} ${path}${query}\n${JSON.stringify(headers)}\n\n${body}`,
    ),
  ),
  approve: (sessionId) => Effect.asVoid(Effect.orDie(emulator.buyer.pay(sessionId))),
  webhooks: Effect.map(emulator.webhooks.deliveries, (deliveries) =>
    deliveries
      .filter(({ attempts }) => attempts > 0)
      .map(({ body, headers }) => ({ headers, body: new TextEncoder().encode(body) })),
  ),
  unknownWebhook,
  dispute: (intentId) => Effect.map(Effect.orDie(emulator.buyer.dispute(intentId)), ({ id }) => id),
  prices: {
    change: (id, { amount }) => Effect.asVoid(Effect.orDie(emulator.changePrice(id, { unit_amount: amount }))),
    archive: (id) => Effect.asVoid(Effect.orDie(emulator.changePrice(id, { active: false }))),
  },
  renew: (subscriptionId) => Effect.asVoid(Effect.orDie(emulator.renew(subscriptionId))),
})

const make = Effect.fnUntraced(function* (options: Harness.MakeOptions = {}) {
  const receiver = yield* serve(() => ({ body: { received: true } }))
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
  return { provider, backend: backendOf(emulator) }
})

conformance({
  name: "Stripe",
  canaries: [apiKey, webhookSecret],
  make,
  subscriptionPriceId: StripeEmulator.monthlyPriceId,
  subscriptionPrice: { amount: "9.99", currency: "USD", interval: "month" },
  hasInProgressAnswer: true,
  webhookCover: "bytes",
})
