/** Where events go, and how sending them went. */
import { CheckoutRequest, Delivery, Id, Timestamp, WebhookEndpoint } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { Redelivery } from "./Events.ts"
import { reason } from "./Because.ts"
import * as Page from "./Page.ts"
import { Conflict, Forbidden, InvalidRequest, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

const { description, events, url } = WebhookEndpoint.settings

export const EndpointRequest = Schema.Struct({
  /** `https:`, a public host, no user name or password. */
  url,
  /** `payment.captured`, `payment.*` or `*`; everything when there is none. */
  events: Schema.optionalKey(events),
  description: Schema.optionalKey(description),
  /** `default` when the key belongs to no tenant and none is named. */
  tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
})

export const EndpointChange = Schema.Struct({
  url: Schema.optionalKey(url),
  events: Schema.optionalKey(events),
  description: Schema.optionalKey(description),
  /** `enabled` starts anew; what failed meanwhile is sent when it is asked for. */
  status: Schema.optionalKey(WebhookEndpoint.EndpointStatus),
})

export const RedeliverSince = Schema.Struct({ since: Timestamp.Timestamp, reason })

const params = { id: Id.EndpointId }

export class WebhookEndpoints extends HttpApiGroup.make("webhookEndpoints")
  .add(
    HttpApiEndpoint.post("create", "/v1/webhook_endpoints", {
      payload: EndpointRequest,
      success: WebhookEndpoint.NewEndpointJson.pipe(HttpApiSchema.status(201)),
      error: [InvalidRequest, Forbidden, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Make an endpoint that receives events",
        description:
          "The `secret` is shown here and never again; it signs what is sent as Standard Webhooks say. 409 when the server has no `PAYMENT_ENCRYPTION_KEY` to keep it with.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/webhook_endpoints", {
      query: { ...Page.query(Id.EndpointId), tenant_id: Schema.optionalKey(CheckoutRequest.TenantId) },
      success: Page.page(WebhookEndpoint.EndpointJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Endpoints, newest first" })),
    HttpApiEndpoint.get("get", "/v1/webhook_endpoints/:id", {
      params,
      success: WebhookEndpoint.EndpointJson,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One endpoint" })),
    HttpApiEndpoint.patch("change", "/v1/webhook_endpoints/:id", {
      params,
      payload: EndpointChange,
      success: WebhookEndpoint.EndpointJson,
      error: [InvalidRequest, Forbidden, NotFound, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Change an endpoint, disable or enable it",
        description: "What waits is sent to the new URL at once. While it is disabled, events wait as `failed`.",
      }),
    ),
    HttpApiEndpoint.delete("remove", "/v1/webhook_endpoints/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "Delete an endpoint; what waits for it is canceled" })),
    HttpApiEndpoint.post("rotate", "/v1/webhook_endpoints/:id/rotate", {
      params,
      success: WebhookEndpoint.NewEndpointJson,
      error: [Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Give an endpoint a new secret",
        description: "Old and new both sign for 24 hours.",
      }),
    ),
    HttpApiEndpoint.post("test", "/v1/webhook_endpoints/:id/test", {
      params,
      success: Delivery.DeliveryJson,
      error: [Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Send `endpoint.test` to an endpoint",
        description: "`GET /v1/deliveries?event_id=…` tells how it went. 409 when the endpoint is disabled.",
      }),
    ),
    HttpApiEndpoint.post("redeliver", "/v1/webhook_endpoints/:id/redeliver", {
      params,
      payload: RedeliverSince,
      success: Redelivery,
      error: [Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Send everything again that failed since a time",
        description: "409 when the endpoint is disabled. `reason` is for the audit log.",
      }),
    ),
    HttpApiEndpoint.get("deliveries", "/v1/deliveries", {
      query: {
        ...Page.query(Id.DeliveryId),
        endpoint_id: Schema.optionalKey(Id.EndpointId),
        event_id: Schema.optionalKey(Id.EventId),
        status: Schema.optionalKey(Delivery.DeliveryStatus),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(Delivery.DeliveryJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Deliveries, newest first",
        description: "How sending each event to each endpoint went. Kept for 30 days after the event.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Webhook endpoints",
      description: "Where events are sent, and how sending them went.",
    }),
  ) {}
