import { assert, it } from "@effect/vitest"
import { CheckoutStore, Idempotency } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

onEachBackend("an idempotency key", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (keys: Idempotency.Service) => Effect.Effect<void, E, Idempotency.Idempotency | CheckoutStore.CheckoutStore>,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(Idempotency.Idempotency, body), empty, { local: true }))

  const claimant = Sample.claimant()
  const fresh = { _tag: "Fresh" }
  const running = { _tag: "Running" }

  test("is claimed once; the twin is told that it runs, and later gets the first answer", (keys) =>
    Effect.gen(function* () {
      const claim = keys.claim(claimant, Sample.takeOverAfterMillis)
      assert.deepStrictEqual(yield* claim, fresh)
      assert.deepStrictEqual(yield* claim, running)
      yield* keys.settle(claimant, "first")
      yield* keys.settle(claimant, "second")
      yield* keys.release(claimant)
      assert.deepStrictEqual(yield* claim, { _tag: "Replay", answer: "first" })
    }))

  test("F15: has one owner among fifty who claim it at once", (keys) =>
    Effect.gen(function* () {
      const claims = yield* Effect.all(
        Array.from({ length: 50 }, () => keys.claim(claimant, Sample.takeOverAfterMillis)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(claims.filter(({ _tag }) => _tag === "Fresh").length, 1)
      assert.strictEqual(claims.filter(({ _tag }) => _tag === "Running").length, 49)
    }))

  test("belongs to one body and one tenant", (keys) =>
    Effect.gen(function* () {
      yield* keys.claim(claimant, 0)
      assert.deepStrictEqual(yield* keys.claim({ ...claimant, fingerprint: "other" }, 0), { _tag: "OtherBody" })
      assert.deepStrictEqual(yield* keys.claim({ ...claimant, fingerprint: "other", tenantId: "t2" }, 0), fresh)
    }))

  test("may be tried again after it was let go, and taken over when its process died", (keys) =>
    Effect.gen(function* () {
      const claim = keys.claim(claimant, Sample.takeOverAfterMillis)
      yield* claim
      yield* keys.release(claimant)
      assert.deepStrictEqual(yield* claim, fresh)
      yield* TestClock.adjust(Sample.takeOverAfterMillis)
      assert.deepStrictEqual(yield* claim, running)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* claim, fresh)
      assert.deepStrictEqual(yield* claim, running)
    }))

  test("is forgotten after 24 hours, whatever came of it", (keys) =>
    Effect.gen(function* () {
      const claim = (fingerprint: string) => keys.claim({ ...claimant, fingerprint }, Sample.takeOverAfterMillis)
      yield* claim("body")
      yield* keys.settle(claimant, "answer")
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* claim("body"))._tag, "Replay")
      assert.strictEqual((yield* claim("other"))._tag, "OtherBody")
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* claim("other"), fresh)
      assert.deepStrictEqual(yield* claim("other"), running)
    }))

  test("means the same thing to a request that makes a checkout and to one that does not", (keys) =>
    Effect.gen(function* () {
      const store = yield* CheckoutStore.CheckoutStore
      yield* keys.claim(claimant, Sample.takeOverAfterMillis)
      const opening = yield* Sample.opening()
      const claim = store.claim(opening, Option.some(claimant), Sample.takeOverAfterMillis)
      assert.deepStrictEqual(yield* claim, running)
      yield* keys.release(claimant)
      assert.deepStrictEqual(yield* claim, fresh)
      assert.deepStrictEqual(yield* keys.claim(claimant, Sample.takeOverAfterMillis), running)
      yield* store.commit(yield* Sample.failedOver(opening, { claimant, answer: "answer" }))
      assert.deepStrictEqual(yield* keys.claim(claimant, 0), { _tag: "Replay", answer: "answer" })
    }))
})
