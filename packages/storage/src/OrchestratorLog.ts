/**
 * `OrchestratorLog` on SQL. The counters and the failover log are written by `CheckoutStore.claim` and `.commit` in
 * their own transactions, so nothing is written here: a failover is announced before it is recorded.
 */
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Timestamp, Tracing } from "@payment-orchestrator/domain"
import type { StorageError } from "@payment-orchestrator/payments"
import { Effect, Layer, Ref } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as FailoverRows from "./internal/FailoverRows.ts"
import * as Statistics from "./internal/Statistics.ts"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { failovers } = yield* Failure.storing("stats")(Statistics.total(sql))
  const known = yield* Ref.make(failovers)
  return OrchestratorLog.OrchestratorLog.of({
    routingBegan: () => Effect.void,
    attemptClosed: () => Effect.void,
    sessionShown: () => Effect.void,
    failedOver: () => Ref.updateAndGet(known, (n) => n + 1),
    stats: Effect.fnUntraced(function* ({ tenantId, windowMillis } = {}) {
      if (windowMillis === undefined) return yield* read("stats")(Statistics.total(sql, tenantId))
      const now = yield* Timestamp.now
      return yield* read("stats")(Statistics.window(sql, tenantId, now - windowMillis))
    }, Tracing.span("OrchestratorLog.stats")),
    failovers: (page) => Tracing.span("OrchestratorLog.failovers")(read("failovers")(FailoverRows.page(sql, page))),
  })
})

/** The port has no error of its own: a database that fails is a defect that is a `StorageError`. */
const read =
  (during: string) =>
  <A>(effect: Effect.Effect<A, Failure.Fault>): Effect.Effect<A> =>
    Effect.orDie(Failure.storing(during)(effect))

/** Reads at the start how many failovers there have been; counts on from there for the log line. */
export const layer: Layer.Layer<OrchestratorLog.OrchestratorLog, StorageError, SqlClient.SqlClient> = Layer.effect(
  OrchestratorLog.OrchestratorLog,
  make,
)
