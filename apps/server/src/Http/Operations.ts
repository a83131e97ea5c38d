import { Api, Authorization, Page } from "@payment-orchestrator/api"
import { OrchestratorLog, PaymentOrchestrator } from "@payment-orchestrator/core"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"

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
        const limit = query.limit ?? Page.defaultLimit
        const rows = yield* log.failovers({
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
