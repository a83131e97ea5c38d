/**
 * What is true of the subscriptions at one simulated provider: whether each still runs, what its periods were charged,
 * and who ended it.
 */
import type { Subscription } from "@payment-orchestrator/domain"
import type { BankPayment, BankSession } from "./Bank.ts"

/** What a subscription was made for. */
export interface Terms {
  readonly intervalMillis: number
  /** Nothing is charged for so long at first. */
  readonly trialMillis: number | undefined
}

export interface BankSubscription {
  readonly subscriptionId: string
  readonly session: BankSession
  readonly terms: Terms
  state: Subscription.SubscriptionState
  cancelAtPeriodEnd: boolean
  periodEnd: number
  endedAt: number | undefined
  /** It ended because we asked for it. */
  endedByUs: boolean
  /** The charge of this period that was not paid yet, where the provider tries the same one again. */
  owed: BankPayment | undefined
  /** How often it came to each of its states. */
  readonly came: Map<Subscription.SubscriptionState, number>
}

/** How the charge of a period goes. */
export type Charge = "paid" | "pending" | "declined"

export interface BankSubscriptions {
  readonly all: ReadonlyMap<string, BankSubscription>
  /** The one that a page has begun. */
  readonly of: (sessionId: string) => BankSubscription | undefined
  readonly begin: (session: BankSession, now: number) => void
  /** The period is over: the next one is charged, or it ends where that was asked for. A pending charge is answered. */
  readonly charge: (subscription: BankSubscription, how: Charge, now: number) => BankPayment | undefined
  /** A pending charge is decided; it may have crossed a cancellation. */
  readonly decide: (subscription: BankSubscription, payment: BankPayment, paid: boolean, now: number) => void
  readonly end: (subscription: BankSubscription, state: "canceled" | "expired", now: number) => void
  readonly pause: (subscription: BankSubscription, now: number) => void
  /** Ends it at once or with its period, so far as the provider knows the difference; once it is over it stays so. */
  readonly cancel: (
    subscription: BankSubscription,
    options: { readonly atPeriodEnd: boolean; readonly byUs: boolean },
    now: number,
  ) => void
}

export interface Options {
  /** Whether a subscription may end with its period; elsewhere it ends at once. */
  readonly endsWithPeriod: boolean
  /** Whether a charge that was declined is tried again as the same money. */
  readonly triesAgain: boolean
  readonly idOf: (session: BankSession) => string
  /** Makes money of a page, and tells of it. */
  readonly take: (session: BankSession, state: BankPayment["state"], now: number) => BankPayment
  readonly announcePayment: (session: BankSession, payment: BankPayment, now: number) => void
  readonly announce: (subscription: BankSubscription, now: number) => void
  /** Told of each that begins. */
  readonly began: (subscription: BankSubscription) => void
  readonly violate: (invariant: string, detail: string) => void
}

export const isOver = ({ state }: Pick<BankSubscription, "state">): boolean =>
  state === "canceled" || state === "expired"

export const make = (options: Options): BankSubscriptions => {
  const { announce, announcePayment, began, endsWithPeriod, idOf, take, triesAgain, violate } = options
  const all = new Map<string, BankSubscription>()
  const bySession = new Map<string, BankSubscription>()

  const come = (subscription: BankSubscription, state: Subscription.SubscriptionState, now: number) => {
    if (subscription.state !== state) subscription.came.set(state, (subscription.came.get(state) ?? 0) + 1)
    subscription.state = state
    announce(subscription, now)
  }

  const end: BankSubscriptions["end"] = (subscription, state, now) => {
    if (isOver(subscription)) return
    subscription.endedAt = now
    subscription.cancelAtPeriodEnd = false
    come(subscription, state, now)
  }

  const paid = (subscription: BankSubscription, now: number) => {
    if (isOver(subscription)) return
    subscription.owed = undefined
    subscription.periodEnd = Math.max(now, subscription.periodEnd) + subscription.terms.intervalMillis
    come(subscription, "active", now)
  }

  return {
    all,
    of: (sessionId) => bySession.get(sessionId),
    begin: (session, now) => {
      if (session.terms === undefined) return
      if (bySession.has(session.sessionId)) return violate("no page is charged twice", session.sessionId)
      const { intervalMillis, trialMillis } = session.terms
      const subscription: BankSubscription = {
        subscriptionId: idOf(session),
        session,
        terms: session.terms,
        state: trialMillis === undefined ? "active" : "trialing",
        cancelAtPeriodEnd: false,
        periodEnd: now + (trialMillis ?? intervalMillis),
        endedAt: undefined,
        endedByUs: false,
        owed: undefined,
        came: new Map(),
      }
      all.set(subscription.subscriptionId, subscription)
      bySession.set(session.sessionId, subscription)
      announce(subscription, now)
      began(subscription)
    },
    charge: (subscription, how, now) => {
      const { owed, session } = subscription
      if (isOver(subscription)) return undefined
      if (subscription.cancelAtPeriodEnd) {
        end(subscription, "canceled", now)
        return undefined
      }
      const state = how === "paid" ? "completed" : how
      const again = triesAgain && owed !== undefined ? owed : undefined
      if (again !== undefined) again.state = state
      const payment = again ?? take(session, state, now)
      if (again !== undefined) announcePayment(session, again, now)
      if (how === "paid") paid(subscription, now)
      if (how === "declined") {
        subscription.owed = payment
        come(subscription, "past_due", now)
      }
      return payment
    },
    decide: (subscription, payment, wasPaid, now) => {
      if (payment.state !== "pending") return
      payment.state = wasPaid ? "completed" : "declined"
      announcePayment(subscription.session, payment, now)
      if (wasPaid) return paid(subscription, now)
      subscription.owed = payment
      if (!isOver(subscription)) come(subscription, "past_due", now)
    },
    end,
    pause: (subscription, now) => {
      if (!isOver(subscription)) come(subscription, "paused", now)
    },
    cancel: (subscription, { atPeriodEnd, byUs }, now) => {
      if (isOver(subscription)) return
      if (!atPeriodEnd || !endsWithPeriod) {
        subscription.endedByUs = byUs
        return end(subscription, "canceled", now)
      }
      subscription.cancelAtPeriodEnd = true
      announce(subscription, now)
    },
  }
}
