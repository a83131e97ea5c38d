/**
 * What is read of Polar's answers, and no more: unknown fields and words pass, missing ones that are needed do not.
 * Field names are those of API version 2026-10. Amounts are integers in Polar's minor units.
 */
import { Id } from "@payment-orchestrator/domain"
import { DateTime, Option, Schema } from "effect"

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** Values that are not ours may be anything. */
const Metadata = maybe(Schema.Record(Schema.String, Schema.Unknown))

/** A checkout as the API answers it. */
export const Checkout = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  url: Schema.NonEmptyString,
  created_at: maybe(Schema.String),
  expires_at: maybe(Schema.String),
  amount: Schema.Int,
  total_amount: Schema.Int,
  currency: Schema.String,
  subscription_id: maybe(Schema.String),
  product: maybe(Schema.Struct({ recurring_interval: maybe(Schema.String) })),
  metadata: Metadata,
})
export type Checkout = typeof Checkout.Type

/** An order: one purchase, or one period of a subscription. `refundable_amount` excludes tax. */
export const Order = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  created_at: maybe(Schema.String),
  net_amount: Schema.Int,
  tax_amount: Schema.Int,
  total_amount: Schema.Int,
  refundable_amount: Schema.Int,
  refundable_tax_amount: maybe(Schema.Int),
  refunded_tax_amount: maybe(Schema.Int),
  currency: Schema.String,
  platform_fee_amount: maybe(Schema.Int),
  platform_fee_currency: maybe(Schema.String),
  checkout_id: maybe(Schema.String),
  subscription_id: maybe(Schema.String),
  metadata: Metadata,
})
export type Order = typeof Order.Type

export const Subscription = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  cancel_at_period_end: maybe(Schema.Boolean),
  current_period_end: maybe(Schema.String),
  ended_at: maybe(Schema.String),
  checkout_id: maybe(Schema.String),
  customer: maybe(Schema.Struct({ email: maybe(Schema.String) })),
  metadata: Metadata,
})
export type Subscription = typeof Subscription.Type

/** A refund; `amount` excludes `tax_amount`. */
export const Refund = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  amount: Schema.Int,
  tax_amount: Schema.Int,
  currency: Schema.String,
  order_id: maybe(Schema.String),
  metadata: Metadata,
})
export type Refund = typeof Refund.Type

/** A dispute; `amount` excludes `tax_amount`. */
export const Dispute = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  amount: Schema.Int,
  tax_amount: maybe(Schema.Int),
  currency: Schema.String,
  reason: maybe(Schema.String),
  evidence_due_by: maybe(Schema.String),
  order_id: maybe(Schema.String),
})

/** A price of a product. Only `fixed` ones have `price_amount`; the old recurring ones bear an interval of their own. */
const Price = Schema.Struct({
  amount_type: Schema.String,
  price_currency: maybe(Schema.String),
  price_amount: maybe(Schema.Int),
  source: maybe(Schema.String),
  is_archived: maybe(Schema.Boolean),
})

export const Product = Schema.Struct({
  id: Schema.NonEmptyString,
  is_archived: Schema.Boolean,
  visibility: maybe(Schema.String),
  recurring_interval: Schema.NullOr(Schema.String),
  recurring_interval_count: maybe(Schema.Int),
  prices: Schema.Array(Price),
})
export type Product = typeof Product.Type

/** One attempt of Polar to deliver an event; `payload` is null once it is archived. */
export const Delivery = Schema.Struct({
  webhook_event: Schema.Struct({ id: Schema.NonEmptyString, payload: maybe(Schema.String) }),
})

/** A page of a list. */
export const page = <S extends Schema.Constraint>(item: S) =>
  Schema.Struct({ items: Schema.Array(item), pagination: Schema.Struct({ max_page: Schema.Int }) })

/** The body of a webhook. */
export const Payload = Schema.Struct({ type: Schema.String, timestamp: maybe(Schema.String), data: Schema.Unknown })

/** Of a delivery only what leads to the object is needed: it is fetched again before it is believed. */
export const CheckoutEvent = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  subscription_id: maybe(Schema.String),
  metadata: Metadata,
})
export const OrderEvent = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  total_amount: maybe(Schema.Int),
  currency: maybe(Schema.String),
  checkout_id: maybe(Schema.String),
  subscription_id: maybe(Schema.String),
  metadata: Metadata,
})
export const RefundEvent = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  amount: maybe(Schema.Int),
  tax_amount: maybe(Schema.Int),
  currency: maybe(Schema.String),
  order_id: maybe(Schema.String),
})
export const SubscriptionEvent = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  checkout_id: maybe(Schema.String),
  metadata: Metadata,
})

const isAttemptId = Schema.is(Id.AttemptId)
const isRefundId = Schema.is(Id.RefundId)

interface Carrier {
  readonly metadata?: { readonly [key: string]: unknown } | null
}

/** Our attempt id, as we put it into the metadata of the checkout; Polar copies it to the order and the subscription. */
export const attemptIdOf = (carrier: Carrier): Option.Option<Id.AttemptId> =>
  Option.liftPredicate(isAttemptId)(carrier.metadata?.["attempt_id"])

/** Our refund id. */
export const refundIdOf = (carrier: Carrier): Option.Option<Id.RefundId> =>
  Option.liftPredicate(isRefundId)(carrier.metadata?.["refund_id"])

/** A time in epoch milliseconds. */
export const millisOf = (text: string | null | undefined): Option.Option<number> =>
  Option.map(DateTime.make(text ?? ""), (time) => time.epochMilliseconds)
