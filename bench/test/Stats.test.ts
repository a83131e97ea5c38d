import { setTimeout as sleep } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import * as Load from "../src/Load.ts"
import { percentile, shown, shownSpread, spread } from "../src/Stats.ts"

describe("a percentile", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i)

  it("is the smallest value that so many do not exceed", () => {
    assert.deepStrictEqual(
      [0.5, 0.95, 0.99, 1].map((share) => percentile(hundred, share)),
      [50, 95, 99, 100],
    )
    assert.strictEqual(percentile([7], 0.99), 7)
    assert.isNaN(percentile([], 0.5))
  })

  it("is told with its spread, in three digits, and as a dash when nothing was measured", () => {
    assert.strictEqual(shownSpread(spread([])), "–")
    assert.strictEqual(shownSpread(spread([3, 1, 2])), "2.00 (1.00–3.00)")
    assert.deepStrictEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 })
    assert.deepStrictEqual([1.234, 12.34, 123.4, -0.5].map(shown), ["1.23", "12.3", "123", "-0.50"])
  })
})

describe("an open loop", () => {
  it("begins on time although nothing ends, and counts from when each was due", async () => {
    const begun = performance.now()
    const starts: Array<number> = []
    const timed = await Load.open(100, 0.2, async () => {
      starts.push(performance.now() - begun)
      await sleep(300)
    })
    assert.lengthOf(timed, 20)
    assert.isAbove(Math.max(...starts), 150)
    assert.isBelow(Math.min(...starts), 150)
    assert.isTrue(timed.every(({ millis }) => millis >= 290))
    assert.isAbove(performance.now() - begun, 450)
  })
})
