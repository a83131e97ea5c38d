/** Who calls: the key of the environment, which is no row, and those that were made here. */
import { Authorization, Problem } from "@payment-orchestrator/api"
import { Id } from "@payment-orchestrator/domain"
import { Keys, type KeyStore } from "@payment-orchestrator/payments"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import type { HttpServerRequest } from "effect/http"
import { timingSafeEqual } from "node:crypto"
import * as Address from "./Address.ts"
import * as AddressLimit from "./AddressLimit.ts"
import * as Problems from "./Problems.ts"
import { ServerConfig } from "./ServerConfig.ts"

/** The key of the environment. It cannot be revoked here. */
export const environmentKey = Id.KeyId.make("key_env")

export interface Service {
  /** The caller behind a key; an empty one is none. */
  readonly identify: (
    key: Redacted.Redacted,
  ) => Effect.Effect<
    Authorization.Caller,
    Problem.Unauthorized | Problem.RateLimited | Problem.TryAgain,
    HttpServerRequest.HttpServerRequest
  >
}

/** So many wrong keys, or none, may come from one address in a minute. */
const wrongPerMinute = 60

export const callerOf = ({ id, role, tenantId }: KeyStore.Key): Authorization.Caller => ({
  keyId: id,
  role,
  tenantId: Option.getOrUndefined(tenantId),
})

/** The caller behind the key of the environment. */
export const root: Authorization.Caller = { keyId: environmentKey, role: "admin", tenantId: undefined }

const bytes = (key: Redacted.Redacted) => Buffer.from(Keys.digest(key))

/** What is counted as one client. */
export const group = Effect.map(Address.current, Address.groupOf)

const make = Effect.gen(function* () {
  const keys = yield* Keys.Keys
  const { apiKey } = yield* ServerConfig
  const known = bytes(apiKey)
  const wrong = AddressLimit.make({ perMinute: wrongPerMinute })

  const tooMany = (millis: number) =>
    Problems.rateLimited(millis, "too many requests without a right key came from this address in this minute")

  return ApiKeys.of({
    identify: Effect.fnUntraced(function* (key) {
      if (timingSafeEqual(known, bytes(key))) return root
      // A key that was right before is looked up whatever else its address sends: one that many share (a proxy that is
      // not trusted yet) must not lock everybody out. Any other costs the database nothing more in this minute.
      if (!keys.wasRight(key)) {
        const wait = yield* wrong.wait(yield* group)
        if (Option.isSome(wait)) return yield* tooMany(wait.value)
      }
      const missing = Redacted.value(key) === ""
      const found = missing ? Option.none() : yield* Effect.mapError(keys.recognise(key), Problems.storage)
      if (Option.isSome(found)) return callerOf(found.value)
      const over = yield* wrong.spend(yield* group)
      if (Option.isSome(over)) return yield* tooMany(over.value)
      return yield* new Problem.Unauthorized({
        detail: missing ? "send the header Authorization: Bearer <key>" : "this key is not known here",
      })
    }),
  })
})

export class ApiKeys extends Context.Service<ApiKeys, Service>()("@payment-orchestrator/server/ApiKeys") {
  static readonly layer = Layer.effect(
    ApiKeys,
    Effect.suspend(() => make),
  ).pipe(Layer.provideMerge(Keys.Keys.layer))
}
