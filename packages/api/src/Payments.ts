/** Captured money. */
import { CheckoutRequest, Currency, Id, Money, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

const Wire = Schema.Struct({
  id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  provider: ProviderName.ProviderName,
  /** The provider's own id of the money: a PayPal capture or sale, a Polar order, a Stripe PaymentIntent or invoice. */
  provider_payment_id: Schema.String,
  /** `mismatched`: another amount or currency than was asked; it pays nothing. */
  kind: Schema.Literals(["initial", "renewal", "duplicate", "mismatched"]),
  status: Schema.Literals(["pending", "declined", "completed", "partially_refunded", "refunded"]),
  /** Gross: what the buyer paid, tax included. */
  amount: Schema.String,
  /** Gross: what refunds asked for here gave back. `status` also follows those made at the provider. */
  amount_refunded: Schema.String,
  currency: Currency.Currency,
  tenant_id: Schema.String,
  livemode: Schema.Boolean,
  created_at: Timestamp.Timestamp,
})

/** The same inside: amounts in minor units. */
const Inside = Schema.toType(
  Schema.Struct({ ...Wire.fields, amount: Money.MinorUnits, amount_refunded: Money.MinorUnits }),
)

const unitsOf = (text: string, currency: Currency.Currency) =>
  Effect.fromResult(Money.fromDecimal(text, currency)).pipe(
    Effect.map(({ amount }) => amount),
    Effect.mapError((fault) => new SchemaIssue.InvalidValue({ message: Money.describeFault(fault, currency) }, text)),
  )

export const Payment = Wire.pipe(
  Schema.decodeTo(Inside, {
    decode: SchemaGetter.transformEffect(({ amount, amount_refunded, ...rest }: typeof Wire.Type) =>
      Effect.map(
        Effect.all([unitsOf(amount, rest.currency), unitsOf(amount_refunded, rest.currency)]),
        ([amount, amount_refunded]) => ({ ...rest, amount, amount_refunded }),
      ),
    ),
    encode: SchemaGetter.transform(({ amount, amount_refunded, ...rest }: typeof Inside.Type) => ({
      ...rest,
      amount: Money.toDecimal({ amount, currency: rest.currency }),
      amount_refunded: Money.toDecimal({ amount: amount_refunded, currency: rest.currency }),
    })),
  }),
).annotate({ identifier: "Payment" })

export class Payments extends HttpApiGroup.make("payments")
  .add(
    HttpApiEndpoint.get("list", "/v1/payments", {
      query: {
        ...Page.query(Id.PaymentId),
        checkout_id: Schema.optionalKey(Id.CheckoutId),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Payment),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Captured money, newest first" })),
    HttpApiEndpoint.get("get", "/v1/payments/:id", {
      params: { id: Id.PaymentId },
      success: Payment,
      error: [NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One payment" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Payments" })) {}
