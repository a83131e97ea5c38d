import { Api, Authorization } from "@payment-orchestrator/api"
import { OrchestratorLog, PaymentOrchestrator } from "@payment-orchestrator/core"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"

const defaultLimit = 20

export const layer = HttpApiBuilder.group(
  Api,
  "operations",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    const log = yield* OrchestratorLog.OrchestratorLog
    return handlers.handleAll({
      stats: Effect.fn("Http.stats")(function* ({ query }) {
        const caller = yield* Authorization.CurrentCaller
        const stats = yield* log.stats({ tenantId: caller.tenantId, windowMillis: query.window })
        return {
          total_requests: stats.totalRequests,
          failovers: stats.failovers,
          provider_usage: stats.providerUsage,
          failover_rate: stats.failoverRate,
        }
      }),
      failovers: Effect.fn("Http.failovers")(function* ({ query }) {
        yield* Access.require("read")
        const limit = query.limit ?? defaultLimit
        const rows = yield* log.failovers({
          limit: limit + 1,
          before: query.cursor,
          createdAfter: query.created_after,
          createdBefore: query.created_before,
        })
        const page = rows.slice(0, limit)
        return {
          data: page.map(({ at, checkoutId, from, id, message, reason, requestId, to }) => ({
            id,
            at,
            checkout_id: checkoutId,
            from,
            to,
            reason,
            message,
            request_id: requestId,
          })),
          next_cursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
        }
      }),
      providers: Effect.fn("Http.providers")(function* () {
        yield* Access.require("read")
        const statuses = yield* orchestrator.availableProviders
        return {
          data: statuses.map(({ available, circuit, livemode, name, reason }) => ({
            name,
            available,
            livemode,
            circuit,
            reason: Option.getOrNull(reason),
          })),
        }
      }),
    })
  }),
)
