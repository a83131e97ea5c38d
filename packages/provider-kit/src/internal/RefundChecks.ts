/** Money that goes back: never more than came, never twice for one request. */
import { Effect, Option } from "effect"
import { Money } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "refunds"

const paid = (harness: Harness) =>
  Effect.gen(function* () {
    const completed = yield* Life.live(harness, "payment")
    return { completed, provider: completed.provider, payment: yield* Life.payment(completed) }
  })

const none = { providerRefundId: Option.none<string>() }

const whole = (harness: Harness): Check.Check => ({
  group,
  name: "F36: a refund of all that is left gives back the gross amount, is found again by our id, and happens once",
  run: Effect.gen(function* () {
    const { completed, payment, provider } = yield* paid(harness)
    const request = yield* Sample.refundRequest(payment.moneyId)
    const before = yield* Check.succeeds(provider.findRefund({ ...request, ...none }), "findRefund")
    yield* Check.that(Option.isNone(before), "a refund that was never asked for must not be found", before)
    const refund = yield* Check.succeeds(provider.refund(request), "refund")
    yield* Check.equal(refund.amount, payment.gross, "the amount that goes back")
    yield* Check.that(refund.state !== "failed", "it must not have failed", refund)
    const found = yield* Check.succeeds(provider.findRefund({ ...request, ...none }), "findRefund")
    yield* Check.equal(
      Option.map(found, (one) => one.providerRefundId),
      Option.some(refund.providerRefundId),
      "the refund that is found by our id",
    )
    const byId = yield* Check.succeeds(
      provider.findRefund({ ...request, providerRefundId: Option.some(refund.providerRefundId) }),
      "findRefund by the provider's id",
    )
    yield* Check.equal(
      Option.map(byId, (one) => one.providerRefundId),
      Option.some(refund.providerRefundId),
      "the refund that is found by its own id",
    )
    const second = yield* Check.succeeds(provider.refund(request), "the same refund again")
    yield* Check.equal(second.providerRefundId, refund.providerRefundId, "the refund the second time")
    yield* Check.eventually(
      Life.find(completed),
      (seen) => seen.payments.every((one) => one.state === "refunded"),
      "the payment must be refunded",
    )
  }),
})

const inParts = (harness: Harness): Check.Check => ({
  group,
  name: "F36: partial refunds, where they are offered, add up to the gross amount and never exceed it",
  run: Effect.gen(function* () {
    const { completed, payment, provider } = yield* paid(harness)
    const part = Money.make(Math.floor(payment.gross.amount / 3), payment.gross.currency)
    const request = yield* Sample.refundRequest(payment.moneyId, { amount: Option.some(part) })
    if (!provider.capabilities.partialRefunds) {
      const error = yield* Check.fails(provider.refund(request), "a partial refund")
      return yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    }
    const first = yield* Check.succeeds(provider.refund(request), "a partial refund")
    yield* Check.that(Life.nearly(part, first.amount), "it must give back what was asked, never more", first.amount)
    yield* Check.eventually(
      Life.find(completed),
      (seen) => seen.payments.every((one) => one.state === "partially_refunded"),
      "the payment must be partially refunded",
    )
    const rest = yield* Check.succeeds(
      Effect.flatMap(Sample.refundRequest(payment.moneyId), provider.refund),
      "a refund of the rest",
    )
    yield* Check.that(rest.providerRefundId !== first.providerRefundId, "they must be two refunds", [first, rest])
    yield* Check.equal(first.amount.amount + rest.amount.amount, payment.gross.amount, "the sum of both")
    yield* Check.eventually(
      Life.find(completed),
      (seen) => seen.payments.every((one) => one.state === "refunded"),
      "the payment must be refunded",
    )
  }),
})

const atOnce = (harness: Harness): Check.Check => ({
  group,
  name: "F36: the same refund asked for twice at once goes back once, where idempotentRefund says so",
  run: Effect.gen(function* () {
    const { payment, provider } = yield* paid(harness)
    const { idempotentRefund, partialRefunds } = provider.capabilities
    if (!idempotentRefund) return yield* Check.skip("this provider keeps no keys on refunds")
    if (!partialRefunds) return yield* Check.skip("it offers no partial refunds")
    const part = Money.make(Math.floor(payment.gross.amount / 3), payment.gross.currency)
    const request = yield* Sample.refundRequest(payment.moneyId, { amount: Option.some(part) })
    // one of them may be told that the other is still running
    const twice = [request, request].map((one) => Effect.result(provider.refund(one)))
    yield* Effect.all(twice, { concurrency: "unbounded" })
    const first = yield* Check.succeeds(provider.refund(request), "the same refund again")
    const rest = yield* Check.succeeds(
      Effect.flatMap(Sample.refundRequest(payment.moneyId), provider.refund),
      "a refund of the rest",
    )
    yield* Check.equal(first.amount.amount + rest.amount.amount, payment.gross.amount, "all that went back")
  }),
})

const tooMuch = (harness: Harness): Check.Check => ({
  group,
  name: "F38: a refund of more than was paid is refused for good, and nothing goes back",
  run: Effect.gen(function* () {
    const { completed, payment, provider } = yield* paid(harness)
    const more = Money.make(payment.gross.amount * 2, payment.gross.currency)
    const request = yield* Sample.refundRequest(payment.moneyId, { amount: Option.some(more) })
    const error = yield* Check.fails(provider.refund(request), "a refund of twice the amount")
    yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    yield* Check.that(error.outcome !== "unknown", "the outcome must be known", error)
    const found = yield* Life.find(completed)
    yield* Check.equal(
      found.payments.map((one) => one.state),
      ["completed"],
      "the payment afterwards",
    )
  }),
})

const unknownMoney = (harness: Harness): Check.Check => ({
  group,
  name: "a refund of an unknown payment is refused for good",
  run: Effect.gen(function* () {
    const { payment, provider } = yield* paid(harness)
    const request = yield* Sample.refundRequest(Sample.unknownId(payment.moneyId))
    const error = yield* Check.fails(provider.refund(request), "a refund of an unknown payment")
    yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    yield* Check.equal(error.operation, "refund", "the operation")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  whole(harness),
  inParts(harness),
  atOnce(harness),
  tooMuch(harness),
  unknownMoney(harness),
]
