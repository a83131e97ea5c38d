/**
 * The SDK made to behave: its requests and types, our transport. As it ships it cannot be cancelled, drops the cause of
 * a network failure and the status of a 5xx, follows redirects, and calls `{"hello":1}` a success.
 */
import { type Operation, type PaymentError, ProviderClock } from "@payment-orchestrator/domain"
import { Transport } from "@payment-orchestrator/transport"
import { createPolarCore, type PolarCore } from "@polar-sh/sdk/2026-10"
import { Clock, Effect, Option, Redacted, Result, Schema, type Scope } from "effect"
import { badResponse, fromFailure, provider } from "./internal/errors.ts"
import type { Failure } from "./internal/Failure.ts"
import * as PolarConfig from "./PolarConfig.ts"

/** A decoded answer, when its request began (epoch milliseconds), and the provider's id of it. */
export interface Answer<A> {
  readonly value: A
  readonly startedAt: number
  readonly requestId: Option.Option<string>
}

/** One request before it is judged. */
export interface Attempt {
  readonly startedAt: number
  readonly outcome: Result.Result<{ readonly body: unknown; readonly requestId: string | undefined }, Failure>
}

export interface Client {
  /**
   * One call of a service function of the SDK, exactly one HTTP request. `not` is what the answer would not be (`a
   * checkout`) when it does not fit the schema. Interruption aborts the request.
   */
  readonly call: <S extends Schema.ConstraintDecoder<unknown>>(
    operation: Operation.Operation,
    schema: S,
    not: string,
    run: (core: PolarCore) => Promise<unknown>,
  ) => Effect.Effect<Answer<S["Type"]>, PaymentError.PaymentError>
  /** The same without a judgement, for the few answers that mean something to the operation. */
  readonly attempt: (run: (core: PolarCore) => Promise<unknown>) => Effect.Effect<Attempt>
}

/** Carries our own failure through the SDK's promise. */
class Stop extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super("the call ended")
    this.failure = failure
  }
}

/** A page of 100 items is about 2 MB (the limit is 20 MiB). */
export const largestAnswer = 20 * 1024 * 1024

const requestIdOf = (head: Transport.Head | undefined): string | undefined =>
  head === undefined ? undefined : Transport.header(head, "x-request-id")

/** No whole answer → the failure it is. */
const failureOf = (failure: Transport.Failure): Failure => {
  switch (failure._tag) {
    case "NotBuilt":
    case "Network":
      return failure
    case "Cut":
      return { _tag: "Network", sent: true, code: failure.code }
    case "Unreadable":
      return {
        _tag: "Unreadable",
        why: failure.why,
        status: failure.head?.status,
        requestId: requestIdOf(failure.head),
      }
  }
}

const parse = (text: string) => Result.try((): unknown => JSON.parse(text))

/** The transport's answer → the body of a success, or the failure it is. */
export const judge = (reply: Transport.Reply): Result.Result<object, Failure> => {
  const parsed = parse(reply.body)
  const body = Result.isSuccess(parsed) ? parsed.success : reply.body
  const { status } = reply
  const requestId = requestIdOf(reply)
  if (status >= 400) {
    return Result.fail({ _tag: "Http", status, body, retryAfter: reply.headers["retry-after"], requestId })
  }
  if (status >= 300) return Result.fail({ _tag: "Unreadable", why: "a redirect", status, requestId })
  return typeof body === "object" && body !== null && status >= 200
    ? Result.succeed(body)
    : Result.fail({
        _tag: "Unreadable",
        why: reply.body === "" ? "an empty answer" : "no JSON object",
        status,
        requestId,
      })
}

/** A client whose connections live as long as the scope. */
export const make = Effect.fnUntraced(function* (
  options: PolarConfig.Options,
): Effect.fn.Return<Client, never, Scope.Scope> {
  const baseUrl = PolarConfig.baseUrlOf(options)
  const dateHeard = yield* ProviderClock.DateHeard
  const transport = yield* Effect.acquireRelease(
    Effect.sync(() => Transport.make({ url: baseUrl, largestAnswer })),
    ({ close }) => Effect.sync(close),
  )

  /** The SDK waits for a promise; the signal ends the request, and then nobody waits any more. */
  const send = (request: Transport.Request, signal: AbortSignal) =>
    new Promise<Transport.Outcome>((settle) => {
      signal.throwIfAborted()
      signal.addEventListener("abort", transport.send(request, settle), { once: true })
    })

  /** Some proxies echo a request in their error pages; the key must not come back into an error that way. */
  const withoutKey = (text: string) => text.replaceAll(Redacted.value(options.apiKey), "[redacted]")

  const attempt: Client["attempt"] = Effect.fnUntraced(function* (run) {
    const startedAt = yield* Clock.currentTimeMillis
    let sending = false
    let requestId: string | undefined
    let date: string | undefined
    const outcome = yield* Effect.tryPromise({
      try: (signal) => {
        const core = createPolarCore({
          accessToken: Redacted.value(options.apiKey),
          environment: options.environment,
          baseUrl,
        })
        core.sendRequest = async ([url, init]) => {
          sending = true
          const { pathname, search } = new URL(url)
          const reply = await send(
            {
              path: pathname + search,
              method: init.method ?? "GET",
              headers: {
                ...Object.fromEntries(new Headers(init.headers)),
                accept: "application/json",
                "user-agent": "payment-orchestrator",
              },
              body: typeof init.body === "string" ? init.body : undefined,
            },
            signal,
          )
          if (reply._tag !== "Reply") throw new Stop(failureOf(reply))
          requestId = requestIdOf(reply)
          date = reply.headers.date
          const judged = judge({ ...reply, body: reply.status >= 400 ? withoutKey(reply.body) : reply.body })
          if (Result.isFailure(judged)) throw new Stop(judged.failure)
          return Response.json(judged.success)
        }
        return run(core)
      },
      catch: (error): Failure =>
        error instanceof Stop
          ? error.failure
          : sending
            ? { _tag: "Unreadable", why: "an answer the SDK cannot read", status: undefined, requestId }
            : { _tag: "NotBuilt" },
    }).pipe(Effect.result)
    if (date !== undefined) yield* dateHeard(provider, date)
    return { startedAt, outcome: Result.map(outcome, (body) => ({ body, requestId })) }
  })

  return {
    attempt,
    call: Effect.fnUntraced(function* (operation, schema, not, run) {
      const { outcome, startedAt } = yield* attempt(run)
      if (Result.isFailure(outcome)) {
        const now = yield* Clock.currentTimeMillis
        return yield* fromFailure(outcome.failure, operation, now)
      }
      const { body, requestId } = outcome.success
      return yield* Option.match(Schema.decodeUnknownOption(schema)(body), {
        onNone: () => Effect.fail(badResponse(operation, `not ${not}`, { requestId })),
        onSome: (value) => Effect.succeed({ value, startedAt, requestId: Option.fromUndefinedOr(requestId) }),
      })
    }),
  }
})
