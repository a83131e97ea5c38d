/** What only the dashboard asks of the database: searching, numbers over time, people's sign-ins. */
import { assert, it } from "@effect/vitest"
import { Id } from "@payment-orchestrator/domain"
import { CheckoutStore, SignInStore, StatsStore } from "@payment-orchestrator/payments"
import { Retention } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"
import dashboardStep from "../src/migrations/0018_dashboard.ts"

const minute = 60_000

onEachBackend("the dashboard's questions", ({ empty }) => {
  it.effect("a checkout is found by its id, its labels, its customer's e-mail, its page and its money", () =>
    Effect.gen(function* () {
      const store = yield* CheckoutStore.CheckoutStore
      const { checkoutId, payment } = yield* Sample.paid
      const [paid] = yield* store.list({ search: checkoutId, limit: 10 })
      yield* TestClock.adjust(minute)
      const other = yield* Sample.shown({ tenantId: "t2", orderId: "o2", reference: "r2", customerId: "c2" })
      const found = (search: string, tenantId?: string) =>
        Effect.map(store.list({ search, tenantId, limit: 10 }), (rows) => rows.map(({ id }) => id))

      assert.deepStrictEqual(yield* found(paid?.providerSessionId ?? ""), [checkoutId])
      assert.deepStrictEqual(yield* found(payment.moneyId), [checkoutId])
      assert.deepStrictEqual(yield* found(checkoutId), [checkoutId])
      for (const what of ["o2", "r2", "c2", other.id]) assert.deepStrictEqual(yield* found(what), [other.id], what)
      assert.deepStrictEqual(yield* found("Buyer@Example.com "), [other.id, checkoutId])
      assert.deepStrictEqual(yield* found("buyer@example.com", "t2"), [other.id])
      assert.deepStrictEqual(yield* found("r2", "default"), [])
      for (const nothing of ["", "%", "buyer@example", "co_", "'"]) {
        assert.deepStrictEqual(yield* found(nothing), [], nothing)
      }
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("checkouts that were there before can be searched by e-mail, too", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const store = yield* CheckoutStore.CheckoutStore
      const { id } = yield* Sample.shown()
      yield* sql.withTransaction(
        Effect.gen(function* () {
          // As the tables were.
          for (const index of ["checkouts_email", "sessions_page", "payments_money", "attempts_opened"]) {
            yield* sql`drop index ${sql(index)}`
          }
          yield* sql`drop table sign_ins`
          yield* sql`alter table checkouts drop column customer_email`
          yield* dashboardStep
        }),
      )
      const found = yield* store.list({ search: "buyer@example.com", limit: 10 })
      assert.deepStrictEqual(
        found.map((checkout) => checkout.id),
        [id],
      )
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("numbers are counted interval by interval, for everybody and for one tenant", () =>
    Effect.gen(function* () {
      const stats = yield* StatsStore.StatsStore
      yield* TestClock.setTime(10 * minute + 1)
      yield* Sample.shown()
      yield* Sample.shown({ tenantId: "t2" })
      yield* TestClock.setTime(12 * minute)
      const lost = yield* Sample.claim()
      yield* (yield* CheckoutStore.CheckoutStore).commit(yield* Sample.failed(lost))
      const series = (tenantId?: string) =>
        stats.series({ tenantId, from: 10 * minute, to: 13 * minute, stepMillis: minute })

      const all = yield* series()
      assert.deepStrictEqual(
        all.map(({ at, checkouts, failed, failovers, paid }) => ({ at, checkouts, failed, failovers, paid })),
        [
          { at: 10 * minute, checkouts: 2, failed: 0, failovers: 2, paid: 0 },
          { at: 12 * minute, checkouts: 1, failed: 1, failovers: 0, paid: 0 },
        ],
      )
      const [first] = all
      assert.deepInclude(first?.providers[0], { provider: Sample.polar, shown: 2 })
      assert.isAtLeast(first?.providers[0]?.meanMillis ?? -1, 0)
      const own = yield* series("t2")
      assert.deepInclude(own[0], { at: 10 * minute, checkouts: 1, failovers: 1 })
      assert.deepStrictEqual(yield* stats.series({ from: 0, to: 10 * minute, stepMillis: minute }), [])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("what was paid after a failover, and stayed, is money rescued", () =>
    Effect.gen(function* () {
      const stats = yield* StatsStore.StatsStore
      yield* TestClock.setTime(minute)
      assert.deepStrictEqual(yield* stats.rescued({ from: 0, to: 2 * minute }), [])
      yield* Sample.paid
      const rescued = { currency: "USD", amount: 9_999, checkouts: 1 } as const
      assert.deepStrictEqual(yield* stats.rescued({ from: 0, to: 2 * minute }), [rescued])
      assert.deepStrictEqual(yield* stats.rescued({ tenantId: "default", from: 0, to: 2 * minute }), [rescued])
      assert.deepStrictEqual(yield* stats.rescued({ tenantId: "t2", from: 0, to: 2 * minute }), [])
      assert.deepStrictEqual(yield* stats.rescued({ from: 0, to: minute }), [])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("a sign-in is kept, used, ended, and forgotten when its time is over", () =>
    Effect.gen(function* () {
      const signIns = yield* SignInStore.SignInStore
      const signIn = {
        digest: "d1",
        keyId: yield* Id.makeKeyId,
        proof: "",
        createdAt: 0,
        usedAt: 0,
        expiresAt: minute,
      }
      yield* signIns.add(signIn)
      yield* signIns.add({ ...signIn, digest: "d2", expiresAt: 3 * minute })
      yield* signIns.used("d1", 5)
      yield* signIns.used("d1", 3)
      assert.deepStrictEqual(yield* signIns.find("d1"), Option.some({ ...signIn, usedAt: 5 }))
      yield* TestClock.adjust(2 * minute)
      assert.strictEqual(yield* Retention.sweepSignIns, 1)
      assert.deepStrictEqual(yield* signIns.find("d1"), Option.none())
      yield* signIns.remove("d2")
      assert.deepStrictEqual(yield* signIns.find("d2"), Option.none())
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
