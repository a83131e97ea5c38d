/** Databases for real server processes: a SQLite file, and PostgreSQL where one answers. */
import { Database } from "@payment-orchestrator/storage"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** A server without a password, as in a developer's machine and in CI. */
const server = "postgres://postgres@127.0.0.1:5432"

/** Making and dropping a database waits for a checkpoint, on a busy disk longer than a statement of ours may take. */
const unhurried = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`set statement_timeout = 0`)

/** Statements of the database's administrator. */
export const asAdministrator = <A, E>(statement: (sql: SqlClient.SqlClient) => Effect.Effect<A, E>) =>
  Effect.provide(
    Effect.andThen(unhurried, Effect.flatMap(SqlClient.SqlClient, statement)),
    Database.layerPostgres(Redacted.make(`${server}/postgres`), { poolSize: 1 }),
    { local: true },
  )

/** Whether PostgreSQL answers; a test that needs it says loudly that it is skipped. */
export const postgresIsReachable = await Effect.runPromise(
  asAdministrator((sql) => sql`select 1 as one`).pipe(
    Effect.as(true),
    Effect.catch(() =>
      Effect.as(
        Effect.logError(
          `NO POSTGRESQL AT ${server}: ITS TESTS ARE SKIPPED, so replicas, kills and a database that goes down are untested`,
        ),
        false,
      ),
    ),
  ),
)

/** A folder that goes with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "server-test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)

/** The `DATABASE_URL` of a new file that goes with the scope. */
export const sqlite = Effect.map(folder, (path) => `sqlite:${join(path, "payments.db")}`)

/** The `DATABASE_URL` of a new database that is dropped with the scope. */
export const postgres = Effect.gen(function* () {
  const name = `server_test_${process.pid}_${(yield* folder).slice(-6).toLowerCase()}`
  yield* Effect.acquireRelease(
    asAdministrator((sql) => sql`create database ${sql(name)}`),
    () => asAdministrator((sql) => sql`drop database ${sql(name)} with (force)`).pipe(Effect.orDie),
  ).pipe(Effect.orDie)
  return `${server}/${name}`
})
