/** What opening a checkout can fail with, besides a provider's own refusal. */
import { Attempt, Id } from "@payment-orchestrator/domain"
import { Schema } from "effect"

export const FieldError = Schema.Struct({ path: Schema.String, message: Schema.String })
export type FieldError = typeof FieldError.Type

/** The request cannot be served by anybody; each fault is named by its path. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  code: Schema.Literals(["invalid_request", "amount_mismatch", "unknown_price"]),
  errors: Schema.Array(FieldError),
}) {
  override get message(): string {
    return this.errors.map(({ message, path }) => `${path} ${message}`).join("; ")
  }
}

/** Every candidate was skipped because of the request itself: the merchant's mistake, not an outage. */
export class NoProviderFits extends Schema.TaggedError<NoProviderFits>()("NoProviderFits", {
  attempts: Schema.Array(Attempt.Attempt),
}) {
  override get message(): string {
    return `no provider can serve this request: ${this.attempts.map(({ message, provider }) => `${provider} ${message ?? ""}`).join("; ")}`
  }
}

/** Every provider failed or was skipped; the same request may succeed later. */
export class AllProvidersFailed extends Schema.TaggedError<AllProvidersFailed>()("AllProvidersFailed", {
  checkoutId: Id.CheckoutId,
  attempts: Schema.Array(Attempt.Attempt),
  retryAfterMillis: Schema.Int,
}) {
  override get message(): string {
    return `no provider could open the checkout: ${this.attempts.map(({ message, provider }) => `${provider}: ${message ?? ""}`).join("; ")}`
  }
}

/** No provider of that name takes part. */
export class UnknownProvider extends Schema.TaggedError<UnknownProvider>()("UnknownProvider", {
  provider: Schema.String,
  known: Schema.Array(Schema.String),
}) {
  override get message(): string {
    return `there is no provider "${this.provider}"; there are: ${this.known.join(", ")}`
  }
}
