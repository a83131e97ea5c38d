/** Captured money, as the merchant sees it. */
import { Effect, Schema, SchemaGetter } from "effect"
import { Currency } from "./Currency.ts"
import { CheckoutId, PaymentId } from "./Id.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/** `mismatched`: another amount or currency than was asked; it pays nothing. `renewal`: a further charge of a subscription. */
export const PaymentKind = Schema.Literals(["initial", "renewal", "duplicate", "mismatched"])
export type PaymentKind = typeof PaymentKind.Type

/** `pending`: not money yet. `declined`: it will not become money. The refunded states are money that went back. */
export const MoneyState = Schema.Literals(["pending", "declined", "completed", "partially_refunded", "refunded"])
export type MoneyState = typeof MoneyState.Type

const head = {
  id: PaymentId,
  checkoutId: CheckoutId,
  provider: ProviderName,
  /** The provider's own id of the money: a PayPal capture or sale, a Polar order, a Stripe PaymentIntent or invoice. */
  moneyId: Schema.String,
  /** Null until money was completed: a charge that was declined, or is pending. */
  kind: Schema.NullOr(PaymentKind),
  status: MoneyState,
}
const tail = {
  currency: Currency,
  /** An open dispute, or one that was lost: refunds are refused. */
  disputed: Schema.Boolean,
  /** The money was taken back: by a dispute that was lost, or by the buyer's bank. */
  reversed: Schema.Boolean,
  tenantId: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
}

/** Parts of the amount that not every provider tells; null where it does not. */
const parts = <S extends Schema.Constraint>(amount: S) => ({
  tax: Schema.NullOr(amount),
  fee: Schema.NullOr(amount),
  /** What reaches the merchant's balance, as the provider itself says. */
  net: Schema.NullOr(amount),
})

/** Amounts are minor units of `currency`: `amount` is gross, `amountRefunded` what refunds gave back. */
export const Payment = Schema.toType(
  Schema.Struct({
    ...head,
    amount: Money.MinorUnits,
    amountRefunded: Money.MinorUnits,
    ...parts(Money.MinorUnits),
    ...tail,
  }),
)
export type Payment = typeof Payment.Type

/** What the buyer paid, tax included. */
export const gross = ({ amount, currency }: Payment): Money.Money => Money.make(amount, currency)

const PaymentWire = Schema.Struct({
  ...head,
  amount: Money.Decimal,
  amountRefunded: Money.Decimal,
  ...parts(Money.Decimal),
  ...tail,
}).pipe(
  Schema.encodeKeys({
    checkoutId: "checkout_id",
    moneyId: "provider_payment_id",
    amountRefunded: "amount_refunded",
    tenantId: "tenant_id",
    createdAt: "created_at",
  }),
)

const unitsOf = (text: string | null, currency: Currency) =>
  text === null ? Effect.succeed(null) : Money.unitsOf(text, currency)

const decimalOf = (amount: number | null, currency: Currency) =>
  amount === null ? null : Money.toDecimal({ amount, currency })

/** A payment as the HTTP contract writes it: snake_case keys, amounts as decimal text, times as ISO 8601. */
export const PaymentJson = PaymentWire.pipe(
  Schema.decodeTo(Payment, {
    decode: SchemaGetter.transformEffect(
      ({ amount, amountRefunded, fee, net, tax, ...rest }: typeof PaymentWire.Type) =>
        Effect.gen(function* () {
          return {
            ...rest,
            amount: yield* Money.unitsOf(amount, rest.currency),
            amountRefunded: yield* Money.unitsOf(amountRefunded, rest.currency),
            tax: yield* unitsOf(tax, rest.currency),
            fee: yield* unitsOf(fee, rest.currency),
            net: yield* unitsOf(net, rest.currency),
          }
        }),
    ),
    encode: SchemaGetter.transform(({ amount, amountRefunded, fee, net, tax, ...rest }: Payment) => ({
      ...rest,
      amount: Money.toDecimal({ amount, currency: rest.currency }),
      amountRefunded: Money.toDecimal({ amount: amountRefunded, currency: rest.currency }),
      tax: decimalOf(tax, rest.currency),
      fee: decimalOf(fee, rest.currency),
      net: decimalOf(net, rest.currency),
    })),
  }),
).annotate({ identifier: "Payment" })
