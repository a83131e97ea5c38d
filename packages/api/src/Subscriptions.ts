/** Ending subscriptions. */
import { ProviderName, Text, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { IdempotencyKey } from "./Checkouts.ts"
import { Conflict, Forbidden, IdempotencyKeyReused, NotFound, ProviderRejected, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const CancelByProviderId = Schema.Struct({
  provider: ProviderName.ProviderName,
  /** The provider's own id, e.g. `I-ABC123`. */
  subscription_id: Text.line(255),
  reason: Schema.optionalKey(Text.line(255)),
  /** Let the paid period end first. At PayPal it ends at once, and that cannot be taken back. */
  at_period_end: Schema.optionalKey(Schema.Boolean),
})

export const Subscription = Schema.Struct({
  provider: ProviderName.ProviderName,
  subscription_id: Schema.String,
  status: Schema.Literals(["incomplete", "trialing", "active", "past_due", "paused", "canceled", "expired"]),
  cancel_at_period_end: Schema.Boolean,
  current_period_end: Schema.NullOr(Timestamp.Timestamp),
  livemode: Schema.Boolean,
}).annotate({ identifier: "Subscription" })

export class Subscriptions extends HttpApiGroup.make("subscriptions")
  .add(
    HttpApiEndpoint.post("cancelByProviderId", "/v1/subscriptions/cancel", {
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: CancelByProviderId,
      success: Subscription,
      error: [Forbidden, NotFound, Conflict, IdempotencyKeyReused, ProviderRejected, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Cancel a subscription by the provider's own id",
        description: "Safe to repeat: cancelling twice is not an error.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Subscriptions" })) {}
