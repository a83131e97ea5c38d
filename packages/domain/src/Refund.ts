/** Money that goes back: how it is asked for, and what the provider says of it. */
import { Effect, type Option, Schema, SchemaGetter } from "effect"
import { Currency } from "./Currency.ts"
import { CheckoutId, PaymentId, RefundId } from "./Id.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

export interface RefundRequest {
  /** Our refund id: the idempotency key where the provider has one, and metadata where it has not. */
  readonly refundId: RefundId
  readonly moneyId: string
  /** Gross; all that is left when none. */
  readonly amount: Option.Option<Money.Money>
  readonly reason: Option.Option<string>
}

export type RefundState = "pending" | "succeeded" | "failed"

export interface RefundSnapshot {
  readonly provider: ProviderName
  readonly providerRefundId: string
  readonly state: RefundState
  /** What the buyer gets back, tax included, as the provider says. */
  readonly amount: Money.Money
  readonly refundId: Option.Option<RefundId>
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  readonly rawState: string
}

/**
 * `pending`: asked for, not yet known to be done. `unresolved`: it may have been done, at a provider that cannot be
 * asked twice, and cannot be found there. All but `failed` count against what is left of the payment.
 */
export const RefundStatus = Schema.Literals(["pending", "succeeded", "failed", "unresolved"])
export type RefundStatus = typeof RefundStatus.Type

/** Who began it: the merchant by a request, we because it was a second payment, or somebody at the provider itself. */
export const RefundOrigin = Schema.Literals(["request", "duplicate", "provider"]).annotate({
  identifier: "RefundOrigin",
})
export type RefundOrigin = typeof RefundOrigin.Type

const fields = {
  id: RefundId,
  paymentId: PaymentId,
  checkoutId: CheckoutId,
  provider: ProviderName,
  origin: RefundOrigin,
  reason: Schema.NullOr(Schema.String),
  status: RefundStatus,
  /** Why it failed, or why it is not done yet. */
  message: Schema.NullOr(Schema.String),
  tenantId: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
}

/** A refund, as the merchant sees it. Gross: what is reserved, and once the provider has answered what it says goes back. */
export const Refund = Schema.toType(Schema.Struct({ ...fields, amount: Money.Money }))
export type Refund = typeof Refund.Type

const RefundWire = Schema.Struct({ ...fields, amount: Money.Decimal, currency: Currency }).pipe(
  Schema.encodeKeys({
    paymentId: "payment_id",
    checkoutId: "checkout_id",
    tenantId: "tenant_id",
    createdAt: "created_at",
  }),
)

/** A refund as the HTTP contract writes it: snake_case keys, the amount as decimal text, times as ISO 8601. */
export const RefundJson = RefundWire.pipe(
  Schema.decodeTo(Refund, {
    decode: SchemaGetter.transformEffect(({ amount, currency, ...rest }: typeof RefundWire.Type) =>
      Effect.map(Money.unitsOf(amount, currency), (units) => ({ ...rest, amount: Money.make(units, currency) })),
    ),
    encode: SchemaGetter.transform(({ amount, ...rest }: Refund) => ({
      ...rest,
      amount: Money.toDecimal(amount),
      currency: amount.currency,
    })),
  }),
).annotate({ identifier: "Refund" })
