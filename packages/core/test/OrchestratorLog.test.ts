import { assert, describe, it } from "@effect/vitest"
import { Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { OrchestratorLog } from "@payment-orchestrator/core"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")
const checkoutId = Id.CheckoutId.make(`co_${"0".repeat(26)}`)

const failedOver = (tenantId: string) =>
  Effect.gen(function* () {
    const log = yield* OrchestratorLog.OrchestratorLog
    const row: OrchestratorLog.Failover = {
      id: yield* Id.makeFailoverId,
      at: yield* Timestamp.now,
      checkoutId,
      tenantId,
      from: paypal,
      to: polar,
      reason: "http_503",
      message: "PayPal 503 Service Unavailable",
      requestId: null,
    }
    const total = yield* log.failedOver(row)
    return { row, total }
  })

const test = (title: string, body: Effect.Effect<void, never, OrchestratorLog.OrchestratorLog>) =>
  it.effect(title, () => Effect.provide(body, Layer.fresh(OrchestratorLog.layerMemory)))

/** A minute of one tenant's, in which two checkouts began, one moved on, and both got a page. */
const minuteOf = (tenantId: string) =>
  Effect.gen(function* () {
    const log = yield* OrchestratorLog.OrchestratorLog
    const subject = { checkoutId, tenantId }
    yield* log.routingBegan(subject)
    yield* log.sessionShown(subject, paypal)
    yield* log.routingBegan(subject)
    const { row } = yield* failedOver(tenantId)
    yield* log.sessionShown(subject, polar)
    yield* TestClock.adjust("1 minute")
    return row
  })

const minute: OrchestratorLog.Stats = {
  totalRequests: 2,
  failovers: 1,
  providerUsage: { paypal: 1, polar: 1 },
  failoverRate: 0.5,
}

describe("the numbers of an orchestrator", () => {
  test(
    "are zeros when nothing was asked, and no share of nothing",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      const nothing = { totalRequests: 0, failovers: 0, providerUsage: {}, failoverRate: 0 }
      for (const filter of [{}, { tenantId: "a" }, { windowMillis: 60_000 }, { tenantId: "a", windowMillis: 60_000 }]) {
        assert.deepStrictEqual(yield* log.stats(filter), nothing)
      }
    }),
  )

  test(
    "are everybody's or one tenant's, since the start or since a while",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      yield* minuteOf("a")
      yield* minuteOf("b")
      yield* minuteOf("a")
      const thrice = { totalRequests: 6, failovers: 3, providerUsage: { paypal: 3, polar: 3 }, failoverRate: 0.5 }
      const twice = { totalRequests: 4, failovers: 2, providerUsage: { paypal: 2, polar: 2 }, failoverRate: 0.5 }
      assert.deepStrictEqual(yield* log.stats(), thrice)
      assert.deepStrictEqual(yield* log.stats({ tenantId: "a" }), twice)
      assert.deepStrictEqual(yield* log.stats({ tenantId: "b" }), minute)
      // What is exactly as old as the window is no longer in it.
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 180_000 }), twice)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 180_001 }), thrice)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 180_001, tenantId: "a" }), twice)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 120_001, tenantId: "a" }), minute)
      assert.deepStrictEqual(yield* log.stats({ windowMillis: 120_001, tenantId: "b" }), minute)
    }),
  )
})

type Page = ReadonlyArray<OrchestratorLog.Failover | undefined>

describe("the failovers of an orchestrator", () => {
  test(
    "are counted over all tenants, and come newest first, page by page",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      const rows: Array<OrchestratorLog.Failover> = []
      for (const [i, tenantId] of ["a", "b", "a", "b", "a"].entries()) {
        const { row, total } = yield* failedOver(tenantId)
        assert.strictEqual(total, i + 1)
        rows.push(row)
        yield* TestClock.adjust("1 second")
      }
      const [first, second, third, fourth, fifth] = rows
      assert.deepStrictEqual<Page>(yield* log.failovers({ limit: 2 }), [fifth, fourth])
      assert.deepStrictEqual<Page>(yield* log.failovers({ limit: 2, before: fourth?.id }), [third, second])
      assert.deepStrictEqual<Page>(yield* log.failovers({ limit: 2, before: first?.id }), [])
      assert.deepStrictEqual<Page>(yield* log.failovers({ limit: 9, tenantId: "b" }), [fourth, second])
    }),
  )

  test(
    "of one millisecond come by their ids, so that no page leaves one out",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      const { row } = yield* failedOver("a")
      const rows = ["2", "1", "3"].map((last) => ({ ...row, id: Id.FailoverId.make(`fo_${last.repeat(26)}`) }))
      for (const one of rows) yield* log.failedOver(one)
      const [two, one, three] = rows
      assert.deepStrictEqual<Page>(yield* log.failovers({ limit: 4 }), [three, two, one, row])
    }),
  )

  test(
    "can be asked for from one moment on and up to another",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      const rows = yield* Effect.forEach(["a", "b", "c"], (tenantId) =>
        Effect.tap(failedOver(tenantId), () => TestClock.adjust("1 second")),
      )
      const [first, second, third] = rows.map(({ row }) => row)
      const between = (createdAfter?: number, createdBefore?: number) =>
        log.failovers({ limit: 9, createdAfter, createdBefore })
      assert.deepStrictEqual<Page>(yield* between(), [third, second, first])
      assert.deepStrictEqual<Page>(yield* between(1_000), [third, second])
      assert.deepStrictEqual<Page>(yield* between(undefined, 1_000), [first])
      assert.deepStrictEqual<Page>(yield* between(1_000, 2_000), [second])
    }),
  )

  test(
    "are kept in memory up to a bound, the newest of them",
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      for (let i = 0; i < 20_000; i++) yield* failedOver("a")
      const all = log.failovers({ limit: Infinity })
      assert.strictEqual((yield* all).length, 20_000)
      yield* TestClock.adjust("1 second")
      const { row, total } = yield* failedOver("a")
      assert.strictEqual(total, 20_001)
      const left = yield* all
      assert.strictEqual(left.length, 10_000)
      assert.strictEqual(left[0], row)
    }),
  )
})
