import { afterAll, assert, describe, it } from "@effect/vitest"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Id } from "@payment-orchestrator/domain"
import { CheckoutStore, Idempotency } from "@payment-orchestrator/payments"
import { Database, Storage } from "@payment-orchestrator/storage"
import { Effect, Layer, Option, Scheduler } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Children from "./Children.ts"
import * as Sample from "./Sample.ts"

const folder = mkdtempSync(join(tmpdir(), "sqlite-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const on = (filename: string, options?: Database.Options) =>
  Layer.fresh(Storage.layerOver(Database.layerSqlite(filename, options)))

describe("a SQLite file", () => {
  it.effect("is made with its folder, for its owner alone, and written through to the disk", () =>
    Effect.gen(function* () {
      const filename = join(folder, "a/b/payments.db")
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const value = (pragma: string) =>
          Effect.map(sql<{ readonly [name: string]: unknown }>`${sql.literal(`PRAGMA ${pragma}`)}`, ([row]) =>
            Object.values(row ?? {}).at(0),
          )
        assert.strictEqual(yield* value("journal_mode"), "wal")
        assert.strictEqual(yield* value("synchronous"), 1)
        assert.strictEqual(yield* value("foreign_keys"), 1)
        assert.strictEqual(yield* value("busy_timeout"), 5_000)
      }).pipe(Effect.provide(on(filename)))
      assert.strictEqual(statSync(join(folder, "a/b")).mode & 0o077, 0)
    }),
  )

  it.effect("keeps everything over a restart", () =>
    Effect.gen(function* () {
      const filename = join(folder, "restart.db")
      const claimant = Sample.claimant()
      const before = yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const opening = yield* Sample.opening()
        yield* store.claim(opening, Option.some(claimant), 0)
        const outcome = yield* Sample.failedOver(opening, { claimant, answer: "the answer" })
        yield* store.commit(outcome)
        return { outcome, linkToken: opening.linkToken }
      }).pipe(Effect.provide(on(filename)))

      yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const log = yield* OrchestratorLog.OrchestratorLog
        const keys = yield* Idempotency.Idempotency
        const [failover] = before.outcome.failovers
        assert.isDefined(failover)
        const found = yield* store.findByLink(before.linkToken)
        assert.deepStrictEqual(
          Option.map(found, ({ checkout }) => checkout),
          Option.some(before.outcome.checkout),
        )
        assert.deepStrictEqual(yield* keys.claim(claimant, 0), { _tag: "Replay", answer: "the answer" })
        assert.deepStrictEqual(yield* log.failovers({ limit: 10 }), [failover])
        assert.deepInclude(yield* log.stats(), { totalRequests: 1, failovers: 1 })
        assert.strictEqual(yield* log.failedOver({ ...failover, id: yield* Id.makeFailoverId }), 2)
      }).pipe(Effect.provide(on(filename)))
    }),
  )

  it.live("belongs to one server process; kill -9 lets it go, and what was committed is there", () =>
    Effect.gen(function* () {
      const filename = join(folder, "one.db")
      const first = yield* Children.server(filename)
      const id = Id.CheckoutId.make(first.line)
      const second = yield* Children.server(filename)
      assert.strictEqual(
        second.line,
        `the SQLite file ${filename} is in use by another server process, and only one may use it: ` +
          "stop that one, or set DATABASE_URL to a PostgreSQL database for more than one",
      )
      const find = Effect.flatMap(CheckoutStore.CheckoutStore, (store) => store.find(id))
      assert.isTrue(Option.isSome(yield* Effect.provide(find, on(filename, { exclusive: false }))))
      assert.match((yield* Effect.flip(Effect.provide(find, on(filename)))).message, /in use by another server process/)
      yield* first.kill
      assert.isTrue(Option.isSome(yield* Effect.provide(find, on(filename))))
    }),
  )

  it.live("F15: has one owner of a key among fifty twins of two processes that start at once", () =>
    Effect.gen(function* () {
      const filename = join(folder, "twins.db")
      const said = yield* Effect.all([Children.twins(filename), Children.twins(filename)], {
        concurrency: 2,
      })
      const claims = said.join(" ").split(" ")
      assert.strictEqual(claims.length, 50)
      assert.strictEqual(claims.filter((claim) => claim === "Fresh").length, 1)
      assert.strictEqual(claims.filter((claim) => claim === "Running").length, 49)
    }),
  )

  it.effect("that is none is refused with its name", () =>
    Effect.gen(function* () {
      const filename = join(folder, "letter.txt")
      writeFileSync(filename, "Dear Sir or Madam, this is not a database at all. ".repeat(100))
      const error = yield* Effect.flip(Effect.provide(Effect.void, on(filename)))
      assert.strictEqual(error.message, `the SQLite file ${filename} cannot be opened: file is not a database`)
    }),
  )

  it.effect("in a place that cannot be is refused with its name", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(Effect.void, on("/dev/null/payments.db")))
      assert.match(error.message, /^the SQLite file \/dev\/null\/payments\.db cannot be opened: /)
    }),
  )
})

describe("SQLite's one connection", () => {
  it.effect("lets no statement slip into another fiber's transaction", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table kept (id integer primary key)`
      const undone = (i: number) =>
        Effect.ignore(
          sql.withTransaction(
            Effect.gen(function* () {
              yield* sql`insert into kept (id) values (${1_000_000 + i})`
              yield* Effect.yieldNow
              return yield* Effect.fail("boom")
            }),
          ),
        )
      // A fiber has to give way after so many steps, and so at every place in between.
      const plain = (i: number) =>
        Effect.provideService(sql`insert into kept (id) values (${i})`, Scheduler.MaxOpsBeforeYield, 4 + (i % 60))
      yield* Effect.all(
        Array.from({ length: 3_000 }, (_, i) => Effect.andThen(undone(i), plain(i))),
        { concurrency: 50 },
      )
      const [row] = yield* sql<{ readonly n: number }>`select count(*) as n from kept where id < 1000000`
      const [left] = yield* sql<{ readonly n: number }>`select count(*) as n from kept where id >= 1000000`
      assert.deepStrictEqual([row?.n, left?.n], [3_000, 0])
    }).pipe(Effect.provide(Layer.fresh(Database.layerSqlite(":memory:")))),
  )

  it.effect("is free again after a commit that failed", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table a (id integer primary key)`
      yield* sql`create table b (a integer references a (id) deferrable initially deferred)`
      yield* Effect.flip(sql.withTransaction(sql`insert into b (a) values (1)`))
      yield* sql.withTransaction(sql`insert into a (id) values (2)`)
      assert.strictEqual((yield* sql`select * from b`).length, 0)
    }).pipe(Effect.provide(Layer.fresh(Database.layerSqlite(":memory:")))),
  )
})
