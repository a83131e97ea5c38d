import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { judge } from "../src/MutantRun.ts"
import { mutate, urlOf } from "../src/Mutate.ts"
import { mutants } from "../src/Mutants.ts"
import * as Shrink from "../src/Shrink.ts"
import * as World from "../src/World.ts"

const within = 120_000

describe("what must be true", () => {
  it(
    "is so over providers that fail, buyers who pay twice, crashes, and webhooks that get lost",
    async () => {
      for (const seed of [1, 6]) {
        const { violations } = await World.run({ seed, orders: 25 })
        assert.deepStrictEqual(violations, [], `seed ${seed}`)
      }
    },
    within,
  )

  it(
    "is so over subscriptions that go on for a day, and over disputes",
    async () => {
      const { counts, violations } = await World.run({ seed: 12, orders: 16 })
      assert.deepStrictEqual(violations, [])
      for (const what of ["periods paid", "disputes opened"]) assert.isAbove(counts.get(what) ?? 0, 3, what)
    },
    within,
  )

  it(
    "is so over a file and a cut of the power",
    async () => {
      const { counts, violations } = await World.run({ seed: 13, orders: 10 })
      assert.deepStrictEqual(violations, [])
      assert.strictEqual(counts.get("power cuts"), 1)
    },
    within,
  )
})

describe("a seed", () => {
  it(
    "is the same again, to the last webhook",
    async () => {
      const [first, second] = [await World.run({ seed: 4, orders: 8 }), await World.run({ seed: 4, orders: 8 })]
      assert.deepStrictEqual(Array.from(first.counts), Array.from(second.counts))
    },
    within,
  )

  it("is one command line", () => {
    assert.strictEqual(
      Shrink.command({ seed: 7, orders: 40, only: new Set([3, 9]), without: new Set(["slow"]) }),
      "node packages/simulation/src/main.ts --seed 7 --per-seed 40 --only 3,9 --without slow",
    )
  })
})

describe("mutants", () => {
  it("are changes of the product as it is", () => {
    for (const mutant of mutants) {
      for (const { file } of mutant.edits) {
        const source = readFileSync(new URL(urlOf(file)), "utf8")
        assert.notStrictEqual(mutate(mutant, urlOf(file), source), source, mutant.name)
      }
    }
  })

  it(
    "are caught",
    async () => {
      const { invariant } = await judge({ name: "capture-under-a-new-key" }, { from: 1, seeds: 1, orders: 15 })
      assert.strictEqual(invariant, "no page is charged twice")
    },
    within,
  )
})
