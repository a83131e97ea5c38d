/**
 * Money at Stripe as it stands now: the PaymentIntent of a session in mode `payment`, the invoices of a subscription.
 */
import { Effect, Option, Result } from "effect"
import {
  CurrencyTable,
  type Money,
  type Operation,
  type PaymentError,
  ProviderCurrencies,
  type Session,
} from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import { fromFailure } from "./errors.ts"
import * as Objects from "./Objects.ts"

type Operation = Operation.Operation

/** An answer that was decoded and makes no sense. */
export const senseless = (operation: Operation, detail: string) =>
  Effect.fail(fromFailure({ _tag: "Unreadable", detail }, { operation, now: 0 }))

/** Stripe's units → money. */
export const money = (units: number, currency: string) =>
  CurrencyTable.fromProviderUnits(ProviderCurrencies.stripe, units, currency)

const readMoney = (operation: Operation, units: number, currency: string) =>
  Result.match(money(units, currency), {
    onFailure: () => senseless(operation, "an amount that no currency has"),
    onSuccess: (read) => Effect.succeed(read),
  })

/** What a charge says of money that came: whole, or gone back in part or whole. */
export const refundedState = (amount: number, refunded: number): Session.MoneyState => {
  if (refunded <= 0) return "completed"
  return refunded >= amount ? "refunded" : "partially_refunded"
}

/** A PaymentIntent with its latest charge and the charge's fee. */
export const intentById = (client: Client, operation: Operation, id: string) =>
  Effect.map(
    client.request(operation, { name: "a payment intent", schema: Objects.PaymentIntent }, (sdk) =>
      sdk.paymentIntents.retrieve(id, { expand: ["latest_charge.balance_transaction"] }),
    ),
    ({ value }) => value,
  )

/** The latest charge of an intent; asked for when it was not expanded. */
const chargeOf = (client: Client, operation: Operation, intent: Objects.PaymentIntent) => {
  const charge = intent.latest_charge
  if (charge === undefined || charge === null) return Effect.succeedNone
  if (typeof charge !== "string") return Effect.succeedSome(charge)
  return Effect.map(
    client.request(operation, { name: "a charge", schema: Objects.Charge }, (sdk) =>
      sdk.charges.retrieve(charge, { expand: ["balance_transaction"] }),
    ),
    ({ value }) => Option.some(value),
  )
}

/** Stripe's fee and what is left, in the currency of the settlement; none while the charge has not settled. */
const settledOf = (
  charge: Option.Option<Objects.Charge>,
): { readonly fee: Option.Option<Money.Money>; readonly net: Option.Option<Money.Money> } => {
  const entry = Option.getOrUndefined(charge)?.balance_transaction
  if (entry === undefined || entry === null || typeof entry === "string") return unsettled
  const read = (units: number | null | undefined) =>
    units === undefined || units === null ? Option.none() : Result.getSuccess(money(units, entry.currency))
  return { fee: read(entry.fee), net: read(entry.net) }
}

const unsettled = { fee: Option.none<Money.Money>(), net: Option.none<Money.Money>() }

/** Of a session that is over, an intent that waits for a means of payment will get none. */
const intentState = (
  intent: Objects.PaymentIntent,
  charge: Option.Option<Objects.Charge>,
  over: boolean,
): Session.MoneyState | undefined => {
  switch (intent.status) {
    case "succeeded":
      return Option.match(charge, {
        onNone: () => "completed",
        onSome: (found) => refundedState(found.amount, found.amount_refunded ?? 0),
      })
    case "canceled":
      return "declined"
    case "requires_payment_method":
    case "requires_confirmation":
      return over ? "declined" : undefined
    default:
      return "pending"
  }
}

/** The money of a session in mode `payment`: none as long as the buyer has not tried to pay. */
const ofIntent = Effect.fnUntraced(function* (client: Client, operation: Operation, session: Objects.CheckoutSession) {
  const reference = session.payment_intent
  if (reference === undefined || reference === null) return []
  const intent = typeof reference === "string" ? yield* intentById(client, operation, reference) : reference
  const charge = yield* chargeOf(client, operation, intent)
  const state = intentState(intent, charge, session.status === "complete" || session.status === "expired")
  if (state === undefined) return []
  const units = intent.status === "succeeded" ? (intent.amount_received ?? intent.amount) : intent.amount
  const gross = yield* readMoney(operation, units, intent.currency)
  const tax = session.total_details?.amount_tax
  return [
    {
      moneyId: intent.id,
      state,
      gross,
      ...settledOf(charge),
      tax: tax === undefined || tax === null ? Option.none() : Result.getSuccess(money(tax, intent.currency)),
    },
  ]
})

/** The intents that paid an invoice. */
export const paidBy = (invoice: Objects.Invoice): ReadonlyArray<string> =>
  (invoice.payments?.data ?? [])
    .filter((payment) => payment.status === "paid")
    .flatMap((payment) => Option.toArray(Objects.idOf(payment.payment?.payment_intent)))

const ofPaidInvoice = Effect.fnUntraced(function* (client: Client, operation: Operation, invoice: Objects.Invoice) {
  const intents = yield* Effect.forEach(paidBy(invoice), (id) => intentById(client, operation, id), { concurrency: 4 })
  const found = yield* Effect.forEach(intents, (intent) => chargeOf(client, operation, intent), { concurrency: 4 })
  const charges = found.flatMap(Option.toArray)
  const refunded = charges.reduce((sum, charge) => sum + (charge.amount_refunded ?? 0), 0)
  const [charge] = charges
  return {
    state: refundedState(invoice.amount_paid ?? 0, refunded),
    settled: charges.length === 1 ? settledOf(Option.fromUndefinedOr(charge)) : unsettled,
  }
})

/** The money of one invoice; none of a draft, or when nothing is due (a trial). */
const ofInvoice = Effect.fnUntraced(function* (client: Client, operation: Operation, invoice: Objects.Invoice) {
  const units = invoice.status === "paid" ? (invoice.amount_paid ?? 0) : (invoice.amount_due ?? 0)
  if (units === 0 || invoice.status === "draft") return []
  const gross = yield* readMoney(operation, units, invoice.currency)
  const taxes = invoice.total_taxes?.reduce((sum, { amount }) => sum + amount, 0)
  const paid = invoice.status === "paid" ? yield* ofPaidInvoice(client, operation, invoice) : undefined
  const unpaid = invoice.status === "void" || invoice.status === "uncollectible" ? "declined" : "pending"
  const snapshot: Session.MoneySnapshot = {
    moneyId: invoice.id,
    state: paid?.state ?? unpaid,
    gross,
    ...(paid?.settled ?? unsettled),
    tax: taxes === undefined ? Option.none() : Result.getSuccess(money(taxes, invoice.currency)),
  }
  return [snapshot]
})

/** How many invoices of a subscription are looked at: the newest ones, and the one its session made. */
const newestInvoices = 10

/** One invoice with its payments. */
export const invoiceById = (client: Client, operation: Operation, id: string) =>
  Effect.map(
    client.request(operation, { name: "an invoice", schema: Objects.Invoice }, (sdk) =>
      sdk.invoices.retrieve(id, { expand: ["payments"] }),
    ),
    ({ value }) => value,
  )

const invoicesOf = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation,
  session: Objects.CheckoutSession,
  subscriptionId: string,
) {
  const { value } = yield* client.request(
    operation,
    { name: "a list of invoices", schema: Objects.listOf(Objects.Invoice) },
    (sdk) => sdk.invoices.list({ subscription: subscriptionId, limit: newestInvoices, expand: ["data.payments"] }),
  )
  const firstId = Option.getOrUndefined(Objects.idOf(session.invoice))
  return firstId === undefined || value.data.some(({ id }) => id === firstId)
    ? value.data
    : [...value.data, yield* invoiceById(client, operation, firstId)]
})

/** All money that came, or is on its way, through a session. */
export const ofSession = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation,
  session: Objects.CheckoutSession,
): Effect.fn.Return<ReadonlyArray<Session.MoneySnapshot>, PaymentError.PaymentError> {
  const subscriptionId = Option.getOrUndefined(Objects.idOf(session.subscription))
  if (subscriptionId === undefined) return yield* ofIntent(client, operation, session)
  const invoices = yield* invoicesOf(client, operation, session, subscriptionId)
  const found = yield* Effect.forEach(invoices, (invoice) => ofInvoice(client, operation, invoice), { concurrency: 4 })
  return found.flat()
})
