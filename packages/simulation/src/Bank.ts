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

export interface Kind {
  readonly name: ProviderName.ProviderName
  readonly fence: Capabilities.Fence
  /** Whether the buyer only approves, and we take the money (PayPal). Elsewhere the buyer's confirmation takes it. */
  readonly twoPhase: boolean
  /** Whether it keeps idempotency keys. */
  readonly keyed: boolean
  /** How long a page may be paid, in milliseconds. */
  readonly pageMillis: number
}

export interface BankPayment {
  readonly moneyId: string
  readonly sessionId: string
  readonly gross: Money.Money
  state: "pending" | "completed" | "declined"
  refunded: number
}

export interface BankSession {
  readonly sessionId: string
  readonly attemptId: Id.AttemptId
  readonly checkoutId: Id.CheckoutId
  /** The simulation's own number of the order. */
  readonly order: number
  readonly asked: Money.Money
  readonly mode: "payment"
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
  readonly refundId: Id.RefundId
  readonly moneyId: string
  readonly amount: Money.Money
  readonly state: "succeeded"
}

/** How a buyer's confirmation ends at a one-phase provider. */
export type Confirmation = "paid" | "pending" | "declined"

export interface Bank extends Kind {
  readonly sessions: ReadonlyMap<string, BankSession>
  readonly refunds: ReadonlyArray<BankRefund>
  /** Everything that was told, oldest first. */
  readonly events: ReadonlyArray<Webhook.ProviderEvent & { readonly at: number }>
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
  readonly payment: (moneyId: string) => BankPayment | undefined
}

export interface Options {
  /** Told of everything that happened. */
  readonly tell: (event: Webhook.ProviderEvent) => void
  /** Told of what must never happen, at the moment it does. */
  readonly violate: (invariant: string, detail: string) => void
  /** What is charged for a page instead of what was asked for. */
  readonly charges: (request: Session.SessionRequest, asked: Money.Money) => Money.Money
}

const idOf = (id: string | Option.Option<string>) => (typeof id === "string" ? Option.some(id) : id)

export const make = (kind: Kind, { charges, tell, violate }: Options): Bank => {
  const { keyed, name, pageMillis, twoPhase } = kind
  const sessions = new Map<string, BankSession>()
  const byKey = new Map<string, string>()
  const taken = new Map<string, true>()
  const payments = new Map<string, BankPayment>()
  const refunds: Array<BankRefund> = []
  const events: Array<Webhook.ProviderEvent & { readonly at: number }> = []
  let drawn = 0
  const id = (prefix: string) => `${name}-${prefix}-${++drawn}`

  const announce = (session: BankSession, type: string, subject: Webhook.EventSubject, now: number) => {
    const event = {
      provider: name,
      eventId: id("event"),
      type,
      occurredAt: Option.some(now),
      attemptId: Option.some(session.attemptId),
      subject,
      at: now,
    }
    events.push(event)
    tell(event)
  }
  const announceSession = (session: BankSession, now: number) => {
    const { sessionId, state } = session
    announce(session, `session.${state}`, { _tag: "Session", sessionId, state, subscriptionId: Option.none() }, now)
  }
  const announcePayment = (session: BankSession, payment: BankPayment, now: number) => {
    const { gross, moneyId, sessionId, state } = payment
    announce(
      session,
      `payment.${state}`,
      {
        _tag: "Payment",
        moneyId,
        state,
        amount: Option.some(gross),
        sessionId: Option.some(sessionId),
        subscriptionId: Option.none(),
      },
      now,
    )
  }

  const look = (sessionId: string, now: number) => {
    const session = sessions.get(sessionId)
    if (session === undefined) return undefined
    const waits = session.state === "open" || session.state === "approved"
    if (waits && now >= session.expiresAt) session.state = "expired"
    return session
  }

  const charge = (session: BankSession, state: BankPayment["state"], now: number) => {
    const payment: BankPayment = {
      moneyId: id("money"),
      sessionId: session.sessionId,
      gross: session.charges,
      state,
      refunded: 0,
    }
    payments.set(payment.moneyId, payment)
    session.payments.push(payment)
    session.state = state === "completed" ? "completed" : state === "pending" ? "processing" : "open"
    if (session.payments.filter((one) => one.state === "completed").length > 1) {
      violate("no page is charged twice", `${session.sessionId} of ${session.checkoutId}`)
    }
    announcePayment(session, payment, now)
    if (state === "completed") announceSession(session, now)
  }

  return {
    ...kind,
    sessions,
    refunds,
    events,
    look,
    boast: ({ attemptId, subject }, now) => {
      const session = sessions.get("sessionId" in subject ? Option.getOrElse(idOf(subject.sessionId), () => "") : "")
      if (session === undefined || session.payments.some(({ state }) => state === "completed")) return Option.none()
      const event = {
        provider: name,
        eventId: id("event"),
        type: "payment.completed",
        occurredAt: Option.some(now),
        attemptId,
        subject: {
          _tag: "Payment",
          moneyId: id("money"),
          state: "completed",
          amount: Option.some(session.asked),
          sessionId: Option.some(session.sessionId),
          subscriptionId: Option.none(),
        },
        at: now,
      } as const
      events.push(event)
      return Option.some(event)
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
        mode: "payment",
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
      session.state = "approved"
      session.failing = failing
      announceSession(session, now)
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
      announceSession(session, now)
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
        announceSession(session, now)
      }
      return "withdrawn"
    },
    refund: (refundId, moneyId, amount, now) => {
      const known = keyed ? refunds.find((refund) => refund.refundId === refundId) : undefined
      if (known !== undefined) return known
      const payment = payments.get(moneyId)
      const session = sessions.get(payment?.sessionId ?? "")
      if (payment?.state !== "completed" || session === undefined) return undefined
      const left = payment.gross.amount - payment.refunded
      const refund: BankRefund = {
        providerRefundId: id("refund"),
        refundId,
        moneyId,
        amount: Option.getOrElse(amount, () => Money.make(left, payment.gross.currency)),
        state: "succeeded",
      }
      refunds.push(refund)
      payment.refunded += refund.amount.amount
      if (payment.refunded > payment.gross.amount) {
        violate("no more is given back than was taken", `${moneyId} of ${session.checkoutId}`)
      }
      announce(
        session,
        "refund.succeeded",
        {
          _tag: "Refund",
          providerRefundId: refund.providerRefundId,
          state: "succeeded",
          amount: Option.some(refund.amount),
          moneyId: Option.some(moneyId),
        },
        now,
      )
      return refund
    },
  }
}
