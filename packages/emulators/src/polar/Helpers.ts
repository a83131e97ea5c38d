/**
 * What happens at Polar without the merchant asking, for tests and for the control server: buyers pay, banks answer,
 * periods pass.
 */
import { Effect, Result } from "effect"
import { NotPossible } from "../NotPossible.ts"
import * as Disputes from "./Disputes.ts"
import type * as Model from "./Model.ts"
import * as Payment from "./Payment.ts"
import * as Problem from "./Problem.ts"
import * as Products from "./Products.ts"
import * as Refunds from "./Refunds.ts"
import type * as State from "./State.ts"
import * as Subscriptions from "./Subscriptions.ts"
import type * as Webhooks from "./Webhooks.ts"
import type { World } from "./World.ts"

/** What a buyer and the buyer's bank do. Ids are checkout ids. */
export interface Buyer {
  /** Pays: an order, and a subscription when the product recurs. */
  readonly pay: (checkoutId: string, buyer?: Payment.Buyer) => Effect.Effect<Model.Order, NotPossible>
  /** Clicks Pay only; `settle` or `decline` says how it ends. */
  readonly confirm: (checkoutId: string, buyer?: Payment.Buyer) => Effect.Effect<void, NotPossible>
  /** The money of a confirmed checkout arrives. */
  readonly settle: (checkoutId: string) => Effect.Effect<Model.Order, NotPossible>
  /** Tries to pay and is refused (a confirmed checkout too): the checkout is open again. */
  readonly decline: (checkoutId: string) => Effect.Effect<void, NotPossible>
  /** Cancels a subscription from the customer portal, at the end of the period. */
  readonly cancel: (subscriptionId: string) => Effect.Effect<void, NotPossible>
}

/** Everything code can make happen and read. */
export interface Helpers {
  readonly buyer: Buyer
  /** Starts a subscription's next period and charges for it. */
  readonly renew: (subscriptionId: string) => Effect.Effect<Model.Order, NotPossible>
  /** A renewal's charge fails: the subscription is past due. */
  readonly failRenewal: (subscriptionId: string) => Effect.Effect<void, NotPossible>
  /** Ends a refund that started as `pending`. */
  readonly settleRefund: (refundId: string, status: "succeeded" | "failed") => Effect.Effect<void, NotPossible>
  /** The merchant refunds in Polar's dashboard: all that is left, or this net amount. */
  readonly refund: (orderId: string, amount?: number) => Effect.Effect<Model.Refund, NotPossible>
  /** The buyer's bank takes an order's money back; its refunds are refused from now on. */
  readonly dispute: (orderId: string) => Effect.Effect<Model.Dispute, NotPossible>
  /** The bank decides; a dispute that was won frees the refunds. */
  readonly closeDispute: (disputeId: string, status: "won" | "lost") => Effect.Effect<void, NotPossible>
  /** The merchant changes a product in Polar's dashboard. */
  readonly changeProduct: (productId: string, change: Products.Change) => Effect.Effect<Model.Product, NotPossible>
  /** Lets time take its effect without a request: checkouts expire, subscriptions end. */
  readonly tick: Effect.Effect<void>
  readonly addWebhook: (options: Webhooks.EndpointOptions) => Effect.Effect<Webhooks.Endpoint>
  readonly checkouts: Effect.Effect<ReadonlyArray<Model.Checkout>>
  readonly orders: Effect.Effect<ReadonlyArray<Model.Order>>
  readonly subscriptions: Effect.Effect<ReadonlyArray<Model.Subscription>>
  readonly refunds: Effect.Effect<ReadonlyArray<Model.Refund>>
}

/** Copies, so that what was read stays as it was read. */
const copies = <A extends object>(map: ReadonlyMap<string, A>): Effect.Effect<ReadonlyArray<A>> =>
  Effect.sync(() => [...map.values()].map((value) => ({ ...value })))

const confirmed = (turn: State.Turn, checkout: Model.Checkout) =>
  checkout.status === "confirmed"
    ? Result.succeed(checkout)
    : Result.map(Payment.confirm(turn, checkout), () => checkout)

/** The helpers over a world. */
export const make = (world: World): Helpers => {
  const on =
    <A, B>(map: ReadonlyMap<string, A>, change: (turn: State.Turn, value: A) => Result.Result<B, Problem.Problem>) =>
    (id: string): Effect.Effect<B, NotPossible> =>
      Effect.flatMap(
        world.act((turn) => {
          const value = map.get(id)
          return value === undefined ? Result.fail(Problem.notFound) : change(turn, value)
        }),
        (outcome) =>
          Result.isSuccess(outcome)
            ? Effect.succeed(outcome.success)
            : Effect.fail(
                new NotPossible({ status: outcome.failure.status, detail: JSON.stringify(outcome.failure.body) }),
              ),
      )
  const { checkouts, disputes, orders, products, refunds, subscriptions } = world.state
  const buyer: Buyer = {
    pay: (id, who) =>
      on(checkouts, (turn, checkout) =>
        Result.flatMap(Payment.confirm(turn, checkout, who), () => Payment.settle(turn, checkout)),
      )(id),
    confirm: (id, who) => Effect.asVoid(on(checkouts, (turn, value) => Payment.confirm(turn, value, who))(id)),
    settle: on(checkouts, Payment.settle),
    decline: (id) =>
      Effect.asVoid(
        on(checkouts, (turn, value) => Result.flatMap(confirmed(turn, value), () => Payment.fail(turn, value)))(id),
      ),
    cancel: (id) => Effect.asVoid(on(subscriptions, (turn, value) => Subscriptions.cancelAtPeriodEnd(turn, value))(id)),
  }
  return {
    buyer,
    renew: on(subscriptions, Subscriptions.renew),
    failRenewal: (id: string) => Effect.asVoid(on(subscriptions, Subscriptions.failRenewal)(id)),
    settleRefund: (id: string, status: "succeeded" | "failed") =>
      Effect.asVoid(on(refunds, (turn, value) => Refunds.settle(turn, value, status))(id)),
    refund: (id: string, amount?: number) =>
      on(orders, (turn, order) =>
        Refunds.create(turn, {
          order_id: order.id,
          reason: "customer_request",
          amount: amount ?? order.net_amount - order.refunded_amount,
        }),
      )(id),
    dispute: on(orders, Disputes.open),
    closeDispute: (id: string, status: "won" | "lost") =>
      on(disputes, (turn, dispute) => Result.succeed(Disputes.close(turn, dispute, status)))(id),
    changeProduct: (id: string, change: Products.Change) =>
      on(products, (turn, product) => Result.succeed(Products.change(turn, product, change)))(id),
    tick: world.act(() => undefined),
    addWebhook: world.webhooks.add,
    checkouts: copies(checkouts),
    orders: copies(orders),
    subscriptions: copies(subscriptions),
    refunds: copies(refunds),
  }
}
