/** Money that goes back. */
import { CheckoutRequest, Id, Refund, Text } from "@payment-orchestrator/domain"
import { Schema } from "effect"
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
  /** Gives it back though the buyer disputes the payment: for an operator, with a reason. */
  override_dispute: Schema.optionalKey(Schema.Boolean),
})

export class Refunds extends HttpApiGroup.make("refunds")
  .add(
    HttpApiEndpoint.post("create", "/v1/payments/:id/refunds", {
      params: { id: Id.PaymentId },
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: RefundRequest,
      success: Refund.RefundJson.pipe(HttpApiSchema.status(201)),
      error: [InvalidRequest, Forbidden, NotFound, Conflict, IdempotencyKeyReused, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Give money back",
        description:
          "Needs an `Idempotency-Key`. Waits at most 5 seconds for the provider; one that is down makes the refund `pending`, and it is tried until the provider has said yes or no. 409 while the buyer disputes the payment, or has won.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/refunds", {
      query: {
        ...Page.query(Id.RefundId),
        payment_id: Schema.optionalKey(Id.PaymentId),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Refund.RefundJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Refunds, newest first" })),
    HttpApiEndpoint.get("get", "/v1/refunds/:id", {
      params: { id: Id.RefundId },
      success: Refund.RefundJson,
      error: [NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One refund" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Refunds",
      description:
        "Money that goes back. One that its provider cannot be asked for now is pending, and is tried until it has an end.",
    }),
  ) {}
