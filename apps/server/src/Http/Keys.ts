import { Api, Problem } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { Keys, type KeyStore } from "@payment-orchestrator/payments"
import { Effect, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import { environmentKey } from "../ApiKeys.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

const shown = (key: KeyStore.Key) => ({
  id: key.id,
  role: key.role,
  tenant_id: Option.getOrNull(key.tenantId),
  name: Option.getOrNull(key.name),
  created_at: key.createdAt,
  last_used_at: Option.getOrNull(key.lastUsedAt),
  revoked_at: Option.getOrNull(key.revokedAt),
})

const environments = {
  id: environmentKey,
  role: "admin" as const,
  tenant_id: null,
  name: "PAYMENT_API_KEY",
  created_at: null,
  last_used_at: null,
  revoked_at: null,
}

const known = Option.match({
  onNone: () => Effect.fail(Problems.notFound("key by that id")),
  onSome: (key: KeyStore.Key) => Effect.succeed(shown(key)),
})

export const layer = HttpApiBuilder.group(
  Api,
  "keys",
  Effect.fn(function* (handlers) {
    const keys = yield* Keys.Keys
    return handlers.handleAll({
      create: Effect.fnUntraced(function* ({ payload }) {
        yield* Access.require("administer")
        const wish = {
          role: payload.role,
          tenantId: Option.fromUndefinedOr(payload.tenant_id),
          name: Option.fromUndefinedOr(payload.name),
        }
        const { key, secret } = yield* Effect.mapError(keys.create(wish), Problems.storage)
        return { ...shown(key), secret: Redacted.value(secret) }
      }, Tracing.span("Http.createKey")),
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("administer"), query.tenant_id)
        const page = Listing.asked(query)
        const rows = yield* keys.list({ tenantId, ...page }).pipe(Effect.mapError(Problems.storage))
        const filtered = [tenantId, page.createdAfter, page.createdBefore].some((filter) => filter !== undefined)
        const last = rows.length >= page.limit || filtered ? [] : [environments]
        return Listing.answer([...rows.map(shown), ...last], query)
      }, Tracing.span("Http.listKeys")),
      get: Effect.fnUntraced(function* ({ params }) {
        yield* Access.require("administer")
        if (params.id === environmentKey) return environments
        return yield* Effect.flatMap(Effect.mapError(keys.get(params.id), Problems.storage), known)
      }, Tracing.span("Http.getKey")),
      revoke: Effect.fnUntraced(function* ({ params }) {
        yield* Access.require("administer")
        if (params.id === environmentKey) {
          return yield* new Problem.Conflict({
            code: "conflict",
            retryable: false,
            detail: "this is the key of the environment: change PAYMENT_API_KEY and start again",
          })
        }
        return yield* Effect.flatMap(Effect.mapError(keys.revoke(params.id), Problems.storage), known)
      }, Tracing.span("Http.revokeKey")),
    })
  }),
)
