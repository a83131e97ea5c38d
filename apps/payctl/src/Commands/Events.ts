/** `payctl events`, `payctl deliveries`. */
import { Events } from "@payment-orchestrator/api"
import { Delivery, Event, EventCatalogue, Id, Text } from "@payment-orchestrator/domain"
import { Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"
import { listen } from "./Listen.ts"

const id = Argument.String("id").pipe(Argument.withSchema(Id.EventId), Argument.withDescription("evt_…"))
const endpoint = Flags.part("endpoint_id", Flags.checked("endpoint", Id.EndpointId, "To this endpoint alone: whe_…"))

const list = Command.make(
  "list",
  {
    ...Flags.page(Id.EventId),
    tenant: Flags.tenant,
    type: Flags.part("type", Flag.Literals("type", Event.EventType.literals)),
    object: Flags.part("object_id", Flags.checked("object", Text.line(255), "About this checkout, payment, …")),
  },
  Effect.fn(function* ({ after, before, cursor, limit, object, tenant, type }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...type, ...object }
    yield* Output.page(
      EventCatalogue.EventJson,
      ["id", "type", "object_id", "sequence", "provider", "created_at"],
      yield* ask((client) => client.events.list({ query })),
    )
  }),
).pipe(Command.withDescription("Events, newest first"))

const get = Command.make(
  "get",
  { id },
  Effect.fn(function* ({ id }) {
    yield* Output.one(EventCatalogue.EventJson, yield* ask((client) => client.events.get({ params: { id } })))
  }),
).pipe(Command.withDescription("One event"), Command.withAlias("show"))

const redeliver = Command.make(
  "redeliver",
  { id, endpoint, reason: Flags.why },
  Effect.fn(function* ({ endpoint, id, reason }) {
    const sent = yield* ask((client) => client.events.redeliver({ params: { id }, query: endpoint, payload: reason }))
    yield* Output.done(Events.Redelivery, sent, `${id} is sent again to ${sent.deliveries} endpoints`)
  }),
).pipe(Command.withDescription("Sends an event again, also where it has arrived before"))

const events = Command.make("events").pipe(
  Command.withDescription("What happened, as merchants are told it"),
  Command.withAlias("event"),
  Command.withSubcommands([list, get, redeliver, listen]),
)

const deliveries = Command.make(
  "deliveries",
  {
    ...Flags.page(Id.DeliveryId),
    tenant: Flags.tenant,
    endpoint: Flags.part("endpoint_id", Flags.checked("endpoint", Id.EndpointId, "To this endpoint: whe_…")),
    event: Flags.part("event_id", Flags.checked("event", Id.EventId, "Of this event: evt_…")),
    status: Flags.part("status", Flag.Literals("status", Delivery.DeliveryStatus.literals)),
  },
  Effect.fn(function* ({ after, before, cursor, endpoint, event, limit, status, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant, ...endpoint, ...event, ...status }
    yield* Output.page(
      Delivery.DeliveryJson,
      ["id", "event_type", "endpoint_id", "status", "tries", "last_status", "last_error", "next_try_at"],
      yield* ask((client) => client.webhookEndpoints.deliveries({ query })),
    )
  }),
).pipe(Command.withDescription("How sending events to endpoints went, newest first"))

export const told = [events, deliveries] as const
