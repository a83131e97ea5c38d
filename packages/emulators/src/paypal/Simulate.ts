/**
 * What happens at PayPal without the merchant asking.
 */
import { Effect } from "effect"
import * as Amount from "./Amount.ts"
import * as Billing from "./Billing.ts"
import type { Core } from "./Core.ts"
import * as Disputes from "./Disputes.ts"
import type * as Model from "./Model.ts"
import * as Orders from "./Orders.ts"
import * as Payments from "./Payments.ts"
import * as Problem from "./Problem.ts"
import * as Refunds from "./Refunds.ts"

/** What happens at PayPal without the merchant asking. Unknown ids and impossible changes are `Problem`s. */
export interface Simulate {
  /** What the next captures of this order do, in this order. */
  readonly captureOutcomes: (
    orderId: string,
    ...outcomes: ReadonlyArray<Model.CaptureOutcome>
  ) => Effect.Effect<void, Problem.Problem>
  /** A pending capture ends; PAYMENT.CAPTURE.COMPLETED or PAYMENT.CAPTURE.DENIED is sent. */
  readonly settleCapture: (
    captureId: string,
    status: "COMPLETED" | "DECLINED",
  ) => Effect.Effect<Model.Capture, Problem.Problem>
  /** How the next refunds come out, in this order. */
  readonly refundOutcomes: (...outcomes: ReadonlyArray<Model.Refund["status"]>) => Effect.Effect<void>
  /** A pending refund ends. */
  readonly settleRefund: (
    refundId: string,
    status: "COMPLETED" | "FAILED" | "CANCELLED",
  ) => Effect.Effect<Model.Refund, Problem.Problem>
  /** The merchant refunds in PayPal's own dashboard: the whole rest of a capture or a sale, or this amount. */
  readonly refund: (transactionId: string, amount?: Amount.Amount) => Effect.Effect<Model.Refund, Problem.Problem>
  /** PayPal takes the whole rest of a capture or a sale back, for the buyer's bank. */
  readonly reverse: (transactionId: string) => Effect.Effect<Model.Refund, Problem.Problem>
  /** The next cycle of a subscription is charged now. */
  readonly renew: (subscriptionId: string) => Effect.Effect<Model.Subscription, Problem.Problem>
  /** The next so many charges fail. */
  readonly failNextPayments: (subscriptionId: string, times: number) => Effect.Effect<void, Problem.Problem>
  /** The buyer cancels in their PayPal account. */
  readonly cancelSubscription: (subscriptionId: string) => Effect.Effect<Model.Subscription, Problem.Problem>
  /** The merchant (or PayPal, after too many failures) suspends a subscription. */
  readonly suspendSubscription: (subscriptionId: string) => Effect.Effect<Model.Subscription, Problem.Problem>
  /** A suspended subscription goes on. */
  readonly resumeSubscription: (subscriptionId: string) => Effect.Effect<Model.Subscription, Problem.Problem>
  /** The last cycle of the plan is over. */
  readonly expireSubscription: (subscriptionId: string) => Effect.Effect<Model.Subscription, Problem.Problem>
  /**
   * The merchant changes a plan in PayPal's dashboard: what it costs, or whether it is sold. New subscriptions have it,
   * running ones stay as they are here; no event is sent.
   */
  readonly changePlan: (
    planId: string,
    change: Partial<Pick<Model.Plan, "price" | "interval" | "status">>,
  ) => Effect.Effect<Model.Plan, Problem.Problem>
  readonly openDispute: (opening: Disputes.Opening) => Effect.Effect<Model.Dispute, Problem.Problem>
  readonly resolveDispute: (disputeId: string, outcome: string) => Effect.Effect<Model.Dispute, Problem.Problem>
}

/** Acts on one emulator's memory; `alone` keeps requests out meanwhile. */
export const make = (
  core: Core,
  refundOutcomes: Payments.RefundOutcomes,
  alone: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>,
): Simulate => {
  const takeBack = (id: string, what: Refunds.What, amount?: Amount.Amount) => {
    const asked = { amount, custom_id: undefined, invoice_id: undefined, note: undefined, what }
    return alone((core.memory.sales.has(id) ? Refunds.sale : Refunds.capture)(core, id, asked, "COMPLETED"))
  }
  const become = (id: string, told: Billing.Told, change: Partial<Model.Subscription>) =>
    alone(
      Effect.gen(function* () {
        const changed = yield* Billing.put(core, yield* Billing.find(core, id), change)
        yield* Billing.tell(core, changed, told)
        return changed
      }),
    )
  return {
    captureOutcomes: (orderId, ...outcomes) =>
      alone(
        Effect.map(Orders.find(core, orderId), (order) => {
          core.memory.orders.set(orderId, { ...order, outcomes })
        }),
      ),
    settleCapture: (id, status) => alone(Payments.settleCapture(core, id, status)),
    refundOutcomes: (...outcomes) =>
      Effect.sync(() => {
        refundOutcomes.splice(0, refundOutcomes.length, ...outcomes)
      }),
    settleRefund: (id, status) => alone(Refunds.settle(core, id, status)),
    refund: (id, amount) => takeBack(id, "REFUNDED", amount),
    reverse: (id) => takeBack(id, "REVERSED"),
    renew: (id) => alone(Billing.renew(core, id)),
    failNextPayments: (id, times) =>
      alone(
        Effect.flatMap(Billing.find(core, id), (found) => Effect.asVoid(Billing.put(core, found, { failing: times }))),
      ),
    cancelSubscription: (id) => become(id, "CANCELLED", { status: "CANCELLED", nextBillingAt: undefined }),
    suspendSubscription: (id) => become(id, "SUSPENDED", { status: "SUSPENDED" }),
    resumeSubscription: (id) => become(id, "ACTIVATED", { status: "ACTIVE" }),
    expireSubscription: (id) => become(id, "EXPIRED", { status: "EXPIRED", nextBillingAt: undefined }),
    changePlan: (id, { price, ...change }) =>
      alone(
        Effect.suspend(() => {
          const plan = core.memory.plans.get(id)
          if (plan === undefined) return Effect.fail(Problem.unknownId("id", id))
          const changed = { ...plan, ...change, ...(price === undefined ? {} : { price: Amount.normal(price) }) }
          core.memory.plans.set(id, changed)
          return Effect.succeed(changed)
        }),
      ),
    openDispute: (opening) => alone(Disputes.open(core, opening)),
    resolveDispute: (id, outcome) => alone(Disputes.resolve(core, id, outcome)),
  }
}
