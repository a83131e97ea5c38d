import { assert, describe, it } from "@effect/vitest"
import { ProviderName } from "@payment-orchestrator/domain"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import { ClockSkew } from "@payment-orchestrator/core"

const paypal = ProviderName.ProviderName.make("paypal")
const noon = 1_700_000_000_000

/** What a provider says whose clock is that far from ours. */
const headerAt = (millis: number) => DateTime.toDateUtc(DateTime.makeUnsafe(noon + millis)).toUTCString()

describe("the clocks of providers", () => {
  it.effect(
    "say by how much ours is ahead, once three answers were heard; one that was long on its way says nothing",
    () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(noon)
        const { heard, skews } = yield* ClockSkew.make
        for (const at of [-90_000, -300_000]) yield* heard(paypal, headerAt(at))
        assert.strictEqual((yield* skews).size, 0)
        yield* heard(paypal, headerAt(-91_000))
        assert.strictEqual((yield* skews).get(paypal), 91_000 - 500)
        // Only the last five count.
        for (let i = 0; i < 20; i++) yield* heard(paypal, headerAt(-60_000))
        for (let i = 0; i < 3; i++) yield* heard(paypal, headerAt(0))
        assert.strictEqual((yield* skews).get(paypal), -500)
      }),
  )

  it.effect("are not guessed from a header that is none", () =>
    Effect.gen(function* () {
      const { heard, skews } = yield* ClockSkew.make
      for (const text of [undefined, "", "yesterday"]) yield* heard(paypal, text)
      assert.strictEqual((yield* skews).size, 0)
    }),
  )
})
