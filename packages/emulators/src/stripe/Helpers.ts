/**
 * What happens at Stripe without the merchant asking, for tests and for the control server: buyers pay, banks answer,
 * periods pass, a request breaks.
 */
import { Effect, Result } from "effect"
import * as Billing from "./Billing.ts"
import type { Gate } from "./Gate.ts"
import { NotPossible } from "../NotPossible.ts"
import type * as Model from "./Model.ts"
import * as Payment from "./Payment.ts"
import * as Problem from "./Problem.ts"
import * as Refunds from "./Refunds.ts"
import * as State from "./State.ts"
import * as View from "./View.ts"
import type * as Webhooks from "./Webhooks.ts"
import type { World } from "./World.ts"

/** What a buyer and the buyer's bank do. Ids are session ids unless said otherwise. */
export interface Buyer {
  /** Pays by card: complete and paid. */
  readonly pay: (sessionId: string) => Effect.Effect<Model.Session, NotPossible>
  /** Pays by bank debit: complete, unpaid until the bank answers. */
  readonly payLater: (sessionId: string) => Effect.Effect<Model.Session, NotPossible>
  /** The bank answers a debit. */
  readonly settle: (sessionId: string, answer: "succeeded" | "failed") => Effect.Effect<Model.Session, NotPossible>
  /** Tries a card that is declined: the session stays open. */
  readonly decline: (sessionId: string) => Effect.Effect<Model.Session, NotPossible>
  /** Cancels a subscription from the customer portal, at the end of the period. */
  readonly cancel: (subscriptionId: string) => Effect.Effect<Model.Subscription, NotPossible>
  /** Has the bank take a PaymentIntent's charge back. */
  readonly dispute: (paymentIntentId: string, reason?: string) => Effect.Effect<Model.Dispute, NotPossible>
}

/** Everything code can make happen and read. */
export interface Helpers {
  readonly buyer: Buyer
  /** Starts a subscription's next period and charges for it, in vain when `answer` is failed. */
  readonly renew: (subscriptionId: string, answer?: "succeeded" | "failed") => Effect.Effect<Model.Invoice, NotPossible>
  /** The merchant refunds a PaymentIntent in Stripe's dashboard: all that is left, or this amount. */
  readonly refund: (paymentIntentId: string, amount?: number) => Effect.Effect<Model.Refund, NotPossible>
  readonly closeDispute: (disputeId: string, status: "won" | "lost") => Effect.Effect<Model.Dispute, NotPossible>
  /** Ends a refund that started as `pending`. */
  readonly settleRefund: (refundId: string, status: "succeeded" | "failed") => Effect.Effect<Model.Refund, NotPossible>
  /**
   * The merchant changes a price. Stripe itself lets only `active` be changed: another amount stands for a catalog that
   * names the wrong price.
   */
  readonly changePrice: (
    priceId: string,
    change: Partial<Pick<Model.Price, "active" | "currency" | "unit_amount" | "recurring">>,
  ) => Effect.Effect<Model.Price, NotPossible>
  /**
   * The next POST ends in a 500 that is kept under its idempotency key, so that a retry with the key gets it again;
   * with `applied` its change is made all the same.
   */
  readonly breakNext: (options: { readonly applied: boolean }) => Effect.Effect<void>
  /** Sends an event again, as the dashboard's "Resend" does. */
  readonly resend: (eventId: string) => Effect.Effect<void, NotPossible>
  /** Lets time take its effect without a request: sessions expire, subscriptions end. */
  readonly tick: Effect.Effect<void>
  readonly addWebhook: (options: Webhooks.EndpointOptions) => Effect.Effect<Webhooks.Endpoint>
  readonly sessions: Effect.Effect<ReadonlyArray<Model.Session>>
  readonly paymentIntents: Effect.Effect<ReadonlyArray<Model.PaymentIntent>>
  readonly charges: Effect.Effect<ReadonlyArray<Model.Charge>>
  readonly refunds: Effect.Effect<ReadonlyArray<Model.Refund>>
  readonly subscriptions: Effect.Effect<ReadonlyArray<Model.Subscription>>
  readonly invoices: Effect.Effect<ReadonlyArray<Model.Invoice>>
  readonly disputes: Effect.Effect<ReadonlyArray<Model.Dispute>>
  readonly events: Effect.Effect<ReadonlyArray<Model.Event>>
}

/** Copies, so that what was read stays as it was read. */
const copies = <A extends object>(map: ReadonlyMap<string, A>): Effect.Effect<ReadonlyArray<A>> =>
  Effect.sync(() => [...map.values()].map((value) => ({ ...value })))

const chargeOf = (turn: State.Turn, intent: Model.PaymentIntent): Result.Result<Model.Charge, Problem.Problem> => {
  const charge = turn.state.charges.get(intent.latest_charge ?? "")
  return charge === undefined
    ? Result.fail(Problem.refused(`This PaymentIntent (${intent.id}) has no charge.`))
    : Result.succeed(charge)
}

/** The helpers over a world. */
export const make = (world: World, gate: Gate): Helpers => {
  const { charges, disputes, events, intents, invoices, prices, refunds, sessions, subscriptions } = world.state
  const on =
    <A, B extends object>(
      map: ReadonlyMap<string, A>,
      change: (turn: State.Turn, value: A) => Result.Result<B, Problem.Problem>,
    ) =>
    (id: string): Effect.Effect<B, NotPossible> =>
      Effect.flatMap(
        world.act((turn) => {
          const value = map.get(id)
          return value === undefined ? Result.fail(Problem.noSuch("object", id, "id")) : change(turn, value)
        }),
        (outcome) =>
          Result.isSuccess(outcome)
            ? Effect.succeed({ ...outcome.success })
            : Effect.fail(new NotPossible({ status: outcome.failure.status, detail: outcome.failure.error.message })),
      )
  const buyer: Buyer = {
    pay: on(sessions, (turn, session) => Payment.pay(turn, session)),
    payLater: on(sessions, (turn, session) => Payment.payLater(turn, session)),
    settle: (id, answer) => on(sessions, (turn, session) => Payment.settle(turn, session, answer))(id),
    decline: on(sessions, Payment.decline),
    cancel: on(subscriptions, (turn, value) => Billing.update(turn, value, { cancel_at_period_end: "true" })),
    dispute: (id, reason) =>
      on(intents, (turn, intent) =>
        Result.flatMap(chargeOf(turn, intent), (charge) => Refunds.dispute(turn, charge, reason)),
      )(id),
  }
  return {
    buyer,
    renew: (id: string, answer: "succeeded" | "failed" = "succeeded") =>
      on(subscriptions, (turn, value) => Billing.renew(turn, value, answer))(id),
    refund: (id: string, amount?: number) =>
      on(intents, (turn, intent) =>
        Refunds.create(turn, {
          payment_intent: intent.id,
          ...(amount === undefined ? {} : { amount: String(amount) }),
        }),
      )(id),
    closeDispute: (id: string, status: "won" | "lost") =>
      on(disputes, (turn, value) => Refunds.closeDispute(turn, value, status))(id),
    settleRefund: (id: string, status: "succeeded" | "failed") =>
      on(refunds, (turn, value) => Refunds.settle(turn, value, status))(id),
    changePrice: (id, change) =>
      on(prices, (turn, price) => {
        const changed = { ...price, ...change }
        prices.set(id, changed)
        State.emit(turn, "price.updated", View.price(changed))
        return Result.succeed(changed)
      })(id),
    breakNext: ({ applied }: { readonly applied: boolean }) => Effect.sync(() => gate.breakNext(applied)),
    resend: (id: string) =>
      Effect.flatMap(on(events, (_, event) => Result.succeed(event))(id), (event) => world.webhooks.publish([event])),
    tick: world.act(() => undefined),
    addWebhook: world.webhooks.add,
    sessions: copies(sessions),
    paymentIntents: copies(intents),
    charges: copies(charges),
    refunds: copies(refunds),
    subscriptions: copies(subscriptions),
    invoices: copies(invoices),
    disputes: copies(disputes),
    events: copies(events),
  }
}
