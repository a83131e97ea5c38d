/**
 * Subscriptions and their invoices: made by a session, renewed, cancelled now or at the period's end.
 */
import { Result } from "effect"
import * as Period from "../polar/Period.ts"
import * as BillingView from "./BillingView.ts"
import * as Charges from "./Charges.ts"
import * as Form from "./Form.ts"
import type { CancellationDetails, Invoice, PaymentIntent, Recurring, Session, Subscription } from "./Model.ts"
import * as Problem from "./Problem.ts"
import { mergeMetadata } from "./Sessions.ts"
import { emit, type Turn } from "./State.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const after = (seconds: number, recurring: Recurring | null): number =>
  Period.next(seconds * 1000, recurring?.interval ?? "month", recurring?.interval_count ?? 1) / 1000

const tell = (turn: Turn, subscription: Subscription, type = "customer.subscription.updated") =>
  emit(turn, type, BillingView.subscription(subscription))

const bill = (
  turn: Turn,
  subscription: Subscription,
  reason: Invoice["billing_reason"],
  email: string | null,
  items: Invoice["items"],
  intent: PaymentIntent | null,
): Invoice => {
  const invoice: Invoice = {
    id: turn.ids.token("in_", 24),
    created: turn.now,
    number: `STANDIN-${String(turn.state.invoices.size + 1).padStart(4, "0")}`,
    currency: subscription.currency,
    customer: subscription.customer,
    email,
    subscription: subscription.id,
    subscriptionMetadata: subscription.metadata,
    amount_due: items.reduce((sum, item) => sum + item.price.unit_amount * item.quantity, 0),
    amount_paid: 0,
    status: "open",
    paid_at: null,
    attempt_count: 1,
    billing_reason: reason,
    payment_intent: intent?.id ?? null,
    items,
    period_start: subscription.current_period_start,
    period_end: subscription.current_period_end,
  }
  turn.state.invoices.set(invoice.id, invoice)
  subscription.latest_invoice = invoice.id
  return invoice
}

const markPaid = (turn: Turn, invoice: Invoice): void => {
  invoice.status = "paid"
  invoice.amount_paid = invoice.amount_due
  invoice.paid_at = turn.now
}

/** The subscription and the first invoice of a completed session. */
export const subscribe = (
  turn: Turn,
  session: Session,
  customer: string,
  intent: PaymentIntent | null,
  paid: boolean,
): { readonly subscription: Subscription; readonly invoice: Invoice } => {
  const items = session.line_items.filter((item) => item.price.recurring !== null)
  const subscription: Subscription = {
    id: turn.ids.token("sub_", 24),
    created: turn.now,
    currency: session.currency,
    customer,
    status: "active",
    items,
    current_period_start: turn.now,
    current_period_end: after(turn.now, items[0]?.price.recurring ?? null),
    cancel_at_period_end: false,
    canceled_at: null,
    ended_at: null,
    cancellation_details: { comment: null, feedback: null, reason: null },
    latest_invoice: null,
    metadata: session.subscriptionMetadata,
  }
  turn.state.subscriptions.set(subscription.id, subscription)
  const email = session.customer_email ?? session.buyer_email
  const invoice = bill(turn, subscription, "subscription_create", email, session.line_items, intent)
  if (paid) markPaid(turn, invoice)
  return { subscription, invoice }
}

/** The bank answered for an invoice: paid, or the subscription is past due. */
export const settleInvoice = (turn: Turn, invoice: Invoice, answer: "succeeded" | "failed"): void => {
  const subscription = turn.state.subscriptions.get(invoice.subscription)
  if (answer === "succeeded") markPaid(turn, invoice)
  emit(turn, answer === "succeeded" ? "invoice.paid" : "invoice.payment_failed", BillingView.invoice(invoice))
  if (subscription === undefined || subscription.ended_at !== null) return
  subscription.status = answer === "succeeded" ? "active" : "past_due"
  tell(turn, subscription)
}

/** Starts the next period now and charges for it, with or without success. */
export const renew = (
  turn: Turn,
  subscription: Subscription,
  answer: "succeeded" | "failed" = "succeeded",
): Outcome<Invoice> => {
  if (subscription.ended_at !== null || subscription.cancel_at_period_end) {
    return Result.fail(Problem.refused(`Subscription ${subscription.id} does not renew.`))
  }
  subscription.current_period_start = subscription.current_period_end
  subscription.current_period_end = after(
    subscription.current_period_start,
    subscription.items[0]?.price.recurring ?? null,
  )
  const email = turn.state.customers.get(subscription.customer)?.email ?? null
  const amount = subscription.items.reduce((sum, item) => sum + item.price.unit_amount * item.quantity, 0)
  const intent = Charges.createIntent(turn, {
    amount,
    currency: subscription.currency,
    customer: subscription.customer,
    metadata: {},
    description: "Subscription update",
  })
  const invoice = bill(turn, subscription, "subscription_cycle", email, subscription.items, intent)
  emit(turn, "invoice.created", BillingView.invoice(invoice))
  if (answer === "succeeded") Charges.attempt(turn, intent, email, "paid")
  else Charges.fail(turn, intent, email)
  settleInvoice(turn, invoice, answer)
  return Result.succeed(invoice)
}

const feedbacks = [
  "customer_service",
  "low_quality",
  "missing_features",
  "other",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
] as const

const details = (
  node: Form.Node | undefined,
  old: CancellationDetails,
  reason: CancellationDetails["reason"],
): Outcome<CancellationDetails> =>
  Result.map(Form.oneOf(Form.tree(node)["feedback"], "cancellation_details[feedback]", feedbacks), (feedback) => ({
    comment: Form.text(Form.tree(node)["comment"]) ?? old.comment,
    feedback: feedback ?? old.feedback,
    reason,
  }))

/** `DELETE`: ends at once. A subscription that has ended is not found. */
export const cancel = (turn: Turn, subscription: Subscription, params: Form.Tree): Outcome<Subscription> =>
  Result.gen(function* () {
    yield* Form.only(params, new Set(["cancellation_details", "invoice_now", "prorate", "expand"]))
    if (subscription.ended_at !== null) {
      return yield* Result.fail(Problem.noSuch("subscription", subscription.id, "id"))
    }
    const old = subscription.cancellation_details
    subscription.cancellation_details = yield* details(params["cancellation_details"], old, "cancellation_requested")
    end(turn, subscription, turn.now)
    return subscription
  })

const end = (turn: Turn, subscription: Subscription, at: number): void => {
  subscription.status = "canceled"
  subscription.canceled_at ??= at
  subscription.ended_at = at
  tell(turn, subscription, "customer.subscription.deleted")
}

/** `POST`: `cancel_at_period_end`, `cancellation_details` and `metadata`. */
export const update = (turn: Turn, subscription: Subscription, params: Form.Tree): Outcome<Subscription> =>
  Result.gen(function* () {
    yield* Form.only(params, new Set(["cancel_at_period_end", "cancellation_details", "metadata", "expand"]))
    const atEnd = yield* Form.flag(params["cancel_at_period_end"], "cancel_at_period_end")
    if (subscription.ended_at !== null && atEnd !== null) {
      const message = "A canceled subscription can only update its cancellation_details and metadata."
      return yield* Result.fail(Problem.refused(message))
    }
    const reason =
      atEnd === true ? "cancellation_requested" : atEnd === false ? null : subscription.cancellation_details.reason
    const why = yield* details(params["cancellation_details"], subscription.cancellation_details, reason)
    const metadata = yield* Form.metadata(params["metadata"], "metadata")
    subscription.cancellation_details = atEnd === false ? { comment: null, feedback: null, reason: null } : why
    if (atEnd === true && !subscription.cancel_at_period_end) subscription.canceled_at = turn.now
    if (atEnd === false) subscription.canceled_at = null
    if (atEnd !== null) subscription.cancel_at_period_end = atEnd
    subscription.metadata = mergeMetadata(subscription.metadata, params["metadata"], metadata)
    tell(turn, subscription)
    return subscription
  })

/** Ends the subscriptions whose last paid period is over. */
export const endDue = (turn: Turn): void => {
  for (const subscription of turn.state.subscriptions.values()) {
    const due = subscription.cancel_at_period_end && subscription.current_period_end <= turn.now
    if (due && subscription.ended_at === null) end(turn, subscription, subscription.current_period_end)
  }
}
