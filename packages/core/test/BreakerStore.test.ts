import { assert, describe, it } from "@effect/vitest"
import { CircuitStore } from "@payment-orchestrator/core"
import { Duration, Effect, Result } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"
import * as BreakerStore from "../src/internal/BreakerStore.ts"
import * as Mirror from "../src/internal/Mirror.ts"

type Store = CircuitBreaker.CircuitBreakerStore["Service"]

const key = "paypal:inert"

/** One circuit's life, and everything that its store says of it; generations are each store's own. */
const life = (store: Store) =>
  Effect.gen(function* () {
    const said: Array<unknown> = []
    const admit = Effect.gen(function* () {
      const admitted = yield* Effect.result(store.admit(key))
      if (Result.isFailure(admitted)) {
        const { reason } = admitted.failure
        said.push([reason._tag, "retryAfter" in reason ? reason.retryAfter : undefined])
        return undefined
      }
      const { generation, ...rest } = admitted.success
      said.push(rest)
      return generation
    })
    const record = (generation: number | undefined, outcome: "Success" | "Failure" | "Ignored", seconds = 5) =>
      Effect.gen(function* () {
        const openFor = Duration.seconds(seconds)
        const tripPolicy = CircuitBreaker.consecutive(3)
        said.push(yield* store.record({ key, generation: generation ?? -1, outcome, tripPolicy, openFor }))
        said.push(yield* store.state(key))
      })
    const wait = (seconds: number) =>
      Effect.andThen(
        TestClock.adjust(Duration.seconds(seconds)),
        Effect.map(store.state(key), (state) => said.push(state)),
      )

    const first = yield* admit
    for (const outcome of ["Success", "Failure", "Ignored", "Failure", "Failure"] as const)
      yield* record(first, outcome)
    yield* record(first, "Failure")
    yield* admit
    yield* wait(5)
    const probe = yield* admit
    yield* admit
    yield* record(first, "Success")
    yield* record(probe, "Failure", 10)
    yield* wait(4)
    yield* admit
    yield* wait(6)
    const ignored = yield* admit
    yield* record(ignored, "Ignored")
    const last = yield* admit
    yield* record(last, "Success")
    yield* admit
    return said
  }).pipe(Effect.scoped)

const ours = Effect.gen(function* () {
  const mirror = yield* Mirror.make(yield* CircuitStore.makeMemory, () => Effect.void)
  return BreakerStore.make(mirror)
})

const theirs = Effect.provide(
  CircuitBreaker.CircuitBreakerStore,
  CircuitBreaker.layerStoreMemory({ idleTimeToLive: "9999 days" }),
  { local: true },
)

describe("the store of circuits", () => {
  it.effect("says what Effect's own says of every step: admissions, rejections, changes and states", () =>
    Effect.gen(function* () {
      const expected = yield* life(yield* theirs)
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* life(yield* ours), expected)
    }),
  )

  it.effect("counts failures in a row, and no rates", () =>
    Effect.gen(function* () {
      const store = yield* ours
      const tripPolicy = CircuitBreaker.rate({ size: 10, minimumCalls: 5 })
      const refused = yield* Effect.flip(
        store.record({ key, generation: 0, outcome: "Failure", tripPolicy, openFor: Duration.seconds(5) }),
      )
      assert.deepInclude(refused.reason, { message: "only failures in a row are counted here" })
    }),
  )
})
