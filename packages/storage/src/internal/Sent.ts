/** Statements whose answers are waited for later or not at all, so that on PostgreSQL they need no round trip of their own. */
import { Effect, Fiber, Option } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"

type Rows<A> = Effect.Effect<ReadonlyArray<A>, SqlError.SqlError>

/**
 * Sends a statement inside the caller's transaction, in the order of the calls, and answers an effect that waits for its
 * rows. Outside of a transaction, and on SQLite, it is waited for at once.
 */
export const ask = <A>(
  sql: SqlClient.SqlClient,
  statement: Statement.Statement<A>,
): Effect.Effect<Rows<A>, SqlError.SqlError> =>
  sql.onDialectOrElse({
    pg: () =>
      Effect.flatMap(Effect.serviceOption(sql.transactionService), (transaction) =>
        Option.isNone(transaction)
          ? Effect.map(statement, Effect.succeed)
          : Effect.map(Effect.forkDetach(Effect.exit(statement), { startImmediately: true }), (fiber) =>
              Effect.flatten(Fiber.join(fiber)),
            ),
      ),
    orElse: () => Effect.map(statement, Effect.succeed),
  })

/** Sends a statement in the same way, and nobody waits for it: its failure is that of the next one, or of the commit. */
export const send = <A>(
  sql: SqlClient.SqlClient,
  statement: Statement.Statement<A>,
): Effect.Effect<void, SqlError.SqlError> => Effect.asVoid(ask(sql, statement))
