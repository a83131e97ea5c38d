import { assert, describe, it } from "@effect/vitest"
import { PaymentError, ProviderName } from "@payment-orchestrator/domain"
import { Holds } from "@payment-orchestrator/core"

const provider = ProviderName.ProviderName.make("paypal")
const asksToWait = (retryAfterMillis?: number) =>
  new PaymentError.TransientPaymentError({
    provider,
    operation: "createCheckoutSession",
    reason: "rate_limited",
    outcome: "refused",
    ...(retryAfterMillis === undefined ? {} : { retryAfterMillis }),
  })

describe("a provider that asks us to wait", () => {
  const held = Holds.afterError(Holds.none, asksToWait(20_000), 1_000)

  it("is held until then, at most an hour; without a time nothing is held", () => {
    assert.deepStrictEqual(Holds.standing(held, 1_000), { hold: "throttled", millis: 20_000 })
    assert.strictEqual(Holds.standing(held, 21_000), undefined)
    assert.strictEqual(Holds.afterError(Holds.none, asksToWait(86_400_000), 0).throttledUntil, 3_600_000)
    assert.strictEqual(Holds.afterError(Holds.none, asksToWait(), 1_000), Holds.none)
  })

  it("is held for longer when it asks for more than a second more, else the same is kept", () => {
    assert.strictEqual(Holds.afterError(held, asksToWait(20_000), 2_000), held)
    assert.strictEqual(Holds.afterError(held, asksToWait(5_000), 2_000), held)
    assert.strictEqual(Holds.afterError(held, asksToWait(20_000), 2_001).throttledUntil, 22_001)
    assert.strictEqual(Holds.afterError(held, asksToWait(500), 30_000).throttledUntil, 30_500)
  })
})

describe("refused credentials", () => {
  const refused = Holds.refused(Holds.none, 1_000)

  it("are tried again after 30 seconds by the first who takes it upon himself; who comes next is put off", () => {
    assert.deepStrictEqual(Holds.standing(refused, 1_000), { hold: "credentials_refused", millis: 30_000 })
    assert.isFalse(Holds.isRecheckDue(refused, 30_999))
    assert.isTrue(Holds.isRecheckDue(refused, 31_000))
    const [first, after] = Holds.takeRecheck(refused, 31_000)
    assert.deepStrictEqual([first, after.refusedUntil], [true, 61_000])
    assert.deepStrictEqual(Holds.takeRecheck(after, 31_000), [false, after])
  })

  it("stand in nobody's way when they were never refused, or accepted since", () => {
    assert.deepStrictEqual(Holds.takeRecheck(Holds.none, 1_000), [true, Holds.none])
    assert.isFalse(Holds.isRecheckDue(Holds.none, 1_000))
    assert.strictEqual(Holds.accepted(Holds.none), Holds.none)
    assert.deepStrictEqual(Holds.accepted(refused), Holds.none)
  })
})
