/** Opening checkouts and looking at them. */
import { Checkout, CheckoutRequest, Explanation, Id, ProviderName, Text } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { because } from "./Because.ts"
import * as Page from "./Page.ts"
import {
  AllProvidersFailed,
  AlreadySubscribed,
  Conflict,
  Forbidden,
  IdempotencyKeyReused,
  InvalidRequest,
  NoProviderFits,
  NotFound,
  OrderTaken,
  ProviderRejected,
  TryAgain,
} from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

/** 1 to 255 printable ASCII characters. */
export const IdempotencyKey = Schema.String.check(
  Schema.isPattern(/^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/, {
    message: "must be 1 to 255 printable ASCII characters",
  }),
)

/** Seconds. */
export const Wait = Schema.FiniteFromString.check(
  Schema.makeFilter(
    (n) => (Number.isInteger(n) && n >= 1 && n <= 30) || "must be a whole number of seconds from 1 to 30",
  ),
)

export class Checkouts extends HttpApiGroup.make("checkouts")
  .add(
    HttpApiEndpoint.post("open", "/v1/checkouts", {
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: CheckoutRequest.CheckoutRequestJson,
      /** 200: the same order's open checkout, asked for with the same words before. */
      success: [Checkout.CheckoutJson.pipe(HttpApiSchema.status(201)), Checkout.CheckoutJson],
      error: [
        InvalidRequest,
        Forbidden,
        Conflict,
        OrderTaken,
        AlreadySubscribed,
        IdempotencyKeyReused,
        ProviderRejected,
        NoProviderFits,
        AllProvidersFailed,
        TryAgain,
      ],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Open a checkout, failing over",
        description:
          "Opens a hosted page at the first provider that can, and goes on to the next one after a transient error. Redirect the buyer to `url`.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/checkouts", {
      query: {
        ...Page.query(Id.CheckoutId),
        status: Schema.optionalKey(Checkout.CheckoutStatus),
        provider: Schema.optionalKey(ProviderName.ProviderName),
        reference: Schema.optionalKey(Text.line(255)),
        order_id: Schema.optionalKey(Text.line(255)),
        customer_id: Schema.optionalKey(Text.line(255)),
        /** Exactly: a checkout's id, reference, `order_id`, customer's id or e-mail, or a provider's id of a page or of money. */
        search: Schema.optionalKey(Text.line(255)),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Checkout.CheckoutJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Checkouts, newest first" })),
    HttpApiEndpoint.get("get", "/v1/checkouts/:id", {
      params: { id: Id.CheckoutId },
      query: { wait: Schema.optionalKey(Wait) },
      success: Checkout.CheckoutJson,
      error: [NotFound, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "One checkout",
        description:
          "With `wait` it is answered when its status changes, or after so many seconds as it is. Asking for one that may still be paid has it looked up at its provider, at most once in 15 s; the answer does not wait for that.",
      }),
    ),
  )
  .add(
    HttpApiEndpoint.get("explain", "/v1/checkouts/:id/explain", {
      params: { id: Id.CheckoutId },
      success: Explanation.Explanation,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Why a checkout went where it went",
        description:
          "Every candidate, skip, try, decision, webhook and change of state with its cause, oldest first. Further kinds of entries may come.",
      }),
    ),
    HttpApiEndpoint.post("expire", "/v1/checkouts/:id/expire", {
      params: { id: Id.CheckoutId },
      headers: { "idempotency-key": Schema.optionalKey(IdempotencyKey) },
      payload: because,
      success: Checkout.CheckoutJson,
      error: [InvalidRequest, Forbidden, NotFound, Conflict, IdempotencyKeyReused, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Close a checkout",
        description:
          "Its pages are withdrawn where that can be done; `payable_until` says until when one may still be paid. 409 once the buyer has approved. Safe to repeat. `reason` is for the audit log.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Checkouts",
      description:
        "A wish to be paid once or regularly. It is opened at the first provider that can; `url` is where the buyer goes.",
    }),
  ) {}
