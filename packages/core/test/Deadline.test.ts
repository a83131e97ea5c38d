import { assert, describe, it } from "@effect/vitest"
import { Deadline } from "@payment-orchestrator/core"

describe("a deadline", () => {
  it("is shared out among those to come, as long as a call of one second fits", () => {
    assert.strictEqual(Deadline.shareEnd(1_000, 61_000, 3), 21_000)
    assert.strictEqual(Deadline.shareEnd(1_000, 61_000, 1), 61_000)
    assert.strictEqual(Deadline.shareEnd(1_000, 61_000, 0), 61_000)
    assert.strictEqual(Deadline.shareEnd(60_000, 61_000, 1), 61_000)
    assert.strictEqual(Deadline.shareEnd(60_001, 61_000, 1), undefined)
  })

  it("leaves room for a wait when a call of one second fits after it", () => {
    assert.isTrue(Deadline.fits(1_000, 500, 2_500))
    assert.isFalse(Deadline.fits(1_000, 501, 2_500))
  })
})
