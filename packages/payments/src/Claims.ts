/**
 * Resolves what processes that died left behind: a claim without an outcome. What it may have opened was not shown to a
 * buyer, so it is quarantined until its time is over; the same key may try again, and so may a buyer who was moved on.
 */
import { type Attempt, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Effect, Schedule } from "effect"
import { CheckoutStore, type OpenClaim } from "./CheckoutStore.ts"

/** What is known of an attempt whose process died: it may have happened. */
const lost = ({ attempts, claimedAt }: OpenClaim): ReadonlyArray<Attempt.Attempt> =>
  attempts.map(({ provider }) => ({
    provider,
    result: "transient_error",
    reason: "process_died",
    message: "the process that asked ended before the answer was recorded",
    outcome: "unknown",
    startedAt: claimedAt,
    durationMs: 0,
    tries: 0,
  }))

/** Ends every claim older than this; answers how many. */
export const resolve = Effect.fnUntraced(function* (olderThanMillis: number) {
  const store = yield* CheckoutStore
  const now = yield* Timestamp.now
  const claims = yield* store.openClaims(now - olderThanMillis)
  const ended = yield* Effect.forEach(claims, (claim) => store.abandon(claim, lost(claim)))
  const count = ended.filter(Boolean).length
  if (count > 0)
    yield* Effect.logWarning(`${count} checkouts were left open by a process that died; they may be tried again`)
  return count
}, Tracing.span("Claims.resolve"))

/** At the start and every 30 s. A database that cannot be reached is tried again at the next turn. */
export const sweep = (olderThanMillis: number) =>
  resolve(olderThanMillis).pipe(
    Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    Effect.repeat(Schedule.spaced("30 seconds")),
  )
