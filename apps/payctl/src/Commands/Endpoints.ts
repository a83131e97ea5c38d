/** `payctl endpoints`. */
import { Events } from "@payment-orchestrator/api"
import { Delivery, Id, Timestamp, WebhookEndpoint } from "@payment-orchestrator/domain"
import { Console, Effect, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { ask } from "../Server.ts"

const id = Argument.String("id").pipe(Argument.withSchema(Id.EndpointId), Argument.withDescription("whe_…"))
const { events: patterns, url } = WebhookEndpoint.settings
const about = Flags.part("description", Flag.String("description").pipe(Flag.withDescription("What it is for")))
const events = Flags.part(
  "events",
  Flag.String("events").pipe(
    Flag.map((text) => text.split(",").map((part) => part.trim())),
    Flag.withSchema(patterns),
    Flag.withDescription("payment.*,checkout.paid: all when nothing is said"),
  ),
)

const list = Command.make(
  "list",
  { ...Flags.page(Id.EndpointId), tenant: Flags.tenant },
  Effect.fn(function* ({ after, before, cursor, limit, tenant }) {
    const query = { ...limit, ...cursor, ...after, ...before, ...tenant }
    yield* Output.page(
      WebhookEndpoint.EndpointJson,
      ["id", "status", "url", "events", "tenant_id", "created_at"],
      yield* ask((client) => client.webhookEndpoints.list({ query })),
    )
  }),
).pipe(Command.withDescription("Endpoints, newest first"))

const get = Command.make(
  "get",
  { id },
  Effect.fn(function* ({ id }) {
    yield* Output.one(
      WebhookEndpoint.EndpointJson,
      yield* ask((client) => client.webhookEndpoints.get({ params: { id } })),
    )
  }),
).pipe(Command.withDescription("One endpoint"), Command.withAlias("show"))

const create = Command.make(
  "create",
  { url: Flags.checked("to", url, "Where events are sent: an https URL"), events, about, tenant: Flags.tenant },
  Effect.fn(function* ({ about, events, tenant, url }) {
    const payload = { url, ...events, ...about, ...tenant }
    const made = yield* ask((client) => client.webhookEndpoints.create({ payload }))
    yield* Output.one(WebhookEndpoint.NewEndpointJson, made)
    yield* Console.error("the secret is shown this once and never again")
  }),
).pipe(Command.withDescription("Makes an endpoint; prints its secret once"))

const changed = Effect.fnUntraced(function* (
  id: Id.EndpointId,
  payload: {
    readonly url?: string
    readonly events?: ReadonlyArray<string>
    readonly description?: string | null
    readonly status?: "enabled" | "disabled"
  },
  sentence: string,
) {
  const endpoint = yield* ask((client) => client.webhookEndpoints.change({ params: { id }, payload }))
  yield* Output.done(WebhookEndpoint.EndpointJson, endpoint, sentence)
})

const change = Command.make(
  "change",
  { id, url: Flags.part("url", Flags.checked("to", url, "Another URL")), events, about },
  ({ about, events, id, url }) => changed(id, { ...url, ...events, ...about }, `${id} is changed`),
).pipe(Command.withDescription("Another URL, other events, another description"))

const enable = Command.make("enable", { id }, ({ id }) => changed(id, { status: "enabled" }, `${id} is enabled`)).pipe(
  Command.withDescription("Sends there again; what failed meanwhile waits for `redeliver`"),
)
const disable = Command.make("disable", { id }, ({ id }) =>
  changed(id, { status: "disabled" }, `${id} is disabled`),
).pipe(Command.withDescription("Sends nothing there"))

const remove = Command.make(
  "remove",
  { id },
  Effect.fn(function* ({ id }) {
    yield* ask((client) => client.webhookEndpoints.remove({ params: { id } }))
    yield* Output.done(Schema.Struct({ id: Id.EndpointId }), { id }, `${id} is deleted`)
  }),
).pipe(Command.withDescription("Deletes it; what waits for it is canceled"))

const rotate = Command.make(
  "rotate",
  { id },
  Effect.fn(function* ({ id }) {
    const made = yield* ask((client) => client.webhookEndpoints.rotate({ params: { id } }))
    yield* Output.one(WebhookEndpoint.NewEndpointJson, made)
    yield* Console.error("the secret is shown this once; the old one signs besides for 24 hours")
  }),
).pipe(Command.withDescription("A new secret, printed once; the old one signs besides for 24 hours"))

const test = Command.make(
  "test",
  { id },
  Effect.fn(function* ({ id }) {
    const delivery = yield* ask((client) => client.webhookEndpoints.test({ params: { id } }))
    yield* Output.done(
      Delivery.DeliveryJson,
      delivery,
      `${delivery.eventId} is sent; how it went: payctl deliveries --event ${delivery.eventId}`,
    )
  }),
).pipe(Command.withDescription("Sends it endpoint.test"))

const redeliver = Command.make(
  "redeliver",
  {
    id,
    since: Flags.checked("since", Timestamp.Timestamp, "What was told since then, e.g. 2026-11-22T20:00:00Z"),
    reason: Flags.why,
  },
  Effect.fn(function* ({ id, reason, since }) {
    const payload = { since, ...reason }
    const sent = yield* ask((client) => client.webhookEndpoints.redeliver({ params: { id }, payload }))
    yield* Output.done(Events.Redelivery, sent, `${sent.deliveries} events are sent again to ${id}`)
  }),
).pipe(Command.withDescription("Sends everything again that failed there"))

export const endpoints = Command.make("endpoints").pipe(
  Command.withDescription("Where events are sent"),
  Command.withAlias("endpoint"),
  Command.withSubcommands([list, get, create, change, enable, disable, rotate, test, redeliver, remove]),
)
