/** The database behind every port: SQLite or PostgreSQL, as `DATABASE_URL` says. */
import { type Config, Effect, Layer, type Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import * as DatabaseUrl from "./DatabaseUrl.ts"
import type { DatabaseError } from "./DatabaseError.ts"
import * as Postgres from "./internal/Postgres.ts"
import * as Sqlite from "./internal/Sqlite.ts"

export interface Options {
  /** Connections of this process to PostgreSQL. @default 10 */
  readonly poolSize?: number
  /**
   * Whether a second process on the same SQLite file is refused. A server wants that; a command that only looks does
   * not. @default true
   */
  readonly exclusive?: boolean
  /**
   * Whether a SQLite file is written through to the disk before anything is told of a commit. What only makes a loss of
   * power up does without. @default true
   */
  readonly durable?: boolean
}

/** A SQLite file (a path; its folder is made), or `:memory:`. */
export const layerSqlite = (
  filename: string,
  { durable = true, exclusive = true }: Options = {},
): Layer.Layer<SqlClient.SqlClient, DatabaseError> => Sqlite.layer({ filename, exclusive, durable })

/** A PostgreSQL database. It is connected to when it is first asked, and again when a connection was lost. */
export const layerPostgres = (
  url: Redacted.Redacted,
  { poolSize = 10 }: Options = {},
): Layer.Layer<SqlClient.SqlClient, DatabaseError> => Postgres.layer({ url, poolSize })

/** The database of `DATABASE_URL`, by default the file `./data/payments.db`. */
export const layer = (options: Options = {}): Layer.Layer<SqlClient.SqlClient, Config.ConfigError | DatabaseError> =>
  Layer.unwrap(
    Effect.map(DatabaseUrl.config, (url) =>
      url._tag === "Sqlite" ? layerSqlite(url.filename, options) : layerPostgres(url.url, options),
    ),
  )
