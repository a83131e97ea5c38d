import { assert, describe, it } from "@effect/vitest"
import { Sample } from "@payment-orchestrator/provider-kit"
import { Clock, Effect, Stream } from "effect"
import { harness } from "./Harness.ts"

describe("F50: what was missed", () => {
  it.live("is read over all pages, each notice once, from the time that was said", () =>
    Effect.gen(function* () {
      const { provider } = yield* harness.make()
      const since = yield* Clock.currentTimeMillis
      yield* Effect.forEach(
        Array.from({ length: 120 }),
        () =>
          Effect.gen(function* () {
            const { sessionId } = yield* Effect.flatMap(Sample.sessionRequest(), provider.createCheckoutSession)
            assert.strictEqual(yield* provider.withdraw({ sessionId, mode: "payment" }), "withdrawn")
          }),
        { concurrency: 8, discard: true },
      )
      const missed = yield* Stream.runCollect(provider.missedEvents(since))
      assert.lengthOf(missed, 120)
      assert.strictEqual(new Set(missed.map(({ eventId }) => eventId)).size, 120)
      assert.lengthOf(yield* Stream.runCollect(provider.missedEvents(since + 60_000)), 0)
    }),
  )
})
