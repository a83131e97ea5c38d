import { Api, Page } from "@payment-orchestrator/api"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "operations",
  Effect.fn(function* (handlers) {
    const log = yield* OrchestratorLog.OrchestratorLog
    return handlers.handleAll({
      stats: Effect.fn("Http.stats")(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const stats = yield* log.stats({ tenantId, windowMillis: query.window })
        return {
          total_requests: stats.totalRequests,
          failovers: stats.failovers,
          provider_usage: stats.providerUsage,
          failover_rate: stats.failoverRate,
        }
      }),
      failovers: Effect.fn("Http.failovers")(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("read"), query.tenant_id)
        const limit = query.limit ?? Page.defaultLimit
        const rows = yield* log.failovers({
          tenantId,
          limit: limit + 1,
          before: query.cursor,
          createdAfter: query.created_after,
          createdBefore: query.created_before,
        })
        return Page.of(
          rows.map(({ at, checkoutId, from, id, message, reason, requestId, to }) => ({
            id,
            at,
            checkout_id: checkoutId,
            from,
            to,
            reason,
            message,
            request_id: requestId,
          })),
          limit,
        )
      }),
    })
  }),
)
