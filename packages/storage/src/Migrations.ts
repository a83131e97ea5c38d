/** The tables, made and changed by numbered steps that are never edited once released. */
import { Effect, Layer } from "effect"
import { Migrator, SqlClient, SqlError } from "effect/sql"
import { DatabaseError } from "./DatabaseError.ts"
import * as Dialect from "./Dialect.ts"
import * as Failure from "./internal/Failure.ts"
import checkouts from "./migrations/0001_checkouts.ts"
import statistics from "./migrations/0002_statistics.ts"
import idempotencyKeys from "./migrations/0003_idempotency_keys.ts"
import jobs from "./migrations/0004_jobs.ts"
import money from "./migrations/0005_money.ts"
import refunds from "./migrations/0006_refunds.ts"
import events from "./migrations/0007_events.ts"
import keys from "./migrations/0008_keys.ts"
import circuits from "./migrations/0009_circuits.ts"
import subscriptions from "./migrations/0010_subscriptions.ts"
import moves from "./migrations/0011_moves.ts"
import delivery from "./migrations/0013_delivery.ts"
import operations from "./migrations/0014_operations.ts"
import noJobs from "./migrations/0015_no_jobs.ts"
import inbox from "./migrations/0016_inbox.ts"
import dashboard from "./migrations/0018_dashboard.ts"
import traces from "./migrations/0021_traces.ts"
import seen from "./migrations/0022_seen.ts"
import series from "./migrations/0023_series.ts"
import sweeps from "./migrations/0024_sweeps.ts"

/** Every step by its number and name. */
export const steps = {
  "0001_checkouts": checkouts,
  "0002_statistics": statistics,
  "0003_idempotency_keys": idempotencyKeys,
  "0004_jobs": jobs,
  "0005_money": money,
  "0006_refunds": refunds,
  "0007_events": events,
  "0008_keys": keys,
  "0009_circuits": circuits,
  "0010_subscriptions": subscriptions,
  "0011_moves": moves,
  "0013_delivery": delivery,
  "0014_operations": operations,
  "0015_no_jobs": noJobs,
  "0016_inbox": inbox,
  "0018_dashboard": dashboard,
  "0021_traces": traces,
  "0022_seen": seen,
  "0023_series": series,
  "0024_sweeps": sweeps,
}

/** The number of the newest step. Numbers are given before the steps are made, so that there may be gaps. */
export const latest = Math.max(...Object.keys(steps).map((name) => Number(name.slice(0, 4))))

const run = Migrator.make({})({ loader: Migrator.fromRecord(steps), table: "migrations" })

const refuseNewer = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const [row] = yield* sql<{ readonly id: number | null }>`select max(migration_id) as id from migrations`
  if ((row?.id ?? 0) > latest) {
    return yield* new DatabaseError({
      detail: `the database is at migration ${row?.id}, but this version knows only ${latest}: start a newer version`,
    })
  }
})

/**
 * Brings the tables to this version, in one transaction and under a lock, so that processes that start together do not
 * disturb each other. Answers the names of the steps that were run now.
 */
export const migrate: Effect.Effect<ReadonlyArray<string>, DatabaseError, SqlClient.SqlClient> = Effect.gen(
  function* () {
    const sql = yield* SqlClient.SqlClient
    const done = yield* sql.withTransaction(
      Effect.gen(function* () {
        for (const statement of Dialect.migrationLock(sql)) yield* statement
        const done = yield* run
        yield* refuseNewer(sql)
        return done
      }),
    )
    return done.map(([id, name]) => `${String(id).padStart(4, "0")}_${name}`)
  },
).pipe(
  Effect.catchTags({
    SqlError: ({ reason }) =>
      Effect.fail(new DatabaseError({ detail: `the database cannot be used: ${Failure.describe(reason)}` })),
    MigrationError: ({ cause, message }) =>
      Effect.fail(
        new DatabaseError({
          detail: SqlError.isSqlError(cause) ? `${message}: ${Failure.describe(cause.reason)}` : message,
        }),
      ),
  }),
  Effect.withSpan("Migrations.migrate"),
)

/** The number of the newest step that was run here, 0 when there is none; nothing is changed. */
export const applied: Effect.Effect<number, DatabaseError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`select 1 as one`
  const rows = yield* Effect.orElseSucceed(
    sql<{ readonly id: number | null }>`select max(migration_id) as id from migrations`,
    () => [],
  )
  return rows[0]?.id ?? 0
}).pipe(
  Effect.catchTag("SqlError", ({ reason }) =>
    Effect.fail(new DatabaseError({ detail: `the database cannot be used: ${Failure.describe(reason)}` })),
  ),
)

/** Migrates when it is built. */
export const layer: Layer.Layer<never, DatabaseError, SqlClient.SqlClient> = Layer.effectDiscard(
  Effect.tap(migrate, (names) =>
    names.length === 0 ? Effect.void : Effect.logInfo(`the database was migrated: ${names.join(", ")}`),
  ),
)
