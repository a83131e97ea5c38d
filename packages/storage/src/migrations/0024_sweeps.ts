/**
 * What sweeps look for among a million others: webhooks whose bodies are still kept, and a provider's sessions that are
 * being paid when it has recovered.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`create index inbox_bodies on inbox (received_at) where body <> ''`
  yield* sql`create index sessions_hurried on sessions (provider, look_at) where state = 'completing'`
})

export default migration
