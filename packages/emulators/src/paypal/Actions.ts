/**
 * What the control server can make happen at the PayPal emulator.
 */
import { Schema } from "effect"
import * as Action from "../Action.ts"
import type { PayPalEmulator } from "../PayPalEmulator.ts"
import type { Problem } from "./Problem.ts"

const Money = Schema.Struct({
  currency_code: Schema.String,
  value: Schema.String.check(Schema.isPattern(/^\d+(\.\d{1,2})?$/)),
})

const Outcome = Schema.Union([
  Schema.Struct({ result: Schema.Literal("PENDING"), reason: Schema.optionalKey(Schema.String) }),
  Schema.Struct({
    result: Schema.Literals([
      "COMPLETED",
      "DECLINED",
      "INSTRUMENT_DECLINED",
      "TRANSACTION_REFUSED",
      "PAYER_ACTION_REQUIRED",
    ]),
  }),
])

const Id = Schema.Struct({ id: Schema.String })

const action = Action.maker((problem: Problem) => ({
  status: problem.status,
  description: problem.details[0]?.description ?? problem.description,
}))

/** The actions over one emulator's helpers. */
export const make = (
  paypal: Pick<PayPalEmulator, "buyer" | "simulate" | "tokens" | "rotateCertificate">,
): ReadonlyArray<Action.Action> => [
  action("approve", "The buyer approves an order or a subscription", Id, ({ id }) => paypal.buyer.approve(id)),
  action("decline", "The buyer approves with a way to pay that fails", Id, ({ id }) => paypal.buyer.decline(id)),
  action(
    "capture-outcomes",
    "What the next captures of an order do",
    Schema.Struct({ id: Schema.String, outcomes: Schema.Array(Outcome) }),
    ({ id, outcomes }) => paypal.simulate.captureOutcomes(id, ...outcomes),
  ),
  action(
    "settle-capture",
    "A pending capture ends",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["COMPLETED", "DECLINED"]) }),
    ({ id, status }) => paypal.simulate.settleCapture(id, status),
  ),
  action(
    "refund-outcomes",
    "How the next refunds come out",
    Schema.Struct({ outcomes: Schema.Array(Schema.Literals(["COMPLETED", "PENDING", "FAILED", "CANCELLED"])) }),
    ({ outcomes }) => paypal.simulate.refundOutcomes(...outcomes),
  ),
  action(
    "settle-refund",
    "A pending refund ends",
    Schema.Struct({ id: Schema.String, status: Schema.Literals(["COMPLETED", "FAILED", "CANCELLED"]) }),
    ({ id, status }) => paypal.simulate.settleRefund(id, status),
  ),
  action(
    "refund",
    "The merchant refunds a capture or a sale in PayPal's dashboard",
    Schema.Struct({ id: Schema.String, amount: Schema.optionalKey(Money) }),
    ({ amount, id }) => paypal.simulate.refund(id, amount),
  ),
  action("reverse", "PayPal takes a capture or a sale back for the buyer's bank", Id, ({ id }) =>
    paypal.simulate.reverse(id),
  ),
  action("renew", "The next cycle of a subscription is charged", Id, ({ id }) => paypal.simulate.renew(id)),
  action(
    "fail-next-payments",
    "The next charges of a subscription fail",
    Schema.Struct({ id: Schema.String, times: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })) }),
    ({ id, times }) => paypal.simulate.failNextPayments(id, times),
  ),
  action("cancel-subscription", "The buyer cancels in their account", Id, ({ id }) =>
    paypal.simulate.cancelSubscription(id),
  ),
  action("suspend-subscription", "A subscription is suspended", Id, ({ id }) =>
    paypal.simulate.suspendSubscription(id),
  ),
  action("resume-subscription", "A suspended subscription goes on", Id, ({ id }) =>
    paypal.simulate.resumeSubscription(id),
  ),
  action("expire-subscription", "The last cycle of a subscription is over", Id, ({ id }) =>
    paypal.simulate.expireSubscription(id),
  ),
  action(
    "change-plan",
    "The merchant changes what a plan costs, or whether it is sold",
    Schema.Struct({
      id: Schema.String,
      price: Schema.optionalKey(Money),
      interval: Schema.optionalKey(
        Schema.Struct({
          unit: Schema.Literals(["DAY", "WEEK", "MONTH", "YEAR"]),
          count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 365 })),
        }),
      ),
      status: Schema.optionalKey(Schema.Literals(["CREATED", "ACTIVE", "INACTIVE"])),
    }),
    ({ id, ...change }) => paypal.simulate.changePlan(id, change),
  ),
  action(
    "open-dispute",
    "The buyer disputes a capture or a sale",
    Schema.Struct({
      transactionId: Schema.String,
      reason: Schema.optionalKey(Schema.String),
      amount: Schema.optionalKey(Money),
    }),
    (opening) => paypal.simulate.openDispute(opening),
  ),
  action(
    "resolve-dispute",
    "PayPal decides a dispute",
    Schema.Struct({ id: Schema.String, outcome: Schema.String }),
    ({ id, outcome }) => paypal.simulate.resolveDispute(id, outcome),
  ),
  action("revoke-tokens", "Every token given out so far is refused", Schema.Struct({}), () => paypal.tokens.revokeAll),
  action(
    "rotate-certificate",
    "Another key signs webhooks from now on",
    Schema.Struct({}),
    () => paypal.rotateCertificate,
  ),
]
