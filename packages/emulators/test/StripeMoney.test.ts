import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StripeEmulator from "../src/StripeEmulator.ts"
import { monthly, open, paid, rejection, sdk, subscribed } from "./StripeShop.ts"

describe("refunds of the Stripe stand-in", () => {
  it.live("are partial, then whatever is left, and then refused", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const client = sdk(stripe)
      const intent = yield* paid(stripe)
      const part = yield* Effect.promise(() =>
        client.refunds.create({
          payment_intent: intent,
          amount: 500,
          reason: "requested_by_customer",
          metadata: { refund_id: "r1" },
        }),
      )
      assert.deepStrictEqual([part.status, part.amount, part.payment_intent], ["succeeded", 500, intent])
      const high = yield* rejection(() => client.refunds.create({ payment_intent: intent, amount: 1500 }))
      assert.strictEqual(high.message, "Refund amount ($15.00) is greater than unrefunded amount on charge ($14.99)")
      const rest = yield* Effect.promise(() => client.refunds.create({ payment_intent: intent }))
      assert.strictEqual(rest.amount, 1499)
      const over = yield* rejection(() => client.refunds.create({ payment_intent: intent }))
      assert.strictEqual(over.code, "charge_already_refunded")
      const listed = yield* Effect.promise(() => client.refunds.list({ payment_intent: intent }))
      assert.deepStrictEqual(
        listed.data.map((refund) => refund.amount),
        [1499, 500],
      )
      const read = yield* Effect.promise(() => client.refunds.retrieve(part.id))
      assert.deepStrictEqual({ ...read.metadata }, { refund_id: "r1" })
      assert.strictEqual((yield* stripe.charges)[0]?.amount_refunded, 1999)
    }),
  )

  it.live("are refused for what was never paid or is disputed", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const client = sdk(stripe)
      const unknown = yield* rejection(() => client.refunds.create({ payment_intent: "pi_none" }))
      assert.strictEqual(unknown.code, "resource_missing")
      const session = yield* open(stripe)
      const { payment_intent } = yield* stripe.buyer.decline(session.id)
      const unpaid = yield* rejection(() => client.refunds.create({ payment_intent: payment_intent ?? "" }))
      assert.include(unpaid.message, "does not have a successful charge")
      const intent = yield* paid(stripe)
      const dispute = yield* stripe.buyer.dispute(intent)
      const disputed = yield* rejection(() => client.refunds.create({ payment_intent: intent }))
      assert.strictEqual(disputed.code, "charge_disputed")
      const read = yield* Effect.promise(() => client.disputes.retrieve(dispute.id))
      assert.deepStrictEqual([read.status, read.amount], ["needs_response", 1999])
      const closed = yield* stripe.closeDispute(dispute.id, "lost")
      assert.strictEqual(closed.status, "lost")
    }),
  )

  it.live("may stay pending, and a failed one leaves the money with the merchant", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make({ refundStatus: "pending" })
      const intent = yield* paid(stripe)
      const refund = yield* Effect.promise(() => sdk(stripe).refunds.create({ payment_intent: intent }))
      assert.strictEqual(refund.status, "pending")
      yield* stripe.settleRefund(refund.id, "failed")
      assert.strictEqual((yield* stripe.charges)[0]?.amount_refunded, 0)
    }),
  )
})

describe("a subscription of the Stripe stand-in", () => {
  it.live("is active with a paid invoice after its session", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const client = sdk(stripe)
      const session = yield* Effect.promise(() => client.checkout.sessions.create(monthly))
      yield* stripe.buyer.pay(session.id)
      const read = yield* Effect.promise(() =>
        client.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice.payments"] }),
      )
      assert.deepStrictEqual([read.payment_status, read.payment_intent], ["paid", null])
      assert.deepNestedPropertyVal(read, "subscription.status", "active")
      assert.deepNestedPropertyVal(read, "subscription.metadata.intent_id", "int_2")
      assert.deepNestedPropertyVal(read, "subscription.items.data[0].price.id", StripeEmulator.monthlyPriceId)
      assert.deepNestedPropertyVal(read, "invoice.status", "paid")
      assert.deepNestedPropertyVal(read, "invoice.amount_paid", 999)
      const intent = (yield* stripe.paymentIntents)[0]?.id
      assert.deepNestedPropertyVal(read, "invoice.payments.data[0].payment.payment_intent", intent)
      const refund = yield* Effect.promise(() => client.refunds.create({ payment_intent: intent ?? "" }))
      assert.strictEqual(refund.amount, 999)
    }),
  )

  it.live("is cancelled at the period's end, can be kept, and ends when that comes", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const subscriptions = sdk(stripe).subscriptions
      const id = yield* subscribed(stripe)
      const ending = yield* Effect.promise(() =>
        subscriptions.update(id, {
          cancel_at_period_end: true,
          cancellation_details: { comment: "bye", feedback: "too_expensive" },
        }),
      )
      assert.deepStrictEqual([ending.status, ending.cancel_at_period_end], ["active", true])
      assert.strictEqual(ending.cancel_at, ending.items.data[0]?.current_period_end)
      assert.deepStrictEqual(
        [ending.cancellation_details?.comment, ending.cancellation_details?.feedback],
        ["bye", "too_expensive"],
      )
      const kept = yield* Effect.promise(() => subscriptions.update(id, { cancel_at_period_end: false }))
      assert.deepStrictEqual([kept.cancel_at, kept.canceled_at], [null, null])
      yield* stripe.buyer.cancel(id)
      yield* stripe.clock.advance("32 days")
      const ended = yield* Effect.promise(() => subscriptions.retrieve(id))
      assert.strictEqual(ended.status, "canceled")
      assert.strictEqual(ended.ended_at, ending.cancel_at)
    }),
  )

  it.live("is cancelled at once, and is not found by a second cancellation", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const subscriptions = sdk(stripe).subscriptions
      const id = yield* subscribed(stripe)
      const cancelled = yield* Effect.promise(() =>
        subscriptions.cancel(id, { cancellation_details: { comment: "now", feedback: "unused" } }),
      )
      assert.deepStrictEqual([cancelled.status, cancelled.cancellation_details?.feedback], ["canceled", "unused"])
      assert.isNotNull(cancelled.ended_at)
      const again = yield* rejection(() => subscriptions.cancel(id))
      assert.deepStrictEqual([again.statusCode, again.code], [404, "resource_missing"])
      const late = yield* rejection(() => subscriptions.update(id, { cancel_at_period_end: true }))
      assert.strictEqual(late.statusCode, 400)
    }),
  )

  it.live("renews into a paid invoice, or becomes past due", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const client = sdk(stripe)
      const id = yield* subscribed(stripe)
      const invoice = yield* stripe.renew(id)
      assert.deepStrictEqual([invoice.billing_reason, invoice.status], ["subscription_cycle", "paid"])
      const failed = yield* stripe.renew(id, "failed")
      const read = yield* Effect.promise(() => client.invoices.retrieve(failed.id))
      assert.deepStrictEqual([read.status, read.amount_remaining], ["open", 999])
      const all = yield* Effect.promise(() => client.invoices.list({ subscription: id }))
      assert.deepStrictEqual(
        all.data.map((entry) => entry.status),
        ["open", "paid", "paid"],
      )
      const subscription = yield* Effect.promise(() => client.subscriptions.retrieve(id))
      assert.strictEqual(subscription.status, "past_due")
    }),
  )

  it.live("paid by bank debit is past due when the bank refuses", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* Effect.promise(() => sdk(stripe).checkout.sessions.create(monthly))
      yield* stripe.buyer.payLater(session.id)
      assert.strictEqual((yield* stripe.invoices)[0]?.status, "open")
      yield* stripe.buyer.settle(session.id, "failed")
      assert.strictEqual((yield* stripe.subscriptions)[0]?.status, "past_due")
    }),
  )
})
