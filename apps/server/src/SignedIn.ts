/** Requests of people who signed in: the cookie instead of a key, and what a change needs besides. */
import { type Authorization, Problem } from "@payment-orchestrator/api"
import { SignIns } from "@payment-orchestrator/payments"
import { Context, Effect, Layer, Option, type Redacted } from "effect"
import { HttpServerRequest } from "effect/http"
import { timingSafeEqual } from "node:crypto"
import * as AddressLimit from "./AddressLimit.ts"
import * as ApiKeys from "./ApiKeys.ts"
import * as Problems from "./Problems.ts"
import * as SignInCookie from "./SignInCookie.ts"
import { ServerConfig } from "./ServerConfig.ts"

/** The sign-in of a request, where a cookie authorises it. */
export interface Current {
  readonly token: Redacted.Redacted
  readonly expiresAt: number
}

export const CurrentSignIn = Context.Reference<Option.Option<Current>>(
  "@payment-orchestrator/server/SignedIn/Current",
  {
    defaultValue: () => Option.none(),
  },
)

export interface Recognised {
  readonly caller: Authorization.Caller
  /** None when a key was sent. */
  readonly current: Option.Option<Current>
}

export interface Service {
  /** By the key that was sent; by the cookie where none was, if the request may use it. */
  readonly identify: (
    key: Redacted.Redacted,
  ) => Effect.Effect<
    Recognised,
    Problem.Unauthorized | Problem.Forbidden | Problem.RateLimited | Problem.TryAgain,
    HttpServerRequest.HttpServerRequest
  >
}

/** So many cookies that stand for nobody may come from one address in a minute. */
const wrongPerMinute = 60

/** What reads only. */
const safe: ReadonlySet<string> = new Set(["GET", "HEAD"])

/** Sent by a page that nobody has touched for a while; it keeps nobody signed in. */
const unattended = "x-unattended"

const isEqual = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

const mayChange = Effect.fnUntraced(function* (token: Redacted.Redacted) {
  const { headers, method } = yield* HttpServerRequest.HttpServerRequest
  if (safe.has(method)) return
  yield* SignInCookie.ownOrigin
  if (!isEqual(headers["x-csrf-token"] ?? "", SignIns.csrfOf(token))) {
    return yield* new Problem.Forbidden({
      detail: "changes that a cookie authorises need the header x-csrf-token with the csrf_token of GET /v1/session",
    })
  }
})

const make = Effect.gen(function* () {
  const signIns = yield* SignIns.SignIns
  const keys = yield* ApiKeys.ApiKeys
  const config = yield* ServerConfig
  const wrong = AddressLimit.make({ perMinute: wrongPerMinute })

  const over = Effect.gen(function* () {
    yield* wrong.spend(yield* ApiKeys.group)
    return yield* new Problem.Unauthorized({ detail: "nobody is signed in by this cookie any more: sign in again" })
  })

  const byCookie = Effect.fnUntraced(function* (token: Redacted.Redacted) {
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const wait = yield* wrong.wait(yield* ApiKeys.group)
    if (Option.isSome(wait)) {
      return yield* Problems.rateLimited(wait.value, "too many cookies of nobody came from this address in this minute")
    }
    const found = yield* signIns
      .recognise(token, headers[unattended] === undefined)
      .pipe(Effect.mapError(Problems.storage))
    if (Option.isNone(found)) return yield* over
    yield* Effect.provideService(mayChange(token), ServerConfig, config)
    const { key, signIn } = found.value
    return {
      caller: Option.match(key, { onNone: () => ApiKeys.root, onSome: ApiKeys.callerOf }),
      current: Option.some({ token, expiresAt: signIn.expiresAt }),
    }
  })

  return SignedIn.of({
    identify: Effect.fnUntraced(function* (key) {
      const request = yield* HttpServerRequest.HttpServerRequest
      const token = request.headers["authorization"] === undefined ? SignInCookie.read(request) : Option.none()
      return Option.isSome(token)
        ? yield* byCookie(token.value)
        : { caller: yield* keys.identify(key), current: Option.none() }
    }),
  })
})

export class SignedIn extends Context.Service<SignedIn, Service>()("@payment-orchestrator/server/SignedIn") {
  static readonly layer = Layer.effect(
    SignedIn,
    Effect.suspend(() => make),
  )
}

/** Ends with the sign-in of this request; never, where there is none. For streams, which would outlive it. */
export const over = Effect.gen(function* () {
  const signIns = yield* SignIns.SignIns
  const current = yield* CurrentSignIn
  if (Option.isNone(current)) return yield* Effect.never
  const stands = signIns.recognise(current.value.token, false).pipe(
    Effect.map(Option.isSome),
    // A database that is away for a moment ends nothing.
    Effect.orElseSucceed(() => true),
  )
  while (yield* stands) yield* Effect.sleep("15 seconds")
})
