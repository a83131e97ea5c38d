/** Which keys there are and whose they are. Compared by digest in constant time; the key itself is never kept. */
import type { Authorization } from "@payment-orchestrator/api"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { ServerConfig } from "./ServerConfig.ts"

export interface Service {
  readonly find: (key: Redacted.Redacted) => Effect.Effect<Option.Option<Authorization.Caller>>
}

const digest = (key: Redacted.Redacted) => createHash("sha256").update(Redacted.value(key)).digest()

export class ApiKeys extends Context.Service<ApiKeys, Service>()("@payment-orchestrator/server/ApiKeys") {
  /** The one key of the environment, role `admin`. */
  static readonly layer = Layer.effect(
    ApiKeys,
    Effect.map(ServerConfig, ({ apiKey }) => {
      const known = digest(apiKey)
      return ApiKeys.of({
        find: (key) =>
          Effect.sync(() =>
            timingSafeEqual(known, digest(key))
              ? Option.some({ role: "admin" as const, tenantId: undefined })
              : Option.none(),
          ),
      })
    }),
  )
}
