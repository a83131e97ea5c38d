import { assert, describe, it } from "vitest"
import { overrun } from "../src/Overrun.ts"

describe("a test with a mutant", () => {
  it("is ended soon where it only waits", async () => {
    const watch = overrun(20_000, 200)
    assert.strictEqual(await watch.verdict, "waits")
    watch.stop()
  })

  it("is given its time while it does something, however long", async () => {
    let isOver = false
    const work = () => {
      if (!isOver) setImmediate(work)
    }
    work()
    const watch = overrun(600, 200)
    assert.strictEqual(await watch.verdict, "late")
    isOver = true
    watch.stop()
  })
})
