/** The table of jobs goes: every row that must be gone on with says so itself (ADR 3), and nothing was ever kept here. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const migration = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`drop table jobs`)

export default migration
