/**
 * What the emulator remembers. Times are milliseconds on the emulator's clock.
 */
import type { Amount } from "./Amount.ts"
import type { Fields } from "./Checks.ts"

export type OrderStatus = "CREATED" | "PAYER_ACTION_REQUIRED" | "APPROVED" | "COMPLETED" | "VOIDED"

/**
 * What the next capture of an order does. `PENDING` may carry a reason (`PENDING_REVIEW`, `ECHECK` …). The last two
 * are refusals with 422; `INSTRUMENT_DECLINED` sends the buyer back to the page, as PayPal does.
 */
export type CaptureOutcome =
  | { readonly result: "COMPLETED" }
  | { readonly result: "PENDING"; readonly reason?: string }
  | { readonly result: "DECLINED" }
  | { readonly result: "INSTRUMENT_DECLINED" }
  | { readonly result: "TRANSACTION_REFUSED" }
  | { readonly result: "PAYER_ACTION_REQUIRED" }

export interface PurchaseUnit {
  readonly reference_id: string
  readonly amount: Amount
  readonly custom_id: string | undefined
  readonly invoice_id: string | undefined
  readonly description: string | undefined
  readonly soft_descriptor: string | undefined
  /** `breakdown`, `items`, `shipping` as they came. */
  readonly echoed: Fields
}

export interface Payer {
  readonly payer_id: string
  readonly email_address: string
  readonly name: { readonly given_name: string; readonly surname: string }
}

export interface Order {
  readonly id: string
  readonly intent: "CAPTURE" | "AUTHORIZE"
  readonly status: OrderStatus
  readonly units: ReadonlyArray<PurchaseUnit>
  /** Whether `payment_source.paypal` was sent: then the link is `payer-action`, else `approve`. */
  readonly withSource: boolean
  readonly returnUrl: string | undefined
  readonly cancelUrl: string | undefined
  readonly brand: string | undefined
  readonly userAction: "CONTINUE" | "PAY_NOW"
  readonly payer: Payer | undefined
  readonly createdAt: number
  readonly updatedAt: number
  /** What the next captures do, in order; empty = COMPLETED. */
  readonly outcomes: ReadonlyArray<CaptureOutcome>
}

export type CaptureStatus = "COMPLETED" | "PENDING" | "DECLINED" | "PARTIALLY_REFUNDED" | "REFUNDED"

export interface Capture {
  readonly id: string
  readonly orderId: string
  readonly referenceId: string
  readonly status: CaptureStatus
  readonly reason: string | undefined
  readonly amount: Amount
  readonly refunded: Amount
  readonly custom_id: string | undefined
  readonly invoice_id: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export interface Refund {
  readonly id: string
  /** The capture, or the sale, that was refunded. */
  readonly of: { readonly kind: "capture" | "sale"; readonly id: string }
  readonly status: "COMPLETED" | "PENDING" | "FAILED" | "CANCELLED"
  readonly amount: Amount
  /** All refunds of the same payment, this one included. */
  readonly total: Amount
  readonly custom_id: string | undefined
  readonly invoice_id: string | undefined
  readonly note: string | undefined
  readonly createdAt: number
}

export type IntervalUnit = "DAY" | "WEEK" | "MONTH" | "YEAR"

export interface Plan {
  readonly id: string
  readonly productId: string
  readonly name: string
  readonly status: "CREATED" | "ACTIVE" | "INACTIVE"
  readonly price: Amount
  readonly interval: { readonly unit: IntervalUnit; readonly count: number }
  /** 0 = without end. */
  readonly totalCycles: number
  readonly quantitySupported: boolean
}

export type SubscriptionStatus = "APPROVAL_PENDING" | "APPROVED" | "ACTIVE" | "SUSPENDED" | "CANCELLED" | "EXPIRED"

export interface Subscription {
  readonly id: string
  /** The `ba_token` of the approval page. */
  readonly token: string
  readonly planId: string
  readonly status: SubscriptionStatus
  readonly note: string | undefined
  readonly custom_id: string | undefined
  readonly quantity: string
  /** Of one cycle, quantity included. */
  readonly price: Amount
  readonly overridden: boolean
  readonly subscriber: Fields
  readonly payer: Payer | undefined
  readonly userAction: "SUBSCRIBE_NOW" | "CONTINUE"
  readonly returnUrl: string | undefined
  readonly cancelUrl: string | undefined
  readonly brand: string | undefined
  readonly startAt: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly cycles: number
  readonly failedPayments: number
  readonly outstanding: Amount
  readonly lastPayment: { readonly amount: Amount; readonly at: number } | undefined
  readonly lastFailure: { readonly amount: Amount; readonly at: number; readonly reason: string } | undefined
  readonly nextBillingAt: number | undefined
  /** The next charges fail; set by the page's "decline" and by `simulate.failNextPayments`. */
  readonly failing: number
}

/** One charge of a subscription, in the shape of the v1 API. */
export interface Sale {
  readonly id: string
  readonly subscriptionId: string
  readonly state: "completed" | "partially_refunded" | "refunded" | "pending" | "denied"
  readonly amount: Amount
  readonly refunded: Amount
  readonly custom: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export interface Dispute {
  readonly id: string
  readonly transactionId: string
  readonly custom: string | undefined
  readonly invoice: string | undefined
  readonly gross: Amount
  readonly amount: Amount
  readonly reason: string
  readonly status: "OPEN" | "WAITING_FOR_SELLER_RESPONSE" | "UNDER_REVIEW" | "RESOLVED"
  readonly stage: "INQUIRY" | "CHARGEBACK"
  readonly outcome: string | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export interface Webhook {
  readonly id: string
  readonly url: string
  /** `*` or names of events. */
  readonly eventTypes: ReadonlyArray<string>
}

export interface Event {
  readonly id: string
  readonly type: string
  readonly createdAt: number
  /** The object that is sent, once and for all as it was at that moment. */
  readonly envelope: Fields
  /** The ids a search by `transaction_id` finds it by. */
  readonly transactionIds: ReadonlyArray<string>
}
