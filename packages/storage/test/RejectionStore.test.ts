import { assert, it } from "@effect/vitest"
import { RejectionStore } from "@payment-orchestrator/payments"
import { Retention, type Storage } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

onEachBackend("refused webhooks", ({ empty }) => {
  const test = <E>(name: string, body: (store: RejectionStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(RejectionStore.RejectionStore, body), empty, { local: true }))

  test("are counted under their id, with what the newest says", (store) =>
    Effect.gen(function* () {
      const first = yield* Sample.rejected()
      yield* store.add([first])
      const next = { ...first, count: 5, detail: null, address: null, headers: [], lastAt: 2_000 }
      yield* store.add([next, yield* Sample.rejected({ provider: null, reason: "unknown_provider", firstAt: 3_000 })])
      const [unknown, known] = yield* store.list({ limit: 10 })
      assert.deepInclude(unknown, { provider: null, reason: "unknown_provider", count: 2 })
      assert.deepStrictEqual(known, { ...next, count: 7 })
      assert.lengthOf(yield* store.list({ provider: Sample.paypal, limit: 10 }), 1)
      assert.lengthOf(yield* store.list({ before: unknown?.id, limit: 10 }), 1)
    }))

  test("are kept for the newest thousand of a provider, and for seven days", (store) =>
    Effect.gen(function* () {
      const other = yield* Sample.rejected({ provider: Sample.polar, firstAt: 1 })
      yield* store.add([other])
      const many = yield* Effect.forEach(Array.from({ length: 1_050 }), (_, i) =>
        Sample.rejected({ firstAt: 1_000 + i }),
      )
      yield* store.add(many)
      const left = yield* store.list({ provider: Sample.paypal, limit: 2_000 })
      assert.lengthOf(left, 1_000)
      assert.strictEqual(left.at(-1)?.id, many[50]?.id)
      assert.lengthOf(yield* store.list({ provider: Sample.polar, limit: 10 }), 1)
      yield* TestClock.adjust(7 * 86_400_000 + 500)
      assert.strictEqual(yield* Retention.sweepRejections, 1)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* Retention.sweepRejections, 1_000)
      assert.lengthOf(yield* store.list({ limit: 10 }), 0)
    }))
})
