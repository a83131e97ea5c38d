/** Payments that buyers dispute. */
import { CheckoutRequest, Dispute, Id } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export class Disputes extends HttpApiGroup.make("disputes")
  .add(
    HttpApiEndpoint.get("list", "/v1/disputes", {
      query: {
        ...Page.query(Id.DisputeId),
        payment_id: Schema.optionalKey(Id.PaymentId),
        status: Schema.optionalKey(Dispute.DisputeState),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Dispute.DisputeJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Disputes, newest first",
        description:
          "Answer them at the provider, by `provider_dispute_id`. While one is open, and when it is lost, refunds of its payment are refused. Polar deals with disputes itself and tells of none.",
      }),
    ),
    HttpApiEndpoint.get("get", "/v1/disputes/:id", {
      params: { id: Id.DisputeId },
      success: Dispute.DisputeJson,
      error: [NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One dispute" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({ title: "Disputes", description: "Payments that buyers dispute at their bank or provider." }),
  ) {}
