/**
 * One server, on a port of its own, that tells any number of emulators what to play: by JSON, and by a page with
 * buttons at `/`. Only for development: it has no password, so it belongs on 127.0.0.1.
 *
 * | request | body |
 * | --- | --- |
 * | `GET /:emulator/faults` | |
 * | `POST /:emulator/faults` | a `Fault.Rule`; answers `{ "id": … }` |
 * | `DELETE /:emulator/faults`, `DELETE /:emulator/faults/:id` | |
 * | `POST /:emulator/refuse` | `{ "on": true }` |
 * | `POST /:emulator/clock` | `{ "advanceMillis": 3600000 }` |
 * | `GET /:emulator/requests`, `GET /:emulator/webhooks` | |
 * | `POST /:emulator/webhook-faults` | a `WebhookSender.WebhookFault` |
 * | `DELETE /:emulator/webhook-faults` | |
 * | `GET /:emulator/actions` | |
 * | `POST /:emulator/actions/:action` | what `Action.maker` said |
 * | `POST /:emulator/reset` | `{}` |
 */
import { Effect, Schema, type Scope } from "effect"
import type { Action } from "./Action.ts"
import * as Answer from "./Answer.ts"
import * as Emulator from "./Emulator.ts"
import * as Fault from "./Fault.ts"
import * as ControlPage from "./internal/ControlPage.ts"
import type { Entry } from "./Journal.ts"
import { WebhookFault, type WebhookSender } from "./WebhookSender.ts"

/** What an emulator must offer to be controlled. */
export interface Controlled extends Emulator.Running {
  readonly webhooks: WebhookSender
  /** Forgets all state, faults, requests and deliveries, and listens again. */
  readonly reset: Effect.Effect<void>
  /** What can be made to happen at the provider. @default none */
  readonly actions?: ReadonlyArray<Action>
}

export interface Options {
  readonly emulators: ReadonlyArray<Controlled>
  /** @default 127.0.0.1 */
  readonly host?: string
  /** @default 0, a free port */
  readonly port?: number
}

const Refuse = Schema.Struct({ on: Schema.Boolean })
const Advance = Schema.Struct({
  advanceMillis: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 315_360_000_000 })),
})
const Nothing = Schema.Struct({})

const failure = (status: number, message: string) => Answer.json(status, { error: message })

// the content type keeps a form on another site from posting here
const isJson = (request: Emulator.Request): boolean =>
  (request.headers["content-type"] ?? "").startsWith("application/json")

const notJson = failure(415, "send JSON, with the content type application/json")

/** Secrets have no place in a list that is shown on a page. */
const shown = (entry: Entry): Entry =>
  entry.headers["authorization"] === undefined
    ? entry
    : { ...entry, headers: { ...entry.headers, authorization: "(hidden)" } }

const rowOf = Effect.fnUntraced(function* (emulator: Controlled): Effect.fn.Return<ControlPage.Row> {
  const webhookFault = yield* emulator.webhooks.fault
  return {
    name: emulator.name,
    url: emulator.url,
    refusing: yield* emulator.refusing,
    requests: yield* emulator.journal.count(),
    deliveries: (yield* emulator.webhooks.deliveries).length,
    offsetMillis: yield* emulator.clock.offset,
    faults: (yield* emulator.faults.list).map(({ id, route, fault, played }) => ({
      id,
      route,
      kind: fault.kind,
      played,
    })),
    webhookFault: webhookFault === undefined ? "" : JSON.stringify(webhookFault),
  }
})

const routes = (emulators: ReadonlyArray<Controlled>): ReadonlyArray<Emulator.Route> => {
  const named = new Map(emulators.map((emulator) => [emulator.name, emulator]))

  const on = (
    method: string,
    rest: string,
    handler: (emulator: Controlled, request: Emulator.Request) => Effect.Effect<Answer.Answer>,
  ): Emulator.Route =>
    Emulator.route(method, `/:emulator${rest}`, (request) => {
      const emulator = named.get(request.params["emulator"] ?? "")
      return emulator === undefined
        ? Effect.succeed(failure(404, `there is no such emulator; there are: ${[...named.keys()].join(", ")}`))
        : handler(emulator, request)
    })

  const post = <S extends Schema.Constraint & { readonly DecodingServices: never }>(
    rest: string,
    schema: S,
    handler: (emulator: Controlled, body: S["Type"]) => Effect.Effect<Answer.Answer>,
  ): Emulator.Route =>
    on("POST", rest, (emulator, request) =>
      isJson(request)
        ? Schema.decodeEffect(Schema.fromJsonString(schema))(request.text, { onExcessProperty: "error" }).pipe(
            Effect.flatMap((body) => handler(emulator, body)),
            Effect.catchTag("SchemaError", (error) => Effect.succeed(failure(400, error.message))),
          )
        : Effect.succeed(notJson),
    )

  const done = Answer.json(200, { ok: true })

  return [
    Emulator.route("GET", "/", () =>
      Effect.map(Effect.forEach(emulators, rowOf), (rows) => Answer.html(200, ControlPage.render(rows))),
    ),
    on("GET", "/faults", (emulator) => Effect.map(emulator.faults.list, (faults) => Answer.json(200, { faults }))),
    post("/faults", Fault.Rule, (emulator, rule) =>
      Effect.map(emulator.faults.add(rule), (id) => Answer.json(201, { id })),
    ),
    on("DELETE", "/faults", (emulator) => Effect.as(emulator.faults.clear, done)),
    on("DELETE", "/faults/:id", (emulator, request) =>
      Effect.map(emulator.faults.remove(request.params["id"] ?? ""), (found) =>
        found ? done : failure(404, "there is no such fault"),
      ),
    ),
    post("/refuse", Refuse, (emulator, body) => Effect.as(emulator.refuse(body.on), done)),
    post("/clock", Advance, (emulator, body) =>
      Effect.andThen(
        emulator.clock.advance(body.advanceMillis),
        Effect.map(emulator.clock.now, (now) => Answer.json(200, { now })),
      ),
    ),
    on("GET", "/requests", (emulator) =>
      Effect.map(emulator.journal.requests, (requests) => Answer.json(200, { requests: requests.map(shown) })),
    ),
    on("GET", "/webhooks", (emulator) =>
      Effect.map(emulator.webhooks.deliveries, (deliveries) => Answer.json(200, { deliveries })),
    ),
    post("/webhook-faults", WebhookFault, (emulator, fault) => Effect.as(emulator.webhooks.setFault(fault), done)),
    on("DELETE", "/webhook-faults", (emulator) => Effect.as(emulator.webhooks.clearFault, done)),
    on("GET", "/actions", (emulator) =>
      Effect.succeed(
        Answer.json(200, { actions: (emulator.actions ?? []).map(({ name, summary }) => ({ name, summary })) }),
      ),
    ),
    on("POST", "/actions/:action", (emulator, request) => {
      const action = emulator.actions?.find(({ name }) => name === request.params["action"])
      if (action === undefined) return Effect.succeed(failure(404, "there is no such action"))
      return isJson(request) ? action.run(request.text) : Effect.succeed(notJson)
    }),
    post("/reset", Nothing, (emulator) => Effect.as(emulator.reset, done)),
  ]
}

/** Serves until the scope ends. */
export const serve = (options: Options): Effect.Effect<Emulator.Running, never, Scope.Scope> =>
  Emulator.serve({
    name: "control",
    routes: routes(options.emulators),
    host: options.host ?? "127.0.0.1",
    port: options.port ?? 0,
    notFound: () => Effect.succeed(failure(404, "there is no such page")),
    errorAnswer: (status) => Effect.succeed(failure(status, "the control server failed")),
  })
