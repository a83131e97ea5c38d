import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { Ledger } from "@payment-orchestrator/domain"
import { A, B, C, commands, currentOf, fresh, polar, record, seen, statuses } from "./LedgerRecords.ts"
import * as World from "./LedgerWorld.ts"

describe("moving a buyer on", () => {
  it("withdraws the page that only we could take money from, in the step that shows the next, and tells it", () => {
    const { events, state } = Ledger.moved(fresh(A), B, "strict")
    assert.deepStrictEqual(statuses(state), ["A withdrawn", "B payable"])
    assert.deepStrictEqual(events, [{ type: "checkout.moved", provider: polar, sessionId: "B" }])
    assert.strictEqual(currentOf(state), "B")
  })

  it("F24: shows no other page beside one that could not be withdrawn, unless a second payment may be given back", () => {
    const shown = fresh(B)
    assert.strictEqual(Ledger.moved(shown, C, "strict").state, shown)
    assert.deepStrictEqual(statuses(Ledger.moved(shown, C, "compensate").state), ["B payable", "C payable"])
  })

  it("F62: waits while a page is being paid, was paid, or may have been", () => {
    const completing = fresh({ ...A, status: "completing" })
    const hinted = fresh({ ...A, hintedAt: 5, seenAt: 4 })
    const paid = Ledger.apply(fresh(A), seen(A, "completed", 1, ["completed"])).state
    for (const state of [completing, hinted, paid, { ...fresh(A), status: "processing" as const }]) {
      for (const policy of ["strict", "compensate"] as const) {
        assert.strictEqual(Ledger.moved(state, B, policy).state, state)
      }
    }
    const looked = Ledger.apply(hinted, seen(A, "open", 6)).state
    assert.deepStrictEqual(statuses(Ledger.moved(looked, B, "strict").state), ["A withdrawn", "B payable"])
  })

  it("ends after five pages", () => {
    let state = fresh(A)
    for (let index = 0; index < 10; index += 1) {
      state = Ledger.moved(state, record("paypal", `N${index}`), "strict").state
    }
    assert.lengthOf(state.sessions, Ledger.maxPages)
  })
})

describe("F61: the buyer goes back to a page that was given up", () => {
  const moved = (to: Ledger.SessionRecord) => Ledger.moved(fresh(A), to, "strict").state

  it("its approval wins when nobody was paid: it is revived and stands for the checkout", () => {
    const step = Ledger.apply(moved(B), seen(A, "approved", 1))
    assert.deepStrictEqual(commands(step), ["Complete A"])
    assert.deepStrictEqual(statuses(step.state), ["A completing", "B payable"])
    assert.strictEqual(currentOf(step.state), "A")
  })

  it("waits while the other page is being confirmed, and is looked at once that has failed", () => {
    const confirming = Ledger.apply(moved(B), seen(B, "processing", 1)).state
    const waiting = Ledger.apply(confirming, seen(A, "approved", 2))
    assert.deepStrictEqual(commands(waiting), [])
    const failed = Ledger.apply(waiting.state, seen(B, "open", 3))
    assert.deepStrictEqual(commands(failed), ["Look A"])
    assert.deepStrictEqual(commands(Ledger.apply(failed.state, seen(A, "approved", 4))), ["Complete A"])
  })

  it("is not charged when the other page was paid", () => {
    const paid = Ledger.apply(moved(B), seen(B, "completed", 1, ["completed"])).state
    const late = Ledger.apply(paid, seen(A, "approved", 2))
    assert.deepStrictEqual([commands(late), late.events, currentOf(late.state)], [[], [], "B"])
  })

  it("is spared when the other page turns out paid before its money was taken", () => {
    const approved = Ledger.apply(moved(B), seen(A, "approved", 1)).state
    const paid = Ledger.apply(approved, seen(B, "completed", 2, ["completed"])).state
    const { state } = Ledger.spared(Ledger.taking(paid, "A", 3).state, "A")
    assert.deepStrictEqual(statuses(state), ["A withdrawn", "B completed"])
    assert.deepStrictEqual(commands(Ledger.apply(state, seen(A, "approved", 3))), [])
  })

  it("F66: declined there, it stays given up, and the page it was moved to stands again", () => {
    const approved = Ledger.apply(moved(B), seen(A, "approved", 1)).state
    const { state } = Ledger.apply(approved, seen(A, "open", 2))
    assert.deepStrictEqual(statuses(state), ["A withdrawn", "B payable"])
    assert.deepStrictEqual([state.status, currentOf(state)], ["open", "B"])
  })
})

describe("F25: money that is being taken", () => {
  it("is not called untaken by what was fetched before: no other page is shown", () => {
    const approved = Ledger.apply(fresh(A), seen(A, "approved", 1)).state
    const taking = Ledger.taking(approved, "A", 5).state
    assert.strictEqual(Ledger.apply(taking, seen(A, "open", 4)).state, taking)
    assert.strictEqual(Ledger.moved(taking, B, "strict").state, taking)
    assert.strictEqual(Ledger.apply(taking, seen(A, "open", 5)).state.status, "open")
  })
})

describe("F66: money that is refused for good", () => {
  const refused = Ledger.refused(Ledger.apply(fresh(A), seen(A, "approved", 1)).state, "A").state

  it("is not asked for again, though the order still says approved; the buyer may be moved on", () => {
    assert.deepStrictEqual(commands(Ledger.apply(refused, seen(A, "approved", 2))), [])
    assert.strictEqual(refused.status, "open")
    assert.deepStrictEqual(statuses(Ledger.moved(refused, B, "strict").state), ["A withdrawn", "B payable"])
  })

  it("is taken after a new approval", () => {
    const again = Ledger.apply(refused, seen(A, "open", 2)).state
    const step = Ledger.apply(again, seen(A, "approved", 3))
    assert.deepStrictEqual(commands(step), ["Complete A"])
    assert.strictEqual(step.state.sessions[0]?.approvals, 2)
  })
})

describe("F61: a page that its provider has withdrawn", () => {
  it("is not made payable again by what was fetched before", () => {
    const moved = Ledger.moved(Ledger.withdrawn(fresh(B), "B", 5).state, A, "strict").state
    for (const state of ["open", "approved", "processing"] as const) {
      assert.strictEqual(Ledger.apply(moved, seen(B, state, 4)).state, moved)
    }
  })
})

describe("a webhook that nobody could look up", () => {
  const hinted = fresh({ ...C, hintedAt: 5 })

  it("makes the checkout `processing`, pays nothing, and keeps it from expiring", () => {
    const { events, state } = Ledger.unseen(hinted, "C")
    assert.deepStrictEqual([state.status, events.map(({ type }) => type)], ["processing", ["checkout.processing"]])
    assert.deepStrictEqual(state.payments, [])
    assert.strictEqual(Ledger.expire(hinted).state, hinted)
    assert.strictEqual(Ledger.expire(state).state, state)
  })

  it("counts until a look has begun after it", () => {
    const { state } = Ledger.unseen(hinted, "C")
    assert.strictEqual(Ledger.apply(state, seen(C, "open", 4)).state.status, "processing")
    assert.strictEqual(Ledger.apply(state, seen(C, "open", 5)).state.status, "open")
    assert.strictEqual(Ledger.apply(state, seen(C, "completed", 6, ["completed"])).state.status, "paid")
  })

  it("is nothing when a look fails and none has come", () => {
    const quiet = fresh(C)
    assert.strictEqual(Ledger.unseen(quiet, "C").state, quiet)
  })
})

const deeds = Arbitrary.schema(
  Schema.Array(
    Schema.Struct({
      deed: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000 })),
      page: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
    }),
  ).check(Schema.isMaxLength(40)),
)
const firstFence = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })))

const payable = (state: Ledger.State) => state.sessions.filter(({ status }) => status === "payable").length

/** However it went, every charge is found in the end: one pays the checkout, each further one is told. */
const everyChargeIsTold = (world: ReturnType<typeof World.make>) => {
  world.lookEverywhere()
  const charges = world.pages.reduce((sum, { charges }) => sum + charges, 0)
  const told = (type: string) => world.events.filter((event) => event.type === type).length
  assert.strictEqual(told("checkout.paid"), Math.min(1, charges))
  assert.strictEqual(told("payment.captured"), Math.min(1, charges))
  assert.strictEqual(told("payment.duplicate"), Math.max(0, charges - 1))
  assert.strictEqual(world.state().status === "paid", charges > 0)
  return charges
}

describe("F25, F61, F62: whatever buyers and providers do, in whatever order it is told", () => {
  it.prop(
    "strict: one page at most can be paid, and where every page can be withdrawn money comes once at most",
    [deeds, firstFence],
    ([all, first]) => {
      const kinds = (["local", "remote"] as const).flatMap((fence) => [fence, fence])
      const world = World.make([...kinds.slice(first), ...kinds.slice(0, first)], "strict")
      for (const deed of all) {
        world.does(deed)
        assert.isAtMost(payable(world.state()), 1)
      }
      assert.isAtMost(everyChargeIsTold(world), 1)
    },
    { arbitrary: { runs: 15_000, size: 40 }, timeout: 120_000 },
  )

  it.prop(
    "strict: beside a page that cannot be withdrawn no other is shown, and a second charge is told",
    [deeds, firstFence],
    ([all, first]) => {
      const kinds = ["local", "none", "remote", "local", "none"] as const
      const world = World.make([...kinds.slice(first), ...kinds.slice(0, first)], "strict")
      for (const deed of all) {
        world.does(deed)
        assert.isAtMost(payable(world.state()), 1)
      }
      everyChargeIsTold(world)
    },
    { arbitrary: { runs: 15_000, size: 40 }, timeout: 120_000 },
  )

  it.prop(
    "compensate: every charge beyond the first is told as a duplicate, once",
    [deeds, firstFence],
    ([all, first]) => {
      const kinds = ["none", "remote", "local", "none", "remote"] as const
      const world = World.make([...kinds.slice(first), ...kinds.slice(0, first)], "compensate")
      for (const deed of all) world.does(deed)
      everyChargeIsTold(world)
    },
    { arbitrary: { runs: 15_000, size: 40 }, timeout: 120_000 },
  )
})
