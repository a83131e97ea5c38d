/**
 * SQLite over `node:sqlite`: one connection, its transactions one after the other.
 *
 * The driver gives the connection; the client over it is made here, because the driver's own starts transactions with a
 * plain `BEGIN` (which fails with "database is locked" when it reads and then writes) and lets a statement slip into
 * another fiber's transaction between getting the connection and using it.
 */
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Semaphore } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, Statement } from "effect/sql"
import { mkdir } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { DatabaseError } from "../DatabaseError.ts"

/** Every commit is on the disk before it is answered; another process's write is waited for, 5 s at most. */
const pragmas = [
  "PRAGMA busy_timeout = 5000",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
]

const cannotOpen = (filename: string) => (cause: unknown) =>
  new DatabaseError({
    detail: `the SQLite file ${filename} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
  })

const makeFolder = (filename: string) =>
  Effect.tryPromise({
    try: () => mkdir(dirname(resolve(filename)), { recursive: true, mode: 0o700 }),
    catch: cannotOpen(filename),
  })

/** Held as long as the scope is open; the operating system lets it go when the process dies, however it dies. */
const lock = (filename: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const held = new DatabaseSync(`${filename}.lock`)
        held.exec("BEGIN EXCLUSIVE")
        return held
      },
      catch: (cause) =>
        cause instanceof Error && /locked/.test(cause.message)
          ? new DatabaseError({
              detail:
                `the SQLite file ${filename} is in use by another server process, and only one may use it: ` +
                "stop that one, or set DATABASE_URL to a PostgreSQL database for more than one",
            })
          : cannotOpen(`${filename}.lock`)(cause),
    }),
    (held) => Effect.sync(() => held.close()),
  )

/**
 * More than there are different ones, so that none is prepared again and again. The driver also remembers for minutes
 * that one could not be prepared.
 */
const preparedStatements = 2_000

const connect = Effect.fnUntraced(function* (filename: string) {
  const driver = yield* SqliteClient.make({ filename, disableWAL: true, prepareCacheSize: preparedStatements })
  // Kept for the life of the client, so that nothing else goes through the driver's own queue.
  const connection = yield* driver.reserve
  for (const pragma of pragmas) yield* connection.executeUnprepared(pragma, [], undefined)
  return connection
})

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  /** Whether another process that also wants the file to itself is refused. */
  readonly exclusive: boolean
}

const make = Effect.fnUntraced(function* ({ exclusive, filename }: Options) {
  const onDisk = filename !== ":memory:"
  if (onDisk) yield* makeFolder(filename)
  if (onDisk && exclusive) yield* lock(filename)
  const connection = yield* connect(filename).pipe(
    Effect.catchDefect((defect) => Effect.fail(cannotOpen(filename)(defect))),
    Effect.catchTag("SqlError", (error) => Effect.fail(cannotOpen(filename)(error.reason.cause))),
  )
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
  })
  return yield* SqlClient.make({
    ...acquirers,
    isTransaction: undefined,
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite-node",
    beginTransaction: "BEGIN IMMEDIATE",
    prepareTransactionControls: true,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "sqlite"]],
  })
})

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, DatabaseError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
