/**
 * Calls to PayPal's API: a token that is shared and refreshed, one request per call and never a hidden second one, the
 * answer decoded by a schema, and every failure a `PaymentError`.
 */
import { type Operation, PaymentError, PaymentProvider } from "@payment-orchestrator/domain"
import { Clock, Context, Effect, Option, Redacted, Schema, type Scope } from "effect"
import { type Failure, requestIdOf, toPaymentError } from "./internal/errors.ts"
import { name } from "./internal/Name.ts"
import type { Request } from "./internal/Requests.ts"
import * as Tokens from "./internal/Tokens.ts"
import * as Connection from "./internal/Connection.ts"
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
  readonly request: Request
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

/** A client whose connections live as long as the scope. */
export const make = (options: Options): Effect.Effect<PayPalClient, never, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* Connection.make(options)
    const secret = Redacted.value(options.clientSecret)
    const basic = Buffer.from(`${options.clientId}:${secret}`).toString("base64")
    const tokens = yield* Tokens.make(connection.askForToken(basic))

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
    const exchange = Effect.fnUntraced(function* (call: Call) {
      const startedAt = yield* Clock.currentTimeMillis
      const sending = yield* Sending
      const { sent } = sending
      const ask = (token: Tokens.Token) => {
        const value = Redacted.value(token.value)
        sending.sent = true
        return Effect.catch(connection.ask(call.request, value), (failure) => failed(failure, call, "call", value))
      }
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
        ? { reply, startedAt, requestId: Option.fromUndefinedOr(requestIdOf(reply)) }
        : yield* failed({ _tag: "Refused", reply }, call, "call", Redacted.value(token.value))
    })

    return {
      needsToken: Effect.map(tokens.isHeld, (held) => !held),
      call: (call, schema) =>
        Effect.flatMap(exchange(call), ({ reply, requestId, startedAt }) => {
          const value = Option.flatMap(parse(reply.body), Schema.decodeUnknownOption(schema))
          return Option.isSome(value)
            ? Effect.succeed({ value: value.value, requestId, startedAt })
            : badResponse(call.operation, `HTTP ${reply.status} with a body that is not what was asked for`, requestId)
        }),
      send: (call) =>
        Effect.map(exchange(call), ({ requestId, startedAt }) => ({ value: undefined, requestId, startedAt })),
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
