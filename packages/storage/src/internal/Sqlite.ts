/**
 * SQLite over `node:sqlite`: one connection, its transactions one after the other (ADR 4), and commits that wait for the
 * disk together (ADR 20).
 */
import { Effect, Layer, Option, Semaphore } from "effect"
import { Reactivity } from "effect/reactivity"
import { SqlClient, Statement } from "effect/sql"
import { mkdir, open } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { DatabaseError } from "../DatabaseError.ts"
import * as Flush from "./Flush.ts"
import * as SqliteConnection from "./SqliteConnection.ts"

/**
 * Another process's write is waited for, 5 s at most. A commit alone does not wait for the disk: `Flush` does; what
 * keeps the file whole over a loss of power, the order of log and checkpoint, is SQLite's with `NORMAL` too. A checkout
 * writes some 50 pages, most of them again and again the same: after 4,000 (16 MB) a checkpoint writes half of what four
 * after 1,000 each would, and stops the thread a quarter as often; after 16,000 it stops it for too long. 8 MB of pages are kept in memory: the 2 MB that SQLite
 * keeps by itself are fewer than what is written again and again.
 * Sources: https://www.sqlite.org/pragma.html#pragma_synchronous, https://www.sqlite.org/wal.html#ckpt
 */
const pragmas = [
  "PRAGMA busy_timeout = 5000",
  "PRAGMA journal_mode = WAL",
  "PRAGMA synchronous = NORMAL",
  "PRAGMA wal_autocheckpoint = 4000",
  "PRAGMA cache_size = -8000",
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

/** Brings SQLite's log to the disk. It is the same file as long as the connection is open. */
const logOf = (filename: string) =>
  Effect.gen(function* () {
    let opened: ReturnType<typeof open> | undefined
    yield* Effect.addFinalizer(() =>
      Effect.promise(async () => {
        await (await opened)?.close()
      }),
    )
    return async () => {
      opened ??= open(`${filename}-wal`, "r+")
      await (await opened).datasync()
    }
  })

const connect = Effect.fnUntraced(function* (filename: string, flush: Flush.Flush) {
  const { connection, isTransaction } = yield* SqliteConnection.open({ filename, onWritten: flush.written })
  for (const pragma of pragmas) yield* connection.executeUnprepared(pragma, [], undefined)
  return { connection, isTransaction }
})

export interface Options {
  /** A path, or `:memory:`. */
  readonly filename: string
  /** Whether another process that also wants the file to itself is refused. */
  readonly exclusive: boolean
  /** Whether what is answered is on the disk. Not in memory. */
  readonly durable: boolean
  /** Brings the commits made so far to the disk. @default `fdatasync` of SQLite's log */
  readonly sync?: () => Promise<void>
}

/** What the client answers, nobody learns before all that it may rest on is on the disk. */
const afterFlush =
  ({ settled }: Flush.Flush) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.flatMap(Effect.exit(effect), (exit) => Effect.andThen(settled, exit))

const make = Effect.fnUntraced(function* ({ durable, exclusive, filename, sync }: Options) {
  const onDisk = filename !== ":memory:"
  if (onDisk) yield* makeFolder(filename)
  if (onDisk && exclusive) yield* lock(filename)
  const flush = onDisk && durable ? Flush.make(sync ?? (yield* logOf(filename))) : Flush.none
  const { connection, isTransaction } = yield* connect(filename, flush).pipe(
    Effect.catchDefect((defect) => Effect.fail(cannotOpen(filename)(defect))),
    Effect.catchTag("SqlError", (error) => Effect.fail(cannotOpen(filename)(error.reason.cause))),
  )
  const acquirers = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: yield* Semaphore.make(1),
    isTransaction,
  })
  const client = yield* SqlClient.make({
    ...acquirers,
    borrower: (use) => afterFlush(flush)(acquirers.borrower(use)),
    compiler: Statement.makeCompilerSqlite(),
    driver: "sqlite-node",
    beginTransaction: "BEGIN IMMEDIATE",
    prepareTransactionControls: true,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
    spanAttributes: [["db.system.name", "sqlite"]],
  })
  const { transactionService, withTransaction } = client
  return Object.assign(client, {
    // Within another one the wait is the outer one's, which lets go of the connection first.
    withTransaction: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      Effect.flatMap(Effect.serviceOption(transactionService), (outer) =>
        Option.isSome(outer) ? withTransaction(effect) : afterFlush(flush)(withTransaction(effect)),
      ),
  })
})

export const layer = (options: Options): Layer.Layer<SqlClient.SqlClient, DatabaseError> =>
  Layer.effect(SqlClient.SqlClient, make(options)).pipe(Layer.provide(Reactivity.layer))
