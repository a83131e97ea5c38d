/**
 * What the control server can make happen at the Polar emulator.
 */
import { Schema } from "effect"
import * as Action from "../Action.ts"
import type { NotPossible } from "../NotPossible.ts"
import type { Helpers } from "./Helpers.ts"

const Id = Schema.Struct({ id: Schema.String })

const action = Action.maker((error: NotPossible) => ({ status: error.status, description: error.detail }))

/** The actions over one emulator's helpers. */
export const make = (polar: Helpers): ReadonlyArray<Action.Action> => [
  action("pay", "The buyer pays a checkout", Id, ({ id }) => polar.buyer.pay(id)),
  action("confirm", "The buyer clicks Pay; the money has not moved yet", Id, ({ id }) => polar.buyer.confirm(id)),
  action("settle", "The money of a confirmed checkout arrives", Id, ({ id }) => polar.buyer.settle(id)),
  action("decline", "The buyer's bank refuses; the checkout is open again", Id, ({ id }) => polar.buyer.decline(id)),
  action("cancel", "The buyer cancels a subscription at the period's end", Id, ({ id }) => polar.buyer.cancel(id)),
  action("renew", "A subscription's next period begins and is paid", Id, ({ id }) => polar.renew(id)),
  action("fail-renewal", "A subscription's renewal is not paid", Id, ({ id }) => polar.failRenewal(id)),
  action(
    "refund",
    "The merchant refunds an order in Polar's dashboard",
    Schema.Struct({ id: Schema.String, amount: Schema.optionalKey(Schema.Int) }),
    ({ amount, id }) => polar.refund(id, amount),
  ),
  action("dispute", "The buyer's bank disputes an order", Id, ({ id }) => polar.dispute(id)),
  action(
    "close-dispute",
    "The bank decides a dispute",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["won", "lost"]) }),
    ({ id, status }) => polar.closeDispute(id, status),
  ),
  action(
    "settle-refund",
    "A pending refund ends",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["succeeded", "failed"]) }),
    ({ id, status }) => polar.settleRefund(id, status),
  ),
  action(
    "change-product",
    "The merchant changes what a product costs, or whether it is sold",
    Schema.Struct({
      id: Schema.String,
      prices: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int)),
      recurring: Schema.optionalKey(
        Schema.NullOr(
          Schema.Struct({
            interval: Schema.Literals(["day", "week", "month", "year"]),
            count: Schema.optionalKey(Schema.Int),
          }),
        ),
      ),
      isArchived: Schema.optionalKey(Schema.Boolean),
    }),
    ({ id, ...change }) => polar.changeProduct(id, change),
  ),
  action("tick", "Time takes its effect: checkouts expire, subscriptions end", Schema.Struct({}), () => polar.tick),
]
