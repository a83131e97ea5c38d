/**
 * PayPal's objects, decoded leniently: only what is needed, unknown statuses and fields let through. Shapes: PayPal's
 * OpenAPI of Orders v2, Payments v2 and Subscriptions v1; sales and their refunds are of Payments v1, whose amounts
 * are `total` and `currency`.
 */
import { Schema } from "effect"

const maybe = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

export const Amount = Schema.Struct({ currency_code: Schema.String, value: Schema.String })
export type Amount = typeof Amount.Type

export const AmountV1 = Schema.Struct({ total: Schema.String, currency: Schema.String })

export const Link = Schema.Struct({ rel: Schema.String, href: Schema.String })
export type Link = typeof Link.Type
const Links = maybe(Schema.Array(Link))

const Related = maybe(Schema.Struct({ related_ids: maybe(Schema.Struct({ order_id: maybe(Schema.String) })) }))

export const Capture = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  amount: Amount,
  custom_id: maybe(Schema.String),
  seller_receivable_breakdown: maybe(Schema.Struct({ paypal_fee: maybe(Amount), net_amount: maybe(Amount) })),
  supplementary_data: Related,
  links: Links,
})
export type Capture = typeof Capture.Type

/** Also the resource of `PAYMENT.CAPTURE.REFUNDED`. */
export const Refund = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  amount: maybe(Amount),
  custom_id: maybe(Schema.String),
  links: Links,
})
export type Refund = typeof Refund.Type

const PurchaseUnit = Schema.Struct({
  custom_id: maybe(Schema.String),
  amount: maybe(Amount),
  payments: maybe(Schema.Struct({ captures: maybe(Schema.Array(Capture)), refunds: maybe(Schema.Array(Refund)) })),
})

export const Order = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  purchase_units: maybe(Schema.Array(PurchaseUnit)),
  links: Links,
})
export type Order = typeof Order.Type

const Cycle = Schema.Struct({ tenure_type: maybe(Schema.String), cycles_completed: maybe(Schema.Finite) })

export const Subscription = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  custom_id: maybe(Schema.String),
  create_time: maybe(Schema.String),
  status_update_time: maybe(Schema.String),
  subscriber: maybe(Schema.Struct({ email_address: maybe(Schema.String) })),
  billing_info: maybe(
    Schema.Struct({
      next_billing_time: maybe(Schema.String),
      failed_payments_count: maybe(Schema.Finite),
      cycle_executions: maybe(Schema.Array(Cycle)),
      last_payment: maybe(Schema.Struct({ time: maybe(Schema.String) })),
    }),
  ),
  links: Links,
})
export type Subscription = typeof Subscription.Type

/** `GET /v1/billing/plans/{id}`. Every plan has one regular cycle, and trials before it. */
export const Plan = Schema.Struct({
  id: Schema.NonEmptyString,
  status: Schema.String,
  billing_cycles: Schema.Array(
    Schema.Struct({
      tenure_type: Schema.String,
      frequency: Schema.Struct({ interval_unit: Schema.String, interval_count: maybe(Schema.Int) }),
      pricing_scheme: maybe(Schema.Struct({ fixed_price: maybe(Amount) })),
    }),
  ),
  payment_preferences: maybe(Schema.Struct({ setup_fee: maybe(Amount) })),
  taxes: maybe(Schema.Struct({ percentage: Schema.String, inclusive: maybe(Schema.Boolean) })),
})
export type Plan = typeof Plan.Type

/** Whether an answer is a list at all, and not JSON of another kind that happens to name none of our fields. */
export const isList =
  (field: string) =>
  (answer: object): string | undefined =>
    field in answer || "links" in answer ? undefined : `must have ${field} or links`

/** `GET /v1/billing/subscriptions/{id}/transactions`: an empty list may be left out, its links never are. */
export const Transactions = Schema.Struct({
  transactions: maybe(
    Schema.Array(
      Schema.Struct({
        id: Schema.NonEmptyString,
        status: maybe(Schema.String),
        amount_with_breakdown: Schema.Struct({
          gross_amount: Amount,
          fee_amount: maybe(Amount),
          net_amount: maybe(Amount),
          tax_amount: maybe(Amount),
        }),
      }),
    ),
  ),
  links: Links,
}).check(Schema.makeFilter(isList("transactions")))
export type Transaction = NonNullable<(typeof Transactions.Type)["transactions"]>[number]

/** A refund of a sale, v1. In webhooks its total is negative. */
export const SaleRefund = Schema.Struct({
  id: Schema.NonEmptyString,
  state: maybe(Schema.String),
  amount: maybe(AmountV1),
  sale_id: maybe(Schema.String),
})
export type SaleRefund = typeof SaleRefund.Type

/** One charge of a subscription, v1. */
export const Sale = Schema.Struct({
  id: Schema.NonEmptyString,
  state: maybe(Schema.String),
  amount: maybe(AmountV1),
  billing_agreement_id: maybe(Schema.String),
  custom: maybe(Schema.String),
})

/** `GET /v1/customer/disputes/{id}`, and the resource of its events. Times are not trusted to be well-formed. */
export const Dispute = Schema.Struct({
  dispute_id: Schema.NonEmptyString,
  status: maybe(Schema.String),
  reason: maybe(Schema.String),
  seller_response_due_date: maybe(Schema.Unknown),
  dispute_amount: maybe(Amount),
  dispute_outcome: maybe(Schema.Struct({ outcome_code: maybe(Schema.String) })),
  disputed_transactions: maybe(
    Schema.Array(Schema.Struct({ seller_transaction_id: maybe(Schema.String), custom: maybe(Schema.String) })),
  ),
})
export type Dispute = typeof Dispute.Type

/** The envelope of a webhook, and an entry of the list of events. Times are not trusted to be well-formed. */
export const Event = Schema.Struct({
  id: Schema.NonEmptyString,
  event_type: Schema.NonEmptyString,
  create_time: maybe(Schema.Unknown),
  resource: Schema.optionalKey(Schema.Unknown),
})
export type Event = typeof Event.Type

/** `GET /v1/notifications/webhooks-events`; each entry is read on its own. */
export const Events = Schema.Struct({ events: maybe(Schema.Array(Schema.Unknown)), links: Links }).check(
  Schema.makeFilter(isList("events")),
)

/** The address behind a relation. */
export const linkOf = (
  links: ReadonlyArray<Link> | null | undefined,
  ...rels: ReadonlyArray<string>
): string | undefined => links?.find(({ rel }) => rels.includes(rel))?.href
