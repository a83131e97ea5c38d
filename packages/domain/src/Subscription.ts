/** A subscription: what the merchant sees of it, and what the provider that made it says. */
import { Effect, type Option, Schema, SchemaGetter } from "effect"
import { Metadata } from "./CheckoutRequest.ts"
import { Currency } from "./Currency.ts"
import { type AttemptId, CheckoutId, SubscriptionId } from "./Id.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * `incomplete`: not started yet. `paused`: suspended; nothing is charged. `canceled` and `expired` are final: what ended
 * never runs again, a customer who comes back has another subscription.
 */
export const SubscriptionState = Schema.Literals([
  "incomplete",
  "trialing",
  "active",
  "past_due",
  "paused",
  "canceled",
  "expired",
]).annotate({ identifier: "SubscriptionStatus" })
export type SubscriptionState = typeof SubscriptionState.Type

export interface SubscriptionSnapshot {
  readonly provider: ProviderName
  readonly subscriptionId: string
  readonly state: SubscriptionState
  /** Whether it has ever run, on trial or not; once it has, it has. */
  readonly started: boolean
  /** Whether it ends by itself at the end of the paid period. */
  readonly cancelAtPeriodEnd: boolean
  /** End of the paid period in epoch milliseconds, where the provider says so. */
  readonly currentPeriodEnd: Option.Option<number>
  /** When it ended, in epoch milliseconds, where the provider says so. */
  readonly endedAt: Option.Option<number>
  readonly attemptId: Option.Option<AttemptId>
  readonly customerEmail: Option.Option<string>
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  readonly rawState: string
}

export interface CancelRequest {
  readonly subscriptionId: string
  /** Seen by the provider, at some providers by the customer. */
  readonly reason: Option.Option<string>
  /** Asked of a provider that cannot (see capabilities) it cancels at once; the snapshot tells. */
  readonly atPeriodEnd: boolean
}

/** When a cancellation is to take effect. */
export const CancelWhen = Schema.Literals(["now", "period_end"]).annotate({ identifier: "CancelWhen" })
export type CancelWhen = typeof CancelWhen.Type

const head = {
  id: SubscriptionId,
  checkoutId: CheckoutId,
  provider: ProviderName,
  /** The provider's own id, e.g. `I-ABC123`. */
  providerSubscriptionId: Schema.String,
  status: SubscriptionState,
  /** The merchant's price id, as the checkout named it. */
  priceId: Schema.NullOr(Schema.String),
  customerId: Schema.NullOr(Schema.String),
}
const tail = {
  /** It ends with the paid period. */
  cancelAtPeriodEnd: Schema.Boolean,
  /** What was asked of us and the provider has not confirmed yet: it is tried until it has. */
  cancelRequested: Schema.NullOr(CancelWhen),
  currentPeriodEnd: Schema.NullOr(Timestamp),
  /** When it ended. */
  canceledAt: Schema.NullOr(Timestamp),
  /** The subscription that stays, when this one is a second one and is ended by us. */
  duplicateOf: Schema.NullOr(SubscriptionId),
  /** When the provider was last asked, so that everything here was so then. */
  checkedAt: Schema.NullOr(Timestamp),
  tenantId: Schema.String,
  metadata: Metadata,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
}

/** `price` is what a period costs; null until it is known. */
export const Subscription = Schema.toType(Schema.Struct({ ...head, price: Schema.NullOr(Money.Money), ...tail }))
export type Subscription = typeof Subscription.Type

const SubscriptionWire = Schema.Struct({
  ...head,
  amount: Schema.NullOr(Money.Decimal),
  currency: Schema.NullOr(Currency),
  ...tail,
}).pipe(
  Schema.encodeKeys({
    checkoutId: "checkout_id",
    providerSubscriptionId: "provider_subscription_id",
    priceId: "price_id",
    customerId: "customer_id",
    cancelAtPeriodEnd: "cancel_at_period_end",
    cancelRequested: "cancel_requested",
    currentPeriodEnd: "current_period_end",
    canceledAt: "canceled_at",
    duplicateOf: "duplicate_of",
    checkedAt: "checked_at",
    tenantId: "tenant_id",
    createdAt: "created_at",
  }),
)

/** A subscription as the HTTP contract writes it: snake_case keys, the amount as decimal text, times as ISO 8601. */
export const SubscriptionJson = SubscriptionWire.pipe(
  Schema.decodeTo(Subscription, {
    decode: SchemaGetter.transformEffect(({ amount, currency, ...rest }: typeof SubscriptionWire.Type) =>
      Effect.map(Money.fromParts(amount, currency), (price) => ({ ...rest, price })),
    ),
    encode: SchemaGetter.transform(({ price, ...rest }: Subscription) => ({ ...rest, ...Money.toParts(price) })),
  }),
).annotate({ identifier: "Subscription" })
