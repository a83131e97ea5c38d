/**
 * Stripe's objects as far as they are needed, read leniently: a field that is absent or null is no error, a new field
 * or status is none either. Amounts are Stripe's units, times whole seconds since 1970 (API 2026-10-28.endive).
 */
import { Option, Schema } from "effect"
import { Id } from "@payment-orchestrator/domain"

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** A reference to another object: its id, or the object itself when it was expanded. */
const reference = <S extends Schema.Constraint>(schema: S) => maybe(Schema.Union([Schema.String, schema]))

const Metadata = maybe(Schema.Record(Schema.String, Schema.Unknown))
const Identified = Schema.Struct({ id: Schema.String })

/** One page of a list, newest first. */
export const listOf = <S extends Schema.Constraint>(schema: S) =>
  Schema.Struct({ object: Schema.Literal("list"), data: Schema.Array(schema), has_more: maybe(Schema.Boolean) })

export const Charge = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("charge"),
  amount: Schema.Int,
  amount_refunded: maybe(Schema.Int),
  currency: Schema.String,
  payment_intent: reference(Identified),
  metadata: Metadata,
  balance_transaction: reference(Schema.Struct({ fee: Schema.Int, net: maybe(Schema.Int), currency: Schema.String })),
})
export type Charge = typeof Charge.Type

export const PaymentIntent = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("payment_intent"),
  status: Schema.String,
  amount: Schema.Int,
  amount_received: maybe(Schema.Int),
  currency: Schema.String,
  metadata: Metadata,
  latest_charge: reference(Charge),
})
export type PaymentIntent = typeof PaymentIntent.Type

export const CheckoutSession = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("checkout.session"),
  mode: maybe(Schema.String),
  status: maybe(Schema.String),
  payment_status: maybe(Schema.String),
  url: maybe(Schema.String),
  amount_total: maybe(Schema.Int),
  currency: maybe(Schema.String),
  expires_at: maybe(Schema.Int),
  livemode: maybe(Schema.Boolean),
  metadata: Metadata,
  payment_intent: reference(PaymentIntent),
  subscription: reference(Identified),
  invoice: reference(Identified),
  total_details: maybe(Schema.Struct({ amount_tax: maybe(Schema.Int) })),
})
export type CheckoutSession = typeof CheckoutSession.Type

export const InvoicePayment = Schema.Struct({
  status: maybe(Schema.String),
  invoice: reference(Identified),
  payment: maybe(Schema.Struct({ payment_intent: reference(Identified), charge: reference(Identified) })),
})
export type InvoicePayment = typeof InvoicePayment.Type

export const Invoice = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("invoice"),
  status: maybe(Schema.String),
  currency: Schema.String,
  amount_due: maybe(Schema.Int),
  amount_paid: maybe(Schema.Int),
  total_taxes: maybe(Schema.Array(Schema.Struct({ amount: Schema.Int }))),
  payments: maybe(Schema.Struct({ data: Schema.Array(InvoicePayment) })),
  parent: maybe(
    Schema.Struct({
      subscription_details: maybe(Schema.Struct({ subscription: reference(Identified), metadata: Metadata })),
    }),
  ),
})
export type Invoice = typeof Invoice.Type

export const Refund = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("refund"),
  status: maybe(Schema.String),
  amount: Schema.Int,
  currency: Schema.String,
  payment_intent: reference(Identified),
  charge: reference(Identified),
  metadata: Metadata,
})
export type Refund = typeof Refund.Type

export const Subscription = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("subscription"),
  status: Schema.String,
  cancel_at_period_end: maybe(Schema.Boolean),
  cancel_at: maybe(Schema.Int),
  ended_at: maybe(Schema.Int),
  pause_collection: maybe(Schema.Unknown),
  /** On the items since API 2025-03-31; on the subscription itself before. */
  current_period_end: maybe(Schema.Int),
  items: maybe(Schema.Struct({ data: Schema.Array(Schema.Struct({ current_period_end: maybe(Schema.Int) })) })),
  customer: reference(Schema.Struct({ email: maybe(Schema.String) })),
  metadata: Metadata,
})
export type Subscription = typeof Subscription.Type

export const Dispute = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("dispute"),
  status: Schema.String,
  amount: Schema.Int,
  currency: Schema.String,
  reason: maybe(Schema.String),
  evidence_details: maybe(Schema.Struct({ due_by: maybe(Schema.Int) })),
  payment_intent: reference(Identified),
  charge: reference(Identified),
})
export type Dispute = typeof Dispute.Type

/** `unit_amount` is null where the amount is a fraction of a unit, depends on the quantity or is the buyer's choice. */
export const Price = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("price"),
  active: Schema.Boolean,
  currency: Schema.String,
  unit_amount: maybe(Schema.Int),
  billing_scheme: maybe(Schema.String),
  custom_unit_amount: maybe(Schema.Unknown),
  transform_quantity: maybe(Schema.Unknown),
  recurring: maybe(
    Schema.Struct({ interval: Schema.String, interval_count: maybe(Schema.Int), usage_type: maybe(Schema.String) }),
  ),
})
export type Price = typeof Price.Type

/** An event; its object is read by type. */
export const Event = Schema.Struct({
  id: Schema.String,
  object: Schema.Literal("event"),
  type: Schema.String,
  created: maybe(Schema.Int),
  livemode: maybe(Schema.Boolean),
  /** Only in events of connected accounts. */
  account: maybe(Schema.String),
  data: Schema.Struct({ object: Schema.Unknown }),
})
export type Event = typeof Event.Type

export const Balance = Schema.Struct({ object: Schema.Literal("balance") })

type Reference = string | { readonly id: string } | null | undefined

/** The id of a reference, expanded or not. */
export const idOf = (reference: Reference): Option.Option<string> =>
  Option.map(Option.fromNullishOr(reference), (found) => (typeof found === "string" ? found : found.id))

type Pairs = { readonly [key: string]: unknown } | null | undefined

/** A text in the metadata of an object. */
export const metadataText = (metadata: Pairs, key: string): Option.Option<string> => {
  const value = metadata === null || metadata === undefined || !Object.hasOwn(metadata, key) ? undefined : metadata[key]
  return typeof value === "string" ? Option.some(value) : Option.none()
}

const decodeAttemptId = Schema.decodeUnknownOption(Id.AttemptId)
const decodeRefundId = Schema.decodeUnknownOption(Id.RefundId)

/** Our attempt id, where an object carries one. */
export const attemptIdOf = (metadata: Pairs): Option.Option<Id.AttemptId> =>
  Option.flatMap(metadataText(metadata, "attempt_id"), decodeAttemptId)

/** Our refund id, where an object carries one. */
export const refundIdOf = (metadata: Pairs): Option.Option<Id.RefundId> =>
  Option.flatMap(metadataText(metadata, "refund_id"), decodeRefundId)

/** Whether a text can be an id of Stripe's; anything else is never put into a path. */
export const isId = (text: string): boolean => /^[A-Za-z0-9_]{1,255}$/.test(text)

/** Seconds since 1970 → epoch milliseconds. */
export const millis = (seconds: number | null | undefined): Option.Option<number> =>
  Option.map(Option.fromNullishOr(seconds), (found) => found * 1000)
