/** What becomes of a database's error: a `StorageError` for the caller, and one line in the log that says why. */
import { StorageError } from "@payment-orchestrator/payments"
import { Clock, Context, Duration, Effect, Fiber, Option, Predicate, type Schema } from "effect"
import { type SqlClient, SqlError } from "effect/sql"

/** The reasons whose text speaks of the connection or of names, and never of a row's values. */
const harmless: ReadonlySet<string> = new Set([
  "ConnectionError",
  "AuthenticationError",
  "AuthorizationError",
  "SqlSyntaxError",
  "DeadlockError",
  "SerializationError",
  "LockTimeoutError",
  "StatementTimeoutError",
])

const textOf = (reason: SqlError.SqlErrorReason): string | undefined => {
  const { cause } = reason
  if (!(cause instanceof Error)) return undefined
  const code = Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined
  return code === "ERR_SQLITE_ERROR" || harmless.has(reason._tag) ? cause.message || code : code
}

/** Why, for the log: the kind, and the database's own words where they hold no data. */
export const describe = (reason: SqlError.SqlErrorReason): string => {
  const text = textOf(reason)
  return text === undefined ? reason._tag : `${reason._tag}: ${text}`
}

/**
 * How long an answer is waited for: longer than the server's own limit on a statement, so that only a machine that is
 * gone is given up this way. Measured by the machine's clock, since it is not a matter of the program's time.
 */
export const AnswerWithin = Context.Reference<Duration.Duration>("@payment-orchestrator/storage/AnswerWithin", {
  defaultValue: () => Duration.seconds(12),
})

const noAnswer = (after: Duration.Duration) =>
  new SqlError.SqlError({
    reason: new SqlError.ConnectionError({
      cause: new Error(`no answer within ${Duration.format(after)}`),
      operation: "execute",
    }),
  })

/** As the caller is: interruptible or not. */
type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** Made once, and not for each call, since it runs for each (ADR 19). */
const answerOf = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>, restore: Restore) {
  const limit = yield* AnswerWithin
  const work = yield* Effect.forkDetach(restore(effect), { startImmediately: true })
  const done = work.pollUnsafe()
  if (done !== undefined) return yield* done
  const answer = yield* restore(
    Effect.raceFirst(
      Effect.asSome(Fiber.await(work)),
      Effect.as(Effect.provideService(Effect.sleep(limit), Clock.Clock, Clock.Clock.defaultValue()), Option.none()),
    ),
  ).pipe(Effect.onInterrupt(() => Fiber.interrupt(work)))
  if (Option.isSome(answer)) return yield* answer.value
  yield* Effect.forkDetach(Fiber.interrupt(work))
  return yield* noAnswer(limit)
})

/** Gives up after `AnswerWithin` without waiting for the database to notice. */
const answered = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError.SqlError, R> =>
  Effect.uninterruptibleMask((restore) => answerOf(effect, restore))

/** What may go wrong between a port and the database. */
export type Fault = SqlError.SqlError | Schema.SchemaError | StorageError

/** Turns a failure of the database into a `StorageError`; a row that cannot be read is a defect. */
export const storing =
  (during: string) =>
  <A, R>(effect: Effect.Effect<A, Fault, R>): Effect.Effect<A, StorageError, R> =>
    answered(effect).pipe(
      Effect.catchTag("SchemaError", (error) => Effect.die(error)),
      // A lost connection also fails the `rollback`, which the client reports as a defect.
      Effect.catchDefect((defect) => (SqlError.isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect))),
      Effect.catchTag("SqlError", ({ reason }) =>
        Effect.andThen(
          Effect.logWarning(`the database failed (${during}): ${describe(reason)}`),
          Effect.fail(new StorageError({ during })),
        ),
      ),
    )

/** Two transactions stood in each other's way, and this one was undone: the next time it sees what the other one left. */
const contentions: ReadonlySet<string> = new Set(["DeadlockError", "SerializationError", "UniqueViolation"])

const isContention = (error: Fault): boolean => error._tag === "SqlError" && contentions.has(error.reason._tag)

/** Everything or nothing, in one commit. */
export const transaction =
  (sql: SqlClient.SqlClient, during: string) =>
  <A, R>(effect: Effect.Effect<A, Fault, R>): Effect.Effect<A, StorageError, R> =>
    sql.withTransaction(effect).pipe(Effect.retry({ times: 3, while: isContention }), storing(during))
