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

/** Makes a table one that only grows: the database itself refuses to change or delete its rows. */
export const appendOnly = (sql: Sql, table: string) =>
  sql.onDialectOrElse({
    pg: () => [
      sql.unsafe(
        `create function ${table}_only_grows() returns trigger language plpgsql as
          'begin raise exception ''${table} is append-only''; end'`,
      ),
      sql.unsafe(
        `create trigger ${table}_only_grows before update or delete on ${table}
          for each row execute function ${table}_only_grows()`,
      ),
    ],
    orElse: () =>
      ["update", "delete"].map((change) =>
        sql.unsafe(
          `create trigger ${table}_no_${change} before ${change} on ${table}
            begin select raise(abort, '${table} is append-only'); end`,
        ),
      ),
  })

/** A member of a column that holds JSON text, as text; null when there is none. Names are ours, never a caller's. */
export const jsonText = (sql: Sql, column: string, member: string): string =>
  sql.onDialectOrElse({
    pg: () => `(${column}::json ->> '${member}')`,
    orElse: () => `json_extract(${column}, '$.${member}')`,
  })
