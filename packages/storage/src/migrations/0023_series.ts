/**
 * How long opening took, by provider and interval, out of the index alone: SQLite reads the row too unless the index
 * holds the column of its own condition.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`drop index attempts_opened`
  yield* sql`
    create index attempts_opened on attempts (provider, started_at, duration_ms, result) where result = 'opened'`
})

export default migration
