import { assert, it } from "@effect/vitest"
import { DeliveryStore, Idempotency } from "@payment-orchestrator/payments"
import { Retention } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Merchants from "./Merchants.ts"

onEachBackend("retention", ({ empty }) => {
  it.effect("forgets the keys of 24 hours ago in batches, and no others", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const keys = yield* Idempotency.Idempotency
      const old = { fingerprint: "f", state: "answered", answer: "a", claimed_at: 0, created_at: 0 }
      const many = Array.from({ length: 1_200 }, (_, i) => ({ ...old, tenant_id: `t${i % 3}`, key: `k${i}` }))
      for (let i = 0; i < many.length; i += 100) {
        const [first, ...rest] = many.slice(i, i + 100)
        if (first !== undefined) yield* sql`insert into idempotency_keys ${sql.insert([first, ...rest])}`
      }
      yield* TestClock.adjust("1 hour")
      yield* keys.claim({ tenantId: "default", key: "young", fingerprint: "f" }, 0)
      assert.strictEqual(yield* Retention.sweepRetention, 0)
      yield* TestClock.adjust("23 hours")
      assert.strictEqual(yield* Retention.sweepRetention, 1_200)
      const left = yield* sql<{ readonly key: string }>`select key from idempotency_keys`
      assert.deepStrictEqual(
        left.map(({ key }) => key),
        ["young"],
      )
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* Retention.sweepRetention, 1)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("forgets deliveries that were over 30 days ago, and none that waits", () =>
    Effect.gen(function* () {
      const world = Merchants.makeWorld()
      world.servers.set("https://dead.example/", () => Effect.succeed("dns"))
      yield* Effect.gen(function* () {
        const store = yield* DeliveryStore.DeliveryStore
        yield* Merchants.endpoint("https://shop.example/")
        yield* Merchants.endpoint("https://dead.example/")
        yield* Merchants.tell("paypal", "one")
        yield* Merchants.sweep
        yield* TestClock.adjust("30 days")
        assert.strictEqual(yield* Retention.sweepDeliveries, 0)
        yield* TestClock.adjust("1 millis")
        assert.strictEqual(yield* Retention.sweepDeliveries, 1)
        const left = yield* store.list({ limit: 10 })
        assert.deepStrictEqual(
          left.map(({ status }) => status),
          ["pending"],
        )
      }).pipe(Effect.provide(Merchants.process(empty, world), { local: true }))
    }),
  )
})
