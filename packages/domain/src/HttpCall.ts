/**
 * Calls to a provider that is spoken to without an SDK, as the contract wants them: JSON, sent once, no redirect
 * followed, ended with their fiber, the answer decoded or the failure classified.
 */
import { Clock, Effect, Option, Schema } from "effect"
import * as HttpFailure from "./HttpFailure.ts"
import type { Operation } from "./Operation.ts"
import type { PaymentError } from "./PaymentError.ts"
import * as ProviderClock from "./ProviderClock.ts"
import type { ProviderName } from "./ProviderName.ts"

/** A request as it goes out, for whoever has to sign it. */
export interface Outgoing {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** With its query. */
  readonly path: string
  /** Empty when there is none. */
  readonly body: string
}

/** A decoded answer, when its fetch began (epoch milliseconds), and the provider's id of the request. */
export interface Answer<A> {
  readonly value: A
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
}

export interface Options {
  readonly provider: ProviderName
  /** The program's own `fetch`. */
  readonly fetch: typeof fetch
  /** Without a slash at its end. */
  readonly baseUrl: string
  /** What shows who we are: a bearer token, or a signature of the request at this time (epoch milliseconds). */
  readonly headers: (request: Outgoing, nowMillis: number) => { readonly [name: string]: string }
  /** The header in which the provider tells its id of a request. */
  readonly requestIdHeader: string
  /** What the body of a refusal says; without our secrets, should the provider repeat them. */
  readonly words: (body: string) => Pick<HttpFailure.Refusal, "code" | "detail" | "means">
}

/** One call, exactly one request. With a `body` it is a POST unless `method` says otherwise. */
export type Ask = <S extends Schema.ConstraintDecoder<unknown>>(
  operation: Operation,
  schema: S,
  path: string,
  body?: object,
  method?: Outgoing["method"],
) => Effect.Effect<Answer<S["Type"]>, PaymentError>

export const make = (options: Options): Effect.Effect<Ask> =>
  Effect.map(ProviderClock.DateHeard, (dateHeard) =>
    Effect.fnUntraced(function* (operation, schema, path, content, verb) {
      const { provider } = options
      const asked = { provider, operation }
      const fetchStartedAt = yield* Clock.currentTimeMillis
      const body = content === undefined ? "" : JSON.stringify(content)
      const method = verb ?? (content === undefined ? "GET" : "POST")
      let answered: { readonly requestId: string | undefined } | undefined
      const reply = yield* Effect.tryPromise({
        try: async (signal) => {
          const response = await options.fetch(`${options.baseUrl}${path}`, {
            method,
            signal,
            redirect: "manual",
            headers: {
              accept: "application/json",
              ...(body === "" ? {} : { "content-type": "application/json" }),
              ...options.headers({ method, path, body }, fetchStartedAt),
            },
            ...(body === "" ? {} : { body }),
          })
          answered = { requestId: response.headers.get(options.requestIdHeader) ?? undefined }
          return { ...answered, status: response.status, headers: response.headers, body: await response.text() }
        },
        catch: (error) => HttpFailure.thrown(asked, error, answered),
      })
      yield* dateHeard(provider, reply.headers.get("date") ?? undefined)
      if (reply.status < 200 || reply.status > 299) {
        const refusal = { ...reply, retryAfter: reply.headers.get("retry-after"), ...options.words(reply.body) }
        return yield* HttpFailure.refused(asked, refusal, yield* Clock.currentTimeMillis)
      }
      const value = Schema.decodeUnknownOption(Schema.fromJsonString(schema))(reply.body)
      return Option.isSome(value)
        ? { value: value.value, fetchStartedAt, requestId: Option.fromUndefinedOr(reply.requestId) }
        : yield* HttpFailure.unreadable(asked, "not what was asked for", reply)
    }),
  )
