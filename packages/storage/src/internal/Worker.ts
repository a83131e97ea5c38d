/** Takes jobs of one kind as they fall due and runs them, as many at once as it may. */
import { Timestamp } from "@payment-orchestrator/domain"
import type { StorageError } from "@payment-orchestrator/payments"
import { Cause, Duration, Effect, Exit, Option, Queue, Schedule, type Scope, Semaphore } from "effect"
import type { SqlClient } from "effect/sql"
import * as Failure from "./Failure.ts"
import * as JobRows from "./JobRows.ts"

/** A lease is renewed three times before it ends: a process that was killed is succeeded after at most this. */
const leaseMillis = 15_000
const renewEvery = Duration.seconds(5)

/** How often the table is looked at when nothing says that a job is due. */
const pollEvery = Duration.seconds(1)

export interface Job {
  readonly kind: string
  readonly key: string
  readonly payload: string
  /** How often it was tried since it was last offered, this time included. */
  readonly attempt: number
}

/** What a run comes to. `Again`: not yet, and no fault. */
export type Result = { readonly _tag: "Done" } | { readonly _tag: "Again"; readonly after: Duration.Duration }

export interface Worker<E, R> {
  readonly kind: string
  /** Jobs at once in this process. */
  readonly concurrency: number
  /** Runs at least once per offer, perhaps more often: after a crash, and when a lease was lost. */
  readonly handle: (job: Job) => Effect.Effect<Result, E, R>
  /** How long to wait after the given attempt failed (1 for the first); there is no last attempt. */
  readonly backoff: (attempt: number) => Duration.Duration
}

const leaseEnd = Effect.map(Timestamp.now, (now) => now + leaseMillis)

/** Ends, with `false`, when the lease was lost. A database that does not answer is asked again while the lease stands. */
const keepLease = (sql: SqlClient.SqlClient, job: JobRows.Leased) =>
  leaseEnd.pipe(
    Effect.flatMap((until) => Failure.storing("renew a lease")(JobRows.renew(sql, job, until))),
    Effect.orElseSucceed(() => true),
    Effect.delay(renewEvery),
    Effect.repeat({ while: (isOurs: boolean) => isOurs }),
  )

const firstLine = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]?.slice(0, 500) ?? ""
}

/** Runs one job under its lease and writes down what came of it. */
const run = Effect.fnUntraced(function* <E, R>(sql: SqlClient.SqlClient, worker: Worker<E, R>, job: JobRows.Leased) {
  const { attempt, key, kind } = job
  const end = (during: string, effect: Effect.Effect<unknown, Failure.Fault>) =>
    Effect.ignore(Failure.transaction(sql, during)(effect))
  const later = (after: Duration.Duration, error: string | null) =>
    Effect.flatMap(Timestamp.now, (now) =>
      end("postpone a job", JobRows.postpone(sql, job, now + Duration.toMillis(after), error)),
    )

  yield* Effect.raceFirst(
    Effect.asSome(Effect.exit(worker.handle({ kind, key, payload: job.payload, attempt }))),
    Effect.as(keepLease(sql, job), Option.none()),
  ).pipe(
    Effect.onInterrupt(() => end("free a job", JobRows.free(sql, job))),
    Effect.flatMap(
      Effect.fnUntraced(function* (exit) {
        if (Option.isNone(exit)) return yield* Effect.logWarning("a job was taken over, because its lease was lost")
        if (Exit.isSuccess(exit.value)) {
          const result = exit.value.value
          return yield* result._tag === "Done"
            ? end("finish a job", JobRows.finish(sql, job))
            : later(result.after, null)
        }
        const error = firstLine(exit.value.cause)
        yield* Effect.logWarning(`a job failed and will be tried again: ${error}`)
        return yield* later(worker.backoff(attempt), error)
      }),
    ),
    Effect.annotateLogs({ job_kind: kind, job_key: key, job_attempt: attempt }),
    Effect.withSpan("Jobs.run", { attributes: { kind } }),
  )
})

/** What a loop has from its surroundings. */
export interface Surroundings {
  readonly sql: SqlClient.SqlClient
  /** Rings when a job may have become due. */
  readonly bell: Queue.Dequeue<void>
  readonly drawLease: Effect.Effect<string>
  /** Where the running jobs live; when it closes they are let go for others. */
  readonly jobs: Scope.Scope
}

/** Takes and starts jobs until it is interrupted. */
export const loop = Effect.fnUntraced(function* <E, R>(
  worker: Worker<E, R>,
  { bell, drawLease, jobs, sql }: Surroundings,
) {
  const slots = yield* Semaphore.make(worker.concurrency)
  const take: Effect.Effect<Option.Option<JobRows.Leased>, StorageError> = Effect.gen(function* () {
    const now = yield* Timestamp.now
    return yield* JobRows.take(sql, worker.kind, yield* drawLease, now, now + leaseMillis)
  }).pipe(Failure.transaction(sql, "take a job"))

  const turn = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      yield* restore(slots.take(1))
      const job = yield* restore(take).pipe(
        Effect.orElseSucceed(() => Option.none<JobRows.Leased>()),
        Effect.catchDefect((defect) =>
          Effect.as(Effect.logError(`jobs of kind ${worker.kind} cannot be taken`, Cause.die(defect)), Option.none()),
        ),
        Effect.onInterrupt(() => slots.release(1)),
      )
      if (Option.isNone(job)) {
        yield* slots.release(1)
        yield* restore(Effect.timeoutOption(Queue.take(bell), pollEvery))
      } else {
        yield* Effect.forkIn(Effect.ensuring(restore(run(sql, worker, job.value)), slots.release(1)), jobs)
      }
    }),
  )
  return yield* Effect.repeat(turn, Schedule.forever)
})
