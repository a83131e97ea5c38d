/**
 * The access token: asked for once by however many calls need it, kept until a while before it expires, and never
 * remembered when it could not be had. A caller that is interrupted leaves; when the last one leaves, the request is
 * aborted.
 */
import { PaymentProvider } from "@payment-orchestrator/domain"
import type { Transport } from "@payment-orchestrator/transport"
import { Cache, Duration, Effect, Exit, Option, Random, Redacted, Schema } from "effect"
import type { Failure } from "./errors.ts"

export interface Token {
  readonly value: Redacted.Redacted
  /** How long it may be used, from when it was given: less than its life, by a random part. */
  readonly useFor: Duration.Duration
}

export interface Tokens {
  /** A token, and whether it was there before this call. */
  readonly get: Effect.Effect<{ readonly token: Token; readonly cached: boolean }, Failure>
  /** Whether there is one that may be used. */
  readonly isHeld: Effect.Effect<boolean>
  /** Forgets this token, unless another has taken its place. */
  readonly forget: (token: Token) => Effect.Effect<void>
}

/** `POST /v1/oauth2/token`: `expires_in` is in seconds, about nine hours (PayPal, "Get an access token"). */
const Answer = Schema.fromJsonString(
  Schema.Struct({
    access_token: Schema.NonEmptyString,
    expires_in: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.FiniteFromString])),
  }),
)

const minute = 60_000

/**
 * Refreshes one to three minutes before the end (at random, so that replicas do not ask at once), and never later than
 * after half of its life. A token without a stated life is used for a minute.
 */
const useFor = (lifeMillis: number, random: number): Duration.Duration =>
  Duration.millis(Math.max(0, lifeMillis - Math.min(lifeMillis / 2, minute + random * 2 * minute)))

/** `ask` sends the token request and gives back the answer whatever its status. */
export const make = (ask: Effect.Effect<Transport.Reply, Failure>): Effect.Effect<Tokens> =>
  Effect.gen(function* () {
    const fetch = Effect.gen(function* () {
      const reply = yield* ask
      if (reply.status < 200 || reply.status > 299) return yield* Effect.fail<Failure>({ _tag: "Refused", reply })
      const answer = Schema.decodeOption(Answer)(reply.body)
      if (Option.isNone(answer)) {
        return yield* Effect.fail<Failure>({
          _tag: "Senseless",
          detail: "no access token in the answer of the token endpoint",
          reply,
        })
      }
      const life = (answer.value.expires_in ?? 2 * 60) * 1000
      return { value: Redacted.make(answer.value.access_token), useFor: useFor(life, yield* Random.next) }
    })
    // who asks first lends the request its deadline, so that a hanging one is not joined for ever
    const bounded = Effect.flatMap(PaymentProvider.CallTimeout, (timeout) =>
      Effect.timeoutOrElse(fetch, {
        duration: timeout,
        orElse: () => Effect.fail<Failure>({ _tag: "Late", millis: Math.round(Duration.toMillis(timeout)) }),
      }),
    )
    const cache = yield* Cache.makeWith<"token", Token, Failure>(() => bounded, {
      capacity: 1,
      timeToLive: (exit) => (Exit.isSuccess(exit) ? exit.value.useFor : Duration.zero),
    })
    const held = Cache.getSuccess(cache, "token")
    return {
      isHeld: Effect.map(held, Option.isSome),
      get: Effect.gen(function* () {
        const found = yield* held
        return Option.isSome(found)
          ? { token: found.value, cached: true }
          : { token: yield* Cache.get(cache, "token"), cached: false }
      }),
      forget: (token) => Effect.asVoid(Effect.ignore(Cache.invalidateWhen(cache, "token", (held) => held === token))),
    }
  })
