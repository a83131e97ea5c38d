/**
 * The kit all emulators stand on: a server on real HTTP that journals what it is asked and plays the faults it is told.
 *
 * First `open` an address, then `serve` routes on it, so that the routes know their own URL:
 *
 * ```ts
 * const site = yield* Emulator.open({ port: 0 })
 * const running = yield* Emulator.serve({ name: "acme", site, routes: routes(site.url), errorAnswer, notFound })
 * ```
 */
import { Cause, Deferred, Effect, type Scope } from "effect"
import type { Answer } from "./Answer.ts"
import * as EmulatorClock from "./EmulatorClock.ts"
import * as Faults from "./Faults.ts"
import * as Listener from "./internal/Listener.ts"
import { play } from "./internal/Play.ts"
import * as Router from "./internal/Router.ts"
import * as Journal from "./Journal.ts"

export type { Answer } from "./Answer.ts"
export { CannotListen } from "./internal/Listener.ts"

export interface Request {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Names in lower case; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** The body as UTF-8. */
  readonly text: string
  /** The values of the pattern's `:names`, decoded. */
  readonly params: Readonly<Record<string, string>>
}

export type Handler = (request: Request) => Effect.Effect<Answer>

export interface Route {
  readonly method: string
  /** `/v2/checkout/orders/:id`; a trailing slash counts. */
  readonly pattern: string
  /** What fault rules and the journal call it: `POST /v2/checkout/orders/:id/capture`. */
  readonly name: string
  readonly handler: Handler
}

/** A route whose name is its method and pattern. */
export const route = (method: string, pattern: string, handler: Handler): Route => ({
  method,
  pattern,
  name: `${method} ${pattern}`,
  handler,
})

/** An address that is listened on; requests wait until `serve` takes it over. */
export interface Site {
  readonly url: string
  readonly port: number
  readonly listener: Listener.Listener
  readonly attach: (
    onRequest: (request: Listener.Incoming, wire: Listener.Wire) => Effect.Effect<void>,
  ) => Effect.Effect<void>
}

/** A running emulator. */
export interface Running {
  readonly name: string
  /** Without a trailing slash: `http://127.0.0.1:4010`. */
  readonly url: string
  readonly port: number
  readonly faults: Faults.Faults
  readonly journal: Journal.Journal
  readonly clock: EmulatorClock.EmulatorClock
  /** True: nothing listens any more and live connections are destroyed. False: listens again on the same port. */
  readonly refuse: (on: boolean) => Effect.Effect<void>
  readonly refusing: Effect.Effect<boolean>
}

export interface Options {
  readonly name: string
  readonly routes: ReadonlyArray<Route>
  readonly notFound: Handler
  /** The provider's own error for a status on a route, sent by `Status` faults and when a handler dies (500). */
  readonly errorAnswer: (status: number, route: string) => Effect.Effect<Answer>
  /** What is answered when only the method is wrong. @default notFound */
  readonly methodNotAllowed?: Handler
  /** An address from `open`. @default one opened with `host` and `port` */
  readonly site?: Site
  readonly host?: string
  readonly port?: number
  /** @default a clock of its own */
  readonly clock?: EmulatorClock.EmulatorClock
}

/** Listens on `host` (127.0.0.1 unless told) and `port` (0, the default: a free one) until the scope ends. */
export const open = Effect.fnUntraced(function* (
  options: { readonly host?: string | undefined; readonly port?: number | undefined } = {},
): Effect.fn.Return<Site, never, Scope.Scope> {
  const host = options.host ?? "127.0.0.1"
  const attached = yield* Deferred.make<(request: Listener.Incoming, wire: Listener.Wire) => Effect.Effect<void>>()
  const listener = yield* Listener.make({
    host,
    port: options.port ?? 0,
    onRequest: (request, wire) => Effect.flatMap(Deferred.await(attached), (onRequest) => onRequest(request, wire)),
  })
  const shown = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host
  return {
    url: `http://${shown.includes(":") ? `[${shown}]` : shown}:${listener.port}`,
    port: listener.port,
    listener,
    attach: (onRequest) => Effect.asVoid(Deferred.succeed(attached, onRequest)),
  }
})

/** Serves the routes until the scope ends. */
export const serve = Effect.fnUntraced(function* (options: Options): Effect.fn.Return<Running, never, Scope.Scope> {
  const site = options.site ?? (yield* open(options))
  const clock = options.clock ?? (yield* EmulatorClock.make)
  const faults = yield* Faults.make
  const journal = yield* Journal.make
  let refusing = false

  const onRequest = Effect.fnUntraced(function* (incoming: Listener.Incoming, wire: Listener.Wire) {
    const mark = incoming.target.indexOf("?")
    const path = mark < 0 ? incoming.target : incoming.target.slice(0, mark)
    const query = mark < 0 ? "" : incoming.target.slice(mark)
    const text = new TextDecoder().decode(incoming.body)
    const found = Router.find(options.routes, incoming.method, path)
    const unknown =
      Router.methods(options.routes, path).length > 0
        ? (options.methodNotAllowed ?? options.notFound)
        : options.notFound
    const name = found?.route.name ?? "(not found)"
    const settle = yield* journal.open({
      at: yield* clock.now,
      route: name,
      method: incoming.method,
      path,
      query,
      headers: incoming.headers,
      body: text,
    })
    const request: Request = {
      method: incoming.method,
      path,
      query: new URLSearchParams(query),
      headers: incoming.headers,
      body: incoming.body,
      text,
      params: found?.params ?? {},
    }
    const handle = Effect.suspend(() => (found?.route.handler ?? unknown)(request)).pipe(
      Effect.catchCauseIf(
        (cause) => !Cause.hasInterruptsOnly(cause),
        (cause) =>
          Effect.andThen(Effect.logError(`${options.name}: ${name} died`, cause), options.errorAnswer(500, name)),
      ),
    )
    const fault = yield* faults.next(name)
    if (fault === undefined) {
      const answer = yield* handle
      settle({ status: answer.status, fault: null })
      return yield* wire.send(answer)
    }
    settle({ status: null, fault: fault.kind })
    const status = yield* play({
      fault,
      wire,
      handle,
      errorAnswer: (code) => options.errorAnswer(code, name),
    })
    settle({ status, fault: fault.kind })
  })
  yield* site.attach(onRequest)

  return {
    name: options.name,
    url: site.url,
    port: site.port,
    faults,
    journal,
    clock,
    refuse: (on) =>
      Effect.suspend(() => {
        refusing = on
        return on ? site.listener.close : site.listener.open
      }),
    refusing: Effect.sync(() => refusing),
  }
})
