/**
 * What the Stripe emulator remembers, in Stripe's words. Amounts are integers in the currency's minor unit, times are
 * whole seconds since 1970.
 */

/** Texts by key. */
export type Metadata = Readonly<Record<string, string>>

/** How often a price recurs. */
export interface Recurring {
  readonly interval: "day" | "week" | "month" | "year"
  readonly interval_count: number
}

/** A price, of the catalogue or made for one session. */
export interface Price {
  readonly id: string
  readonly created: number
  readonly active: boolean
  readonly currency: string
  readonly unit_amount: number
  readonly recurring: Recurring | null
  readonly product: string
  readonly productName: string
}

/** One line of a session. */
export interface LineItem {
  readonly id: string
  readonly price: Price
  readonly quantity: number
}

/** A Checkout Session. */
export interface Session {
  readonly id: string
  readonly created: number
  readonly expires_at: number
  readonly mode: "payment" | "subscription"
  status: "open" | "complete" | "expired"
  payment_status: "paid" | "unpaid" | "no_payment_required"
  readonly currency: string
  readonly amount_total: number
  readonly line_items: ReadonlyArray<LineItem>
  readonly success_url: string
  readonly cancel_url: string | null
  readonly client_reference_id: string | null
  customer: string | null
  readonly customer_email: string | null
  /** What the buyer typed on the page. */
  buyer_email: string | null
  metadata: Metadata
  readonly intentMetadata: Metadata
  readonly intentDescription: string | null
  readonly subscriptionMetadata: Metadata
  payment_intent: string | null
  subscription: string | null
  invoice: string | null
}

/** A PaymentIntent. */
export interface PaymentIntent {
  readonly id: string
  readonly created: number
  readonly amount: number
  readonly currency: string
  status: "requires_payment_method" | "processing" | "succeeded" | "canceled"
  readonly customer: string | null
  metadata: Metadata
  readonly description: string | null
  latest_charge: string | null
  last_payment_error: { readonly code: string; readonly decline_code: string; readonly message: string } | null
}

/** One try to move the money. */
export interface Charge {
  readonly id: string
  readonly created: number
  readonly amount: number
  amount_refunded: number
  readonly currency: string
  readonly customer: string | null
  readonly metadata: Metadata
  readonly description: string | null
  readonly email: string | null
  readonly payment_intent: string
  status: "succeeded" | "pending" | "failed"
  failure_code: string | null
  failure_message: string | null
  balance_transaction: string | null
  disputed: boolean
}

/** The ledger entry of a charge or a refund. */
export interface BalanceTransaction {
  readonly id: string
  readonly created: number
  readonly amount: number
  readonly fee: number
  readonly currency: string
  readonly source: string
  readonly type: "charge" | "refund" | "adjustment"
}

/** Money given back. */
export interface Refund {
  readonly id: string
  readonly created: number
  readonly amount: number
  readonly currency: string
  readonly charge: string
  readonly payment_intent: string
  status: "succeeded" | "pending" | "failed" | "canceled"
  readonly reason: string | null
  metadata: Metadata
  readonly balance_transaction: string | null
}

/** Why a subscription ends. */
export interface CancellationDetails {
  readonly comment: string | null
  readonly feedback: string | null
  readonly reason: string | null
}

/** A Subscription with one or more items of one period. */
export interface Subscription {
  readonly id: string
  readonly created: number
  readonly currency: string
  readonly customer: string
  status: "active" | "past_due" | "canceled"
  readonly items: ReadonlyArray<LineItem>
  current_period_start: number
  current_period_end: number
  cancel_at_period_end: boolean
  canceled_at: number | null
  ended_at: number | null
  cancellation_details: CancellationDetails
  latest_invoice: string | null
  metadata: Metadata
}

/** One period's invoice. */
export interface Invoice {
  readonly id: string
  readonly created: number
  readonly number: string
  readonly currency: string
  readonly customer: string
  readonly email: string | null
  readonly subscription: string
  readonly subscriptionMetadata: Metadata
  readonly amount_due: number
  amount_paid: number
  status: "open" | "paid"
  paid_at: number | null
  attempt_count: number
  readonly billing_reason: "subscription_create" | "subscription_cycle"
  payment_intent: string | null
  readonly items: ReadonlyArray<LineItem>
  readonly period_start: number
  readonly period_end: number
}

/** A buyer. */
export interface Customer {
  readonly id: string
  readonly created: number
  readonly email: string | null
}

/** A buyer's bank asks for the money back. */
export interface Dispute {
  readonly id: string
  readonly created: number
  readonly amount: number
  readonly currency: string
  readonly charge: string
  readonly payment_intent: string
  readonly reason: string
  status: "needs_response" | "under_review" | "won" | "lost"
}

/** Something that happened, with the object as it was then. */
export interface Event {
  readonly id: string
  readonly created: number
  readonly type: string
  readonly object: unknown
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
}
