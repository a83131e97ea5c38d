/** Stripe's events → what they are about. Pure; what only Stripe can tell is asked for by `Owners`. */
import { Option, Result, Schema } from "effect"
import type { Id, Money, Webhook } from "@payment-orchestrator/domain"
import * as Disputes from "./Disputes.ts"
import * as Objects from "./Objects.ts"
import * as Payments from "./Payments.ts"
import * as Refunds from "./Refunds.ts"
import * as Sessions from "./Sessions.ts"
import * as Subscriptions from "./Subscriptions.ts"

/** Whose money a PaymentIntent moved: a session's own, or an invoice's. */
export interface Owner {
  readonly moneyId: string
  readonly attemptId: Option.Option<Id.AttemptId>
}

/** `ByIntent`: the event names a PaymentIntent and not whose it is. */
export type Reading =
  | { readonly _tag: "Nothing" }
  | { readonly _tag: "Known"; readonly attemptId: Option.Option<Id.AttemptId>; readonly subject: Webhook.EventSubject }
  | { readonly _tag: "ByIntent"; readonly intentId: string; readonly subject: (owner: Owner) => Webhook.EventSubject }

const nothing: Reading = { _tag: "Nothing" }

const known = (attemptId: Option.Option<Id.AttemptId>, subject: Webhook.EventSubject): Reading => ({
  _tag: "Known",
  attemptId,
  subject,
})

const amountOf = (units: number | null | undefined, currency: string): Option.Option<Money.Money> =>
  units === undefined || units === null ? Option.none() : Result.getSuccess(Payments.money(units, currency))

const ofSession =
  (failed: boolean) =>
  (session: Objects.CheckoutSession): Reading =>
    known(Objects.attemptIdOf(session.metadata), {
      _tag: "Session",
      sessionId: session.id,
      state: failed ? "expired" : Sessions.stateOf(session),
      subscriptionId: Objects.idOf(session.subscription),
    })

/** Intents of invoices carry no attempt id; `invoice.paid` reports those. A failed try is not the end: more may follow. */
const ofIntent = (intent: Objects.PaymentIntent): Reading => {
  const attemptId = Objects.attemptIdOf(intent.metadata)
  if (Option.isNone(attemptId)) return nothing
  const succeeded = intent.status === "succeeded"
  return known(attemptId, {
    _tag: "Payment",
    moneyId: intent.id,
    state: succeeded ? "completed" : intent.status === "canceled" ? "declined" : "pending",
    amount: amountOf(succeeded ? (intent.amount_received ?? intent.amount) : intent.amount, intent.currency),
    sessionId: Option.none(),
    subscriptionId: Option.none(),
  })
}

const ofCharge = (charge: Objects.Charge): Reading => {
  const subject = ({ moneyId }: Pick<Owner, "moneyId">): Webhook.EventSubject => ({
    _tag: "Payment",
    moneyId,
    state: Payments.refundedState(charge.amount, charge.amount_refunded ?? 0),
    amount: amountOf(charge.amount, charge.currency),
    sessionId: Option.none(),
    subscriptionId: Option.none(),
  })
  const attemptId = Objects.attemptIdOf(charge.metadata)
  return Option.match(Objects.idOf(charge.payment_intent), {
    onNone: () => known(attemptId, subject({ moneyId: charge.id })),
    onSome: (intentId) =>
      Option.isSome(attemptId)
        ? known(attemptId, subject({ moneyId: intentId }))
        : { _tag: "ByIntent", intentId, subject },
  })
}

/** Refunds of ours name the money they were asked for; those of the dashboard do not. */
const ofRefund = (refund: Objects.Refund): Reading => {
  const subject = (moneyId: Option.Option<string>): Webhook.EventSubject => ({
    _tag: "Refund",
    providerRefundId: refund.id,
    state: Refunds.stateOf(refund.status),
    amount: amountOf(refund.amount, refund.currency),
    moneyId,
  })
  const named = Objects.metadataText(refund.metadata, "money_id")
  const intentId = Objects.idOf(refund.payment_intent)
  return Option.isSome(named) || Option.isNone(intentId)
    ? known(Option.none(), subject(Option.orElse(named, () => Objects.idOf(refund.charge))))
    : { _tag: "ByIntent", intentId: intentId.value, subject: ({ moneyId }) => subject(Option.some(moneyId)) }
}

const ofDispute = (dispute: Objects.Dispute): Reading => {
  const subject = (moneyId: Option.Option<string>): Webhook.EventSubject => ({
    _tag: "Dispute",
    disputeId: dispute.id,
    state: Disputes.stateOf(dispute.status),
    amount: amountOf(dispute.amount, dispute.currency),
    moneyId,
  })
  return Option.match(Objects.idOf(dispute.payment_intent), {
    onNone: () => known(Option.none(), subject(Objects.idOf(dispute.charge))),
    onSome: (intentId) => ({ _tag: "ByIntent", intentId, subject: ({ moneyId }) => subject(Option.some(moneyId)) }),
  })
}

const ofSubscription = (subscription: Objects.Subscription): Reading =>
  known(Objects.attemptIdOf(subscription.metadata), {
    _tag: "Subscription",
    subscriptionId: subscription.id,
    state: Subscriptions.stateOf(subscription),
    sessionId: Option.none(),
  })

/** Invoices without a subscription are not ours; of an invoice over nothing (a trial) the subscription tells. */
const ofInvoice = (invoice: Objects.Invoice): Reading => {
  const details = invoice.parent?.subscription_details
  const subscriptionId = Objects.idOf(details?.subscription)
  const paid = invoice.status === "paid"
  const units = paid ? invoice.amount_paid : invoice.amount_due
  if (Option.isNone(subscriptionId) || units === undefined || units === null || units === 0) return nothing
  return known(Objects.attemptIdOf(details?.metadata), {
    _tag: "Payment",
    moneyId: invoice.id,
    state: paid ? "completed" : "pending",
    amount: amountOf(units, invoice.currency),
    sessionId: Option.none(),
    subscriptionId,
  })
}

type Reader = (object: unknown) => Option.Option<Reading>

const reader = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  read: (object: S["Type"]) => Reading,
): Reader => {
  const decode = Schema.decodeUnknownOption(schema)
  return (object) => Option.map(decode(object), read)
}

const session = reader(Objects.CheckoutSession, ofSession(false))
const intent = reader(Objects.PaymentIntent, ofIntent)
const refund = reader(Objects.Refund, ofRefund)
const dispute = reader(Objects.Dispute, ofDispute)
const subscription = reader(Objects.Subscription, ofSubscription)
const invoice = reader(Objects.Invoice, ofInvoice)

/** The types that matter. Stripe's list of events takes at most 20 of them: exactly these. */
const readers: ReadonlyMap<string, Reader> = new Map([
  ["checkout.session.completed", session],
  ["checkout.session.async_payment_succeeded", session],
  ["checkout.session.async_payment_failed", reader(Objects.CheckoutSession, ofSession(true))],
  ["checkout.session.expired", session],
  ["payment_intent.succeeded", intent],
  ["payment_intent.payment_failed", intent],
  ["charge.refunded", reader(Objects.Charge, ofCharge)],
  ["charge.refund.updated", refund],
  ["refund.created", refund],
  ["refund.updated", refund],
  ["refund.failed", refund],
  ["charge.dispute.created", dispute],
  ["charge.dispute.updated", dispute],
  ["charge.dispute.closed", dispute],
  ["customer.subscription.created", subscription],
  ["customer.subscription.updated", subscription],
  ["customer.subscription.deleted", subscription],
  ["customer.subscription.paused", subscription],
  ["invoice.paid", invoice],
  ["invoice.payment_failed", invoice],
])

/** The types that are read, by Stripe's names. */
export const types: ReadonlyArray<string> = Array.from(readers.keys())

/** What an event is about; none when its object is not what its type says. */
export const read = (event: Objects.Event): Option.Option<Reading> => {
  const found = readers.get(event.type)
  return found === undefined ? Option.some(nothing) : found(event.data.object)
}
