/** Statements whose answers are waited for later or not at all, so that on PostgreSQL they need no round trip of their own. */
import { Effect, Fiber, Option } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"

type Rows<A> = Effect.Effect<ReadonlyArray<A>, SqlError.SqlError>

/**
 * Sends a statement inside the caller's transaction, in the order of the calls, and answers an effect that waits for its
 * rows. When nobody waits for them, its failure is that of the next statement, or of the commit. Outside of a
 * transaction, and on SQLite, it is waited for at once.
 */
export const send = <A>(
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
