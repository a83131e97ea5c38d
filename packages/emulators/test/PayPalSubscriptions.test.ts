import { ApplicationContextUserAction } from "@paypal/paypal-server-sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import * as Sdk from "./support/PayPalSdk.ts"

const planId = "P-EMULATOR00000000000MONTHLY"

const started = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  return { paypal, sdk: Sdk.make(paypal.url) }
})

const bodyOf = (userAction: ApplicationContextUserAction, plan = planId) => ({
  planId: plan,
  customId: "attempt_9",
  subscriber: { emailAddress: "ann@example.com" },
  applicationContext: {
    returnUrl: "http://shop.example/return",
    cancelUrl: "http://shop.example/cancel",
    userAction,
  },
})

const created = (userAction: ApplicationContextUserAction) =>
  Effect.gen(function* () {
    const all = yield* started
    const { result, statusCode } = yield* Sdk.call(() =>
      all.sdk.subscriptions.createSubscription({ body: bodyOf(userAction), paypalRequestId: "sub-1" }),
    )
    return { ...all, result, statusCode, id: result.id ?? "" }
  })

const eventsOf = (paypal: PayPalEmulator.PayPalEmulator) =>
  Effect.map(paypal.events, (events) => events.map((event) => event.type))

describe("subscribing", () => {
  it.live("waits for approval, then SUBSCRIBE_NOW is active and charged at once", () =>
    Effect.gen(function* () {
      const { id, paypal, result, sdk, statusCode } = yield* created(ApplicationContextUserAction.SubscribeNow)
      assert.deepStrictEqual([statusCode, result.status], [201, "APPROVAL_PENDING"])
      assert.match(
        result.links?.find(({ rel }) => rel === "approve")?.href ?? "",
        /\/webapps\/billing\/subscriptions\?ba_token=BA-/,
      )
      const back = new URL((yield* paypal.buyer.approve(id)) ?? "")
      assert.strictEqual(back.searchParams.get("subscription_id"), id)
      const active = (yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result
      assert.deepStrictEqual(
        [active.status, active.billingInfo?.lastPayment?.amount?.value, active.customId],
        ["ACTIVE", "10.00", "attempt_9"],
      )
      const [sale] = yield* paypal.sales
      assert.deepStrictEqual([sale?.subscriptionId, sale?.amount.value], [id, "10.00"])
      assert.deepStrictEqual(yield* eventsOf(paypal), [
        "BILLING.SUBSCRIPTION.CREATED",
        "BILLING.SUBSCRIPTION.ACTIVATED",
        "PAYMENT.SALE.COMPLETED",
      ])
    }),
  )

  it.live("F30: CONTINUE is only APPROVED, tells nobody, and is charged by activate", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* created(ApplicationContextUserAction.Continue)
      yield* paypal.buyer.approve(id)
      assert.strictEqual((yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result.status, "APPROVED")
      assert.deepStrictEqual(yield* eventsOf(paypal), ["BILLING.SUBSCRIPTION.CREATED"])
      assert.strictEqual((yield* Sdk.call(() => sdk.subscriptions.activateSubscription({ id }))).statusCode, 204)
      assert.strictEqual((yield* paypal.sales).length, 1)
      const again = yield* Sdk.refusal(() => sdk.subscriptions.activateSubscription({ id }))
      assert.deepStrictEqual([again.status, again.issue], [422, "SUBSCRIPTION_STATUS_INVALID"])
    }),
  )

  it.live("the same request id gives the same subscription for 72 hours", () =>
    Effect.gen(function* () {
      const { id, paypal } = yield* created(ApplicationContextUserAction.SubscribeNow)
      yield* paypal.clock.advance("71 hours")
      const fresh = Sdk.make(paypal.url)
      const repeat = () =>
        fresh.subscriptions.createSubscription({
          body: bodyOf(ApplicationContextUserAction.SubscribeNow),
          paypalRequestId: "sub-1",
        })
      const again = yield* Sdk.call(repeat)
      assert.deepStrictEqual([again.statusCode, again.result.id], [200, id])
      yield* paypal.clock.advance("2 hours")
      assert.notStrictEqual((yield* Sdk.call(repeat)).result.id, id)
    }),
  )

  it.live("F23: an unknown plan is 404, an inactive one PLAN_STATUS_INVALID", () =>
    Effect.gen(function* () {
      const { paypal, sdk } = yield* started
      const subscribe = (plan: string) => () =>
        sdk.subscriptions.createSubscription({ body: bodyOf(ApplicationContextUserAction.SubscribeNow, plan) })
      const unknown = yield* Sdk.refusal(subscribe("P-NOPE"))
      assert.deepStrictEqual([unknown.status, unknown.issue, unknown.field], [404, "INVALID_RESOURCE_ID", "/plan_id"])
      yield* paypal.addPlan({ id: "P-OLD", price: { currency_code: "EUR", value: "1" }, status: "INACTIVE" })
      assert.strictEqual((yield* Sdk.refusal(subscribe("P-OLD"))).issue, "PLAN_STATUS_INVALID")
      const plan = yield* Sdk.call(() => sdk.subscriptions.getBillingPlan(planId))
      assert.strictEqual(plan.result.billingCycles?.[0]?.pricingScheme?.fixedPrice?.value, "10.00")
      assert.strictEqual((yield* Sdk.refusal(() => sdk.subscriptions.getBillingPlan("P-NOPE"))).status, 404)
    }),
  )
})

describe("the life of a subscription", () => {
  it.live("F41: it can be cancelled while active or suspended, and only then", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* created(ApplicationContextUserAction.SubscribeNow)
      const cancel = () => sdk.subscriptions.cancelSubscription({ id, body: { reason: "enough" } })
      const early = yield* Sdk.refusal(cancel)
      assert.deepStrictEqual([early.status, early.issue], [422, "SUBSCRIPTION_STATUS_INVALID"])
      yield* paypal.buyer.approve(id)
      yield* Sdk.call(() => sdk.subscriptions.suspendSubscription({ id, body: { reason: "holiday" } }))
      assert.strictEqual((yield* Sdk.call(cancel)).statusCode, 204)
      assert.strictEqual((yield* Sdk.refusal(cancel)).issue, "SUBSCRIPTION_STATUS_INVALID")
      const read = (yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result
      assert.deepStrictEqual([read.status, read.statusChangeNote], ["CANCELLED", "enough"])
    }),
  )

  it.live("renewals make sales that the transactions list; three failures suspend", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* created(ApplicationContextUserAction.SubscribeNow)
      yield* paypal.buyer.approve(id)
      const first = (yield* paypal.subscriptions)[0]?.nextBillingAt ?? 0
      yield* paypal.simulate.renew(id)
      const second = (yield* paypal.subscriptions)[0]?.nextBillingAt ?? 0
      assert.isAtLeast(second - first, 28 * 86_400_000)
      const listed = yield* Sdk.call(() =>
        sdk.subscriptions.listSubscriptionTransactions({
          id,
          startTime: "2020-01-01T00:00:00Z",
          endTime: "2100-01-01T00:00:00Z",
        }),
      )
      assert.deepStrictEqual(
        listed.result.transactions?.map((one) => one.amountWithBreakdown.grossAmount.value),
        ["10.00", "10.00"],
      )
      yield* paypal.simulate.failNextPayments(id, 3)
      yield* paypal.simulate.renew(id)
      const failing = (yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result
      assert.deepStrictEqual([failing.status, failing.billingInfo?.failedPaymentsCount], ["ACTIVE", 1])
      yield* paypal.simulate.renew(id)
      yield* paypal.simulate.renew(id)
      assert.strictEqual((yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result.status, "SUSPENDED")
      assert.deepStrictEqual((yield* eventsOf(paypal)).slice(-2), [
        "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
        "BILLING.SUBSCRIPTION.SUSPENDED",
      ])
      yield* Sdk.call(() => sdk.subscriptions.activateSubscription({ id, body: { reason: "paid" } }))
      assert.strictEqual((yield* paypal.subscriptions)[0]?.status, "ACTIVE")
    }),
  )

  it.live("a declined first payment leaves an active subscription that owes", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* created(ApplicationContextUserAction.SubscribeNow)
      yield* paypal.buyer.decline(id)
      const read = (yield* Sdk.call(() => sdk.subscriptions.getSubscription({ id }))).result
      assert.deepStrictEqual(
        [read.status, read.billingInfo?.failedPaymentsCount, read.billingInfo?.outstandingBalance.value],
        ["ACTIVE", 1, "10.00"],
      )
      assert.strictEqual((yield* paypal.sales).length, 0)
    }),
  )
})
