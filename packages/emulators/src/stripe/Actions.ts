/**
 * What the control server can make happen at the Stripe emulator.
 */
import { Schema } from "effect"
import * as Action from "../Action.ts"
import type { NotPossible } from "../NotPossible.ts"
import type { Helpers } from "./Helpers.ts"

const Id = Schema.Struct({ id: Schema.String })
const Answered = Schema.Struct({ id: Schema.String, answer: Schema.Literals(["succeeded", "failed"]) })

const action = Action.maker((error: NotPossible) => ({ status: error.status, description: error.detail }))

/** The actions over one emulator's helpers. */
export const make = (stripe: Helpers): ReadonlyArray<Action.Action> => [
  action("pay", "The buyer pays a session by card", Id, ({ id }) => stripe.buyer.pay(id)),
  action("pay-later", "The buyer pays a session by bank debit", Id, ({ id }) => stripe.buyer.payLater(id)),
  action("settle", "The bank answers a session's debit", Answered, ({ id, answer }) => stripe.buyer.settle(id, answer)),
  action("decline", "The buyer's card is declined; the session stays open", Id, ({ id }) => stripe.buyer.decline(id)),
  action("cancel", "The buyer cancels a subscription at the period's end", Id, ({ id }) => stripe.buyer.cancel(id)),
  action("renew", "A subscription's next period begins and is charged", Answered, ({ id, answer }) =>
    stripe.renew(id, answer),
  ),
  action(
    "refund",
    "The merchant refunds a PaymentIntent in Stripe's dashboard",
    Schema.Struct({ id: Schema.String, amount: Schema.optionalKey(Schema.Int) }),
    ({ amount, id }) => stripe.refund(id, amount),
  ),
  action("dispute", "The buyer's bank disputes a PaymentIntent", Id, ({ id }) => stripe.buyer.dispute(id)),
  action(
    "close-dispute",
    "The bank decides a dispute",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["won", "lost"]) }),
    ({ id, status }) => stripe.closeDispute(id, status),
  ),
  action(
    "settle-refund",
    "A pending refund ends",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["succeeded", "failed"]) }),
    ({ id, status }) => stripe.settleRefund(id, status),
  ),
  action(
    "change-price",
    "The merchant changes what a price costs, or whether it is sold",
    Schema.Struct({
      id: Schema.String,
      active: Schema.optionalKey(Schema.Boolean),
      currency: Schema.optionalKey(Schema.String),
      unit_amount: Schema.optionalKey(Schema.Int),
      recurring: Schema.optionalKey(
        Schema.NullOr(
          Schema.Struct({ interval: Schema.Literals(["day", "week", "month", "year"]), interval_count: Schema.Int }),
        ),
      ),
    }),
    ({ id, ...change }) => stripe.changePrice(id, change),
  ),
  action(
    "break-next",
    "The next POST ends in a 500 that is kept under its idempotency key",
    Schema.Struct({ applied: Schema.Boolean }),
    (input) => stripe.breakNext(input),
  ),
  action("resend", "An event is sent again", Id, ({ id }) => stripe.resend(id)),
  action("tick", "Time takes its effect: sessions expire, subscriptions end", Schema.Struct({}), () => stripe.tick),
]
