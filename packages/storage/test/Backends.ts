/** The databases that every suite runs on: SQLite in a file and in memory, and PostgreSQL where one answers. */
import { afterAll, beforeAll, describe } from "@effect/vitest"
import type { StorageError } from "@payment-orchestrator/payments"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Database, type DatabaseError, Storage } from "@payment-orchestrator/storage"

/** A server without a password, as in a developer's machine and in CI. */
const server = "postgres://postgres@127.0.0.1:5432"

const urlOf = (database: string) => Redacted.make(`${server}/${database}`)

/** Making and dropping a database waits for a checkpoint, on a busy disk longer than a statement of ours may take. */
const unhurried = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`set statement_timeout = 0`)

const onServer = <A, E>(database: string, effect: Effect.Effect<A, E, SqlClient.SqlClient>) =>
  Effect.andThen(unhurried, effect).pipe(
    Effect.provide(Database.layerPostgres(urlOf(database), { poolSize: 1 }), { local: true }),
    Effect.runPromise,
  )

const isReachable = await onServer(
  "postgres",
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`select 1 as one`).pipe(
    Effect.as(true),
    Effect.catch(() =>
      Effect.as(
        Effect.logError(`NO POSTGRESQL AT ${server}: ITS TESTS ARE SKIPPED, so half of storage is untested`),
        false,
      ),
    ),
  ),
)

type Ports = Layer.Layer<Storage.Storage, DatabaseError | StorageError>

export interface Backend {
  readonly dialect: "sqlite" | "pg"
  /** The ports over an empty database, each time it is built. */
  readonly empty: Ports
  /** One more process on the database that `empty` made last; undefined where there can be none. */
  readonly another: Ports | undefined
}

export interface SharedBackend extends Backend {
  readonly another: Ports
}

const sqliteFile = (folder: string): SharedBackend => {
  let files = 0
  const latest = Layer.fresh(
    Layer.suspend(() => Storage.layerOver(Database.layerSqlite(join(folder, `${files}.db`), { exclusive: false }))),
  )
  return {
    dialect: "sqlite",
    empty: Layer.suspend(() => {
      files += 1
      return latest
    }),
    another: latest,
  }
}

const sqliteMemory: Backend = {
  dialect: "sqlite",
  empty: Storage.layerMemory,
  another: undefined,
}

/** Forgets every row; the tables stay. */
const truncate = (context: Context.Context<SqlClient.SqlClient>) =>
  Effect.orDie(
    Effect.gen(function* () {
      const sql = Context.get(context, SqlClient.SqlClient)
      const tables = yield* sql<{ readonly name: string }>`
        select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations'`
      yield* sql`truncate ${sql.csv(tables.map(({ name }) => sql`${sql(name)}`))}`
    }),
  )

const databases = new Set<string>()

/** The driver keeps its connections alive by the machine's time: a test's clock that jumps 400 days is none of its business. */
const realTime = Layer.succeed(Clock.Clock, Clock.Clock.defaultValue())

const postgres = (database: string): SharedBackend => {
  const url = urlOf(database)
  const another = Layer.fresh(Storage.layerOver(Layer.provide(Database.layerPostgres(url, { poolSize: 5 }), realTime)))
  return {
    dialect: "pg",
    empty: Layer.flatMap(Layer.tap(another, truncate), () => another),
    another,
  }
}

/** Runs a suite on PostgreSQL alone, in a database of its own that is dropped afterwards. */
export const onPostgres = (name: string, suite: (backend: SharedBackend, url: Redacted.Redacted) => void): void => {
  const database = `storage_test_${process.pid}_${databases.size}`
  databases.add(database)
  const administer = (statement: (sql: SqlClient.SqlClient) => Effect.Effect<unknown, SqlError.SqlError>) =>
    onServer("postgres", Effect.flatMap(SqlClient.SqlClient, statement))
  describe.skipIf(!isReachable)(`${name} on PostgreSQL`, () => {
    beforeAll(() => administer((sql) => sql`create database ${sql(database)}`))
    afterAll(() => administer((sql) => sql`drop database ${sql(database)} with (force)`))
    suite(postgres(database), urlOf(database))
  })
}

/** Runs a suite on the backends that more than one process can use. */
export const onEachSharedBackend = (name: string, suite: (backend: SharedBackend) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "storage-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  describe(`${name} on SQLite in a file`, () => suite(sqliteFile(folder)))
  onPostgres(name, suite)
}

/** Runs a suite on each backend. */
export const onEachBackend = (name: string, suite: (backend: Backend) => void): void => {
  onEachSharedBackend(name, suite)
  describe(`${name} on SQLite in memory`, () => suite(sqliteMemory))
}
