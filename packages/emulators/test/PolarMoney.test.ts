import { errors } from "@polar-sh/sdk/2026-10"
import { getCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { getOrders, listOrders } from "@polar-sh/sdk/2026-10/services/orders"
import { createRefunds, listRefunds } from "@polar-sh/sdk/2026-10/services/refunds"
import {
  getSubscriptions,
  listSubscriptions,
  revokeSubscriptions,
  updateSubscriptions,
} from "@polar-sh/sdk/2026-10/services/subscriptions"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PolarEmulator from "../src/PolarEmulator.ts"
import { call, monthly, open, rejection, sdk } from "./PolarShop.ts"

const form = (url: string, fields: Readonly<Record<string, string>>) =>
  Effect.promise(async () => {
    const response = await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) })
    return { status: response.status, location: response.headers.get("location"), html: await response.text() }
  })

const page = (url: string) => Effect.promise(async () => (await fetch(url)).text())

describe("the hosted page of the Polar stand-in", () => {
  it.live("says what it is, shows the product and the total with tax, and escapes what it is given", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({
        taxRate: 0.2,
        products: [{ id: PolarEmulator.carrierProductId, name: "<b>Order</b>" }],
      })
      const checkout = yield* open(polar)
      const html = yield* page(checkout.url)
      assert.include(html, "stand-in")
      assert.include(html, "&lt;b&gt;Order&lt;/b&gt;")
      assert.include(html, "3.33 USD (included)")
      assert.include(html, "19.99 USD")
    }),
  )

  it.live("pays: the buyer is sent to the success address and a paid order exists", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ taxRate: 0.2 })
      const checkout = yield* open(polar, { success_url: "https://shop.example/ok?id=%7BCHECKOUT_ID%7D" })
      const paid = yield* form(checkout.url, { action: "pay" })
      assert.deepStrictEqual([paid.status, paid.location], [303, `https://shop.example/ok?id=${checkout.id}`])
      const read = yield* Effect.promise(() => getCheckouts(sdk(polar))(checkout.id))
      assert.strictEqual(read.status, "succeeded")
      const orders = yield* Effect.promise(() => listOrders(sdk(polar))({ checkout_id: checkout.id }))
      assert.strictEqual(orders.items.length, 1)
      const order = orders.items[0]
      assert.strictEqual(order?.status, "paid")
      assert.isTrue(order?.paid)
      assert.strictEqual(order?.billing_reason, "purchase")
      assert.deepStrictEqual([order?.net_amount, order?.tax_amount, order?.total_amount], [1666, 333, 1999])
      assert.strictEqual(order?.refundable_amount, 1666)
      assert.deepStrictEqual(order?.metadata, { attempt_id: "att_1" })
      const again = yield* form(checkout.url, { action: "pay" })
      assert.strictEqual(again.status, 409)
      assert.strictEqual((yield* polar.orders).length, 1)
    }),
  )

  it.live("adds the tax on top when the price excludes it", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ taxRate: 0.1, defaultTaxBehavior: "location", buyerCountry: "US" })
      const checkout = yield* open(polar, monthly)
      const order = yield* polar.buyer.pay(checkout.id)
      assert.deepStrictEqual([order.net_amount, order.tax_amount], [500, 50])
    }),
  )

  it.live("declines: the checkout is open again and can still be paid", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      const declined = yield* form(checkout.url, { action: "decline" })
      assert.strictEqual(declined.status, 200)
      assert.include(declined.html, 'role="alert"')
      const read = yield* Effect.promise(() => getCheckouts(sdk(polar))(checkout.id))
      assert.strictEqual(read.status, "open")
      assert.strictEqual((yield* polar.orders).length, 0)
      yield* polar.buyer.pay(checkout.id)
      assert.strictEqual((yield* polar.orders).length, 1)
    }),
  )

  it.live("takes the e-mail address of a buyer the shop does not know, and thanks without a success address", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar, { customer_email: null, success_url: null })
      const paid = yield* form(checkout.url, { action: "pay", email: "typed@shop.example" })
      assert.strictEqual(paid.location, `${checkout.url}/confirmation`)
      assert.include(yield* page(paid.location ?? ""), "This checkout is paid.")
      assert.strictEqual((yield* polar.checkouts)[0]?.customer_email, "typed@shop.example")
    }),
  )

  it.live("goes back to the shop, and shows no buttons once the checkout has expired", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      const back = yield* form(checkout.url, { action: "back" })
      assert.strictEqual(back.location, "https://shop.example/back")
      yield* polar.clock.advance("25 hours")
      const html = yield* page(checkout.url)
      assert.include(html, "expired")
      assert.notInclude(html, "<button")
    }),
  )

  it.live("confirmed says nothing about success: the order comes when the money does", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const checkout = yield* open(polar)
      yield* polar.buyer.confirm(checkout.id)
      const read = yield* Effect.promise(() => getCheckouts(sdk(polar))(checkout.id))
      assert.strictEqual(read.status, "confirmed")
      assert.strictEqual((yield* polar.orders).length, 0)
      const order = yield* polar.buyer.settle(checkout.id)
      assert.strictEqual(order.checkout_id, checkout.id)
    }),
  )
})

describe("customers of the Polar stand-in", () => {
  it.live("are linked by e-mail address, and an external id of another address is refused", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const first = yield* open(polar, { external_customer_id: "user_1" })
      const one = yield* polar.buyer.pay(first.id)
      const second = yield* open(polar, { external_customer_id: "user_2" })
      const two = yield* polar.buyer.pay(second.id)
      assert.strictEqual(one.customer_id, two.customer_id)
      const other = yield* open(polar, { external_customer_id: "user_1", customer_email: "else@shop.example" })
      const refused = yield* Effect.flip(polar.buyer.pay(other.id))
      assert.include(refused.detail, "CheckoutCustomerExternalIdMismatch")
    }),
  )
})

describe("refunds of the Polar stand-in", () => {
  it.live("are partial, then full, with the tax on top of the amount, and then refused", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ taxRate: 0.2 })
      const checkout = yield* open(polar)
      const order = yield* polar.buyer.pay(checkout.id)
      const refund = createRefunds(sdk(polar))
      const part = yield* Effect.promise(() =>
        refund({ order_id: order.id, reason: "customer_request", amount: 666, metadata: { refund_id: "re_1" } }),
      )
      assert.deepStrictEqual([part.status, part.amount, part.tax_amount], ["succeeded", 666, 133])
      assert.deepStrictEqual(part.metadata, { refund_id: "re_1" })
      const half = yield* Effect.promise(() => getOrders(sdk(polar))(order.id))
      assert.deepStrictEqual([half.status, half.refundable_amount], ["partially_refunded", 1000])
      const high = yield* rejection(() => refund({ order_id: order.id, reason: "other", amount: 1001 }))
      assert.instanceOf(high, errors.HTTPValidationError)
      const rest = yield* Effect.promise(() => refund({ order_id: order.id, reason: "other", amount: 1000 }))
      assert.strictEqual(rest.tax_amount, 200)
      const whole = yield* Effect.promise(() => getOrders(sdk(polar))(order.id))
      assert.deepStrictEqual([whole.status, whole.refunded_amount, whole.refunded_tax_amount], ["refunded", 1666, 333])
      const over = yield* rejection(() => refund({ order_id: order.id, reason: "other", amount: 1 }))
      assert.instanceOf(over, errors.RefundedAlready)
      assert.propertyVal(over.error, "error", "RefundedAlready")
      const listed = yield* Effect.promise(() => listRefunds(sdk(polar))({ order_id: order.id }))
      assert.strictEqual(listed.items.length, 2)
    }),
  )

  it.live("are made twice by the same request sent twice", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const order = yield* polar.buyer.pay((yield* open(polar)).id)
      const send = call(polar, "POST", "/v1/refunds/", { order_id: order.id, reason: "other", amount: 100 })
      const statuses = yield* Effect.all([send, send])
      assert.deepStrictEqual(
        statuses.map((answer) => answer.status),
        [201, 201],
      )
      assert.strictEqual((yield* polar.orders)[0]?.refunded_amount, 200)
    }),
  )

  it.live("are refused for an unknown order, a disputed payment, and benefits of a subscription", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const refund = (order_id: string, revoke_benefits = false) =>
        call(polar, "POST", "/v1/refunds/", { order_id, reason: "other", amount: 1, revoke_benefits })
      const unknown = yield* refund("99999999-9999-4999-8999-999999999999")
      assert.deepNestedPropertyVal(unknown.value, "detail[0].msg", "Order not found")
      const order = yield* polar.buyer.pay((yield* open(polar)).id)
      yield* polar.dispute(order.id)
      assert.deepNestedPropertyVal((yield* refund(order.id)).value, "error", "RefundDisputedPayment")
      const period = yield* polar.buyer.pay((yield* open(polar, monthly)).id)
      const prohibited = yield* refund(period.id, true)
      assert.strictEqual(prohibited.status, 400)
      assert.deepNestedPropertyVal(prohibited.value, "error", "RevokeSubscriptionBenefitsProhibited")
    }),
  )

  it.live("may stay pending, and a failed one gives the amount back to the order", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ refundStatus: "pending" })
      const order = yield* polar.buyer.pay((yield* open(polar)).id)
      const refund = yield* Effect.promise(() =>
        createRefunds(sdk(polar))({ order_id: order.id, reason: "other", amount: 1999 }),
      )
      assert.strictEqual(refund.status, "pending")
      yield* polar.settleRefund(refund.id, "failed")
      const read = yield* Effect.promise(() => getOrders(sdk(polar))(order.id))
      assert.deepStrictEqual([read.status, read.refundable_amount], ["paid", 1999])
    }),
  )
})

describe("a subscription of the Polar stand-in", () => {
  const subscribe = Effect.fnUntraced(function* (polar: PolarEmulator.PolarEmulator) {
    const order = yield* polar.buyer.pay((yield* open(polar, monthly)).id)
    assert.strictEqual(order.billing_reason, "subscription_create")
    return order.subscription_id ?? assert.fail("no subscription")
  })

  it.live("is active after the first payment and is found by its metadata", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = yield* subscribe(polar)
      const read = yield* Effect.promise(() => getSubscriptions(sdk(polar))(id))
      assert.deepStrictEqual([read.status, read.amount, read.recurring_interval], ["active", 500, "month"])
      const found = yield* Effect.promise(() => listSubscriptions(sdk(polar))({ metadata: { attempt_id: "att_1" } }))
      assert.deepStrictEqual(
        found.items.map((item) => item.id),
        [id],
      )
      const none = yield* Effect.promise(() => listSubscriptions(sdk(polar))({ metadata: { attempt_id: "other" } }))
      assert.strictEqual(none.items.length, 0)
    }),
  )

  it.live("stays active when cancelled at the period's end, and ends when that comes", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = yield* subscribe(polar)
      const update = updateSubscriptions(sdk(polar))
      const cancelled = yield* Effect.promise(() =>
        update(id, { cancel_at_period_end: true, customer_cancellation_reason: "too_expensive" }),
      )
      assert.deepStrictEqual([cancelled.status, cancelled.cancel_at_period_end], ["active", true])
      assert.strictEqual(cancelled.ends_at, cancelled.current_period_end)
      const twice = yield* rejection(() => update(id, { cancel_at_period_end: true }))
      assert.deepNestedPropertyVal(twice, "error.error", "AlreadyCanceledSubscription")
      yield* polar.clock.advance("32 days")
      const ended = yield* Effect.promise(() => getSubscriptions(sdk(polar))(id))
      assert.strictEqual(ended.status, "canceled")
      assert.strictEqual(ended.ended_at, ended.ends_at)
    }),
  )

  it.live("can be kept after all", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = yield* subscribe(polar)
      yield* polar.buyer.cancel(id)
      const kept = yield* Effect.promise(() => updateSubscriptions(sdk(polar))(id, { cancel_at_period_end: false }))
      assert.deepStrictEqual([kept.cancel_at_period_end, kept.ends_at, kept.canceled_at], [false, null, null])
    }),
  )

  it.live("ends at once by PATCH with a reason, or by DELETE without one; a second time is refused", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const first = yield* subscribe(polar)
      const revoked = yield* Effect.promise(() =>
        updateSubscriptions(sdk(polar))(first, { revoke: true, customer_cancellation_reason: "unused" }),
      )
      assert.deepStrictEqual([revoked.status, revoked.customer_cancellation_reason], ["canceled", "unused"])
      assert.isNotNull(revoked.ended_at)
      const second = yield* subscribe(polar)
      const deleted = yield* Effect.promise(() => revokeSubscriptions(sdk(polar))(second))
      assert.strictEqual(deleted.status, "canceled")
      const again = yield* rejection(() => revokeSubscriptions(sdk(polar))(second))
      assert.deepNestedPropertyVal(again, "error.error", "AlreadyCanceledSubscription")
    }),
  )

  it.live("takes one kind of change per request", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = yield* subscribe(polar)
      const mixed = yield* call(polar, "PATCH", `/v1/subscriptions/${id}`, { cancel_at_period_end: true, metadata: {} })
      assert.strictEqual(mixed.status, 422)
      assert.deepNestedPropertyVal(mixed.value, "detail[0].type", "extra_forbidden")
      assert.isFalse((yield* polar.subscriptions)[0]?.cancel_at_period_end)
    }),
  )

  it.live("renews into a new order, or becomes past due", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const id = yield* subscribe(polar)
      const order = yield* polar.renew(id)
      assert.deepStrictEqual([order.billing_reason, order.subscription_id], ["subscription_cycle", id])
      yield* polar.failRenewal(id)
      const read = yield* Effect.promise(() => getSubscriptions(sdk(polar))(id))
      assert.strictEqual(read.status, "past_due")
      assert.strictEqual((yield* polar.orders).length, 2)
    }),
  )
})
