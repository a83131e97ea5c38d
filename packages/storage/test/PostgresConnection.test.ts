import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Stream } from "effect"
import { SqlError } from "effect/sql"
import * as Failure from "../src/internal/Failure.ts"
import * as PostgresConnection from "../src/internal/PostgresConnection.ts"

const refused = new SqlError.SqlError({
  reason: new SqlError.StatementTimeoutError({ cause: new Error("canceled by an administrator"), operation: "query" }),
})

type Answer = Effect.Effect<string, SqlError.SqlError>

/** A server that answers each statement with its command, but for some; and what it was sent. */
const serverOf = (answers: Readonly<Record<string, Answer>>) => {
  const sent: Array<string> = []
  const session: PostgresConnection.Session = {
    query: (sql) =>
      Effect.suspend(() => {
        sent.push(sql)
        return Effect.map(answers[sql] ?? Effect.succeed(sql), (command) => {
          return { command, rowCount: 0, oid: null, rows: [], fields: [] }
        })
      }),
    queryValues: () => Effect.succeed([]),
    stream: () => Stream.empty,
  }
  return { sent, session }
}

const begun = (session: PostgresConnection.Session, drop: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function* () {
    const transaction = PostgresConnection.transaction(session, drop)
    yield* transaction.execute(PostgresConnection.begin, [], undefined)
    return transaction
  })

describe("the connection of a transaction on PostgreSQL", () => {
  it.effect("sends nothing more when it turns out that the transaction was not begun", () =>
    Effect.gen(function* () {
      const { sent, session } = serverOf({ BEGIN: Effect.fail(refused) })
      const transaction = yield* begun(session)
      assert.strictEqual(yield* Effect.flip(transaction.execute("insert", [], undefined)), refused)
      assert.strictEqual(yield* Effect.flip(transaction.execute(PostgresConnection.commit, [], undefined)), refused)
      assert.deepStrictEqual(sent, ["BEGIN", "insert", "COMMIT"])
    }),
  )

  it.effect("does not wait for its beginning", () =>
    Effect.gen(function* () {
      const { sent, session } = serverOf({ BEGIN: Effect.never })
      const transaction = yield* begun(session)
      yield* transaction.execute("insert", [], undefined)
      yield* transaction.execute(PostgresConnection.commit, [], undefined)
      assert.deepStrictEqual(sent, ["BEGIN", "insert", "COMMIT"])
    }),
  )

  it.effect("does not call a commit one that was answered with a rollback", () =>
    Effect.gen(function* () {
      const transaction = yield* begun(serverOf({ COMMIT: Effect.succeed("ROLLBACK") }).session)
      assert.strictEqual(
        (yield* Effect.flip(transaction.execute(PostgresConnection.commit, [], undefined))).reason._tag,
        "UnknownError",
      )
    }),
  )

  it.live("gives the connection up when nobody answers that it is undone", () =>
    Effect.gen(function* () {
      let dropped = 0
      const drop = Effect.sync(() => void (dropped += 1))
      const undo = (answer: Answer) =>
        Effect.flatMap(begun(serverOf({ ROLLBACK: answer }).session, drop), (transaction) =>
          transaction.execute(PostgresConnection.rollback, [], undefined),
        ).pipe(Effect.provideService(Failure.AnswerWithin, Duration.millis(20)))
      yield* undo(Effect.succeed("ROLLBACK"))
      assert.strictEqual(dropped, 0)
      assert.strictEqual((yield* Effect.flip(undo(Effect.never))).reason._tag, "ConnectionError")
      assert.strictEqual(dropped, 1)
    }),
  )
})
