/**
 * Subscriptions after the first payment: cancelling now or at the end of the period, and renewing.
 *
 * Source: `SubscriptionUpdate` of the public OpenAPI document (a strict union: one kind of change per request) and
 * `server/polar/subscription/service.py` of Polar's open-source server.
 */
import { Result } from "effect"
import * as Input from "./Input.ts"
import type { Order, Subscription } from "./Model.ts"
import { book } from "./Payment.ts"
import * as Period from "./Period.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import * as Totals from "./Totals.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const reasons = [
  "customer_service",
  "low_quality",
  "missing_features",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
  "other",
]

const tell = (turn: Turn, subscription: Subscription, ...types: ReadonlyArray<string>) => {
  subscription.modified_at = turn.now
  for (const type of ["subscription.updated", ...types]) {
    turn.happened.push({ type, data: View.subscription(turn, subscription) })
  }
}

/** Why the buyer leaves; the comment is visible to the buyer. */
export interface Reason {
  readonly reason: string | null
  readonly comment: string | null
}

const noReason: Reason = { reason: null, comment: null }

/** Ends a subscription now. */
export const revoke = (turn: Turn, subscription: Subscription, why: Reason = noReason): Outcome<Subscription> => {
  if (subscription.ended_at !== null) return Result.fail(Problem.alreadyCanceled)
  const first = subscription.canceled_at === null
  subscription.status = "canceled"
  subscription.cancel_at_period_end = false
  subscription.canceled_at ??= turn.now
  subscription.ends_at = turn.now
  subscription.ended_at = turn.now
  subscription.customer_cancellation_reason = why.reason ?? subscription.customer_cancellation_reason
  subscription.customer_cancellation_comment = why.comment ?? subscription.customer_cancellation_comment
  tell(turn, subscription, ...(first ? ["subscription.canceled"] : []), "subscription.revoked")
  return Result.succeed(subscription)
}

/** Lets a subscription end with the paid period; it stays active until then. */
export const cancelAtPeriodEnd = (
  turn: Turn,
  subscription: Subscription,
  why: Reason = noReason,
): Outcome<Subscription> => {
  if (subscription.ended_at !== null || subscription.cancel_at_period_end) return Result.fail(Problem.alreadyCanceled)
  subscription.cancel_at_period_end = true
  subscription.canceled_at = turn.now
  subscription.ends_at = subscription.current_period_end
  subscription.customer_cancellation_reason = why.reason
  subscription.customer_cancellation_comment = why.comment
  tell(turn, subscription, "subscription.canceled")
  return Result.succeed(subscription)
}

/** Takes a cancellation at the period's end back. */
const uncancel = (turn: Turn, subscription: Subscription): Outcome<Subscription> => {
  if (subscription.ended_at !== null) return Result.fail(Problem.alreadyCanceled)
  if (!subscription.cancel_at_period_end) return Result.fail(Problem.notScheduledToCancel)
  subscription.cancel_at_period_end = false
  subscription.canceled_at = null
  subscription.ends_at = null
  subscription.customer_cancellation_reason = null
  subscription.customer_cancellation_comment = null
  tell(turn, subscription, "subscription.uncanceled")
  return Result.succeed(subscription)
}

const kinds = {
  revoke: ["revoke", "customer_cancellation_reason", "customer_cancellation_comment"],
  cancel_at_period_end: ["cancel_at_period_end", "customer_cancellation_reason", "customer_cancellation_comment"],
  metadata: ["metadata"],
} as const

const notEmulated = [
  "product_id",
  "proration_behavior",
  "discount_id",
  "trial_end",
  "seats",
  "current_billing_period_end",
  "pause_at_period_end",
  "resume",
]

/** `PATCH`: one kind of change; any key of another kind is a 422. */
export const update = (turn: Turn, subscription: Subscription, body: Input.Json): Outcome<Subscription> =>
  Result.gen(function* () {
    const collector = Input.collect(body)
    const kind = Object.hasOwn(body, "revoke")
      ? "revoke"
      : Object.hasOwn(body, "cancel_at_period_end")
        ? "cancel_at_period_end"
        : "metadata"
    const allowed: ReadonlyArray<string> = kinds[kind]
    const other = Object.keys(body).find((key) => notEmulated.includes(key))
    if (kind === "metadata" && other !== undefined) {
      return yield* Result.fail(Problem.notEmulated(`PATCH of a subscription's ${other}`))
    }
    for (const key of Object.keys(body)) {
      if (!allowed.includes(key)) collector.add("extra_forbidden", [key], "Extra inputs are not permitted", body[key])
    }
    if (kind === "revoke" && body["revoke"] !== true) {
      collector.add("literal_error", ["revoke"], "Input should be True", body["revoke"])
    }
    const input = yield* Input.settle(collector, {
      why: {
        reason: collector.oneOf("customer_cancellation_reason", reasons) ?? null,
        comment: collector.string("customer_cancellation_comment") ?? null,
      },
      cancel: collector.boolean("cancel_at_period_end"),
      metadata: collector.metadata("metadata"),
    })
    if (kind === "revoke") return yield* revoke(turn, subscription, input.why)
    if (input.cancel === true) return yield* cancelAtPeriodEnd(turn, subscription, input.why)
    if (input.cancel === false) return yield* uncancel(turn, subscription)
    if (input.metadata !== undefined) subscription.metadata = input.metadata
    tell(turn, subscription)
    return subscription
  })

/** Starts the next period now and charges for it. */
export const renew = (turn: Turn, subscription: Subscription): Outcome<Order> => {
  if (subscription.ended_at !== null || subscription.cancel_at_period_end) return Result.fail(Problem.alreadyCanceled)
  subscription.status = "active"
  subscription.past_due_at = null
  subscription.current_period_start = subscription.current_period_end
  subscription.current_period_end = Period.next(
    subscription.current_period_start,
    subscription.recurring_interval,
    subscription.recurring_interval_count,
  )
  tell(turn, subscription, "subscription.cycled")
  const totals = Totals.compute({
    amount: subscription.amount,
    basisPoints: 0,
    taxBehavior: subscription.tax_behavior,
    country: turn.settings.buyerCountry,
    settings: turn.settings,
  })
  const order = book(turn, {
    subtotal_amount: subscription.amount,
    discount_amount: totals.discount_amount,
    net_amount: totals.net_amount,
    tax_amount: totals.tax_amount ?? 0,
    refunded_amount: 0,
    refunded_tax_amount: 0,
    currency: subscription.currency,
    billing_reason: "subscription_cycle",
    customer_id: subscription.customer_id,
    product_id: subscription.product_id,
    discount_id: null,
    subscription_id: subscription.id,
    // Only the first order names the checkout (`create_subscription_order` of Polar's server).
    checkout_id: null,
    price_id: subscription.price.id,
    metadata: subscription.metadata,
    disputed: false,
  })
  return Result.succeed(order)
}

/** A renewal's charge failed: `past_due`, with its period still the old one. */
export const failRenewal = (turn: Turn, subscription: Subscription): Outcome<Subscription> => {
  if (subscription.ended_at !== null) return Result.fail(Problem.alreadyCanceled)
  subscription.status = "past_due"
  subscription.past_due_at = turn.now
  tell(turn, subscription, "subscription.past_due")
  return Result.succeed(subscription)
}

/** Ends the subscriptions whose last paid period is over. */
export const endDue = (turn: Turn): void => {
  for (const subscription of turn.state.subscriptions.values()) {
    if (subscription.ended_at === null && subscription.ends_at !== null && subscription.ends_at <= turn.now) {
      subscription.status = "canceled"
      subscription.ended_at = subscription.ends_at
      tell(turn, subscription, "subscription.revoked")
    }
  }
}
