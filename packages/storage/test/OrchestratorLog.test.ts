import { assert, it } from "@effect/vitest"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Id, Timestamp } from "@payment-orchestrator/domain"
import { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

onEachBackend("the statistics", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (
      log: OrchestratorLog.Service,
    ) => Effect.Effect<void, E, CheckoutStore.CheckoutStore | OrchestratorLog.OrchestratorLog>,
  ) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(OrchestratorLog.OrchestratorLog, body), empty, { local: true }))

  test("are nothing at the start", (log) =>
    Effect.gen(function* () {
      const nothing = { totalRequests: 0, failovers: 0, providerUsage: {}, failoverRate: 0 }
      assert.deepStrictEqual(yield* log.stats(), nothing)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 1_000 }), nothing)
    }))

  test("count checkouts, failovers and sessions, in all, by tenant and in a window", (log) =>
    Effect.gen(function* () {
      for (let i = 0; i < 40; i++) yield* Sample.shown()
      yield* TestClock.adjust("10 minutes")
      yield* Sample.shown({ tenantId: "t2" })
      yield* Sample.claim({ tenantId: "t2" })

      assert.deepStrictEqual(yield* log.stats(), {
        totalRequests: 42,
        failovers: 41,
        providerUsage: { polar: 41 },
        failoverRate: 41 / 42,
      })
      const second = { totalRequests: 2, failovers: 1, providerUsage: { polar: 1 }, failoverRate: 0.5 }
      assert.deepStrictEqual(yield* log.stats({ tenantId: "t2" }), second)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 300_000 }), second)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 300_000, tenantId: "t2" }), second)
      assert.deepInclude(yield* log.stats({ windowMillis: 300_000, tenantId: "default" }), { totalRequests: 0 })
      assert.deepInclude(yield* log.stats({ windowMillis: 700_000 }), { totalRequests: 42, failovers: 41 })
    }))

  test("announce a failover by its number before it is recorded, without counting it twice", (log) =>
    Effect.gen(function* () {
      const store = yield* CheckoutStore.CheckoutStore
      const opening = yield* Sample.claim()
      const outcome = yield* Sample.failedOver(opening)
      const [row] = outcome.failovers
      assert.isDefined(row)
      const { id, tenantId } = opening.checkout
      yield* log.routingBegan({ checkoutId: id, tenantId })
      assert.strictEqual(yield* log.failedOver(row), 1)
      assert.strictEqual(yield* log.failedOver({ ...row, id: yield* Id.makeFailoverId }), 2)
      yield* log.sessionShown({ checkoutId: id, tenantId }, Sample.polar)
      yield* store.commit(outcome)
      assert.deepStrictEqual(yield* log.stats(), {
        totalRequests: 1,
        failovers: 1,
        providerUsage: { polar: 1 },
        failoverRate: 1,
      })
      assert.deepStrictEqual(yield* log.failovers({ limit: 10 }), [row])
      assert.deepStrictEqual(Option.fromUndefinedOr(row.at), Option.some(yield* Timestamp.now))
    }))
})
