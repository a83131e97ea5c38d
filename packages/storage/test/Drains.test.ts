import { assert, it } from "@effect/vitest"
import { ProviderName } from "@payment-orchestrator/domain"
import { AuditLog, Drains, DrainStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Context, Effect, Fiber, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { onEachBackend, onEachSharedBackend, type SharedBackend } from "./Backends.ts"
import { paypal, polar } from "./Sample.ts"

const wish = (over: Partial<Drains.Wish> = {}): Drains.Wish => ({
  provider: paypal,
  reason: "their maintenance window",
  actor: "key_1",
  expiresIn: Option.none(),
  others: [polar],
  confirm: false,
  ...over,
})

const obstacles = Effect.flatMap(Drains.Drains, (drains) =>
  Effect.map(drains.obstacles.obstacles, (found) => Object.fromEntries(found)),
)

onEachBackend("drains", ({ empty }) => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Drains.Drains | Storage.Storage>) =>
    it.effect(name, () => Effect.provide(body, Drains.Drains.layer.pipe(Layer.provideMerge(empty)), { local: true }))

  test(
    "F60: keep a provider out of routing until they are taken back, and both are audited",
    Effect.gen(function* () {
      const drains = yield* Drains.Drains
      yield* drains.drain(wish())
      assert.deepStrictEqual(yield* obstacles, { paypal: "drained" })
      yield* drains.restore(paypal, "it is over")
      yield* drains.restore(paypal, "twice is no error, and no second row")
      assert.deepStrictEqual(yield* obstacles, {})
      const audit = yield* AuditLog.AuditLog
      const rows = yield* audit.list({ limit: 10, target: "paypal" })
      assert.sameDeepMembers(
        rows.map(({ action, reason }) => [action, Option.getOrNull(reason)]),
        [
          ["provider.restore", "it is over"],
          ["provider.drain", "their maintenance window"],
        ],
      )
    }),
  )

  test(
    "F60: end by themselves when their time is over",
    Effect.gen(function* () {
      const drains = yield* Drains.Drains
      yield* drains.drain(wish({ expiresIn: Option.some(600_000) }))
      yield* TestClock.adjust("599 seconds")
      assert.deepStrictEqual(yield* obstacles, { paypal: "drained" })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* obstacles, {})
      assert.strictEqual((yield* drains.standing).size, 0)
    }),
  )

  test(
    "F60: of the last provider want a confirmation, and change nothing without it",
    Effect.gen(function* () {
      const drains = yield* Drains.Drains
      const refused = yield* Effect.flip(drains.drain(wish({ others: [] })))
      assert.include(refused.message, "confirm: true")
      assert.deepStrictEqual(yield* obstacles, {})
      yield* drains.drain(wish({ others: [], confirm: true }))
      assert.deepStrictEqual(yield* obstacles, { paypal: "drained" })
      const audit = yield* AuditLog.AuditLog
      assert.lengthOf(yield* audit.list({ limit: 10 }), 1)
    }),
  )

  test(
    "F60: of the last two by two operators at once: one of them is asked to confirm",
    Effect.gen(function* () {
      const drains = yield* Drains.Drains
      const results = yield* Effect.all(
        [
          Effect.result(drains.drain(wish({ provider: paypal, others: [polar] }))),
          Effect.result(drains.drain(wish({ provider: polar, others: [paypal] }))),
        ],
        { concurrency: "unbounded" },
      )
      assert.strictEqual(results.filter(Result.isSuccess).length, 1)
      assert.lengthOf(Object.keys(yield* obstacles), 1)
    }),
  )

  test(
    "may be made anew, with another reason and end",
    Effect.gen(function* () {
      const drains = yield* Drains.Drains
      yield* drains.drain(wish({ expiresIn: Option.some(60_000) }))
      yield* drains.drain(wish({ reason: "longer", others: [polar, ProviderName.ProviderName.make("stripe")] }))
      yield* TestClock.adjust("1 hour")
      const standing = yield* drains.standing
      assert.strictEqual(standing.get(paypal)?.reason, "longer")
    }),
  )
})

onEachSharedBackend("two processes and a restart", ({ another, empty }) => {
  const process = (ports: SharedBackend["another"]) =>
    Effect.map(Layer.build(Drains.Drains.layer.pipe(Layer.provide(ports), Layer.orDie)), Context.get(Drains.Drains))

  it.effect("F60: agree on drains within a second, and remember them", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* process(empty), yield* process(another)]
      yield* one.drain(wish())
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* two.standing).get(paypal)?.actor, "key_1")
      const restarted = yield* process(another)
      assert.strictEqual((yield* restarted.standing).size, 1)
      yield* two.restore(paypal, "over")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* one.standing).size, 0)
    }),
  )

  it.effect("go on with what they know while the database does not answer", () =>
    Effect.gen(function* () {
      let answers = true
      const flaky = Layer.effect(
        DrainStore.DrainStore,
        Effect.map(DrainStore.DrainStore, (store) => ({
          ...store,
          all: Effect.suspend(() => (answers ? store.all : Effect.never)),
        })),
      ).pipe(Layer.provide(empty), Layer.orDie)
      const drains = yield* Effect.map(
        Layer.build(Drains.Drains.layer.pipe(Layer.provide(flaky), Layer.orDie)),
        Context.get(Drains.Drains),
      )
      yield* drains.drain(wish())
      answers = false
      yield* TestClock.adjust("2 seconds")
      const first = yield* Effect.forkChild(drains.standing, { startImmediately: true })
      assert.strictEqual((yield* drains.standing).size, 1, "only one of many waits for it")
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* Fiber.join(first)).size, 1, "and not for long")
    }),
  )
})
