/** Who is told in this process, after the commit, that something has become due or was told. One bell per database. */
import type { Id } from "@payment-orchestrator/domain"
import { Effect, Queue } from "effect"
import type { SqlClient } from "effect/sql"

/** The endpoints to which one commit made something due; empty when an event was told that nobody wants. */
type Ring = ReadonlyArray<Id.EndpointId>

const listeners = new WeakMap<SqlClient.SqlClient, Set<(ring: Ring) => void>>()

/** Once the caller's transaction is committed: before that nobody sees what it made. */
export const ring = (sql: SqlClient.SqlClient, endpoints: Ring): Effect.Effect<void> =>
  sql.afterCommit(Effect.sync(() => listeners.get(sql)?.forEach((hear) => hear(endpoints))))

/** Calls back at each ring as long as the scope is open. */
export const listen = (sql: SqlClient.SqlClient, hear: (ring: Ring) => void) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const all = listeners.get(sql) ?? new Set()
      listeners.set(sql, all.add(hear))
      return all
    }),
    (all) => Effect.sync(() => all.delete(hear)),
  )

/** Endpoints as they ring; what is not taken in time is dropped, the oldest first. */
export const endpoints = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const queue = yield* Queue.sliding<Id.EndpointId>(1_024)
  yield* listen(sql, (ids) => ids.forEach((id) => Queue.offerUnsafe(queue, id)))
  return queue
})
