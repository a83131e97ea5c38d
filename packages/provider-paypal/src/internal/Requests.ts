/**
 * What PayPal is asked for, as it goes over the wire. Shapes: PayPal's OpenAPI of Orders v2, Payments v2 and
 * Subscriptions v1; refunds of sales are of Payments v1. Only what we say is here.
 */
import type { Amount, AmountV1 } from "./Wire.ts"

/** One request to PayPal's API. */
export interface Request {
  readonly method: "GET" | "POST"
  /** With its query. */
  readonly path: string
  /** `PayPal-Request-Id`: under the same key PayPal does a thing once. At most 108 characters, ASCII. */
  readonly key?: string
  /** Whether the answer is to be the whole object, not its id and state alone (`Prefer`). */
  readonly whole?: boolean
  /** JSON. */
  readonly body?: string
}

export const get = (path: string): Request => ({ method: "GET", path })

export const post = (path: string, body: object, more: Pick<Request, "key" | "whole"> = {}): Request => ({
  method: "POST",
  path,
  body: JSON.stringify(body),
  ...more,
})

/** A query that begins with its question mark; names and values are escaped. */
export const query = (fields: { readonly [name: string]: string }): string =>
  `?${new URLSearchParams(fields).toString()}`

/** `POST /v2/checkout/orders` */
export interface Order {
  readonly intent: "CAPTURE"
  readonly purchase_units: readonly [
    { readonly amount: Amount; readonly description?: string; readonly custom_id: string },
  ]
  readonly payment_source: {
    readonly paypal: {
      readonly email_address?: string
      readonly experience_context: {
        readonly shipping_preference: "NO_SHIPPING"
        readonly return_url: string
        readonly cancel_url: string
        readonly user_action: "PAY_NOW"
      }
    }
  }
}

/** `POST /v1/billing/subscriptions` */
export interface Subscription {
  readonly plan_id: string
  readonly subscriber?: { readonly email_address: string }
  readonly application_context: {
    readonly shipping_preference: "NO_SHIPPING"
    readonly user_action: "CONTINUE" | "SUBSCRIBE_NOW"
    readonly return_url: string
    readonly cancel_url: string
  }
  readonly custom_id: string
}

/** `POST /v1/billing/subscriptions/{id}/activate` and `…/cancel`. At most 128 characters. */
export interface Reason {
  readonly reason: string
}

/** `POST /v2/payments/captures/{id}/refund`; without an amount all that is left. */
export interface Refund {
  readonly amount?: Amount
  readonly custom_id: string
  readonly note_to_payer?: string
}

/** `POST /v1/payments/sale/{id}/refund`; without an amount all that is left. */
export interface SaleRefund {
  readonly amount?: typeof AmountV1.Type
  readonly description?: string
}
