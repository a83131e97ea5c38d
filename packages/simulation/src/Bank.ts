/**
 * What is true at one simulated provider: its pages, the money it holds, and everything it tells. It believes what it is
 * asked: the same key is one thing, another key is another, even if that takes money twice or gives back more than there
 * is. So it is for us to be careful, and for the invariants to see whether we were. Long because all of it is one
 * provider's truth, which each operation reads and writes.
 */
import {
  type Capabilities,
  type Id,
  Money,
  type ProviderName,
  type Session,
  type Webhook,
} from "@payment-orchestrator/domain"
import { Option } from "effect"
import * as BankNews from "./BankNews.ts"
import * as BankDisputes from "./BankDisputes.ts"
import * as BankSubscriptions from "./BankSubscriptions.ts"

export interface Kind {
  readonly name: ProviderName.ProviderName
  readonly fence: Capabilities.Fence
  /** Whether the buyer only approves, and we take the money (PayPal). Elsewhere the buyer's confirmation takes it. */
  readonly twoPhase: boolean
  /** Whether it keeps idempotency keys. */
  readonly keyed: boolean
  /** How long a page may be paid, in milliseconds. */
  readonly pageMillis: number
  /** Whether we start a subscription that the buyer has approved; elsewhere the buyer's word starts it. */
  readonly startedByUs: boolean
  /** Whether it tells of disputes. */
  readonly tellsDisputes: boolean
}

export interface BankPayment {
  readonly moneyId: string
  readonly sessionId: string
  readonly gross: Money.Money
  state: "pending" | "completed" | "declined"
  /** Went back by refunds; at a provider like PayPal also what it took back itself. */
  refunded: number
  /** Was taken back without a refund. */
  reversed: number
  /** When its charge was made, in epoch milliseconds. */
  readonly at: number
}

export interface BankSession {
  readonly sessionId: string
  readonly attemptId: Id.AttemptId
  readonly checkoutId: Id.CheckoutId
  /** The simulation's own number of the order. */
  readonly order: number
  readonly asked: Money.Money
  readonly customerEmail: string | undefined
  /** Of a subscription; undefined for what is paid once. */
  readonly terms: BankSubscriptions.Terms | undefined
  readonly url: string
  readonly expiresAt: number
  state: Session.SessionState
  /** The buyer's instrument will be declined when the money is taken. */
  failing: boolean
  /** What is charged, where that is not what was asked for. */
  charges: Money.Money
  readonly payments: Array<BankPayment>
}

export interface BankRefund {
  readonly providerRefundId: string
  /** Ours; none where the provider took the money back. */
  readonly refundId: Option.Option<Id.RefundId>
  readonly moneyId: string
  readonly amount: Money.Money
  readonly state: "succeeded"
}

/** How a buyer's confirmation ends at a one-phase provider. */
export type Confirmation = "paid" | "pending" | "declined"

export interface Bank extends Kind {
  readonly sessions: ReadonlyMap<string, BankSession>
  readonly refunds: ReadonlyArray<BankRefund>
  readonly subscriptions: BankSubscriptions.BankSubscriptions
  readonly disputes: BankDisputes.BankDisputes
  /** Everything that was told, oldest first. */
  readonly events: ReadonlyArray<BankNews.BankEvent>
  readonly create: (request: Session.SessionRequest, now: number) => BankSession
  /** As it is now; its time may be over. */
  readonly look: (sessionId: string, now: number) => BankSession | undefined
  /** The buyer agrees; false when that is not possible (any more). */
  readonly approve: (sessionId: string, failing: boolean, now: number) => boolean
  readonly confirm: (sessionId: string, ends: Confirmation, now: number) => boolean
  /** A pending payment is decided. */
  readonly decide: (moneyId: string, paid: boolean, now: number) => void
  /** Takes approved money; undefined when there is nothing to take. */
  readonly complete: (sessionId: string, approval: number, now: number) => BankSession | undefined
  readonly withdraw: (sessionId: string, now: number) => Session.WithdrawResult
  readonly refund: (
    refundId: Id.RefundId,
    moneyId: string,
    amount: Option.Option<Money.Money>,
    now: number,
  ) => BankRefund | undefined
  /** Says that money was completed which is not there, when an event of a page that is not paid was told. */
  readonly boast: (about: Webhook.ProviderEvent, now: number) => Option.Option<Webhook.ProviderEvent>
  /** Says that money which did come is disputed, when it is not. */
  readonly boastOfDispute: (about: Webhook.ProviderEvent, now: number) => Option.Option<Webhook.ProviderEvent>
  readonly payment: (moneyId: string) => BankPayment | undefined
}

export interface Options {
  /** Told of everything that happened. */
  readonly tell: (event: Webhook.ProviderEvent) => void
  /** Told of what must never happen, at the moment it does. */
  readonly violate: (invariant: string, detail: string) => void
  /** What is charged for a page instead of what was asked for. */
  readonly charges: (request: Session.SessionRequest, asked: Money.Money) => Money.Money
  readonly terms: (request: Session.SessionRequest) => BankSubscriptions.Terms | undefined
  /** Told of every subscription that begins. */
  readonly began: (subscription: BankSubscriptions.BankSubscription) => void
}

const idOf = (id: string | Option.Option<string>) => (typeof id === "string" ? Option.some(id) : id)

export const make = (kind: Kind, { began, charges, tell, terms, violate }: Options): Bank => {
  const { keyed, name, pageMillis, startedByUs, tellsDisputes, twoPhase } = kind
  const sessions = new Map<string, BankSession>()
  const byKey = new Map<string, string>()
  const taken = new Map<string, true>()
  const payments = new Map<string, BankPayment>()
  const refunds: Array<BankRefund> = []
  let drawn = 0
  const id = (prefix: string) => `${name}-${prefix}-${++drawn}`

  const news = BankNews.make({ kind, id, tell })

  const look = (sessionId: string, now: number) => {
    const session = sessions.get(sessionId)
    if (session === undefined) return undefined
    const waits = session.state === "open" || session.state === "approved"
    if (waits && now >= session.expiresAt) session.state = "expired"
    return session
  }

  const take = (session: BankSession, state: BankPayment["state"], now: number): BankPayment => {
    const payment: BankPayment = {
      moneyId: id("money"),
      sessionId: session.sessionId,
      gross: session.charges,
      state,
      refunded: 0,
      reversed: 0,
      at: now,
    }
    payments.set(payment.moneyId, payment)
    session.payments.push(payment)
    announcePayment(session, payment, now)
    return payment
  }

  const announcePayment = (session: BankSession, payment: BankPayment, now: number) =>
    news.payment(session, payment, subscriptions.of(session.sessionId), now)

  const subscriptions = BankSubscriptions.make({
    endsWithPeriod: !twoPhase,
    triesAgain: !twoPhase,
    idOf: ({ sessionId }) => (twoPhase ? sessionId : id("subscription")),
    take,
    announcePayment,
    announce: news.subscription,
    began,
    violate,
  })

  /** The first charge of a page; a trial has none. */
  const charge = (session: BankSession, how: BankPayment["state"], now: number) => {
    const trial = session.terms?.trialMillis !== undefined
    const state = trial && how === "pending" ? "completed" : how
    session.state = state === "completed" ? "completed" : state === "pending" ? "processing" : "open"
    if (!trial || state === "declined") take(session, state, now)
    if (session.terms === undefined && session.payments.filter((one) => one.state === "completed").length > 1) {
      violate("no page is charged twice", `${session.sessionId} of ${session.checkoutId}`)
    }
    if (session.state !== "completed") return
    subscriptions.begin(session, now)
    news.session(session, now)
  }

  const giveBack = (
    payment: BankPayment,
    session: BankSession,
    amount: Money.Money,
    refundId: BankRefund["refundId"],
    now: number,
  ) => {
    const refund: BankRefund = {
      providerRefundId: id("refund"),
      refundId,
      moneyId: payment.moneyId,
      amount,
      state: "succeeded",
    }
    refunds.push(refund)
    payment.refunded += amount.amount
    if (payment.refunded + payment.reversed > payment.gross.amount) {
      violate("no more is given back than was taken", `${payment.moneyId} of ${session.checkoutId}`)
    }
    news.refund(session, refund, now)
    return refund
  }

  const disputes = BankDisputes.make({
    id: () => id("dispute"),
    announce: (dispute, now) => {
      const session = sessions.get(dispute.payment.sessionId)
      if (session !== undefined) news.dispute(session, dispute, now)
    },
    // A provider like PayPal tells of it as a refund that nobody asked for; elsewhere only the dispute says so.
    takeBack: (payment, amount, now) => {
      const session = sessions.get(payment.sessionId)
      if (twoPhase && session !== undefined) giveBack(payment, session, amount, Option.none(), now)
      else payment.reversed += amount.amount
    },
  })

  return {
    ...kind,
    sessions,
    refunds,
    subscriptions,
    disputes,
    events: news.events,
    look,
    boast: ({ attemptId, subject }, now) => {
      const session = sessions.get("sessionId" in subject ? Option.getOrElse(idOf(subject.sessionId), () => "") : "")
      if (session === undefined || session.payments.some(({ state }) => state === "completed")) return Option.none()
      const told = {
        _tag: "Payment" as const,
        moneyId: id("money"),
        state: "completed" as const,
        amount: Option.some(session.asked),
        sessionId: Option.some(session.sessionId),
        subscriptionId: Option.none(),
      }
      return Option.some(news.add("payment.completed", told, attemptId, now))
    },
    boastOfDispute: ({ attemptId, subject }, now) => {
      if (!tellsDisputes || subject._tag !== "Payment") return Option.none()
      if (payments.get(subject.moneyId)?.state !== "completed") return Option.none()
      const { amount, moneyId } = subject
      const about = { _tag: "Dispute" as const, disputeId: id("dispute"), state: "open" as const, amount }
      return Option.some(news.add("dispute.open", { ...about, moneyId: Option.some(moneyId) }, attemptId, now))
    },
    payment: (moneyId) => payments.get(moneyId),
    create: (request, now) => {
      const known = keyed ? sessions.get(byKey.get(request.attemptId) ?? "") : undefined
      if (known !== undefined) return known
      const sessionId = id("session")
      const asked = Option.getOrElse(request.money, () => Money.make(1, "USD"))
      const session: BankSession = {
        sessionId,
        attemptId: request.attemptId,
        checkoutId: request.checkoutId,
        order: Number(request.metadata["order"] ?? -1),
        asked,
        customerEmail: Option.getOrUndefined(request.customerEmail),
        terms: request.mode === "subscription" ? terms(request) : undefined,
        url: `https://${name}.example/${sessionId}`,
        expiresAt: now + pageMillis,
        state: "open",
        failing: false,
        charges: charges(request, asked),
        payments: [],
      }
      sessions.set(sessionId, session)
      byKey.set(request.attemptId, sessionId)
      return session
    },
    approve: (sessionId, failing, now) => {
      const session = look(sessionId, now)
      if (session?.state !== "open") return false
      if (session.terms !== undefined && !startedByUs) {
        charge(session, failing ? "declined" : "completed", now)
        return true
      }
      session.state = "approved"
      session.failing = failing
      news.session(session, now)
      return true
    },
    confirm: (sessionId, ends, now) => {
      const session = look(sessionId, now)
      if (session?.state !== "open") return false
      charge(session, ends === "paid" ? "completed" : ends, now)
      return true
    },
    decide: (moneyId, paid, now) => {
      const payment = payments.get(moneyId)
      const session = sessions.get(payment?.sessionId ?? "")
      if (payment?.state !== "pending" || session === undefined) return
      payment.state = paid ? "completed" : "declined"
      session.state = paid ? "completed" : "expired"
      announcePayment(session, payment, now)
      if (paid) subscriptions.begin(session, now)
      news.session(session, now)
    },
    complete: (sessionId, approval, now) => {
      const session = look(sessionId, now)
      const key = `${sessionId}:${approval}`
      if (session === undefined || !twoPhase || taken.has(key)) return session
      // Another key takes money that was taken already: careful is who asks.
      if (session.state !== "approved" && session.state !== "completed") return undefined
      taken.set(key, true)
      charge(session, session.failing ? "declined" : "completed", now)
      return session
    },
    withdraw: (sessionId, now) => {
      const session = look(sessionId, now)
      if (kind.fence === "none" || session === undefined || twoPhase) return "cannot"
      if (session.state === "processing" || session.state === "completed") return "being_paid"
      if (session.state !== "expired") {
        session.state = "expired"
        news.session(session, now)
      }
      return "withdrawn"
    },
    refund: (refundId, moneyId, amount, now) => {
      const ours = Option.some(refundId)
      const known = keyed ? refunds.find((refund) => Option.contains(refund.refundId, refundId)) : undefined
      if (known !== undefined) return known
      const payment = payments.get(moneyId)
      const session = sessions.get(payment?.sessionId ?? "")
      if (payment?.state !== "completed" || session === undefined) return undefined
      // What the provider has taken back it does not give to the buyer a second time.
      if (disputes.of(payment).some(({ state }) => state === "lost")) return undefined
      const left = payment.gross.amount - payment.refunded
      const all = () => Money.make(left, payment.gross.currency)
      return giveBack(payment, session, Option.getOrElse(amount, all), ours, now)
    },
  }
}
