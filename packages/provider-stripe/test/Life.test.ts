/** Whole lives against the stand-in: what only a Stripe with a memory can show. */
import { describe, expect, it } from "@effect/vitest"
import { Clock, Effect, Option, Redacted } from "effect"
import { Money } from "@payment-orchestrator/domain"
import { StripeEmulator } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import * as Stripe from "@payment-orchestrator/provider-stripe"

const start = Effect.fnUntraced(function* (options: StripeEmulator.Options = {}) {
  const emulator = yield* StripeEmulator.make(options)
  const stripe = yield* Stripe.make({
    apiKey: Redacted.make(options.apiKey ?? StripeEmulator.apiKey),
    baseUrl: emulator.url,
    webhookSecrets: [],
  })
  const open = Effect.flatMap(Sample.sessionRequest(), stripe.createCheckoutSession)
  const look = (sessionId: string) => stripe.complete({ sessionId, mode: "payment", approval: 1 })
  const subscribe = Effect.gen(function* () {
    const request = yield* Sample.sessionRequest({
      mode: "subscription",
      money: Option.some(Money.make(999, "USD")),
      priceId: Option.some(StripeEmulator.monthlyPriceId),
    })
    const { sessionId } = yield* stripe.createCheckoutSession(request)
    yield* emulator.buyer.pay(sessionId)
    const snapshot = yield* look(sessionId)
    return { sessionId, subscriptionId: yield* Effect.fromOption(snapshot.subscriptionId), snapshot }
  })
  return { emulator, stripe, open, look, subscribe }
})

describe("Stripe remembers keys", () => {
  it.live("F3: and replays its own 500; each time it is one call and one ordinary http error", () =>
    Effect.gen(function* () {
      const { emulator, stripe } = yield* start()
      const request = yield* Sample.sessionRequest()
      const startedAt = yield* Clock.currentTimeMillis
      yield* emulator.breakNext({ applied: true })
      for (let call = 0; call < 3; call++) {
        const error = yield* Effect.flip(stripe.createCheckoutSession(request))
        expect(error).toMatchObject({ reason: "http", status: 500, outcome: "unknown" })
      }
      expect(yield* emulator.journal.count("POST /v1/checkout/sessions")).toBe(3)
      const [made] = yield* emulator.sessions
      const found = yield* Effect.fromOption(yield* stripe.findSession({ _tag: "ByAttempt", request, startedAt }))
      expect(found.sessionId).toBe(made?.id)
    }),
  )

  it.live("F7: and says when the same one is still running", () =>
    Effect.gen(function* () {
      const { emulator, stripe } = yield* start({ processingMillis: 200 })
      const request = yield* Sample.sessionRequest()
      const outcomes = yield* Effect.all(
        [stripe.createCheckoutSession(request), stripe.createCheckoutSession(request)].map(Effect.result),
        { concurrency: 2 },
      )
      const failures = outcomes.flatMap((outcome) => (outcome._tag === "Failure" ? [outcome.failure] : []))
      expect(failures).toMatchObject([{ reason: "in_progress", outcome: "unknown", status: 409 }])
      expect(yield* emulator.sessions).toHaveLength(1)
    }),
  )

  it.live("F8: and refuses one that comes with another order", () =>
    Effect.gen(function* () {
      const { stripe } = yield* start()
      const request = yield* Sample.sessionRequest()
      yield* stripe.createCheckoutSession(request)
      const other = { ...request, money: Option.some(Money.make(1, "USD")) }
      const dearer = { ...request, money: Option.some(Money.make(9999, "USD")) }
      expect((yield* Effect.flip(stripe.createCheckoutSession(dearer))).reason).toBe("key_reused")
      expect((yield* Effect.flip(stripe.createCheckoutSession(other)))._tag).toBe("PermanentPaymentError")
    }),
  )

  it.live("F36: so a refund that it answered 500 for good is found by looking, and goes back once", () =>
    Effect.gen(function* () {
      const { emulator, look, open, stripe } = yield* start()
      const { sessionId } = yield* open
      yield* emulator.buyer.pay(sessionId)
      const moneyId = (yield* look(sessionId)).payments[0]?.moneyId ?? ""
      const request = yield* Sample.refundRequest(moneyId)
      yield* emulator.breakNext({ applied: true })
      expect(yield* Effect.flip(stripe.refund(request))).toMatchObject({ status: 500, outcome: "unknown" })
      expect((yield* stripe.refund(request)).refundId).toEqual(Option.some(request.refundId))
      expect(yield* emulator.refunds).toHaveLength(1)
    }),
  )
})

describe("a bank debit (F31)", () => {
  const later = Effect.gen(function* () {
    const { emulator, look, open, stripe } = yield* start()
    const { sessionId } = yield* open
    yield* emulator.buyer.payLater(sessionId)
    expect(yield* look(sessionId)).toMatchObject({ state: "processing", payments: [{ state: "pending" }] })
    expect(yield* stripe.withdraw({ sessionId, mode: "payment" })).toBe("being_paid")
    return { emulator, stripe, sessionId, look: look(sessionId) }
  })

  it.live("is processing until the bank has paid", () =>
    Effect.gen(function* () {
      const { emulator, look, sessionId } = yield* later
      yield* emulator.buyer.settle(sessionId, "succeeded")
      expect(yield* look).toMatchObject({ state: "completed", payments: [{ state: "completed" }] })
    }),
  )

  it.live("is over when the bank has refused: nobody can pay that session any more", () =>
    Effect.gen(function* () {
      const { emulator, look, sessionId, stripe } = yield* later
      yield* emulator.buyer.settle(sessionId, "failed")
      expect(yield* look).toMatchObject({ state: "expired", payments: [{ state: "declined" }] })
      expect(yield* stripe.withdraw({ sessionId, mode: "payment" })).toBe("withdrawn")
    }),
  )
})

describe("a subscription", () => {
  it.live("has its invoices as money, renewals included, each with what went back", () =>
    Effect.gen(function* () {
      const { emulator, look, stripe, subscribe } = yield* start()
      const { sessionId, snapshot, subscriptionId } = yield* subscribe
      const first = snapshot.payments[0]?.moneyId ?? ""
      expect(first).toMatch(/^in_/)
      yield* emulator.clock.advance("31 days")
      yield* emulator.renew(subscriptionId)
      const part = Option.some(Money.make(400, "USD"))
      const back = yield* stripe.refund(yield* Sample.refundRequest(first, { amount: part }))
      expect(back.amount).toEqual(Money.make(400, "USD"))
      const { payments } = yield* look(sessionId)
      expect(payments.map(({ state }) => state).toSorted()).toEqual(["completed", "partially_refunded"])
      expect(payments.find(({ moneyId }) => moneyId === first)?.state).toBe("partially_refunded")
      expect(payments.every(({ fee, gross }) => Option.isSome(fee) && gross.amount === 999)).toBe(true)
    }),
  )

  it.live("F23: whose price costs something else is never shown", () =>
    Effect.gen(function* () {
      const { stripe } = yield* start()
      const request = yield* Sample.sessionRequest({
        mode: "subscription",
        money: Option.some(Money.make(1999, "USD")),
        priceId: Option.some(StripeEmulator.monthlyPriceId),
      })
      expect(yield* Effect.flip(stripe.createCheckoutSession(request))).toMatchObject({ reason: "bad_response" })
    }),
  )
})

it.live("F9: a restricted key that may not do something stops that call, and stays accepted", () =>
  Effect.gen(function* () {
    const { open, stripe } = yield* start({ apiKey: "rk_test_restricted", permissions: ["rak_charge_read"] })
    expect(yield* Effect.flip(open)).toMatchObject({ _tag: "PermanentPaymentError", reason: "http", status: 403 })
    expect(yield* stripe.checkAvailability).toMatchObject({ reachable: true, credentials: "accepted" })
  }),
)
