import { assert, describe, it } from "@effect/vitest"
import * as Moment from "../src/internal/Moment.ts"

describe("a moment that was written down", () => {
  const span = 5_000
  const skew = 60_000

  it("is still to come until it is there", () => {
    assert.isTrue(Moment.isAhead(1_001, 1_000, span))
    assert.isFalse(Moment.isAhead(1_000, 1_000, span))
    assert.isFalse(Moment.isAhead(999, 1_000, span))
  })

  it("is over where it is further ahead than two clocks can be apart, since the clock was put back", () => {
    assert.isTrue(Moment.isAhead(1_000 + span + skew, 1_000, span))
    assert.isFalse(Moment.isAhead(1_001 + span + skew, 1_000, span))
  })
})
