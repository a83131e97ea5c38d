/**
 * What the buyer does on the hosted page, and what the bank answers: at once by card, days later by bank debit.
 */
import { Result } from "effect"
import * as BillingView from "./BillingView.ts"
import * as Billing from "./Billing.ts"
import * as Charges from "./Charges.ts"
import type { Customer, PaymentIntent, Session } from "./Model.ts"
import * as Problem from "./Problem.ts"
import { emit, type Turn } from "./State.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const ensureOpen = (session: Session): Outcome<void> =>
  session.status === "open"
    ? Result.void
    : Result.fail(Problem.refused(`This Checkout Session has a status of ${session.status}.`))

const tell = (turn: Turn, type: string, session: Session) => emit(turn, type, View.session(session, turn.url))

/** The session's customer; subscriptions need one, payments only keep one they were given. */
const customerOf = (turn: Turn, session: Session): string | null => {
  if (session.customer !== null || session.mode === "payment") return session.customer
  const customer: Customer = {
    id: turn.ids.token("cus_", 14),
    created: turn.now,
    email: session.customer_email ?? session.buyer_email,
  }
  turn.state.customers.set(customer.id, customer)
  emit(turn, "customer.created", View.customer(customer))
  session.customer = customer.id
  return customer.id
}

/** The session's PaymentIntent, made at the first try to pay. */
const intentOf = (turn: Turn, session: Session): PaymentIntent => {
  const known = session.payment_intent === null ? undefined : turn.state.intents.get(session.payment_intent)
  if (known !== undefined) return known
  const intent = Charges.createIntent(turn, {
    amount: session.amount_total,
    currency: session.currency,
    customer: session.mode === "payment" ? session.customer : customerOf(turn, session),
    metadata: session.intentMetadata,
    description: session.intentDescription,
  })
  if (session.mode === "payment") session.payment_intent = intent.id
  return intent
}

const complete = (turn: Turn, session: Session, how: "paid" | "later"): void => {
  session.status = "complete"
  if (session.amount_total === 0) session.payment_status = "no_payment_required"
  else if (how === "paid") session.payment_status = "paid"
  if (session.mode === "subscription") {
    const customer = customerOf(turn, session) ?? ""
    const intent = session.amount_total === 0 ? null : intentOf(turn, session)
    const made = Billing.subscribe(turn, session, customer, intent, how === "paid")
    session.subscription = made.subscription.id
    session.invoice = made.invoice.id
    if (intent !== null) Charges.attempt(turn, intent, session.customer_email ?? session.buyer_email, how)
    emit(turn, "customer.subscription.created", BillingView.subscription(made.subscription))
    emit(turn, "invoice.created", BillingView.invoice(made.invoice))
    if (how === "paid") emit(turn, "invoice.paid", BillingView.invoice(made.invoice))
  } else if (session.amount_total > 0) {
    Charges.attempt(turn, intentOf(turn, session), session.customer_email ?? session.buyer_email, how)
  }
  tell(turn, "checkout.session.completed", session)
}

/** Pays by card: complete and paid. */
export const pay = (turn: Turn, session: Session, email: string | null = null): Outcome<Session> =>
  Result.map(ensureOpen(session), () => {
    session.buyer_email = email
    complete(turn, session, "paid")
    return session
  })

/** Pays by bank debit: complete, but unpaid until the bank answers. */
export const payLater = (turn: Turn, session: Session, email: string | null = null): Outcome<Session> =>
  Result.map(ensureOpen(session), () => {
    session.buyer_email = email
    complete(turn, session, "later")
    return session
  })

/** The card is declined: the session stays open. */
export const decline = (turn: Turn, session: Session): Outcome<Session> =>
  Result.map(ensureOpen(session), () => {
    if (session.amount_total > 0) Charges.fail(turn, intentOf(turn, session), session.customer_email)
    return session
  })

const debitOf = (turn: Turn, session: Session): Outcome<PaymentIntent> => {
  const invoice = session.invoice === null ? undefined : turn.state.invoices.get(session.invoice)
  const intent = turn.state.intents.get(session.payment_intent ?? invoice?.payment_intent ?? "")
  return session.status === "complete" && intent?.status === "processing"
    ? Result.succeed(intent)
    : Result.fail(Problem.refused("This Checkout Session does not wait for a bank."))
}

/** The bank answers a debit that was started by `payLater`. */
export const settle = (turn: Turn, session: Session, answer: "succeeded" | "failed"): Outcome<Session> =>
  Result.map(debitOf(turn, session), (intent) => {
    const invoice = session.invoice === null ? undefined : turn.state.invoices.get(session.invoice)
    Charges.settle(turn, intent, answer)
    if (answer === "succeeded") session.payment_status = "paid"
    if (invoice !== undefined) Billing.settleInvoice(turn, invoice, answer)
    tell(turn, `checkout.session.async_payment_${answer}`, session)
    return session
  })
