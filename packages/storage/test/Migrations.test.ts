import { assert, it } from "@effect/vitest"
import { DatabaseError, Migrations } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { onEachBackend } from "./Backends.ts"

const names = Object.keys(Migrations.steps)

onEachBackend("the migrations", ({ dialect, empty }) => {
  const applied = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly migration_id: number; readonly name: string }>`
      select migration_id, name from migrations order by migration_id`
    return rows.map(({ migration_id, name }) => `${String(migration_id).padStart(4, "0")}_${name}`)
  })

  /** Leaves nothing, as before the first start. */
  const wipe = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    if (dialect === "pg") {
      yield* sql`drop schema public cascade`
      yield* sql`create schema public`
      return
    }
    yield* sql`PRAGMA foreign_keys = OFF`
    const tables = yield* sql<{ readonly name: string }>`
      select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`
    for (const { name } of tables) yield* sql`drop table ${sql(name)}`
    yield* sql`PRAGMA foreign_keys = ON`
  })

  it.effect("are replayed one after the other from an empty database, and only once", () =>
    Effect.gen(function* () {
      yield* wipe
      assert.deepStrictEqual(yield* Migrations.migrate, names)
      assert.deepStrictEqual(yield* applied, names)
      assert.deepStrictEqual(yield* Migrations.migrate, [])
      assert.deepStrictEqual(yield* applied, names)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("are run once when processes start together", () =>
    Effect.gen(function* () {
      yield* wipe
      const done = yield* Effect.all([Migrations.migrate, Migrations.migrate, Migrations.migrate], { concurrency: 3 })
      assert.deepStrictEqual(
        done.toSorted((a, b) => b.length - a.length),
        [names, [], []],
      )
      assert.deepStrictEqual(yield* applied, names)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("are refused by a version that is older than the database", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const next = Migrations.latest + 1
      yield* sql`insert into migrations (migration_id, name) values (${next}, 'of_the_future')`
      const error = yield* Effect.flip(Migrations.migrate)
      assert.instanceOf(error, DatabaseError)
      assert.strictEqual(
        error.message,
        `the database is at migration ${next}, but this version knows only ${Migrations.latest}: start a newer version`,
      )
      yield* sql`delete from migrations where migration_id = ${next}`
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("are all undone when one of them fails", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* wipe
      yield* sql`create table stats (something_else text)`
      const error = yield* Effect.flip(Migrations.migrate)
      assert.match(error.message, /^Migration "2_statistics" failed: .*stats.* already exists/)
      assert.isTrue((yield* Effect.exit(sql`select id from checkouts`))._tag === "Failure")
      yield* sql`drop table stats`
      assert.deepStrictEqual(yield* Migrations.migrate, names)
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
