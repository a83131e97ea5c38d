import { assert, describe, it } from "@effect/vitest"
import { ProviderName } from "@payment-orchestrator/domain"
import { Deferred, Duration, Effect, Fiber } from "effect"
import { Lane } from "@payment-orchestrator/core"
import * as Bounds from "../src/Bounds.ts"
import * as Pace from "../src/Pace.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const openings = Lane.make(paypal, "inert")
const captures = Lane.make(paypal, "money_moving")

describe("the slots of a lane", () => {
  it.effect("are as many as its bound, and free again only when a turn has ended", () =>
    Effect.gen(function* () {
      const bounds = Bounds.make(2)
      const end = yield* Deferred.make<void>()
      const full = Effect.succeed("full")
      const hang = () =>
        Effect.forkChild(bounds.within(openings, Deferred.await(end), full), { startImmediately: true })
      const turns = [yield* hang(), yield* hang()]
      assert.isTrue(bounds.isFull(openings))
      // Who is turned away frees nobody's slot.
      for (let i = 0; i < 3; i += 1) {
        assert.strictEqual(yield* bounds.within(openings, Effect.succeed("let in"), full), "full")
      }
      assert.isFalse(bounds.isFull(captures))
      assert.strictEqual(yield* bounds.within(captures, Effect.succeed("let in"), full), "let in")
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.joinAll(turns)
      assert.isFalse(bounds.isFull(openings))
      for (let i = 0; i < 3; i += 1) {
        assert.strictEqual(yield* bounds.within(openings, Effect.succeed("let in"), full), "let in")
      }
    }),
  )
})

describe("a call", () => {
  it("has taken long after half of its time-out, at most ten seconds", () => {
    const seconds = (timeout: number) => Duration.toSeconds(Pace.slowAfter({ timeout: Duration.seconds(timeout) }))
    assert.deepStrictEqual([8, 20, 60].map(seconds), [4, 10, 10])
  })
})
