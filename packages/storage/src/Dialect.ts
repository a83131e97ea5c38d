/** The few places where PostgreSQL and SQLite do not speak alike. Everything else is written once. */
import type { SqlClient } from "effect/sql"

type Sql = SqlClient.SqlClient

/** The type of an id column: compared byte by byte, so that ids sort by time whatever the database's language. */
export const idType = (sql: Sql) =>
  sql.literal(sql.onDialectOrElse({ pg: () => `text collate "C"`, orElse: () => "text" }))

/** Locks the rows of a `select` until the transaction ends; SQLite's write transactions exclude each other anyway. */
export const forUpdate = (sql: Sql) => sql.literal(sql.onDialectOrElse({ pg: () => "for update", orElse: () => "" }))

/** The same, leaving out rows that another transaction holds. */
export const forUpdateSkipLocked = (sql: Sql) =>
  sql.literal(sql.onDialectOrElse({ pg: () => "for update skip locked", orElse: () => "" }))

/** Held to the end of the transaction by whoever migrates; others wait. SQLite's write transaction is that lock. */
export const migrationLock = (sql: Sql) =>
  sql.onDialectOrElse({
    pg: () => [
      sql`set local statement_timeout = '10min'`,
      sql`select cast(pg_advisory_xact_lock(4242024201) as text) as locked`,
    ],
    orElse: () => [],
  })
