import { assert, describe, it } from "@effect/vitest"
import { Id, ProviderName, type RejectedWebhook } from "@payment-orchestrator/domain"
import { Rejections, RejectionStore, StorageError } from "@payment-orchestrator/payments"
import { Context, Effect, Exit, Layer, Option, Scope } from "effect"
import { TestClock } from "effect/testing"

const paypal = ProviderName.ProviderName.make("paypal")

const forged = (more: Partial<Rejections.Rejection> = {}): Rejections.Rejection => ({
  provider: "paypal",
  reason: "bad_signature",
  detail: Option.none(),
  address: Option.some("192.0.2.7"),
  sender: "192.0.2.7",
  headers: { "paypal-transmission-id": ["id-1"], "paypal-transmission-sig": ["canary"], "x y": ["1"] },
  body: Option.some(new TextEncoder().encode("canary")),
  ...more,
})

/** Over a store that writes down what it is given, and fails while it is told to. */
const make = Effect.gen(function* () {
  const batches: Array<ReadonlyArray<RejectedWebhook.RejectedWebhook>> = []
  const store = { fails: false }
  const add: RejectionStore.Service["add"] = (batch) =>
    store.fails ? Effect.fail(new StorageError({ during: "count" })) : Effect.sync(() => void batches.push(batch))
  const context = yield* Layer.build(
    Rejections.Rejections.layer([paypal]).pipe(Layer.provide(Layer.mock(RejectionStore.RejectionStore)({ add }))),
  )
  const rejections = Context.get(context, Rejections.Rejections)
  yield* Effect.forkScoped(rejections.run)
  return { batches, store, note: rejections.note }
})

const total = (rows: ReadonlyArray<RejectedWebhook.RejectedWebhook>) => rows.reduce((sum, { count }) => sum + count, 0)

describe("refused deliveries", () => {
  it.effect("are written at once when one comes, and once a second in a flood", () =>
    Effect.gen(function* () {
      const { batches, note } = yield* make
      yield* note(forged())
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(
        batches.map((batch) => batch.map(({ count }) => count)),
        [[1]],
      )
      for (let second = 0; second < 5; second++) {
        for (let i = 0; i < 2_000; i++) yield* note(forged())
        yield* TestClock.adjust("1 second")
      }
      assert.isAtMost(batches.length, 6)
      assert.strictEqual(total(batches.flat()), 10_001)
      assert.lengthOf(new Set(batches.flat().map(({ id }) => id)), 1)
    }),
  )

  it.effect("show why, from where and which, and nothing of what they held", () =>
    Effect.gen(function* () {
      const { batches, note } = yield* make
      yield* note(forged({ detail: Option.some("d".repeat(5_000)) }))
      yield* note(forged({ provider: "nobody", reason: "unknown_provider", body: Option.none() }))
      yield* TestClock.adjust(1)
      const [first, second] = batches.flat()
      assert.deepInclude(first, {
        provider: paypal,
        reason: "bad_signature",
        detail: "d".repeat(200),
        address: "192.0.2.7",
        headers: ["paypal-transmission-id", "paypal-transmission-sig"],
        deliveryId: "id-1",
        bodyBytes: 6,
      })
      assert.match(first?.bodySha256 ?? "", /^[0-9a-f]{64}$/)
      assert.deepInclude(second, { provider: null, reason: "unknown_provider", bodyBytes: null, bodySha256: null })
      assert.notInclude(JSON.stringify(batches), "canary")
      assert.notInclude(JSON.stringify(batches), "nobody")
    }),
  )

  it.effect("of forty senders are counted apart in an hour, the rest together", () =>
    Effect.gen(function* () {
      const { batches, note } = yield* make
      const flood = Effect.forEach(Array.from({ length: 500 }), (_, i) =>
        note(forged({ sender: `10.0.0.${i}`, address: Option.some(`10.0.0.${i}`) })),
      )
      yield* flood
      yield* TestClock.adjust("1 second")
      yield* flood
      yield* TestClock.adjust("1 second")
      const rows = new Map(batches.flat().map((row) => [row.id, row]))
      assert.strictEqual(rows.size, 41)
      assert.strictEqual(total(batches.flat()), 1_000)
      assert.strictEqual(total(batches.flat().filter(({ address }) => address === null)), 920)
      yield* TestClock.adjust("1 hour")
      yield* note(forged({ sender: "10.0.0.1", address: Option.some("10.0.0.1") }))
      yield* TestClock.adjust("1 second")
      const last = batches.at(-1)?.[0]
      assert.deepInclude(last, { address: "10.0.0.1", count: 1 })
      assert.isFalse(rows.has(last?.id ?? Id.RejectionId.make(`rej_${"0".repeat(26)}`)))
    }),
  )

  it.effect("are not lost while the database is away, nor when the server is told to stop", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const { batches, note, store } = yield* Scope.provide(make, scope)
      store.fails = true
      for (let i = 0; i < 7; i++) yield* note(forged())
      yield* TestClock.adjust("5 seconds")
      assert.lengthOf(batches, 0)
      store.fails = false
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(total(batches.flat()), 7)
      yield* note(forged())
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(total(batches.flat()), 8)
    }),
  )
})
