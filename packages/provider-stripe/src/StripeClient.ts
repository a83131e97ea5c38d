/**
 * The Stripe SDK made to behave: one request per call and never a hidden second one, cut off when the fiber is
 * interrupted, no redirect followed, every failure a `PaymentError`, every answer decoded.
 *
 * The SDK writes the requests (form encoding, version, keys). What it would do with the answers is not relied on: it
 * takes every JSON object without the key `error` for a success, whatever the status, and never settles on a JSON
 * scalar. So the custom `fetch` hands it whole, successful JSON objects only.
 */
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import type { Operation, PaymentError, ProviderClock } from "@payment-orchestrator/domain"
import type { Stripe } from "stripe"
import type { Options } from "./StripeConfig.ts"
import { fromFailure, type Failure, provider } from "./internal/errors.ts"
import * as Exchange from "./internal/Exchange.ts"

/** A decoded answer, when its fetch began (epoch milliseconds), and Stripe's id of the request. */
export interface Answer<A> {
  readonly value: A
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
}

/** One request through the SDK; `name` is what the answer should be, for the error when it is not. */
export interface Client {
  readonly request: <S extends Schema.ConstraintDecoder<unknown>>(
    operation: Operation.Operation,
    expected: { readonly name: string; readonly schema: S },
    send: (sdk: Stripe) => Promise<unknown>,
  ) => Effect.Effect<Answer<S["Type"]>, PaymentError.PaymentError>
}

/** Far above any deadline of ours: the SDK's timer must never be the one that fires. */
const sdkTimeoutMillis = 600_000

/** What one exchange leaves behind; written by `fetch`, read when the SDK has settled. */
interface Trace {
  sent: boolean
  requestId?: string
  date?: string
  failure?: Failure
}

const halt = (trace: Trace, failure: Failure): never => {
  trace.failure = failure
  // Without a `code`: the SDK repeats a request on ECONNRESET and EPIPE even when told not to.
  throw new Error("The exchange with Stripe failed.")
}

const fetchOnce =
  (trace: Trace, signal: AbortSignal): typeof fetch =>
  async (input, init) => {
    trace.sent = true
    const signals = init?.signal === undefined || init.signal === null ? [signal] : [init.signal, signal]
    const response = await fetch(input, { ...init, redirect: "manual", signal: AbortSignal.any(signals) }).catch(
      (error: unknown) => halt(trace, { _tag: "Thrown", error }),
    )
    const requestId = response.headers.get("request-id") ?? undefined
    if (requestId !== undefined) trace.requestId = requestId
    const date = response.headers.get("date")
    if (date !== null) trace.date = date
    const body = await response
      .text()
      .catch((error: unknown) => halt(trace, { _tag: "Thrown", error, answered: { requestId } }))
    const retryAfter = response.headers.get("retry-after")
    const fault = Exchange.faultOf({
      status: response.status,
      body,
      ...(requestId === undefined ? {} : { requestId }),
      ...(retryAfter === null ? {} : { retryAfter }),
    })
    return fault === undefined
      ? new Response(body, { status: response.status, headers: response.headers })
      : halt(trace, fault)
  }

/** Where the SDK sends to; the default is Stripe's own host. */
const addressOf = (baseUrl: string | undefined): Pick<Stripe.StripeConfig, "host" | "port" | "protocol"> => {
  if (baseUrl === undefined) return {}
  const url = new URL(baseUrl)
  const protocol = url.protocol === "http:" ? "http" : "https"
  return { host: url.hostname, port: url.port === "" ? (protocol === "http" ? 80 : 443) : Number(url.port), protocol }
}

/**
 * A client for these credentials; `dateHeard` is told the time of every answer. It keeps no connection or timer of its
 * own; a fresh SDK object serves each call. The SDK is loaded here: who has no account at Stripe never loads it.
 */
export const make = Effect.fnUntraced(function* (
  options: Options,
  dateHeard: ProviderClock.Listener,
): Effect.fn.Return<Client> {
  const { Stripe } = yield* Effect.promise(() => import("stripe"))
  const address = addressOf(options.baseUrl)
  const sdk = (trace: Trace, signal: AbortSignal) =>
    new Stripe(Redacted.value(options.apiKey), {
      ...address,
      maxNetworkRetries: 0,
      timeout: sdkTimeoutMillis,
      telemetry: false,
      httpClient: Stripe.createFetchHttpClient(fetchOnce(trace, signal)),
    })
  return {
    request: Effect.fnUntraced(function* (operation, expected, send) {
      const fetchStartedAt = yield* Clock.currentTimeMillis
      const trace: Trace = { sent: false }
      const failWith = (failure: Failure) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(fromFailure(failure, { operation, now })))
      const unreadable = (): Failure => ({
        _tag: "Unreadable",
        detail: `the answer is not ${expected.name}`,
        ...(trace.requestId === undefined ? {} : { requestId: trace.requestId }),
      })
      const answer = yield* Effect.tryPromise({
        try: (signal) => send(sdk(trace, signal)),
        catch: (): Failure =>
          trace.failure ??
          (trace.sent ? unreadable() : { _tag: "Unwritable", detail: "the SDK could not write the request" }),
      }).pipe(
        Effect.onExit(() => (trace.date === undefined ? Effect.void : dateHeard(provider, trace.date))),
        Effect.catch(failWith),
      )
      const value = yield* Effect.fromOption(Schema.decodeUnknownOption(expected.schema)(answer)).pipe(
        Effect.catch(() => failWith(unreadable())),
      )
      return { value, fetchStartedAt, requestId: Option.fromUndefinedOr(trace.requestId) }
    }),
  }
})
