import { assert, it } from "@effect/vitest"
import { OrchestratorLog } from "@payment-orchestrator/core"
import { CheckoutStore, Idempotency } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { onEachSharedBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

interface Replica {
  readonly store: CheckoutStore.Service
  readonly keys: Idempotency.Service
  readonly log: OrchestratorLog.Service
}

const replica = Effect.gen(function* () {
  const store = yield* CheckoutStore.CheckoutStore
  const keys = yield* Idempotency.Idempotency
  const log = yield* OrchestratorLog.OrchestratorLog
  return { store, keys, log }
})

onEachSharedBackend("two processes", ({ another, dialect, empty }) => {
  /** The second has connections of its own to the database of the first. */
  const test = <E>(name: string, body: (first: Replica, second: Replica) => Effect.Effect<void, E>) =>
    it.effect(name, () =>
      Effect.gen(function* () {
        const first = yield* replica
        const second = yield* Effect.provide(
          Effect.flatMap(replica, (second) => body(first, second)),
          another,
          { local: true },
        )
        return second
      }).pipe(Effect.provide(empty, { local: true })),
    )

  const shownBy = ({ store }: Replica) => Effect.provideService(Sample.shown(), CheckoutStore.CheckoutStore, store)

  test("agree on what was opened, on the statistics and on the failovers", (first, second) =>
    Effect.gen(function* () {
      const one = yield* shownBy(first)
      const two = yield* shownBy(second)
      for (const { log, store } of [first, second]) {
        assert.deepStrictEqual(
          Option.map(yield* store.find(one.id), ({ checkout }) => checkout),
          Option.some(one),
        )
        assert.deepStrictEqual(
          Option.map(yield* store.find(two.id), ({ checkout }) => checkout),
          Option.some(two),
        )
        assert.strictEqual((yield* store.list({ limit: 10 })).length, 2)
        assert.deepStrictEqual(yield* log.stats(), {
          totalRequests: 2,
          failovers: 2,
          providerUsage: { polar: 2 },
          failoverRate: 1,
        })
        assert.deepStrictEqual(yield* log.stats({ windowMillis: 1_000 }), yield* log.stats())
      }
      assert.deepStrictEqual(yield* first.log.failovers({ limit: 10 }), yield* second.log.failovers({ limit: 10 }))
    }))

  test("give one answer to one key", (first, second) =>
    Effect.gen(function* () {
      const claimant = Sample.claimant()
      assert.deepStrictEqual(yield* first.keys.claim(claimant, Sample.takeOverAfterMillis), { _tag: "Fresh" })
      assert.deepStrictEqual(yield* second.keys.claim(claimant, Sample.takeOverAfterMillis), { _tag: "Running" })
      yield* first.keys.settle(claimant, "the answer")
      const replay = { _tag: "Replay", answer: "the answer" } as const
      assert.deepStrictEqual(yield* second.keys.claim(claimant, Sample.takeOverAfterMillis), replay)
    }))

  // SQLite waits for another connection's lock without letting this process go on: SqliteFile.test.ts has two processes.
  if (dialect === "sqlite") return

  test("F15: have one owner of a key among fifty twins who come to both at once", (first, second) =>
    Effect.gen(function* () {
      const claims = yield* Effect.all(
        Array.from({ length: 50 }, (_, i) =>
          Effect.flatMap(Sample.opening(), (opening) =>
            (i % 2 === 0 ? first : second).store.claim(
              opening,
              Option.some(Sample.claimant()),
              Sample.takeOverAfterMillis,
            ),
          ),
        ),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(claims.filter(({ _tag }) => _tag === "Fresh").length, 1)
      assert.strictEqual(claims.filter(({ _tag }) => _tag === "Running").length, 49)
      assert.strictEqual((yield* first.log.stats()).totalRequests, 1)
    }))

  test("lose no count when they write at once", (first, second) =>
    Effect.gen(function* () {
      yield* Effect.all(
        Array.from({ length: 60 }, (_, i) => shownBy(i % 2 === 0 ? first : second)),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(yield* second.log.stats(), {
        totalRequests: 60,
        failovers: 60,
        providerUsage: { polar: 60 },
        failoverRate: 1,
      })
    }))

  test("F58: end a claim whose process died once, when both sweep at once", (first, second) =>
    Effect.gen(function* () {
      const opening = yield* Effect.provideService(Sample.claim(), CheckoutStore.CheckoutStore, first.store)
      const claim = { checkoutId: opening.checkout.id, claimedAt: 0, attempts: opening.attempts }
      const ended = yield* Effect.all(
        Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? first : second).store.abandon(claim, [])),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(ended.filter(Boolean).length, 1)
    }))
})
