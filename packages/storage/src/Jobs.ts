/**
 * What must still happen, kept in the database until it has: leased to one process at a time, run at least once, tried
 * again without end. Time is the process's `Clock`, so clocks of replicas may differ by a few seconds, not by ten.
 */
import { Id, Timestamp } from "@payment-orchestrator/domain"
import type { StorageError } from "@payment-orchestrator/payments"
import { Context, Duration, Effect, Layer, Option, Queue, Scope } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as JobRows from "./internal/JobRows.ts"
import * as Workers from "./internal/Worker.ts"

export type Job = Workers.Job
export type Result = Workers.Result
export type Worker<E, R> = Workers.Worker<E, R>
export type Which = JobRows.Which

/** The job has done what it was for. */
export const done: Result = { _tag: "Done" }

/** Not yet, and no fault: the same job again after so long. */
export const again = (after: Duration.Input): Result => ({ _tag: "Again", after: Duration.fromInputUnsafe(after) })

export interface Offer {
  /** What is to be done, e.g. `capture`. */
  readonly kind: string
  /** What it is to be done to; one job per kind and key. */
  readonly key: string
  /** What the handler gets besides; JSON text, no secret. */
  readonly payload?: string
  /** Epoch milliseconds. @default now */
  readonly runAt?: number
  /** What it waits for, e.g. a provider's name: `wake({ group })` finds it by that. */
  readonly group?: string
}

export interface Service {
  /**
   * In the caller's transaction when there is one. A job that is there already is due again at the earlier of both
   * times; one that is running is run once more afterwards.
   */
  readonly offer: (job: Offer) => Effect.Effect<void, StorageError>
  /** Makes waiting jobs due now: of a kind, one by its key, or all of a group. Answers how many. */
  readonly wake: (which: Which) => Effect.Effect<number, StorageError>
  /** Starts a worker that runs as long as the scope is open; a closing scope lets its running jobs go for others. */
  readonly work: <E, R>(worker: Worker<E, R>) => Effect.Effect<void, never, R | Scope.Scope>
}

const make = Effect.map(SqlClient.SqlClient, (sql): Service => {
  const bells = new Set<Queue.Queue<void>>()
  /** Once it is committed: before that nobody sees the job. */
  const ring = sql.afterCommit(Effect.sync(() => bells.forEach((bell) => Queue.offerUnsafe(bell, undefined))))

  return {
    offer: Effect.fn("Jobs.offer")(function* ({ group, key, kind, payload = "{}", runAt }) {
      const now = yield* Timestamp.now
      const job = { kind, key, payload, runAt: runAt ?? now, group: Option.fromUndefinedOr(group) }
      yield* Failure.transaction(sql, "offer a job")(JobRows.offer(sql, job, now))
      yield* ring
    }),
    wake: Effect.fn("Jobs.wake")(function* (which) {
      const now = yield* Timestamp.now
      const woken = yield* Failure.transaction(sql, "wake jobs")(JobRows.wake(sql, which, now))
      yield* ring
      return woken
    }),
    work: (worker) =>
      Effect.gen(function* () {
        // Closed after the loop has ended, which is forked later.
        const jobs = yield* Effect.acquireRelease(Scope.make(), Scope.close)
        const bell = yield* Effect.acquireRelease(
          Effect.tap(Queue.sliding<void>(1), (queue) => Effect.sync(() => bells.add(queue))),
          (queue) => Effect.sync(() => bells.delete(queue)),
        )
        yield* Effect.forkScoped(Workers.loop(worker, { sql, bell, drawLease: Id.makeLinkToken, jobs }))
      }),
  }
})

export class Jobs extends Context.Service<Jobs, Service>()("@payment-orchestrator/storage/Jobs") {}

export const layer: Layer.Layer<Jobs, never, SqlClient.SqlClient> = Layer.effect(Jobs, make)
