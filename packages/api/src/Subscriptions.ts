/** Subscriptions: looking at them, and ending them. */
import { CheckoutRequest, Id, ProviderName, Subscription, Text, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { IdempotencyKey } from "./Checkouts.ts"
import * as Page from "./Page.ts"
import { Conflict, Forbidden, IdempotencyKeyReused, NotFound, ProviderRejected, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

const how = {
  /** Seen by the provider, at some providers by the customer. */
  reason: Schema.optionalKey(Text.line(255)),
  /** Let the paid period end first. At PayPal it ends at once, and that cannot be taken back. */
  at_period_end: Schema.optionalKey(Schema.Boolean),
}

export const CancelRequest = Schema.Struct(how)

export const CancelByProviderId = Schema.Struct({
  provider: ProviderName.ProviderName,
  /** The provider's own id, e.g. `I-ABC123`. */
  subscription_id: Text.line(255),
  ...how,
})

/** A subscription by its provider's own id; `id` is null when it is not managed here. */
export const CanceledSubscription = Schema.Struct({
  id: Schema.NullOr(Id.SubscriptionId),
  provider: ProviderName.ProviderName,
  subscription_id: Schema.String,
  status: Subscription.SubscriptionState,
  cancel_at_period_end: Schema.Boolean,
  cancel_requested: Schema.NullOr(Subscription.CancelWhen),
  current_period_end: Schema.NullOr(Timestamp.Timestamp),
  livemode: Schema.Boolean,
}).annotate({ identifier: "CanceledSubscription" })

const idempotencyKey = { "idempotency-key": Schema.optionalKey(IdempotencyKey) }

export class Subscriptions extends HttpApiGroup.make("subscriptions")
  .add(
    HttpApiEndpoint.get("list", "/v1/subscriptions", {
      query: {
        ...Page.query(Id.SubscriptionId),
        status: Schema.optionalKey(Subscription.SubscriptionState),
        provider: Schema.optionalKey(ProviderName.ProviderName),
        customer_id: Schema.optionalKey(Text.line(255)),
        checkout_id: Schema.optionalKey(Id.CheckoutId),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Subscription.SubscriptionJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Subscriptions, newest first" })),
    HttpApiEndpoint.get("get", "/v1/subscriptions/:id", {
      params: { id: Id.SubscriptionId },
      success: Subscription.SubscriptionJson,
      error: [NotFound, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "One subscription",
        description:
          "As its provider said at `checked_at`. While that provider is down nothing here changes: a subscription lives at the provider that made it, and cannot fail over.",
      }),
    ),
    HttpApiEndpoint.post("cancel", "/v1/subscriptions/:id/cancel", {
      params: { id: Id.SubscriptionId },
      headers: idempotencyKey,
      payload: CancelRequest,
      success: Subscription.SubscriptionJson,
      error: [Forbidden, NotFound, Conflict, IdempotencyKeyReused, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Cancel a subscription",
        description:
          "At once, or with the paid period. What the provider has not confirmed within 5 seconds shows as `cancel_requested`, and is tried until it has. Safe to repeat. PayPal knows no end with the period: there it is ended at once, it runs on here until `current_period_end`, and that cannot be taken back.",
      }),
    ),
    HttpApiEndpoint.post("cancelByProviderId", "/v1/subscriptions/cancel", {
      headers: idempotencyKey,
      payload: CancelByProviderId,
      success: CanceledSubscription,
      error: [Forbidden, NotFound, Conflict, IdempotencyKeyReused, ProviderRejected, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Cancel a subscription by the provider's own id",
        description:
          "One that is managed here is ended as by its own id. Any other takes a key of role admin, and an answer of the provider now. Safe to repeat: cancelling twice is not an error.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Subscriptions",
      description: "What is charged again and again. It lives at the provider that made it.",
    }),
  ) {}
