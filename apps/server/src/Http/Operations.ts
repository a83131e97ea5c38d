import { Api } from "@payment-orchestrator/api"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Money, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { AlertStore, StatsStore } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

const defaultWindow = 3_600_000
/** An interval is so long, or a multiple of it, so that intervals begin at round times and stay where they are. */
const steps = [5, 15, 30, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200].map((seconds) => seconds * 1_000)
const mostIntervals = 120

const stepFor = (window: number): number =>
  steps.find((step) => window / step <= mostIntervals) ?? Math.ceil(window / mostIntervals / 3_600_000) * 3_600_000

/** Money that moved, or did not, and of which nobody knows for so long. */
const unknownAfterMillis = 60_000

export const layer = HttpApiBuilder.group(
  Api,
  "operations",
  Effect.fn(function* (handlers) {
    const log = yield* OrchestratorLog.OrchestratorLog
    const stats = yield* StatsStore.StatsStore
    const alerts = yield* AlertStore.AlertStore
    const { alertWindow } = yield* ServerConfig

    /** The same numbers as the alerts are decided by. */
    const watch = Effect.fnUntraced(function* (now: number) {
      const { routing, unknown } = yield* alerts.facts({
        now,
        windowMillis: alertWindow,
        atLeast: 20,
        unknownAfterMillis,
      })
      return {
        checkouts: routing.checkouts,
        displaced: routing.displaced,
        unknown_outcomes: unknown.reduce((total, { count }) => total + count, 0),
      }
    })

    return handlers.handleAll({
      stats: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const stats = yield* log.stats({ tenantId, windowMillis: query.window })
        return {
          total_requests: stats.totalRequests,
          failovers: stats.failovers,
          provider_usage: stats.providerUsage,
          failover_rate: stats.failoverRate,
        }
      }, Tracing.span("Http.stats")),
      series: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const now = yield* Timestamp.now
        const window = query.window ?? defaultWindow
        const stepMillis = stepFor(window)
        const to = Math.floor(now / stepMillis) * stepMillis + stepMillis
        const from = to - Math.ceil(window / stepMillis) * stepMillis
        return yield* Effect.gen(function* () {
          const points = yield* stats.series({ tenantId, from, to, stepMillis })
          const rescued = yield* stats.rescued({ tenantId, from, to })
          return {
            from,
            to,
            step_seconds: stepMillis / 1_000,
            data: points.map(({ providers, ...point }) => ({
              ...point,
              providers: Object.fromEntries(
                providers.map(({ meanMillis, provider, shown }) => [provider, { shown, mean_ms: meanMillis }]),
              ),
            })),
            rescued: rescued.map(({ amount, checkouts, currency }) => ({
              currency,
              amount: Money.toDecimal({ amount, currency }),
              checkouts,
            })),
            watch: tenantId === undefined ? yield* watch(now) : null,
          }
        }).pipe(Effect.mapError(Problems.storage))
      }, Tracing.span("Http.series")),
      failovers: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("read"), query.tenant_id)
        const rows = yield* log.failovers({ tenantId, ...Listing.asked(query) })
        return Listing.answer(
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
          query,
        )
      }, Tracing.span("Http.failovers")),
    })
  }),
)
