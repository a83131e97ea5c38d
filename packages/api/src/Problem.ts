/**
 * The errors of the HTTP contract, as RFC 9457 problem documents. `code` is stable; `retryable` says whether the same
 * request may succeed later. They carry no cause: what goes wrong inside stays inside.
 */
import { Attempt, Checkout, Id, Subscription } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiError } from "effect/http-api"

const typeOf = <const Code extends string>(code: Code) => `urn:payment-orchestrator:problem:${code}` as const

/** A fault of a body, query, header or path, by its path. */
export const FieldError = Schema.Struct({ path: Schema.String, message: Schema.String }).annotate({
  identifier: "FieldError",
})

const attempts = Schema.Array(Attempt.AttemptJson)

/** Body, query, header or path wrong; each fault is named by its path. */
export class InvalidRequest extends HttpApiError.Problem<InvalidRequest>()(
  "InvalidRequest",
  { type: typeOf("invalid_request"), status: 400, title: "The request is not valid" },
  {
    code: Schema.Literals(["invalid_request", "amount_mismatch", "unknown_price", "idempotency_key_required"]),
    retryable: Schema.tag(false),
    errors: Schema.Array(FieldError),
  },
) {}

/** A webhook whose signature does not hold. */
export class InvalidSignature extends HttpApiError.Problem<InvalidSignature>()(
  "InvalidSignature",
  { type: typeOf("invalid_signature"), status: 400, title: "The webhook's signature is not valid" },
  { code: Schema.tag("invalid_signature"), retryable: Schema.tag(false) },
) {}

/** No key, or a wrong one. */
export class Unauthorized extends HttpApiError.Problem<Unauthorized>()(
  "Unauthorized",
  { type: typeOf("unauthorized"), status: 401, title: "An API key is needed" },
  { code: Schema.tag("unauthorized"), retryable: Schema.tag(false) },
) {}

/** The key may not do this. */
export class Forbidden extends HttpApiError.Problem<Forbidden>()(
  "Forbidden",
  { type: typeOf("forbidden"), status: 403, title: "This key may not do that" },
  { code: Schema.tag("forbidden"), retryable: Schema.tag(false) },
) {}

/** Nothing by that id, or it belongs to another tenant. */
export class NotFound extends HttpApiError.Problem<NotFound>()(
  "NotFound",
  { type: typeOf("not_found"), status: 404, title: "There is nothing by that id" },
  { code: Schema.Literals(["not_found", "unknown_provider"]), retryable: Schema.tag(false) },
) {}

/** Not possible in this state. */
export class Conflict extends HttpApiError.Problem<Conflict>()(
  "Conflict",
  { type: typeOf("conflict"), status: 409, title: "Not possible in this state" },
  {
    code: Schema.Literals(["conflict", "idempotency_key_in_progress", "confirmation_required"]),
    retryable: Schema.Boolean,
  },
) {}

/** The order was paid already, or is being paid through another checkout, which the answer holds. */
export class OrderTaken extends HttpApiError.Problem<OrderTaken>()(
  "OrderTaken",
  { type: typeOf("order_taken"), status: 409, title: "This order has another checkout" },
  {
    code: Schema.Literals(["order_already_paid", "order_in_progress"]),
    retryable: Schema.tag(false),
    checkout: Checkout.CheckoutJson,
  },
) {}

/** The customer has a subscription to this price that runs, which the answer holds. */
export class AlreadySubscribed extends HttpApiError.Problem<AlreadySubscribed>()(
  "AlreadySubscribed",
  { type: typeOf("already_subscribed"), status: 409, title: "This customer has this subscription already" },
  {
    code: Schema.tag("already_subscribed"),
    retryable: Schema.tag(false),
    subscription: Subscription.SubscriptionJson,
  },
) {}

/** The body is larger, or nested deeper, than any request needs to be. */
export class TooLarge extends HttpApiError.Problem<TooLarge>()(
  "TooLarge",
  { type: typeOf("too_large"), status: 413, title: "The body is too large" },
  { code: Schema.tag("too_large"), retryable: Schema.tag(false) },
) {}

/** The same key came with another body before. */
export class IdempotencyKeyReused extends HttpApiError.Problem<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  { type: typeOf("idempotency_key_reused"), status: 422, title: "This Idempotency-Key belongs to another body" },
  { code: Schema.tag("idempotency_key_reused"), retryable: Schema.tag(false) },
) {}

/** The provider refused for good. `retryable` when an outage elsewhere came before. */
export class ProviderRejected extends HttpApiError.Problem<ProviderRejected>()(
  "ProviderRejected",
  { type: typeOf("provider_rejected"), status: 422, title: "The provider refused the request" },
  {
    code: Schema.tag("provider_rejected"),
    retryable: Schema.Boolean,
    provider: Schema.String,
    provider_code: Schema.NullOr(Schema.String),
    attempts,
  },
) {}

/** Every candidate was skipped because of the request itself. */
export class NoProviderFits extends HttpApiError.Problem<NoProviderFits>()(
  "NoProviderFits",
  { type: typeOf("no_provider_fits"), status: 422, title: "No provider can serve this request" },
  { code: Schema.tag("no_provider_fits"), retryable: Schema.tag(false), attempts },
) {}

/** Too many requests by this key or address; see `Retry-After`. */
export class RateLimited extends HttpApiError.Problem<RateLimited>()(
  "RateLimited",
  { type: typeOf("rate_limited"), status: 429, title: "Too many requests" },
  { code: Schema.tag("rate_limited"), retryable: Schema.tag(true) },
) {}

/** Every provider failed or was skipped; see `Retry-After`. */
export class AllProvidersFailed extends HttpApiError.Problem<AllProvidersFailed>()(
  "AllProvidersFailed",
  { type: typeOf("all_providers_failed"), status: 503, title: "No provider could open the checkout" },
  { code: Schema.tag("all_providers_failed"), retryable: Schema.tag(true), checkout_id: Id.CheckoutId, attempts },
) {}

/** Cannot be done right now; the same request again, with the same key. */
export class TryAgain extends HttpApiError.Problem<TryAgain>()(
  "TryAgain",
  { type: typeOf("try_again"), status: 503, title: "Not possible right now" },
  { code: Schema.tag("try_again"), retryable: Schema.tag(true) },
) {}
