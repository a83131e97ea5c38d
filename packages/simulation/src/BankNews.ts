/** What one simulated provider tells of what happened there: the events of its list, which are its webhooks too. */
import type { Id, Webhook } from "@payment-orchestrator/domain"
import { Option } from "effect"
import type { BankPayment, BankRefund, BankSession, Kind } from "./Bank.ts"
import type { BankDispute } from "./BankDisputes.ts"
import type { BankSubscription } from "./BankSubscriptions.ts"

export type BankEvent = Webhook.ProviderEvent & { readonly at: number }

export interface BankNews {
  /** Everything that was told, oldest first. */
  readonly events: ReadonlyArray<BankEvent>
  readonly session: (session: BankSession, now: number) => void
  /** `of`: the subscription that has begun there. */
  readonly payment: (session: BankSession, payment: BankPayment, of: BankSubscription | undefined, now: number) => void
  readonly subscription: (subscription: BankSubscription, now: number) => void
  readonly refund: (session: BankSession, refund: BankRefund, now: number) => void
  readonly dispute: (session: BankSession, dispute: BankDispute, now: number) => void
  /** An event that is delivered as any other, though nobody is told of it here. */
  readonly add: (
    type: string,
    subject: Webhook.EventSubject,
    attemptId: Option.Option<Id.AttemptId>,
    now: number,
  ) => BankEvent
}

export interface Options {
  readonly kind: Kind
  /** The next id of this kind of thing. */
  readonly id: (prefix: string) => string
  readonly tell: (event: Webhook.ProviderEvent) => void
}

export const make = ({ id, kind: { name, tellsDisputes, twoPhase }, tell }: Options): BankNews => {
  const events: Array<BankEvent> = []

  const add: BankNews["add"] = (type, subject, attemptId, now) => {
    const event = {
      provider: name,
      eventId: id("event"),
      type,
      occurredAt: Option.some(now),
      attemptId,
      subject,
      at: now,
    }
    events.push(event)
    return event
  }
  const announce = ({ attemptId }: BankSession, type: string, subject: Webhook.EventSubject, now: number) =>
    tell(add(type, subject, Option.some(attemptId), now))

  return {
    events,
    add,
    // A provider like PayPal has no pages of subscriptions, only the subscriptions.
    session: (session, now) => {
      const { sessionId, state, terms } = session
      if (twoPhase && terms !== undefined) return
      announce(session, `session.${state}`, { _tag: "Session", sessionId, state, subscriptionId: Option.none() }, now)
    },
    payment: (session, { gross, moneyId, sessionId, state }, of, now) =>
      announce(
        session,
        `payment.${state}`,
        {
          _tag: "Payment",
          moneyId,
          state,
          amount: Option.some(gross),
          sessionId: session.terms === undefined || twoPhase ? Option.some(sessionId) : Option.none(),
          subscriptionId: Option.map(Option.fromUndefinedOr(of), ({ subscriptionId }) => subscriptionId),
        },
        now,
      ),
    subscription: ({ session, state, subscriptionId }, now) =>
      announce(
        session,
        `subscription.${state}`,
        {
          _tag: "Subscription",
          subscriptionId,
          state,
          sessionId: twoPhase ? Option.some(session.sessionId) : Option.none(),
        },
        now,
      ),
    refund: (session, { amount, moneyId, providerRefundId, refundId }, now) =>
      announce(
        session,
        "refund.succeeded",
        {
          _tag: "Refund",
          providerRefundId,
          state: "succeeded",
          amount: Option.some(amount),
          moneyId: Option.some(moneyId),
          ...(Option.isNone(refundId) ? { reversal: true as const } : {}),
        },
        now,
      ),
    // Not every provider carries our id along to a dispute.
    dispute: (session, { amount, disputeId, payment: { moneyId }, state }, now) => {
      if (!tellsDisputes) return
      const attemptId = twoPhase ? Option.some(session.attemptId) : Option.none()
      const subject = { _tag: "Dispute" as const, disputeId, state, amount: Option.some(amount) }
      tell(add(`dispute.${state}`, { ...subject, moneyId: Option.some(moneyId) }, attemptId, now))
    },
  }
}
