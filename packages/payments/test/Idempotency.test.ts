import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Idempotency } from "@payment-orchestrator/payments"

const key = { tenantId: "default", key: "order-1" }

const claim = (fingerprint = "body", subject = "co_1", of = key) =>
  Effect.flatMap(Idempotency.Idempotency, (idempotency) => idempotency.claim(of, fingerprint, subject))
const settle = (answer: string) =>
  Effect.flatMap(Idempotency.Idempotency, (idempotency) => idempotency.settle(key, answer))
const release = Effect.flatMap(Idempotency.Idempotency, (idempotency) => idempotency.release(key))

describe("an idempotency key", () => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Idempotency.Idempotency>) =>
    it.effect(name, () => Effect.provide(body, Idempotency.Idempotency.layerMemory, { local: true }))

  test(
    "is claimed once; the twin is told that it runs, and later gets the answer",
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* claim(), { _tag: "Fresh", subject: "co_1" })
      assert.deepStrictEqual(yield* claim(), { _tag: "Running" })
      yield* settle("answer")
      assert.deepStrictEqual(yield* claim(), { _tag: "Replay", answer: "answer" })
    }),
  )

  test(
    "tries again on the same subject after it was released",
    Effect.gen(function* () {
      yield* claim()
      yield* release
      assert.deepStrictEqual(yield* claim("body", "co_2"), { _tag: "Fresh", subject: "co_1" })
      assert.deepStrictEqual(yield* claim(), { _tag: "Running" })
    }),
  )

  test(
    "belongs to one body and one tenant",
    Effect.gen(function* () {
      yield* claim()
      assert.deepStrictEqual(yield* claim("other"), { _tag: "OtherBody" })
      const elsewhere = yield* claim("other", "co_9", { ...key, tenantId: "t2" })
      assert.deepStrictEqual(elsewhere, { _tag: "Fresh", subject: "co_9" })
    }),
  )

  test(
    "is forgotten after 24 hours",
    Effect.gen(function* () {
      yield* claim()
      yield* settle("answer")
      yield* TestClock.adjust("23 hours")
      assert.strictEqual((yield* claim())._tag, "Replay")
      yield* TestClock.adjust("61 minutes")
      assert.strictEqual((yield* claim("other", "co_3"))._tag, "Fresh")
    }),
  )
})
