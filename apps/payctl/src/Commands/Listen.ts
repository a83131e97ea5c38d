/**
 * `payctl events listen`: events as they happen, and with `--forward` sent on to a server on this machine, signed as
 * Standard Webhooks say, so that what will run behind a real endpoint can be tried without one.
 */
import { Text } from "@payment-orchestrator/domain"
import * as StandardWebhooks from "@payment-orchestrator/payments/StandardWebhooks"
import { Clock, Config, Console, Effect, Option, Redacted, Schema, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { Sse } from "effect/encoding"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { Failure, from } from "../Failure.ts"
import * as Flags from "../Flags.ts"
import * as Output from "../Output.ts"
import { address, key } from "../Server.ts"

const Head = Schema.fromJsonString(Schema.Struct({ id: Schema.String, type: Schema.String, object_id: Schema.String }))
const headOf = Schema.decodeUnknownEffect(Head)

const secretVariable = "PAYCTL_WEBHOOK_SECRET"

const wrongSecret = new Failure({
  why: "usage",
  detail: `${secretVariable} must be whsec_ and base64, as the server behind --forward knows it`,
})

/** The one of the environment; a fresh one is shown once, since the local server must know it. */
const secretOf = Effect.gen(function* () {
  const said = yield* Effect.orElseSucceed(Config.option(Config.Redacted(secretVariable)), () => Option.none())
  if (Option.isSome(said)) {
    return /^whsec_[A-Za-z0-9+/]+=*$/.test(Redacted.value(said.value)) ? said.value : yield* wrongSecret
  }
  const made = yield* StandardWebhooks.makeSecret
  yield* Console.error(
    `signing with ${Redacted.value(made)}, made for this run alone; set ${secretVariable} to use your own`,
  )
  return made
})

const forwardTimeout = "15 seconds"

/** Sends one on; how it was answered. */
const send = Effect.fnUntraced(function* (url: string, secret: Redacted.Redacted, id: string, body: string) {
  const headers = StandardWebhooks.headers([secret], { id, at: yield* Clock.currentTimeMillis, body })
  const request = HttpClientRequest.post(url).pipe(
    HttpClientRequest.setHeaders(headers),
    HttpClientRequest.bodyText(body, "application/json"),
  )
  return yield* HttpClient.execute(request).pipe(
    Effect.map(({ status }) => String(status)),
    Effect.timeout(forwardTimeout),
    Effect.catch((error) => Effect.succeed(error._tag === "TimeoutError" ? "no answer in time" : "cannot be reached")),
  )
})

const open = Effect.fnUntraced(function* (after: string | undefined) {
  const server = yield* address
  const request = HttpClientRequest.get(`${server.url}/v1/live`).pipe(
    HttpClientRequest.bearerToken(yield* key),
    HttpClientRequest.setHeaders(after === undefined ? {} : { "last-event-id": after }),
  )
  const response = yield* Effect.mapError(HttpClient.execute(request), from(server))
  if (response.status === 200) return response.stream.pipe(Stream.decodeText, Stream.pipeThroughChannel(Sse.decode()))
  const problem = yield* Effect.orElseSucceed(
    HttpClientResponse.schemaBodyJson(
      Schema.Struct({
        status: Schema.Int,
        title: Schema.String,
        code: Schema.String,
        detail: Schema.optionalKey(Schema.String),
      }),
    )(response),
    () => undefined,
  )
  return yield* from(server)(problem)
})

/** A stream that goes on repeats what was told in the seconds before; so many ids are enough to know it by. */
const remembered = 10_000

const brokenOff = new Failure({ why: "unreachable", detail: "the stream broke off" })

interface Options {
  readonly forward: Option.Option<string>
  /** Ends after so many; 0: never. */
  readonly most: number
}

const follow = Effect.fnUntraced(function* ({ forward, most }: Options) {
  const secret = Option.isSome(forward) ? Option.some(yield* secretOf) : Option.none()
  const isJson = yield* Output.Json
  const state: { last: string | undefined; seen: number; began: boolean } = { last: undefined, seen: 0, began: false }
  const told = new Set<string>()

  const isDone = () => most > 0 && state.seen >= most

  const one = Effect.fnUntraced(function* (body: string) {
    const { id, object_id, type } = yield* Effect.orDie(headOf(body))
    state.last = id
    if (told.has(id)) return
    told.add(id)
    const [oldest] = told
    if (told.size > remembered && oldest !== undefined) told.delete(oldest)
    state.seen += 1
    const answered =
      Option.isSome(forward) && Option.isSome(secret) ? yield* send(forward.value, secret.value, id, body) : undefined
    yield* Console.log(
      isJson ? body : [id, type, object_id, ...(answered === undefined ? [] : [`-> ${answered}`])].join("  "),
    )
  })

  const once = Effect.gen(function* () {
    const events = yield* open(state.last)
    yield* Console.error(state.began ? "listening again" : "listening")
    state.began = true
    yield* events.pipe(
      Stream.filter((event) => event.data !== ""),
      Stream.mapEffect((event) => one(event.data)),
      Stream.takeUntil(isDone),
      Stream.runDrain,
    )
  })

  /** A stream that broke off goes on where it was; one that was refused, or never began, does not. */
  const isOver = (failure: Failure) => failure.why === "denied" || !state.began

  while (!isDone()) {
    yield* once.pipe(
      Effect.mapError((error) => (error instanceof Failure ? error : brokenOff)),
      Effect.catchIf(
        (failure) => !isOver(failure),
        (failure) => Console.error(`${failure.message}; it goes on after ${state.last ?? "now"}`),
      ),
    )
    if (!isDone()) yield* Effect.sleep("1 second")
  }
})

export const listen = Command.make(
  "listen",
  {
    forward: Flag.optional(
      Flags.checked("forward", Text.WebUrl, "Also send each to this URL, e.g. http://localhost:3000/hook"),
    ),
    most: Flag.Int("most").pipe(Flag.withDefault(0), Flag.withDescription("End after so many; 0: never")),
  },
  follow,
).pipe(Command.withDescription("Prints events as they happen, and sends them on to a server on this machine"))
