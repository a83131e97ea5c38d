/** Money that goes back. */
import { CheckoutRequest, Currency, Id, Money, ProviderName, Text, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Schema, SchemaGetter, SchemaIssue } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { IdempotencyKey } from "./Checkouts.ts"
import * as Page from "./Page.ts"
import { Conflict, Forbidden, IdempotencyKeyReused, InvalidRequest, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const RefundRequest = Schema.Struct({
  /** Gross, tax included, in the payment's currency; all that is left when there is none. */
  amount: Schema.optionalKey(CheckoutRequest.Amount),
  reason: Schema.optionalKey(Text.line(255)),
})

const Wire = Schema.Struct({
  id: Id.RefundId,
  payment_id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  provider: ProviderName.ProviderName,
  /** Gross: what was asked for, and once the provider has answered what it gives back. */
  amount: Schema.String,
  currency: Currency.Currency,
  reason: Schema.NullOr(Schema.String),
  /** `unresolved`: it may have been sent, and the provider does not have it; it still counts against the payment. */
  status: Schema.Literals(["pending", "succeeded", "failed", "unresolved"]),
  /** Why it failed, or why it is not done yet. */
  message: Schema.NullOr(Schema.String),
  tenant_id: Schema.String,
  livemode: Schema.Boolean,
  created_at: Timestamp.Timestamp,
})

/** The same inside: the amount in minor units. */
const Inside = Schema.toType(Schema.Struct({ ...Wire.fields, amount: Money.MinorUnits }))

export const Refund = Wire.pipe(
  Schema.decodeTo(Inside, {
    decode: SchemaGetter.transformEffect(({ amount, ...rest }: typeof Wire.Type) =>
      Effect.fromResult(Money.fromDecimal(amount, rest.currency)).pipe(
        Effect.map((money) => ({ ...rest, amount: money.amount })),
        Effect.mapError(
          (fault) => new SchemaIssue.InvalidValue({ message: Money.describeFault(fault, rest.currency) }, amount),
        ),
      ),
    ),
    encode: SchemaGetter.transform(({ amount, ...rest }: typeof Inside.Type) => ({
      ...rest,
      amount: Money.toDecimal({ amount, currency: rest.currency }),
    })),
  }),
).annotate({ identifier: "Refund" })

export class Refunds extends HttpApiGroup.make("refunds")
  .add(
    HttpApiEndpoint.post("create", "/v1/payments/:id/refunds", {
      params: { id: Id.PaymentId },
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: RefundRequest,
      success: Refund.pipe(HttpApiSchema.status(201)),
      error: [InvalidRequest, Forbidden, NotFound, Conflict, IdempotencyKeyReused, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Give money back",
        description:
          "Needs an `Idempotency-Key`. Waits at most 5 seconds for the provider; one that is down makes the refund `pending`, and it is tried until the provider has said yes or no.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/refunds", {
      query: {
        ...Page.query(Id.RefundId),
        payment_id: Schema.optionalKey(Id.PaymentId),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Refund),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Refunds, newest first" })),
    HttpApiEndpoint.get("get", "/v1/refunds/:id", {
      params: { id: Id.RefundId },
      success: Refund,
      error: [NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One refund" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Refunds" })) {}
