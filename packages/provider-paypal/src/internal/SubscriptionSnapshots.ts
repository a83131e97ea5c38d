/** What PayPal says of a subscription → the words of the contract. */
import type { Session, Subscription } from "@payment-orchestrator/domain"
import { DateTime, Option } from "effect"
import * as Amounts from "./Amounts.ts"
import { name } from "./Name.ts"
import { approvalLink, attemptOf, moneyState, type Seen } from "./Snapshots.ts"
import type * as Wire from "./Wire.ts"

/** A time as PayPal writes it → epoch milliseconds; none for what is no time. */
export const timeOf = (text: unknown): Option.Option<number> =>
  typeof text === "string" ? Option.map(DateTime.make(text), (moment) => moment.epochMilliseconds) : Option.none()

/** Within the trial as long as no regular cycle was charged. */
const inTrial = (subscription: Wire.Subscription): boolean => {
  const cycles = subscription.billing_info?.cycle_executions ?? []
  return (
    cycles.some(({ tenure_type }) => tenure_type === "TRIAL") &&
    cycles.every(({ cycles_completed, tenure_type }) => tenure_type !== "REGULAR" || (cycles_completed ?? 0) === 0)
  )
}

/** PayPal leaves a subscription ACTIVE while a charge is overdue. */
export const stateOf = (subscription: Wire.Subscription): Subscription.SubscriptionState => {
  switch (subscription.status) {
    case "ACTIVE":
      if ((subscription.billing_info?.failed_payments_count ?? 0) > 0) return "past_due"
      return inTrial(subscription) ? "trialing" : "active"
    case "SUSPENDED":
      return "paused"
    case "CANCELLED":
      return "canceled"
    case "EXPIRED":
      return "expired"
    default:
      return "incomplete"
  }
}

/** Whether it was ever active, so that it may have charges. */
export const started = (found: Wire.Subscription): boolean =>
  ["ACTIVE", "SUSPENDED", "CANCELLED", "EXPIRED"].includes(found.status)

export const ended = (found: Wire.Subscription): boolean => found.status === "CANCELLED" || found.status === "EXPIRED"

export const subscription = (found: Wire.Subscription, seen: Seen): Subscription.SubscriptionSnapshot => ({
  provider: name,
  subscriptionId: found.id,
  state: stateOf(found),
  started: started(found),
  cancelAtPeriodEnd: false,
  currentPeriodEnd: timeOf(found.billing_info?.next_billing_time),
  endedAt: ended(found) ? timeOf(found.status_update_time) : Option.none(),
  attemptId: attemptOf(found.custom_id),
  customerEmail: Option.fromNullishOr(found.subscriber?.email_address),
  fetchStartedAt: seen.startedAt,
  requestId: seen.requestId,
  rawState: found.status,
})

const sessionState = (
  found: Wire.Subscription,
  charged: boolean,
  action: "subscribe_now" | "continue",
): Session.SessionState => {
  switch (found.status) {
    case "APPROVED":
      // with `subscribe_now` PayPal is about to activate it by itself
      return action === "continue" ? "approved" : "processing"
    case "ACTIVE":
    case "SUSPENDED":
      return "completed"
    case "CANCELLED":
    case "EXPIRED":
      return charged ? "completed" : "expired"
    default:
      return "open"
  }
}

const charge = (transaction: Wire.Transaction): Option.Option<Session.MoneySnapshot> =>
  Option.map(Amounts.fromWire(transaction.amount_with_breakdown.gross_amount), (gross) => ({
    moneyId: transaction.id,
    state: moneyState(transaction.status),
    gross,
    fee: Amounts.unsigned(transaction.amount_with_breakdown.fee_amount),
    tax: Amounts.unsigned(transaction.amount_with_breakdown.tax_amount),
    net: Amounts.unsigned(transaction.amount_with_breakdown.net_amount),
  }))

/** None when a charged amount cannot be read. */
export const session = (
  found: Wire.Subscription,
  transactions: ReadonlyArray<Wire.Transaction>,
  action: "subscribe_now" | "continue",
  seen: Seen,
): Option.Option<Session.SessionSnapshot> =>
  Option.map(Option.all(transactions.map(charge)), (payments) => {
    const lastPayment = found.billing_info?.last_payment
    const charged =
      payments.some(({ state }) => state !== "declined") || (lastPayment !== undefined && lastPayment !== null)
    return {
      provider: name,
      sessionId: found.id,
      mode: "subscription",
      state: sessionState(found, charged, action),
      url: approvalLink(found.links),
      attemptId: attemptOf(found.custom_id),
      payments,
      subscriptionId: started(found) ? Option.some(found.id) : Option.none(),
      expiresAt: Option.none(),
      fetchStartedAt: seen.startedAt,
      requestId: seen.requestId,
      rawState: found.status,
    }
  })
