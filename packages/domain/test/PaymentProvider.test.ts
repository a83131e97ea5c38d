import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { HttpFailure, PaymentProvider, ProviderName, Text } from "../src/index.ts"

const name = ProviderName.ProviderName.make("acme")
const asked = { provider: name, operation: "checkAvailability" } as const

describe("availability", () => {
  it.effect("is what the answer to the cheapest call shows, and never a failure", () =>
    Effect.gen(function* () {
      const seen = (status: number) =>
        PaymentProvider.availabilityBy(Effect.fail(HttpFailure.refused(asked, { status }, 0)))
      const good = yield* PaymentProvider.availabilityBy(Effect.void)
      expect(good).toMatchObject({ reachable: true, credentials: "accepted", reason: Option.none() })
      expect(yield* seen(401)).toMatchObject({ reachable: true, credentials: "refused" })
      expect(yield* seen(403)).toMatchObject({ reachable: true, credentials: "accepted" })
      expect(yield* seen(429)).toMatchObject({ reachable: true, credentials: "unknown" })
      const down = yield* seen(503)
      expect(down).toMatchObject({ reachable: false, credentials: "unknown" })
      assert.deepStrictEqual(down.reason, Option.some("Acme 503 Service Unavailable"))
    }),
  )
})

describe("a provider that takes payments only", () => {
  it.effect("has no subscription, price or dispute, and refuses to cancel what it cannot have", () =>
    Effect.gen(function* () {
      const provider = PaymentProvider.paymentsOnly(name)
      assert.isTrue(Option.isNone(yield* provider.getSubscription("any")))
      assert.isTrue(Option.isNone(yield* provider.findPrice("any")))
      assert.isTrue(Option.isNone(yield* provider.findDispute("any")))
      const request = { subscriptionId: "any", reason: Option.none(), atPeriodEnd: false }
      expect(yield* Effect.flip(provider.cancelSubscription(request))).toMatchObject({
        _tag: "PermanentPaymentError",
        reason: "not_supported",
        outcome: "not_sent",
      })
    }),
  )
})

describe("a text for a provider with a limit", () => {
  it("is cut between characters, has no control characters and no blanks at its ends", () => {
    assert.strictEqual(Text.fit("x😀😀", 4), "x😀")
    assert.strictEqual(Text.fit(" a\u0000\nb ", 10), "a b")
    assert.strictEqual(Text.fit("ab cd", 3), "ab")
    assert.strictEqual(Text.fit("a\ud800", 10), "a\ufffd")
    assert.strictEqual(Text.fit("\u0001\u0002", 10), "")
  })
})
