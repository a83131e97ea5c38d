/** Captured money. */
import { CheckoutRequest, Id, Payment } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export class Payments extends HttpApiGroup.make("payments")
  .add(
    HttpApiEndpoint.get("list", "/v1/payments", {
      query: {
        ...Page.query(Id.PaymentId),
        checkout_id: Schema.optionalKey(Id.CheckoutId),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Payment.PaymentJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Captured money, newest first" })),
    HttpApiEndpoint.get("get", "/v1/payments/:id", {
      params: { id: Id.PaymentId },
      success: Payment.PaymentJson,
      error: [NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One payment" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Payments",
      description: "Captured money: of checkouts, and of the renewals of subscriptions.",
    }),
  ) {}
