/** What one simulated provider answers when it is asked: copies of what is true there at the moment of the look. */
import type { Dispute, Refund, Session, Subscription } from "@payment-orchestrator/domain"
import { Option } from "effect"
import type { Bank, BankPayment, BankRefund, BankSession } from "./Bank.ts"
import type { BankDispute } from "./BankDisputes.ts"
import { type BankSubscription, isOver } from "./BankSubscriptions.ts"

type Fetched<A> = (fetchStartedAt: number) => A

const moneyOf = ({ gross, moneyId, refunded, state }: BankPayment): Session.MoneySnapshot => ({
  moneyId,
  state:
    state === "completed" && refunded > 0
      ? refunded >= gross.amount
        ? ("refunded" as const)
        : ("partially_refunded" as const)
      : state,
  gross,
  fee: Option.none(),
  tax: Option.none(),
  net: Option.none(),
})

/** Where the page is the subscription, one that ended before anything was charged looks like one that never was. */
const stateOf = ({ twoPhase }: Bank, session: BankSession, subscription: BankSubscription | undefined) =>
  twoPhase &&
  subscription !== undefined &&
  isOver(subscription) &&
  !session.payments.some(({ state }) => state !== "declined")
    ? "expired"
    : session.state

export const session =
  (bank: Bank) =>
  (of: BankSession): Fetched<Session.SessionSnapshot> => {
    const { attemptId, expiresAt, sessionId, terms, url } = of
    const payments = of.payments.map(moneyOf)
    const subscription = bank.subscriptions.of(sessionId)
    const state = stateOf(bank, of, subscription)
    return (fetchStartedAt) => ({
      provider: bank.name,
      sessionId,
      mode: terms === undefined ? "payment" : "subscription",
      state,
      url: Option.some(url),
      attemptId: Option.some(attemptId),
      payments,
      subscriptionId: Option.map(Option.fromUndefinedOr(subscription), ({ subscriptionId }) => subscriptionId),
      expiresAt: bank.twoPhase ? Option.none() : Option.some(expiresAt),
      fetchStartedAt,
      requestId: Option.none(),
      rawState: state,
    })
  }

export const subscription =
  ({ name }: Bank) =>
  (of: BankSubscription): Fetched<Subscription.SubscriptionSnapshot> => {
    const { cancelAtPeriodEnd, endedAt, periodEnd, state, subscriptionId } = of
    return (fetchStartedAt) => ({
      provider: name,
      subscriptionId,
      state,
      started: true,
      cancelAtPeriodEnd,
      currentPeriodEnd: Option.some(periodEnd),
      endedAt: Option.fromUndefinedOr(endedAt),
      attemptId: Option.some(of.session.attemptId),
      customerEmail: Option.none(),
      fetchStartedAt,
      requestId: Option.none(),
      rawState: state,
    })
  }

export const refund =
  ({ name }: Bank) =>
  ({ amount, providerRefundId, refundId, state }: BankRefund): Fetched<Refund.RefundSnapshot> =>
  (fetchStartedAt) => ({
    provider: name,
    providerRefundId,
    state,
    amount,
    refundId,
    fetchStartedAt,
    requestId: Option.none(),
    rawState: state,
  })

export const dispute =
  ({ name }: Bank) =>
  (of: BankDispute): Fetched<Dispute.DisputeSnapshot> => {
    const { amount, disputeId, respondBy, state } = of
    return (fetchStartedAt) => ({
      provider: name,
      disputeId,
      state,
      amount: Option.some(amount),
      moneyId: Option.some(of.payment.moneyId),
      reason: Option.none(),
      respondBy: state === "open" ? Option.some(respondBy) : Option.none(),
      fetchStartedAt,
      requestId: Option.none(),
      rawState: state,
    })
  }
