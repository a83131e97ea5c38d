/** What PayPal says of an order → the words of the contract. Unknown statuses get the careful reading. */
import { Id, type Refund, type Session } from "@payment-orchestrator/domain"
import { Option, Schema } from "effect"
import * as Amounts from "./Amounts.ts"
import { name } from "./Name.ts"
import * as Wire from "./Wire.ts"

export interface Seen {
  readonly requestId: Option.Option<string>
  /** Epoch milliseconds. */
  readonly startedAt: number
}

const decodeAttempt = Schema.decodeUnknownOption(Id.AttemptId)
const decodeRefund = Schema.decodeUnknownOption(Id.RefundId)

/** `custom_id` carries our attempt id; anything else in it is not ours. */
export const attemptOf = (custom: string | null | undefined): Option.Option<Id.AttemptId> => decodeAttempt(custom)
export const refundOf = (custom: string | null | undefined): Option.Option<Id.RefundId> => decodeRefund(custom)

/** A capture, a sale or a transaction of a subscription. */
export const moneyState = (status: string | null | undefined): Session.MoneyState => {
  switch (status?.toUpperCase()) {
    case "COMPLETED":
      return "completed"
    case "DECLINED":
    case "DENIED":
    case "FAILED":
      return "declined"
    case "PARTIALLY_REFUNDED":
      return "partially_refunded"
    case "REFUNDED":
      return "refunded"
    default:
      return "pending"
  }
}

/** A refund of a capture or, in small letters, of a sale. */
export const refundState = (status: string | null | undefined): Refund.RefundState => {
  switch (status?.toUpperCase()) {
    case "COMPLETED":
      return "succeeded"
    case "FAILED":
    case "CANCELLED":
      return "failed"
    default:
      return "pending"
  }
}

const orderState = (status: string): Session.SessionState => {
  switch (status) {
    case "APPROVED":
      return "approved"
    case "VOIDED":
      return "expired"
    case "COMPLETED":
      return "processing"
    default:
      return "open"
  }
}

/** COMPLETED does not mean money: what counts are the captures. One that all declined leaves nobody able to pay. */
const stateOf = (order: Wire.Order, payments: ReadonlyArray<Session.MoneySnapshot>): Session.SessionState => {
  if (payments.some(({ state }) => state !== "pending" && state !== "declined")) return "completed"
  if (payments.some(({ state }) => state === "pending")) return "processing"
  return order.status === "COMPLETED" && payments.length > 0 ? "expired" : orderState(order.status)
}

const capturesOf = (order: Wire.Order): ReadonlyArray<Wire.Capture> =>
  (order.purchase_units ?? []).flatMap((unit) => unit.payments?.captures ?? [])

const money = (capture: Wire.Capture): Option.Option<Session.MoneySnapshot> =>
  Option.map(Amounts.fromWire(capture.amount), (gross) => ({
    moneyId: capture.id,
    state: moneyState(capture.status),
    gross,
    fee: Amounts.unsigned(capture.seller_receivable_breakdown?.paypal_fee),
    tax: Option.none(),
    net: Amounts.unsigned(capture.seller_receivable_breakdown?.net_amount),
  }))

/** Where the buyer approves: `payer-action` with a payment source, `approve` without. */
export const approvalLink = (links: ReadonlyArray<Wire.Link> | null | undefined): Option.Option<string> =>
  Option.fromUndefinedOr(Wire.linkOf(links, "payer-action", "approve"))

/** None when a captured amount cannot be read: money is believed only when it is right. */
export const order = (order: Wire.Order, seen: Seen): Option.Option<Session.SessionSnapshot> =>
  Option.map(Option.all(capturesOf(order).map(money)), (payments) => {
    const customs = [
      ...(order.purchase_units ?? []).map((unit) => unit.custom_id),
      ...capturesOf(order).map((capture) => capture.custom_id),
    ]
    return {
      provider: name,
      sessionId: order.id,
      mode: "payment",
      state: stateOf(order, payments),
      url: approvalLink(order.links),
      attemptId: Option.firstSomeOf(customs.map(attemptOf)),
      payments,
      subscriptionId: Option.none(),
      expiresAt: Option.none(),
      fetchStartedAt: seen.startedAt,
      requestId: seen.requestId,
      rawState: order.status,
    }
  })
