/** The merchant's wish to be paid, and what became of it. One id, whatever the providers do. */
import { Effect, Schema, SchemaGetter } from "effect"
import { AttemptJson } from "./Attempt.ts"
import { Metadata, Mode } from "./CheckoutRequest.ts"
import { Currency } from "./Currency.ts"
import { CheckoutId } from "./Id.ts"
import * as JsonText from "./JsonText.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/** For a subscription, `paid` means active or trialing. */
export const CheckoutStatus = Schema.Literals(["open", "processing", "paid", "expired", "failed"]).annotate({
  identifier: "CheckoutStatus",
})
export type CheckoutStatus = typeof CheckoutStatus.Type

/** The fields that are written the same inside and outside, before and after the amounts. */
const head = {
  id: CheckoutId,
  status: CheckoutStatus,
  /** Paid after it had expired. */
  late: Schema.Boolean,
  /** Whether money is real. */
  livemode: Schema.Boolean,
  mode: Mode,
  /** The provider whose session is shown. */
  provider: Schema.NullOr(ProviderName),
  /** That session's hosted page: redirect the buyer there now. */
  url: Schema.NullOr(Schema.String),
  /** The buyer's stable link, for e-mails and retry buttons. */
  link: Schema.String,
  providerSessionId: Schema.NullOr(Schema.String),
}
const tail = {
  currency: Currency,
  paymentId: Schema.NullOr(Schema.String),
  subscriptionId: Schema.NullOr(Schema.String),
  orderId: Schema.NullOr(Schema.String),
  reference: Schema.NullOr(Schema.String),
  customerId: Schema.NullOr(Schema.String),
  tenantId: Schema.String,
  metadata: Metadata,
  expiresAt: Timestamp,
  /** Of an expired checkout with a page that could not be withdrawn: until when it may still be paid. */
  payableUntil: Schema.optionalKey(Timestamp),
  createdAt: Timestamp,
  attempts: Schema.Array(AttemptJson),
}

/** Amounts are ISO 4217 minor units of `currency`; `amount` is null when only the provider knows the price. */
export const Checkout = Schema.toType(
  Schema.Struct({
    ...head,
    amount: Schema.NullOr(Money.MinorUnits),
    amountPaid: Money.MinorUnits,
    amountRefunded: Money.MinorUnits,
    ...tail,
  }),
)
export type Checkout = typeof Checkout.Type

const CheckoutWire = Schema.Struct({
  ...head,
  amount: Schema.NullOr(Money.Decimal),
  amountPaid: Money.Decimal,
  amountRefunded: Money.Decimal,
  ...tail,
}).pipe(
  Schema.encodeKeys({
    providerSessionId: "provider_session_id",
    amountPaid: "amount_paid",
    amountRefunded: "amount_refunded",
    paymentId: "payment_id",
    subscriptionId: "subscription_id",
    orderId: "order_id",
    customerId: "customer_id",
    tenantId: "tenant_id",
    expiresAt: "expires_at",
    payableUntil: "payable_until",
    createdAt: "created_at",
  }),
)

/** A checkout as the HTTP contract writes it: snake_case keys, amounts as decimal text, times as ISO 8601. */
export const CheckoutJson = CheckoutWire.pipe(
  Schema.decodeTo(Checkout, {
    decode: SchemaGetter.transformEffect(({ amount, amountPaid, amountRefunded, ...rest }: typeof CheckoutWire.Type) =>
      Effect.gen(function* () {
        return {
          ...rest,
          amount: amount === null ? null : yield* Money.unitsOf(amount, rest.currency),
          amountPaid: yield* Money.unitsOf(amountPaid, rest.currency),
          amountRefunded: yield* Money.unitsOf(amountRefunded, rest.currency),
        }
      }),
    ),
    encode: SchemaGetter.transform(({ amount, amountPaid, amountRefunded, ...rest }: Checkout) => ({
      ...rest,
      amount: amount === null ? null : Money.toDecimal({ amount, currency: rest.currency }),
      amountPaid: Money.toDecimal({ amount: amountPaid, currency: rest.currency }),
      amountRefunded: Money.toDecimal({ amount: amountRefunded, currency: rest.currency }),
    })),
  }),
).annotate({ identifier: "Checkout" })

/** A checkout as JSON text of the HTTP contract. */
export const toText = JsonText.writer(CheckoutJson)
