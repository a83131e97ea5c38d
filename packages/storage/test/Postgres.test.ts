import { assert, describe, it } from "@effect/vitest"
import { Storage, Database } from "@payment-orchestrator/storage"
import { CheckoutStore } from "@payment-orchestrator/payments"
import { Cause, Clock, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "../src/internal/Failure.ts"
import * as Sent from "../src/internal/Sent.ts"
import { onPostgres } from "./Backends.ts"
import * as Proxy from "./Proxy.ts"
import * as Sample from "./Sample.ts"

/** Runs an effect and answers all that it logged, with the effect's own outcome. */
const withLog = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ cause, message }) => void lines.push(`${String(message)} ${Cause.pretty(cause)}`))
    const exit = yield* Effect.exit(Effect.provide(effect, Logger.layer([logger]), { local: true }))
    return { exit, log: lines.join("\n") }
  })

describe("PostgreSQL that cannot be reached", () => {
  it.live("stops the start with one clear message, without the password", () =>
    Effect.gen(function* () {
      const database = Database.layerPostgres(Redacted.make("postgres://shop:s3cret@127.0.0.1:1/payments"))
      const { exit, log } = yield* withLog(Effect.provide(Effect.void, Storage.layerOver(database), { local: true }))
      assert.isTrue(Exit.isFailure(exit))
      const text = `${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""}\n${JSON.stringify(exit)}\n${log}`
      assert.include(text, "the database cannot be used: ConnectionError: connect ECONNREFUSED 127.0.0.1:1")
      assert.notInclude(text, "s3cret")
    }),
  )
})

onPostgres("a database that goes away", ({ empty }, url) => {
  const isLost = (exit: Exit.Exit<unknown, unknown>, during: string) =>
    assert.deepInclude(Option.getOrThrow(Exit.findErrorOption(exit)) as object, { _tag: "StorageError", during })

  it.live("F21: refuses a claim at once and answers again when it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* Proxy.make(Redacted.value(url))
      yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const claim = Effect.flatMap(Sample.opening(), (opening) => store.claim(opening, Option.none(), 0))
        assert.deepStrictEqual(yield* claim, { _tag: "Fresh" })
        yield* proxy.cut
        const { exit, log } = yield* withLog(claim)
        isLost(exit, "claim")
        assert.include(log, "the database failed (claim): ConnectionError")
        assert.notInclude(log, "buyer@example.com")
        isLost(yield* Effect.exit(store.list({ limit: 1 })), "list")
        yield* proxy.restore
        assert.deepStrictEqual(yield* claim, { _tag: "Fresh" })
        assert.strictEqual((yield* store.list({ limit: 10 })).length, 2)
      }).pipe(Effect.provide(Layer.fresh(Storage.layerOver(Database.layerPostgres(proxy.url)))))
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("F22: leaves nothing of a commit that it was cut off from, and takes the same one later", () =>
    Effect.gen(function* () {
      const admin = yield* SqlClient.SqlClient
      /** The server ends the one connection that waits for the lock, in the middle of its transaction. */
      const kill = admin<{ readonly done: boolean }>`
        select pg_terminate_backend(pid) as done from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`
      yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const outcome = yield* Sample.failedOver(yield* Sample.claim())
        const { id } = outcome.checkout
        const { exit } = yield* withLog(
          admin.withTransaction(
            Effect.gen(function* () {
              yield* admin`select id from checkouts where id = ${id} for update`
              const commit = yield* Effect.forkChild(Effect.exit(store.commit(outcome)))
              yield* Effect.repeat(kill, { until: (rows) => rows.length > 0 })
              return yield* Fiber.join(commit)
            }),
          ),
        )
        isLost(Exit.isSuccess(exit) ? exit.value : exit, "commit")
        assert.isNull(Option.getOrThrow(yield* store.find(id)).checkout.url)
        yield* store.commit(outcome)
        assert.deepStrictEqual(Option.getOrThrow(yield* store.find(id)).checkout, outcome.checkout)
      }).pipe(Effect.provide(Layer.fresh(Storage.layerOver(Database.layerPostgres(url)))))
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("is given up when it says nothing more, and answers again when it is back", () =>
    Effect.gen(function* () {
      const proxy = yield* Proxy.make(Redacted.value(url))
      yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const list = store.list({ limit: 1 })
        const claim = Effect.flatMap(Sample.opening(), (opening) => store.claim(opening, Option.none(), 0))
        yield* claim
        yield* proxy.silence
        const before = yield* Clock.currentTimeMillis
        const { exit, log } = yield* withLog(
          Effect.all([Effect.exit(list), Effect.exit(claim)], { concurrency: 2 }).pipe(
            Effect.provideService(Failure.AnswerWithin, Duration.millis(300)),
          ),
        )
        const [listed, claimed] = Exit.isSuccess(exit) ? exit.value : [exit, exit]
        isLost(listed, "list")
        isLost(claimed, "claim")
        assert.include(log, "the database failed (claim): ConnectionError: no answer within 300ms")
        assert.isBelow((yield* Clock.currentTimeMillis) - before, 2_000)
        yield* proxy.restore
        yield* proxy.cut
        yield* proxy.restore
        // A connection that is cut is noticed at its next use, or a moment later.
        yield* Effect.retry(claim, { schedule: Schedule.spaced("20 millis"), times: 20 })
        assert.strictEqual((yield* store.list({ limit: 10 })).length, 2)
      }).pipe(Effect.provide(Layer.fresh(Storage.layerOver(Database.layerPostgres(proxy.url)))))
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("is waited for once to claim a checkout, twice with an order, and twice to record its page", () =>
    Effect.gen(function* () {
      const proxy = yield* Proxy.make(Redacted.value(url))
      yield* Effect.gen(function* () {
        const store = yield* CheckoutStore.CheckoutStore
        const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          Effect.gen(function* () {
            const before = yield* proxy.trips
            const answer = yield* effect
            return [answer, (yield* proxy.trips) - before] as const
          })
        yield* Sample.claim()
        const first = yield* Sample.opening()
        const [hoped, toHope] = yield* counted(store.claim(first, Option.some(Sample.claimant({ key: "key_2" })), 0))
        const opening = yield* Sample.opening({ orderId: "order_1" })
        const [claimed, toClaim] = yield* counted(store.claim(opening, Option.some(Sample.claimant()), 0))
        assert.deepStrictEqual([hoped, claimed], [{ _tag: "Fresh" }, { _tag: "Fresh" }])
        const outcome = yield* Sample.failedOver(opening, { claimant: Sample.claimant(), answer: "its answer" })
        const [, toCommit] = yield* counted(store.commit(outcome))
        assert.deepStrictEqual({ toHope, toClaim, toCommit }, { toHope: 1, toClaim: 2, toCommit: 2 })
      }).pipe(
        Effect.provide(Layer.fresh(Storage.layerOver(Database.layerPostgres(proxy.url, { poolSize: 1 }))), {
          local: true,
        }),
      )
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("tells of a statement that nobody waited for when the next one, or the commit, fails for it", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const refused = sql`insert into leases (name, holder, until) values ('a', null, 0)`
      const kept = sql`insert into leases (name, holder, until) values ('b', 'me', 0)`
      const reasonOf = <A, E extends { readonly reason: { readonly _tag: string } }>(effect: Effect.Effect<A, E>) =>
        Effect.map(Effect.flip(effect), ({ reason }) => reason._tag)
      assert.strictEqual(
        yield* reasonOf(sql.withTransaction(Effect.all([kept, Sent.send(sql, refused), sql`select 1`]))),
        "ConstraintError",
      )
      assert.strictEqual(
        yield* reasonOf(sql.withTransaction(Effect.all([kept, Sent.send(sql, refused)]))),
        "ConstraintError",
      )
      assert.strictEqual(yield* reasonOf(Sent.send(sql, refused)), "ConstraintError")
      assert.deepStrictEqual(yield* sql`select name from leases`, [])
      yield* sql
        .withTransaction(Effect.all([Sent.send(sql, kept), Effect.fail("the change was undone")]))
        .pipe(Effect.flip)
      assert.deepStrictEqual(yield* sql`select name from leases`, [])
      yield* sql.withTransaction(Sent.send(sql, kept))
      assert.deepStrictEqual(yield* sql`select name from leases`, [{ name: "b" }])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("answers a statement that was sent when its rows are wanted", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const answers = yield* sql.withTransaction(
        Effect.gen(function* () {
          const first = yield* Sent.ask(
            sql,
            sql`insert into leases (name, holder, until) values ('a', 'me', 1) returning name`,
          )
          const second = yield* Sent.ask(sql, sql`select until from leases where name = 'a'`)
          return [yield* second, yield* first]
        }),
      )
      assert.deepStrictEqual(answers, [[{ until: 1 }], [{ name: "a" }]])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.live("has limits on statements, locks and idle transactions", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql`
        select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
          current_setting('idle_in_transaction_session_timeout') as idle`
      assert.deepStrictEqual({ ...row }, { statement: "10s", lock: "8s", idle: "15s" })
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
