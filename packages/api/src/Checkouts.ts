/** Opening checkouts and looking at them. */
import { Checkout, CheckoutRequest, Id } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import {
  AllProvidersFailed,
  Conflict,
  Forbidden,
  IdempotencyKeyReused,
  InvalidRequest,
  NoProviderFits,
  NotFound,
  ProviderRejected,
} from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

/** 1 to 255 printable ASCII characters. */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/, {
    message: "must be 1 to 255 printable ASCII characters",
  }),
)

export class Checkouts extends HttpApiGroup.make("checkouts")
  .add(
    HttpApiEndpoint.post("open", "/v1/checkouts", {
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: CheckoutRequest.CheckoutRequestJson,
      success: Checkout.CheckoutJson.pipe(HttpApiSchema.status(201)),
      error: [
        InvalidRequest,
        Forbidden,
        Conflict,
        IdempotencyKeyReused,
        ProviderRejected,
        NoProviderFits,
        AllProvidersFailed,
      ],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Open a checkout, failing over",
        description:
          "Opens a hosted page at the first provider that can, and goes on to the next one after a transient error. Redirect the buyer to `url`.",
      }),
    ),
    HttpApiEndpoint.get("get", "/v1/checkouts/:id", {
      params: { id: Id.CheckoutId },
      success: Checkout.CheckoutJson,
      error: NotFound,
    }).annotateMerge(OpenApi.annotations({ summary: "One checkout" })),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Checkouts" })) {}
