import { assert, describe, it } from "@effect/vitest"
import { ProviderName } from "@payment-orchestrator/domain"
import { Lane } from "@payment-orchestrator/core"

const paypal = ProviderName.ProviderName.make("paypal")

describe("the key of a lane", () => {
  it("names its provider and its class, and is read again as it was", () => {
    assert.strictEqual(Lane.key(Lane.make(paypal, "money_moving")), "paypal:money_moving")
    for (const laneClass of Lane.classes) {
      const lane = Lane.make(paypal, laneClass)
      assert.deepStrictEqual(Lane.parse(Lane.key(lane)), lane)
    }
  })

  it("is none without a provider or with a class that nobody knows", () => {
    for (const text of ["", "paypal", "paypal:", "paypal:refunds", ":inert", "Pay Pal:inert"]) {
      assert.strictEqual(Lane.parse(text), undefined, text)
    }
  })
})
