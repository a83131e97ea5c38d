import { assert, describe, it } from "@effect/vitest"
import { Timestamp } from "@payment-orchestrator/domain"
import { Effect, Exit, Fiber } from "effect"
import * as Chance from "../src/Chance.ts"
import * as VirtualTime from "../src/VirtualTime.ts"

const time = (seed = "seed") => VirtualTime.make(Chance.make(seed), 1_000)

describe("virtual time", () => {
  it("passes where it is slept, in the order of waking, and nowhere else", async () => {
    const woken: Array<string> = []
    const sleeper = (name: string, millis: number) =>
      Effect.andThen(
        Effect.sleep(millis),
        Effect.map(Timestamp.now, (now) => void woken.push(`${name} ${now}`)),
      )
    const exit = await time().run(
      Effect.all([sleeper("day", 86_400_000), sleeper("hour", 3_600_000), sleeper("now", 0)], {
        concurrency: "unbounded",
        discard: true,
      }),
    )
    assert.isTrue(Exit.isSuccess(exit))
    assert.deepStrictEqual(woken, ["now 1000", "hour 3601000", "day 86401000"])
  })

  it("does not wait for who was interrupted, and says so when nobody will ever wake", async () => {
    const given = time()
    await given.run(
      Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.sleep("1 day"), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
      }),
    )
    assert.strictEqual(given.now(), 1_000)
    assert.isTrue(Exit.isFailure(await given.run(Effect.never)))
  })

  it("lets fibers go on in an order that the seed draws: the same with the same, others with others", async () => {
    const order = async (seed: string) => {
      const ran: Array<number> = []
      const step = (n: number) =>
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => void ran.push(n)),
        )
      await time(seed).run(Effect.forEach([1, 2, 3, 4, 5, 6], step, { concurrency: "unbounded", discard: true }))
      return ran.join("")
    }
    assert.strictEqual(await order("a"), await order("a"))
    assert.isAbove(new Set(await Promise.all(["a", "b", "c", "d", "e"].map(order))).size, 1)
  })
})
