/**
 * What the Polar emulator remembers. Field names, shapes and units are those of Polar's OpenAPI document: amounts are
 * integers in the currency's minor unit; times here are epoch milliseconds and become ISO texts in `View`.
 */

/** Values a merchant may put under a metadata key. */
export type Metadata = Readonly<Record<string, string | number | boolean>>

/** A recurring product's period. */
export type Interval = "day" | "week" | "month" | "year"

/** Whether tax is part of the price, comes on top, or depends on the buyer's country. */
export type TaxOption = "inclusive" | "exclusive" | "location"

/** Life of a checkout; `confirmed` says only that Pay was clicked, and a decline leads back to `open`. */
export type CheckoutStatus = "open" | "expired" | "confirmed" | "succeeded" | "failed"

/** A fixed price, of the catalogue or sent with one checkout. */
export interface Price {
  readonly id: string
  readonly created_at: number
  readonly source: "catalog" | "ad_hoc"
  readonly product_id: string
  readonly price_currency: string
  readonly price_amount: number
  readonly tax_behavior: TaxOption | null
}

/** A product of the organisation; `recurring_interval` null means sold once. */
export interface Product {
  readonly id: string
  readonly created_at: number
  readonly name: string
  readonly description: string | null
  readonly recurring_interval: Interval | null
  readonly recurring_interval_count: number | null
  readonly is_archived: boolean
  readonly prices: ReadonlyArray<Price>
}

/** A discount in basis points (10,000 = all of it). */
export interface Discount {
  readonly id: string
  readonly created_at: number
  readonly name: string
  readonly code: string | null
  readonly basis_points: number
}

/** A buyer's billing address; only the country decides anything here. */
export interface Address {
  readonly line1: string | null
  readonly line2: string | null
  readonly postal_code: string | null
  readonly city: string | null
  readonly state: string | null
  readonly country: string
}

/** A buyer; made at the first confirmed checkout, linked later by e-mail address. */
export interface Customer {
  readonly id: string
  readonly created_at: number
  readonly external_id: string | null
  readonly email: string
  readonly name: string | null
  readonly billing_address: Address | null
  readonly metadata: Metadata
}

/** A checkout session. `tax_amount` is null until the buyer's country is known. */
export interface Checkout {
  readonly id: string
  readonly created_at: number
  modified_at: number | null
  readonly client_secret: string
  readonly expires_at: number
  status: CheckoutStatus
  readonly products: ReadonlyArray<string>
  readonly ad_hoc_prices: ReadonlyMap<string, ReadonlyArray<Price>>
  readonly price: Price
  readonly currency: string
  readonly amount: number
  discount_id: string | null
  discount_amount: number
  net_amount: number
  tax_amount: number | null
  tax_behavior: "inclusive" | "exclusive" | null
  success_url: string | null
  return_url: string | null
  readonly embed_origin: string | null
  allow_discount_codes: boolean
  require_billing_address: boolean
  readonly is_business_customer: boolean
  customer_id: string | null
  readonly external_customer_id: string | null
  customer_name: string | null
  customer_email: string | null
  readonly customer_ip_address: string | null
  customer_billing_address: Address | null
  metadata: Metadata
  readonly customer_metadata: Metadata
  subscription_id: string | null
}

/** Where an order's money stands. */
export type OrderStatus = "draft" | "pending" | "paid" | "refunded" | "partially_refunded" | "void"

/** A paid (or free) purchase, or one period of a subscription. */
export interface Order {
  readonly id: string
  readonly created_at: number
  modified_at: number | null
  status: OrderStatus
  readonly subtotal_amount: number
  readonly discount_amount: number
  readonly net_amount: number
  readonly tax_amount: number
  refunded_amount: number
  refunded_tax_amount: number
  readonly currency: string
  readonly billing_reason: "purchase" | "subscription_create" | "subscription_cycle"
  readonly invoice_number: string
  readonly customer_id: string
  readonly product_id: string
  readonly discount_id: string | null
  readonly subscription_id: string | null
  readonly checkout_id: string | null
  readonly price_id: string
  readonly metadata: Metadata
  disputed: boolean
}

/** Life of a subscription. */
export type SubscriptionStatus = "active" | "past_due" | "canceled"

/** A subscription of a recurring product. */
export interface Subscription {
  readonly id: string
  readonly created_at: number
  modified_at: number | null
  readonly amount: number
  readonly currency: string
  readonly recurring_interval: Interval
  readonly recurring_interval_count: number
  status: SubscriptionStatus
  current_period_start: number
  current_period_end: number
  cancel_at_period_end: boolean
  canceled_at: number | null
  readonly started_at: number
  ends_at: number | null
  ended_at: number | null
  past_due_at: number | null
  readonly customer_id: string
  readonly product_id: string
  readonly discount_id: string | null
  readonly checkout_id: string
  readonly price: Price
  readonly tax_behavior: "inclusive" | "exclusive"
  customer_cancellation_reason: string | null
  customer_cancellation_comment: string | null
  metadata: Metadata
}

/** A payment that the buyer's bank disputes; `amount` excludes `tax_amount`. */
export interface Dispute {
  readonly id: string
  readonly created_at: number
  modified_at: number | null
  status: "needs_response" | "won" | "lost"
  readonly amount: number
  readonly tax_amount: number
  readonly currency: string
  readonly reason: string
  readonly order_id: string
}

/** Money given back; `amount` excludes `tax_amount`. */
export interface Refund {
  readonly id: string
  readonly created_at: number
  modified_at: number | null
  status: "pending" | "succeeded" | "failed" | "canceled"
  readonly reason: string
  readonly amount: number
  readonly tax_amount: number
  readonly currency: string
  readonly order_id: string
  readonly subscription_id: string | null
  readonly customer_id: string
  readonly revoke_benefits: boolean
  readonly metadata: Metadata
}
