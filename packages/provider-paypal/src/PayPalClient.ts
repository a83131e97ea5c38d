/**
 * The SDK made to behave: a token that is shared and refreshed, one request per call and never a hidden second one, the
 * answer decoded by a schema, and every failure a `PaymentError`.
 */
import { type Operation, PaymentError, PaymentProvider, ProviderClock } from "@payment-orchestrator/domain"
import { Clock, Context, Effect, Option, Redacted, Schema } from "effect"
import { type Failure, type Reply, requestIdOf, toPaymentError } from "./internal/errors.ts"
import { name } from "./internal/Name.ts"
import * as Sdk from "./internal/Sdk.ts"
import * as thrown from "./internal/thrown.ts"
import * as Tokens from "./internal/Tokens.ts"
import type { Options } from "./PayPalConfig.ts"

/** Whether a call's own request (not the token's) has been sent: what a deadline means depends on it. */
export const Sending = Context.Reference<{ sent: boolean }>(
  "@payment-orchestrator/provider-paypal/PayPalClient/Sending",
  {
    defaultValue: () => ({ sent: false }),
  },
)

export interface Call {
  readonly operation: Operation.Operation
  /** Whether an object is asked for by its id, so that 404 means that there is none. */
  readonly byId?: boolean
  readonly request: (sdk: Sdk.Sdk, options: Sdk.RequestOptions) => Promise<unknown>
}

/** A decoded answer. */
export interface Answer<A> {
  readonly value: A
  /** PayPal's id of the request. */
  readonly requestId: Option.Option<string>
  /** When the request was begun, in epoch milliseconds. */
  readonly startedAt: number
}

export interface PayPalClient {
  /** Whether the next call has to fetch a token first. */
  readonly needsToken: Effect.Effect<boolean>
  /** Sends one request and decodes the JSON of its 2xx answer. */
  readonly call: <A>(
    call: Call,
    schema: Schema.ConstraintDecoder<A>,
  ) => Effect.Effect<Answer<A>, PaymentError.PaymentError>
  /** Sends one request whose 2xx answer says nothing (204). */
  readonly send: (call: Call) => Effect.Effect<Answer<void>, PaymentError.PaymentError>
}

/** An answer that is not what was asked for. Nobody knows what it means for the operation. */
export const badResponse = (operation: Operation.Operation, detail: string, requestId: Option.Option<string>) =>
  new PaymentError.TransientPaymentError({
    provider: name,
    operation,
    reason: "bad_response",
    outcome: "unknown",
    ...PaymentError.detailOf(detail),
    ...(Option.isNone(requestId) ? {} : { requestId: requestId.value }),
  })

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

export const make = (options: Options): Effect.Effect<PayPalClient> =>
  Effect.gen(function* () {
    const settings: Sdk.Settings = { mode: options.mode, baseUrl: options.baseUrl }
    const dateHeard = yield* ProviderClock.DateHeard

    /** One exchange: the answer of any status, or why there was none. */
    const exchange = (
      accessToken: string | undefined,
      request: (sdk: Sdk.Sdk, options: Sdk.RequestOptions) => Promise<unknown>,
    ): Effect.Effect<Reply, Failure> =>
      Effect.suspend(() => {
        const { reply, sdk } = Sdk.open(settings, accessToken)
        return Effect.flatMap(
          Effect.result(
            Effect.tryPromise({
              try: (abortSignal) => request(sdk, { abortSignal }),
              catch: thrown.read,
            }),
          ),
          (settled) => {
            // what came over the wire counts, not what the SDK made of it
            const heard = reply()
            if (heard !== undefined) return Effect.as(dateHeard(name, heard.headers["date"]), heard)
            return settled._tag === "Failure"
              ? Effect.fail(settled.failure)
              : Effect.fail<Failure>({ _tag: "Unreadable", detail: "no answer", requestId: undefined })
          },
        )
      })

    const secret = Redacted.value(options.clientSecret)
    const basic = Buffer.from(`${options.clientId}:${secret}`).toString("base64")
    const tokens = yield* Tokens.make(
      exchange(undefined, (sdk, request) =>
        sdk.tokens.requestToken({ authorization: `Basic ${basic}` }, undefined, request),
      ),
    )

    const scrubber =
      (token: string) =>
      (text: string): string =>
        [secret, basic, token].reduce((kept, hidden) => (hidden === "" ? kept : kept.replaceAll(hidden, "***")), text)

    const failed = (failure: Failure, call: Call, phase: "token" | "call", token: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.fail(
          toPaymentError(failure, {
            operation: call.operation,
            phase,
            byId: call.byId ?? false,
            now,
            scrub: scrubber(token),
          }),
        ),
      )

    const tokenFor = Effect.fnUntraced(function* (call: Call) {
      const phase = yield* PaymentProvider.CallPhase
      phase.current = "token"
      const held = yield* Effect.catch(tokens.get, (failure) => failed(failure, call, "token", ""))
      phase.current = "operation"
      return held
    })

    /** The 2xx answer to one request. A 401 on a token that was there before: one new token, one repeat. */
    const exchangeWithToken = Effect.fnUntraced(function* (call: Call) {
      const sending = yield* Sending
      const { sent } = sending
      const ask = (token: Tokens.Token) =>
        Effect.suspend(() => {
          sending.sent = true
          return exchange(Redacted.value(token.value), call.request)
        }).pipe(Effect.catch((failure) => failed(failure, call, "call", Redacted.value(token.value))))
      const first = yield* tokenFor(call)
      let token = first.token
      let reply = yield* ask(token)
      if (reply.status === 401) yield* tokens.forget(token)
      if (reply.status === 401 && first.cached) {
        // a 401 proves that nothing was done, so this request counts as not sent until it goes out again
        sending.sent = sent
        token = (yield* tokenFor(call)).token
        reply = yield* ask(token)
        if (reply.status === 401) yield* tokens.forget(token)
      }
      return reply.status >= 200 && reply.status <= 299
        ? reply
        : yield* failed({ _tag: "Refused", reply }, call, "call", Redacted.value(token.value))
    })

    return {
      needsToken: Effect.map(tokens.isHeld, (held) => !held),
      call: (call, schema) =>
        Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const reply = yield* exchangeWithToken(call)
          const requestId = Option.fromUndefinedOr(requestIdOf(reply))
          const value = Option.flatMap(parse(reply.body), Schema.decodeUnknownOption(schema))
          return Option.isSome(value)
            ? { value: value.value, requestId, startedAt }
            : yield* badResponse(
                call.operation,
                `HTTP ${reply.status} with a body that is not what was asked for`,
                requestId,
              )
        }),
      send: (call) =>
        Effect.gen(function* () {
          const startedAt = yield* Clock.currentTimeMillis
          const reply = yield* exchangeWithToken(call)
          return { value: undefined, requestId: Option.fromUndefinedOr(requestIdOf(reply)), startedAt }
        }),
    }
  })

/** None instead of a failure when the object that was asked for does not exist. */
export const orNone = <A>(
  effect: Effect.Effect<A, PaymentError.PaymentError>,
): Effect.Effect<Option.Option<A>, PaymentError.PaymentError> =>
  effect.pipe(
    Effect.asSome,
    Effect.catchIf(
      (error) => error.reason === "not_found",
      () => Effect.succeedNone,
    ),
  )
