/**
 * The life of a subscription: approval, charges, renewal, failure, end. No HTTP here.
 */
import { DateTime, Effect } from "effect"
import * as Amount from "./Amount.ts"
import { type Core, id, type News } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as BillingViews from "./BillingViews.ts"

/** After so many failures in a row PayPal suspends, by the plan's `payment_failure_threshold`. */
const threshold = 3

const subscriber: Model.Payer = {
  payer_id: "2J6QB8YJQSJRJ",
  email_address: "buyer@example.com",
  name: { given_name: "Bea", surname: "Buyer" },
}

export const find = (core: Core, subscriptionId: string): Effect.Effect<Model.Subscription, Problem.Problem> => {
  const found = core.memory.subscriptions.get(subscriptionId)
  return found === undefined ? Effect.fail(Problem.unknownId("id", subscriptionId)) : Effect.succeed(found)
}

/** Stores a change of a subscription. */
export const put = Effect.fnUntraced(function* (
  core: Core,
  subscription: Model.Subscription,
  change: Partial<Model.Subscription>,
): Effect.fn.Return<Model.Subscription> {
  const next = { ...subscription, ...change, updatedAt: yield* core.clock.now }
  core.memory.subscriptions.set(next.id, next)
  return next
})

const summaries = {
  CREATED: "Subscription created",
  ACTIVATED: "Subscription activated",
  CANCELLED: "Subscription cancelled",
  SUSPENDED: "Subscription suspended",
  EXPIRED: "Subscription expired",
  "PAYMENT.FAILED": "Subscription payment failed",
} as const

/** What can be told of a subscription. */
export type Told = keyof typeof summaries

/** Tells that something happened to a subscription. */
export const tell = (core: Core, subscription: Model.Subscription, what: Told): Effect.Effect<void> => {
  const news: News = {
    type: `BILLING.SUBSCRIPTION.${what}`,
    resourceType: "subscription",
    resourceVersion: "2.0",
    summary: summaries[what],
    resource: BillingViews.subscription(core, subscription),
    transactionIds: [subscription.id],
  }
  return Effect.asVoid(core.emit(news))
}

const parts = { DAY: "days", WEEK: "weeks", MONTH: "months", YEAR: "years" } as const

const after = (core: Core, subscription: Model.Subscription, from: number): number => {
  const interval = core.memory.plans.get(subscription.planId)?.interval ?? { unit: "MONTH", count: 1 }
  return DateTime.toEpochMillis(DateTime.add(DateTime.makeUnsafe(from), { [parts[interval.unit]]: interval.count }))
}

/** Tries to charge one cycle: a sale, or a failed payment that leaves the subscription active until the threshold. */
export const charge = Effect.fnUntraced(function* (
  core: Core,
  subscription: Model.Subscription,
): Effect.fn.Return<Model.Subscription> {
  const now = yield* core.clock.now
  if (subscription.failing > 0) {
    const failed = yield* put(core, subscription, {
      failing: subscription.failing - 1,
      failedPayments: subscription.failedPayments + 1,
      outstanding: Amount.add(subscription.outstanding, subscription.price),
      lastFailure: { amount: subscription.price, at: now, reason: "PAYMENT_DENIED" },
    })
    yield* tell(core, failed, "PAYMENT.FAILED")
    if (failed.failedPayments < threshold) return failed
    const suspended = yield* put(core, failed, { status: "SUSPENDED", nextBillingAt: undefined })
    yield* tell(core, suspended, "SUSPENDED")
    return suspended
  }
  const sale: Model.Sale = {
    id: yield* id,
    subscriptionId: subscription.id,
    state: "completed",
    amount: subscription.price,
    refunded: Amount.zero(subscription.price.currency_code),
    custom: subscription.custom_id,
    createdAt: now,
    updatedAt: now,
  }
  core.memory.sales.set(sale.id, sale)
  const paid = yield* put(core, subscription, {
    cycles: subscription.cycles + 1,
    failedPayments: 0,
    outstanding: Amount.zero(subscription.price.currency_code),
    lastPayment: { amount: sale.amount, at: now },
    nextBillingAt: after(core, subscription, subscription.nextBillingAt ?? now),
  })
  yield* core.emit({
    type: "PAYMENT.SALE.COMPLETED",
    resourceType: "sale",
    resourceVersion: "1.0",
    summary: `Payment completed for ${sale.amount.currency_code} ${sale.amount.value}`,
    resource: BillingViews.sale(core, sale),
    transactionIds: [sale.id, subscription.id],
  })
  return paid
})

/** Makes a subscription active and charges the first cycle, unless it starts later. */
export const activate = Effect.fnUntraced(function* (
  core: Core,
  subscription: Model.Subscription,
): Effect.fn.Return<Model.Subscription> {
  const now = yield* core.clock.now
  const later = subscription.startAt > now
  const active = yield* put(core, subscription, {
    status: "ACTIVE",
    nextBillingAt: later ? subscription.startAt : now,
  })
  yield* tell(core, active, "ACTIVATED")
  return later ? active : yield* charge(core, active)
})

/**
 * The buyer agrees on the page: SUBSCRIBE_NOW activates and charges at once, CONTINUE waits for `/activate`, and no
 * event tells of it. Approving twice is one approval.
 */
export const approve = Effect.fnUntraced(function* (
  core: Core,
  subscriptionId: string,
  failing = 0,
): Effect.fn.Return<Model.Subscription, Problem.Problem> {
  const subscription = yield* find(core, subscriptionId)
  if (subscription.status === "ACTIVE" || subscription.status === "APPROVED") return subscription
  if (subscription.status !== "APPROVAL_PENDING") {
    return yield* Problem.unprocessable("SUBSCRIPTION_STATUS_INVALID", `The subscription is ${subscription.status}.`)
  }
  const approved = yield* put(core, subscription, {
    status: "APPROVED",
    payer: subscriber,
    failing: subscription.failing + failing,
  })
  return approved.userAction === "CONTINUE" ? approved : yield* activate(core, approved)
})

/** The next cycle is charged now. */
export const renew = Effect.fnUntraced(function* (
  core: Core,
  subscriptionId: string,
): Effect.fn.Return<Model.Subscription, Problem.Problem> {
  const subscription = yield* find(core, subscriptionId)
  return subscription.status === "ACTIVE"
    ? yield* charge(core, subscription)
    : yield* Problem.unprocessable("SUBSCRIPTION_STATUS_INVALID", `The subscription is ${subscription.status}.`)
})
