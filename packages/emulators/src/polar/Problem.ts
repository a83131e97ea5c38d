/**
 * Error answers in Polar's own words.
 *
 * Source: `exceptions.py`, `exception_handlers.py` and `oauth2/` of Polar's open-source server: its own errors are
 * `{error, detail}`, a body that does not validate is 422 with a list, and OAuth errors carry `error_description`.
 */

/** An answer that ends a request: its status, its JSON body and extra headers. */
export interface Problem {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

/** One entry of a 422 answer's `detail`, in pydantic's shape. `loc` starts with `body`, `path` or `query`. */
export interface Item {
  readonly type: string
  readonly loc: ReadonlyArray<string | number>
  readonly msg: string
  readonly input: unknown
}

const own = (status: number, error: string, detail: string): Problem => ({ status, body: { error, detail } })

/** 422 for a request that does not fit its schema. */
export const invalid = (items: ReadonlyArray<Item>): Problem => ({
  status: 422,
  body: { error: "RequestValidationError", detail: items },
})

/** 422 for a request that fits its schema but not the organisation's data. */
export const rejected = (item: Item): Problem => ({
  status: 422,
  body: { error: "PolarRequestValidationError", detail: [item] },
})

/** A {@link rejected} answer about one field of the body. */
export const field = (loc: ReadonlyArray<string | number>, msg: string, input: unknown): Problem =>
  rejected({ type: "value_error", loc: ["body", ...loc], msg, input })

/** 404 for an id the organisation does not have. */
export const notFound: Problem = own(404, "ResourceNotFound", "Not found")

/** 404 for a path or an API version that does not exist. */
export const noRoute: Problem = { status: 404, body: { detail: "Not Found" } }

/** 401 for a bearer token that is wrong. */
export const invalidToken: Problem = {
  status: 401,
  body: {
    error: "invalid_token",
    error_description: "The access token provided is expired, revoked, malformed, or invalid for other reasons.",
  },
  headers: { "www-authenticate": 'Bearer realm="polar", error="invalid_token"' },
}

/** 403 for a token that lacks every one of `scopes`. */
export const insufficientScope = (scopes: ReadonlyArray<string>): Problem => ({
  status: 403,
  body: {
    error: "insufficient_scope",
    error_description: "The request requires higher privileges than provided by the access token.",
    scope: scopes.join(" "),
  },
})

/** 429; `retryAfter` in whole seconds. */
export const tooManyRequests = (retryAfter: number): Problem => ({
  ...own(429, "RateLimitExceeded", "Too many requests"),
  headers: { "retry-after": String(retryAfter) },
})

/** 403: a checkout that is no longer open cannot be changed. */
export const notOpen = (id: string, status: string): Problem =>
  own(403, "NotOpenCheckout", `${id} is not open: ${status}`)

/** 403: the subscription is cancelled or will be. */
export const alreadyCanceled: Problem = own(
  403,
  "AlreadyCanceledSubscription",
  "This subscription is already canceled or will be at the end of the period.",
)

/** 400: there is no cancellation to take back. */
export const notScheduledToCancel: Problem = own(
  400,
  "SubscriptionNotScheduledToCancel",
  "This subscription is not scheduled to be canceled.",
)

/** 403: nothing of the order is left to give back. */
export const refundedAlready = (orderId: string): Problem =>
  own(403, "RefundedAlready", `Order is already fully refunded: ${orderId}`)

/** 403: the buyer's bank is disputing the payment. */
export const refundDisputed = (orderId: string): Problem =>
  own(403, "RefundDisputedPayment", `The payment of this order is disputed: ${orderId}`)

/** 400: benefits of a subscription end with the subscription, not with a refund. */
export const revokeProhibited: Problem = own(
  400,
  "RevokeSubscriptionBenefitsProhibited",
  "Subscription benefits can only be revoked upon cancellation",
)

/** 404: the order was free, so that no payment exists to refund. */
export const refundUnknownPayment = (orderId: string): Problem =>
  own(404, "RefundUnknownPayment", `Refund issued for unknown order: ${orderId}`)

/** 422 with a text: the external customer id belongs to a customer with another e-mail address. */
export const externalIdMismatch: Problem = own(
  422,
  "CheckoutCustomerExternalIdMismatch",
  "A customer with this external ID already exists with a different email address.",
)

/** 501: Polar can do this, the emulator cannot. Never sent by Polar itself. */
export const notEmulated = (what: string): Problem =>
  own(501, "NotEmulated", `This stand-in of Polar does not do this: ${what}`)

/** The error Polar gives for a bare status, as used when a fault asks for one. */
export const ofStatus = (status: number): Problem => {
  switch (status) {
    case 401:
      return invalidToken
    case 403:
      return insufficientScope([])
    case 404:
      return notFound
    case 422:
      return invalid([])
    case 429:
      return tooManyRequests(1)
    default:
      return status >= 500
        ? own(status, "InternalServerError", "Internal Server Error")
        : own(status, "BadRequest", "Bad request.")
  }
}
