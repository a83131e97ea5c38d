/**
 * Effect's connections over those of the driver. In a transaction, what is sent before the last answer has come goes out
 * together (ADR 22): `BEGIN` with the first statement, what `Sent` sends with the next one that is waited for. PostgreSQL
 * answers in the order in which it was asked, and refuses what comes after a failure until the transaction is over.
 */
import type { PgConnection } from "@effect/sql-pg"
import { Clock, Effect, Option, Predicate, Stream } from "effect"
import { type SqlConnection, SqlError } from "effect/sql"
import * as Failure from "./Failure.ts"

/** What is needed of the driver's. */
export type Session = Pick<PgConnection.PgConnection, "query" | "queryValues" | "stream">

type Answered = <A>(answer: Effect.Effect<A, SqlError.SqlError>) => Effect.Effect<A, SqlError.SqlError>

const over = (connection: Session, answered: Answered): SqlConnection.Connection => {
  const query = (sql: string, values: ReadonlyArray<unknown>, prepare?: boolean) =>
    answered(connection.query(sql, values, prepare))
  const rows =
    (prepare: boolean): SqlConnection.Connection["execute"] =>
    (sql, values, transform) =>
      Effect.map(query(sql, values, prepare), (result) =>
        transform === undefined ? result.rows : transform(result.rows),
      )
  return {
    execute: rows(true),
    executeUnprepared: rows(false),
    executeRaw: query,
    executeValues: (sql, values) => answered(connection.queryValues(sql, values)),
    executeValuesUnprepared: (sql, values) => answered(connection.queryValues(sql, values, false)),
    executeStream: (sql, values, transform) => {
      const found = connection.stream(sql, values)
      return transform === undefined ? found : Stream.flattenIterable(Stream.map(found, (row) => transform([row])))
    },
  }
}

/** One statement after the other, each waited for. */
export const statements = (connection: Session): SqlConnection.Connection => over(connection, (answer) => answer)

/** As the client begins a transaction, and ends it. */
export const begin = "BEGIN"
export const commit = "COMMIT"
export const rollback = "ROLLBACK"

/** What comes after a failure is refused with this. Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const inFailedTransaction = "25P02"

const isConsequence = ({ reason: { cause } }: SqlError.SqlError) =>
  Predicate.hasProperty(cause, "code") && cause.code === inFailedTransaction

const undone = new SqlError.SqlError({
  reason: new SqlError.UnknownError({ cause: new Error("COMMIT was answered with ROLLBACK"), operation: "commit" }),
})

const silent = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({ cause: new Error("ROLLBACK was not answered"), operation: "rollback" }),
})

/**
 * The whole transaction's, and nobody else's. Its commit fails with the first failure when anything was refused. `drop` gives
 * the connection up, so that it is not used again.
 */
export const transaction = (connection: Session, drop: Effect.Effect<void>): SqlConnection.Connection => {
  let first: SqlError.SqlError | undefined
  let unbegun: SqlError.SqlError | undefined

  const answered: Answered = (answer) =>
    Effect.matchEffect(answer, {
      onFailure: (error) => {
        if (first === undefined || !isConsequence(error)) first = error
        return Effect.fail(first)
      },
      onSuccess: (value) => (unbegun === undefined ? Effect.succeed(value) : Effect.fail(unbegun)),
    })

  const inner = over(connection, answered)

  const begun = connection.query(begin).pipe(
    Effect.catch((error) => Effect.sync(() => void (unbegun = error))),
    Effect.forkDetach({ startImmediately: true }),
    Effect.as([]),
  )

  /** It comes after whatever is still under way. By the machine's clock: that is no matter of the program's time. */
  const undo = Effect.flatMap(Failure.AnswerWithin, (limit) =>
    Effect.raceFirst(
      Effect.asSome(connection.query(rollback)),
      Effect.as(Effect.provideService(Effect.sleep(limit), Clock.Clock, Clock.Clock.defaultValue()), Option.none()),
    ),
  ).pipe(Effect.flatMap((answer) => (Option.isSome(answer) ? Effect.succeed([]) : Effect.andThen(drop, silent))))

  const keep = Effect.flatMap(connection.query(commit), ({ command }) => {
    if (unbegun !== undefined) return Effect.fail(unbegun)
    return command === rollback ? Effect.fail(first ?? undone) : Effect.succeed([])
  })

  const steps = new Map([
    [begin, begun],
    [commit, keep],
    [rollback, undo],
  ])
  return { ...inner, execute: (sql, values, transform) => steps.get(sql) ?? inner.execute(sql, values, transform) }
}
