import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Effect, Option } from "effect"
import { type World, world } from "./Harness.ts"

const refundRoute = "POST /v1/refunds/"
const patchRoute = "PATCH /v1/subscriptions/:id"

/** A payment of 24.99 USD with 19 % tax in it: 21.00 net, 3.99 tax. */
const paid = Effect.gen(function* () {
  const made = yield* world({}, { taxRate: 0.19, buyerCountry: "DE" })
  const session = yield* Effect.flatMap(Sample.sessionRequest(), made.polar.createCheckoutSession)
  const order = yield* made.emulator.buyer.pay(session.sessionId)
  return { ...made, moneyId: order.id }
})

const usd = (amount: number) => ({ amount: Option.some(Money.make(amount, "USD")) })
const none = { providerRefundId: Option.none<string>() }

describe("F36: a refund", () => {
  it.live("of a part asks for the net whose net and tax are at most the part, and books what Polar says", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const refund = yield* Effect.flatMap(Sample.refundRequest(moneyId, usd(1000)), polar.refund)
      expect(refund).toMatchObject({ state: "succeeded", amount: Money.make(1000, "USD") })
      const [first] = yield* emulator.refunds
      expect([first?.amount, first?.tax_amount, first?.revoke_benefits]).toEqual([840, 160, false])
      const rest = yield* Effect.flatMap(Sample.refundRequest(moneyId), polar.refund)
      expect(rest.amount).toEqual(Money.make(1499, "USD"))
    }),
  )

  it.live("says why: one of Polar's own reasons, or the words as a comment", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const ask = (reason: string) =>
        Effect.flatMap(Sample.refundRequest(moneyId, { ...usd(100), reason: Option.some(reason) }), polar.refund)
      yield* ask("duplicate")
      yield* ask("The customer\u0000 asked")
      const texts = (yield* emulator.journal.requests).filter((one) => one.route === refundRoute).map((one) => one.body)
      expect(texts[0]).toContain('"reason":"duplicate"')
      expect(texts[1]).toContain('"reason":"customer_request","comment":"The customer  asked"')
    }),
  )

  it.live("whose answer was lost is found by our refund id, and is not made again", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const request = yield* Sample.refundRequest(moneyId, usd(1000))
      yield* emulator.faults.add({ route: refundRoute, fault: Fault.status(502, { apply: true }), times: 1 })
      expect(yield* Effect.flip(polar.refund(request))).toMatchObject({ status: 502, outcome: "unknown" })
      const found = yield* Effect.flatMap(polar.findRefund({ ...request, ...none }), Effect.fromOption)
      expect(found.refundId).toEqual(Option.some(request.refundId))
      expect((yield* polar.refund(request)).providerRefundId).toBe(found.providerRefundId)
      expect(yield* emulator.refunds).toHaveLength(1)
    }),
  )

  it.live("that fails before it is asked for was not sent, though the question about its order was", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const request = yield* Sample.refundRequest(moneyId)
      yield* emulator.faults.add({ route: "GET /v1/orders/:id", fault: Fault.status(503) })
      expect(yield* Effect.flip(polar.refund(request))).toMatchObject({
        _tag: "TransientPaymentError",
        operation: "refund",
        status: 503,
        outcome: "not_sent",
      })
      expect(yield* emulator.journal.count(refundRoute)).toBe(0)
    }),
  )

  it.live("F33: that is refused as already refunded is read back, and is ours or stays refused", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const request = yield* Sample.refundRequest(moneyId)
      const refused = Fault.status(403, { apply: true, body: { error: "RefundedAlready", detail: "fully refunded" } })
      yield* emulator.faults.add({ route: refundRoute, fault: refused })
      expect((yield* polar.refund(request)).refundId).toEqual(Option.some(request.refundId))
      const other = yield* paid
      yield* other.emulator.faults.add({ route: refundRoute, fault: { ...refused, apply: false } })
      const error = yield* Effect.flip(Effect.flatMap(Sample.refundRequest(other.moneyId), other.polar.refund))
      expect(error).toMatchObject({ _tag: "PermanentPaymentError", status: 403, code: "RefundedAlready" })
    }),
  )

  it.live("F38: of more than is left, of another currency, or of nothing that is left is never asked for", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      const ask = (amount: Option.Option<Money.Money>) =>
        Effect.flip(Effect.flatMap(Sample.refundRequest(moneyId, { amount }), polar.refund))
      expect(yield* ask(Option.some(Money.make(2500, "USD")))).toMatchObject({
        reason: "invalid_arguments",
        outcome: "not_sent",
        detail: "only 24.99 USD is left to give back",
      })
      expect(yield* ask(Option.some(Money.make(100, "EUR")))).toMatchObject({ detail: "the payment is in USD" })
      yield* Effect.flatMap(Sample.refundRequest(moneyId), polar.refund)
      expect(yield* ask(Option.none())).toMatchObject({ detail: "nothing is left to give back" })
      expect(yield* emulator.journal.count(refundRoute)).toBe(1)
    }),
  )

  it.live("F37: of a disputed payment is refused for good", () =>
    Effect.gen(function* () {
      const { emulator, moneyId, polar } = yield* paid
      yield* emulator.dispute(moneyId)
      const error = yield* Effect.flip(Effect.flatMap(Sample.refundRequest(moneyId), polar.refund))
      expect(error).toMatchObject({ _tag: "PermanentPaymentError", code: "RefundDisputedPayment" })
    }),
  )

  it.live("of an id that is none of Polar's is not found, without a call", () =>
    Effect.gen(function* () {
      const { emulator, polar } = yield* world()
      const request = yield* Sample.refundRequest("5O190127TN364715T")
      expect(yield* Effect.flip(polar.refund(request))).toMatchObject({ reason: "not_found" })
      expect(yield* polar.findRefund({ ...request, ...none })).toEqual(Option.none())
      expect(yield* emulator.journal.count()).toBe(0)
    }),
  )
})

const subscribed = Effect.gen(function* () {
  const made = yield* world()
  const session = yield* Effect.flatMap(
    Sample.sessionRequest({
      mode: "subscription",
      priceId: Option.some(PolarEmulator.catalogProductId),
      money: Option.none(),
    }),
    made.polar.createCheckoutSession,
  )
  yield* made.emulator.buyer.pay(session.sessionId, { email: "a@shop.de" })
  const subscription = yield* Effect.fromNullishOr((yield* made.emulator.subscriptions)[0])
  return { ...made, subscriptionId: subscription.id }
})

const cancel = ({ polar }: Pick<World, "polar">, subscriptionId: string, atPeriodEnd: boolean, reason = "Too dear") =>
  polar.cancelSubscription({ subscriptionId, atPeriodEnd, reason: Option.some(reason) })

describe("cancelling a subscription", () => {
  it.live("at once ends it with the reason; at the end of the period leaves it active until then", () =>
    Effect.gen(function* () {
      const made = yield* subscribed
      const scheduled = yield* cancel(made, made.subscriptionId, true, "too_expensive")
      expect(scheduled).toMatchObject({ state: "active", cancelAtPeriodEnd: true })
      expect(Option.isSome(scheduled.currentPeriodEnd)).toBe(true)
      expect(scheduled.customerEmail).toEqual(Option.some("a@shop.de"))
      const ended = yield* cancel(made, made.subscriptionId, false)
      expect(ended).toMatchObject({ state: "canceled", cancelAtPeriodEnd: false })
      const [stored] = yield* made.emulator.subscriptions
      expect(stored?.customer_cancellation_comment).toBe("Too dear")
    }),
  )

  it.live("F41: that is cancelled already, or scheduled already, is a success that was read back", () =>
    Effect.gen(function* () {
      const made = yield* subscribed
      yield* cancel(made, made.subscriptionId, true)
      expect(yield* cancel(made, made.subscriptionId, true)).toMatchObject({ state: "active", cancelAtPeriodEnd: true })
      yield* cancel(made, made.subscriptionId, false)
      expect(yield* cancel(made, made.subscriptionId, false)).toMatchObject({ state: "canceled" })
      expect(yield* cancel(made, made.subscriptionId, true)).toMatchObject({ state: "canceled" })
    }),
  )

  it.live("is no success when Polar says so but the subscription does not", () =>
    Effect.gen(function* () {
      const made = yield* subscribed
      const body = { error: "AlreadyCanceledSubscription", detail: "" }
      yield* made.emulator.faults.add({ route: patchRoute, fault: Fault.status(403, { body }) })
      expect(yield* Effect.flip(cancel(made, made.subscriptionId, false))).toMatchObject({ status: 403 })
    }),
  )

  it.live("that is locked is in progress, and nobody knows how it ended", () =>
    Effect.gen(function* () {
      const made = yield* subscribed
      yield* made.emulator.faults.add({
        route: patchRoute,
        fault: Fault.status(409, { body: { error: "SubscriptionLocked", detail: "" } }),
      })
      expect(yield* Effect.flip(cancel(made, made.subscriptionId, false))).toMatchObject({
        _tag: "TransientPaymentError",
        reason: "in_progress",
        outcome: "unknown",
      })
    }),
  )

  it.live("that Polar does not have, or whose id is none of Polar's, is not found", () =>
    Effect.gen(function* () {
      const made = yield* world()
      expect(yield* Effect.flip(cancel(made, PolarEmulator.organizationId, false))).toMatchObject({
        reason: "not_found",
      })
      expect(yield* Effect.flip(cancel(made, "I-ABC123", false))).toMatchObject({ reason: "not_found" })
      expect(yield* made.polar.getSubscription("I-ABC123")).toEqual(Option.none())
      expect(yield* made.polar.getSubscription(PolarEmulator.organizationId)).toEqual(Option.none())
      expect(yield* made.emulator.journal.count()).toBe(2)
    }),
  )

  it.live("F52: with a status nobody knows neither starts nor ends it", () =>
    Effect.gen(function* () {
      const made = yield* subscribed
      yield* made.emulator.faults.add({
        route: "GET /v1/subscriptions/:id",
        fault: Fault.status(200, { body: { id: made.subscriptionId, status: "on_hold" } }),
      })
      const found = yield* Effect.flatMap(made.polar.getSubscription(made.subscriptionId), Effect.fromOption)
      expect(found).toMatchObject({ state: "past_due", rawState: "on_hold" })
    }),
  )
})
