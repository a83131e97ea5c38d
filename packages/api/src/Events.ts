/** What happened, as the merchant is told it: to look at, to send again, and as it happens. */
import { CheckoutRequest, Event, EventCatalogue, Id, Text } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { because } from "./Because.ts"
import * as Page from "./Page.ts"
import { Forbidden, InvalidRequest, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

/** To how many endpoints something is sent. */
export const Redelivery = Schema.Struct({ deliveries: Schema.Natural }).annotate({ identifier: "Redelivery" })

/** One message of the live stream. */
export const LiveMessage = Schema.Struct({
  id: Schema.optional(Schema.String),
  /** The event's type. */
  event: Schema.String,
  data: Schema.fromJsonString(EventCatalogue.EventJson),
})

export class Events extends HttpApiGroup.make("events")
  .add(
    HttpApiEndpoint.get("list", "/v1/events", {
      query: {
        ...Page.query(Id.EventId),
        type: Schema.optionalKey(Event.EventType),
        object_id: Schema.optionalKey(Text.line(255)),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(EventCatalogue.EventJson),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Events, newest first",
        description: "Each with its object as it was then. Of one object, what happened later has a higher `sequence`.",
      }),
    ),
    HttpApiEndpoint.get("get", "/v1/events/:id", {
      params: { id: Id.EventId },
      success: EventCatalogue.EventJson,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One event" })),
    HttpApiEndpoint.post("redeliver", "/v1/events/:id/redeliver", {
      params: { id: Id.EventId },
      /** The one that gets it; every enabled endpoint that wants its type when there is none. */
      query: { endpoint_id: Schema.optionalKey(Id.EndpointId) },
      payload: because,
      success: Redelivery.pipe(HttpApiSchema.status(202)),
      error: [InvalidRequest, Forbidden, NotFound, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Send an event again",
        description:
          "To every enabled endpoint that wants its type, or to the one that is named; also where it has arrived before. The `webhook-id` stays the same. `reason` is for the audit log.",
      }),
    ),
    HttpApiEndpoint.get("live", "/v1/live", {
      headers: { "last-event-id": Schema.optionalKey(Id.EventId) },
      success: HttpApiSchema.StreamSse({ events: LiveMessage }),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Events as they happen",
        description:
          "Server-sent events; `id` is the event's own. `checkout.opened` and `checkout.failed` tell every attempt and failover, `provider.*` a provider's state. With `Last-Event-ID` it goes on from there, and what happened in the 20 seconds before may come a second time. A comment every 15 seconds shows that the connection lives.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(
    OpenApi.annotations({
      title: "Events",
      description:
        "What happened, as the merchant is told it, whichever provider it came from. Fulfil on `checkout.paid`.",
    }),
  ) {}
