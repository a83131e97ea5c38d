import { assert, it } from "@effect/vitest"
import { type Checkout, Id } from "@payment-orchestrator/domain"
import { CheckoutStore } from "@payment-orchestrator/payments"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const minute = 60_000

onEachBackend("a list", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (
      store: CheckoutStore.Service,
    ) => Effect.Effect<void, E, CheckoutStore.CheckoutStore | OrchestratorLog.OrchestratorLog>,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(CheckoutStore.CheckoutStore, body), empty, { local: true }))

  const idsOf = (checkouts: ReadonlyArray<Checkout.Checkout>) => checkouts.map(({ id }) => id)

  test("of checkouts is paged through, newest first, without a gap or a repeat, even within one millisecond", (store) =>
    Effect.gen(function* () {
      const made: Array<Id.CheckoutId> = []
      for (let i = 0; i < 23; i++) {
        made.push((yield* Sample.shown()).id)
        if (i % 5 === 0) yield* TestClock.adjust(1)
      }
      const pages: Array<Id.CheckoutId> = []
      let before: Id.CheckoutId | undefined
      for (;;) {
        const page = yield* store.list({ limit: 5, before })
        pages.push(...idsOf(page))
        before = page.at(-1)?.id
        if (page.length < 5) break
      }
      assert.sameMembers(pages, made)
      assert.deepStrictEqual(
        pages,
        made.toSorted((a, b) => (a < b ? 1 : -1)),
      )
    }))

  test("of checkouts holds whole checkouts, with their attempts in order", (store) =>
    Effect.gen(function* () {
      const older = yield* Sample.shown()
      yield* TestClock.adjust(1)
      const newer = yield* Sample.shown()
      assert.deepStrictEqual(yield* store.list({ limit: 10 }), [newer, older])
    }))

  test("of checkouts is narrowed by tenant, status, provider, labels and time, and by all at once", (store) =>
    Effect.gen(function* () {
      const first = yield* Sample.shown()
      yield* TestClock.adjust(minute)
      const other = yield* Sample.shown({ tenantId: "t2", orderId: "o2", reference: "r2", customerId: "c2" })
      yield* TestClock.adjust(minute)
      const claimed = (yield* Sample.claim({ tenantId: "t2", orderId: null, reference: null, customerId: null }))
        .checkout
      const list = (query: Partial<CheckoutStore.ListQuery>) => Effect.map(store.list({ limit: 10, ...query }), idsOf)

      assert.deepStrictEqual(yield* list({ tenantId: "default" }), [first.id])
      assert.deepStrictEqual(yield* list({ tenantId: "t2" }), [claimed.id, other.id])
      assert.deepStrictEqual(yield* list({ provider: Sample.polar }), [other.id, first.id])
      assert.deepStrictEqual(yield* list({ tenantId: "t2", provider: Sample.polar }), [other.id])
      assert.deepStrictEqual(yield* list({ status: "open" }), [claimed.id, other.id, first.id])
      assert.deepStrictEqual(yield* list({ status: "paid" }), [])
      assert.deepStrictEqual(yield* list({ reference: "r2" }), [other.id])
      assert.deepStrictEqual(yield* list({ orderId: "o2" }), [other.id])
      assert.deepStrictEqual(yield* list({ customerId: "c2" }), [other.id])
      assert.deepStrictEqual(yield* list({ createdAfter: minute }), [claimed.id, other.id])
      assert.deepStrictEqual(yield* list({ createdBefore: minute }), [first.id])
      assert.deepStrictEqual(yield* list({ createdAfter: minute, createdBefore: minute + 1 }), [other.id])
      assert.deepStrictEqual(
        yield* list({
          tenantId: "t2",
          status: "open",
          provider: Sample.polar,
          reference: "r2",
          orderId: "o2",
          customerId: "c2",
          createdAfter: 0,
          createdBefore: 10 * minute,
          before: claimed.id,
        }),
        [other.id],
      )
    }))

  test("of failovers is paged through, newest first, and narrowed by time and tenant", () =>
    Effect.gen(function* () {
      const log = yield* OrchestratorLog.OrchestratorLog
      for (let i = 0; i < 5; i++) {
        yield* Sample.shown({ tenantId: i % 2 === 0 ? "t1" : "t2" })
        yield* TestClock.adjust(minute)
      }
      const all = yield* log.failovers({ limit: 10 })
      assert.deepStrictEqual(
        all.map(({ at, from, to }) => [at, from, to]),
        [4, 3, 2, 1, 0].map((i) => [i * minute, "paypal", "polar"]),
      )
      assert.deepStrictEqual(yield* log.failovers({ limit: 2 }), all.slice(0, 2))
      assert.deepStrictEqual(yield* log.failovers({ limit: 2, before: all[1]?.id }), all.slice(2, 4))
      assert.deepStrictEqual(
        yield* log.failovers({ limit: 9, createdAfter: minute, createdBefore: 3 * minute }),
        all.slice(2, 4),
      )
      assert.deepStrictEqual(
        yield* log.failovers({ tenantId: "t2", limit: 9 }),
        all.filter(({ tenantId }) => tenantId === "t2"),
      )
      assert.lengthOf(yield* log.failovers({ tenantId: "t2", limit: 9, before: all[1]?.id }), 1)
    }))
})
