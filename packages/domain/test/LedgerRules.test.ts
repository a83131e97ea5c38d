import { assert, describe, it } from "@effect/vitest"
import { Option } from "effect"
import { Ledger, Money, type Session } from "@payment-orchestrator/domain"
import { A, B, C, commands, currentOf, fresh, record, seen, statuses } from "./LedgerRecords.ts"

const D = record("paypal", "D")
const short = Money.make(9_998, "USD")

const types = ({ events }: Ledger.Step) => events.map(({ type }) => type)

/** The last step of these snapshots, applied one after the other. */
const after = (state: Ledger.State, ...snapshots: ReadonlyArray<Session.SessionSnapshot>): Ledger.Step =>
  snapshots.reduce<Ledger.Step>((step, snapshot) => Ledger.apply(step.state, snapshot), {
    state,
    events: [],
    commands: [],
  })

const subscription = (...sessions: ReadonlyArray<Ledger.SessionRecord>): Ledger.State => ({
  ...fresh(...sessions),
  mode: "subscription",
})

describe("a payment", () => {
  it("counts as taken when it is first seen after some or all of it went back", () => {
    for (const state of ["completed", "partially_refunded", "refunded"] as const) {
      const step = after(fresh(A), seen(A, "completed", 1, [state]))
      assert.deepStrictEqual([step.state.status, Option.getOrNull(step.state.paidBy)], ["paid", "A"], state)
    }
  })

  it("that was completed is never pending or declined again, whatever a later look says", () => {
    for (const earlier of ["pending", "declined"] as const) {
      const step = after(fresh(A), seen(A, "completed", 1, ["completed"]), seen(A, "completed", 2, [earlier]))
      assert.deepStrictEqual([step.state.payments[0]?.state, step.state.status, types(step)], ["completed", "paid", []])
    }
  })

  it("that is declined is told as failed, and nothing is under way because of it", () => {
    const step = after(fresh(A), seen(A, "open", 1, ["declined"]))
    assert.deepStrictEqual([types(step), step.state.status], [["payment.failed"], "open"])
  })

  it("that is the second of one page is a duplicate, unless a subscription renews", () => {
    const twice = [seen(A, "completed", 1, ["completed"]), seen(A, "completed", 2, ["completed", "completed"])]
    const duplicate = after(fresh(A), ...twice)
    assert.deepStrictEqual([types(duplicate), commands(duplicate)], [["payment.duplicate"], ["Duplicate A"]])
    const renewal = after(subscription(A), ...twice)
    assert.deepStrictEqual([types(renewal), commands(renewal)], [["payment.captured"], []])
  })

  it("pays a checkout that was open as one in time, and one that had expired as late for good", () => {
    const inTime = after(fresh(A), seen(A, "completed", 1, ["completed"]))
    assert.isFalse(inTime.state.late)
    const paid = seen(A, "completed", 1, ["completed"])
    const late = after(Ledger.expire(fresh(A)).state, paid, { ...paid, fetchStartedAt: 2 })
    assert.isTrue(late.state.late)
  })

  it("withdraws the other pages that may still be paid, once, and those alone", () => {
    const state = fresh(A, { ...B, status: "withdrawn" }, C)
    const paid = after(state, seen(A, "completed", 1, ["completed"]))
    assert.deepStrictEqual(commands(paid), ["Withdraw C"])
    assert.deepStrictEqual(commands(Ledger.apply(paid.state, seen(A, "completed", 2, ["completed"]))), [])
  })

  it("lets a checkout that had failed go on", () => {
    const failed: Ledger.State = { ...fresh(A), status: "failed" }
    assert.strictEqual(after(failed, seen(A, "approved", 1)).state.status, "processing")
    assert.strictEqual(after(failed, seen(A, "completed", 1, ["completed"])).state.status, "paid")
  })
})

describe("F63: money of another amount", () => {
  const mismatched = after(fresh(A, B), seen(A, "completed", 1, ["completed"], short)).state

  it("keeps the checkout under way, and no more is taken, from no page", () => {
    assert.strictEqual(mismatched.status, "processing")
    const looked = after(mismatched, seen(B, "open", 2))
    assert.strictEqual(looked.state.status, "processing")
    assert.deepStrictEqual(commands(after(mismatched, seen(B, "approved", 2))), [])
  })

  it("does not pay the subscription behind its page, but another page's subscription does", () => {
    const asked = Option.some(Money.make(9_999, "USD"))
    const wrong = after({ ...subscription(A, B), asked }, seen(A, "completed", 1, ["completed"], short))
    assert.deepStrictEqual(
      [wrong.state.status, types(wrong)],
      ["processing", ["checkout.processing", "payment.mismatched"]],
    )
    const right = after(wrong.state, seen(B, "completed", 2))
    assert.deepStrictEqual([right.state.status, Option.getOrNull(right.state.paidBy)], ["paid", "B"])
  })

  it("spares the buyer a second charge on the page that was just approved", () => {
    const approved = after(fresh(A, D), seen(D, "approved", 1)).state
    const mispaid = after(approved, seen(A, "completed", 2, ["completed"], short)).state
    assert.strictEqual(Ledger.taking(mispaid, "D", 9).state, mispaid)
    assert.deepStrictEqual(statuses(Ledger.spared(mispaid, "D").state), ["A completed", "D withdrawn"])
  })
})

describe("a page that waits for us to take the money", () => {
  const approved = after(fresh(A, B), seen(A, "approved", 1)).state

  it("is spared only when the buyer has paid on another one", () => {
    const completing = ["A completing", "B payable"]
    assert.deepStrictEqual(statuses(Ledger.taking(approved, "A", 9).state), completing)
    const own = { ...approved, payments: after(fresh(A), seen(A, "open", 1, ["completed"], short)).state.payments }
    assert.deepStrictEqual(statuses(Ledger.taking(own, "A", 9).state), completing)
    assert.deepStrictEqual(statuses(Ledger.spared(own, "A").state), completing)
    const pending = { ...approved, payments: after(fresh(B), seen(B, "open", 1, ["pending"])).state.payments }
    assert.deepStrictEqual(statuses(Ledger.taking(pending, "A", 9).state), completing)
  })

  it("is not called refused when it is spared, nor let go twice", () => {
    const paid = after(approved, seen(B, "completed", 2, ["completed"])).state
    const spared = Ledger.spared(paid, "A").state
    assert.strictEqual(spared.sessions[0]?.refused, false)
    assert.strictEqual(Ledger.spared(spared, "A").state, spared)
  })

  it("F25: is not let go unseen when another one is paid: money that is under way there is a second payment", () => {
    const pending = after(fresh(A, B), seen(A, "processing", 1, ["pending"])).state
    const paid = after(pending, seen(B, "completed", 2, ["completed"])).state
    const waiting = Ledger.taking(paid, "A", 9).state
    assert.deepStrictEqual(statuses(waiting), ["A completing", "B completed"])
    const come = after(waiting, seen(A, "completed", 10, ["completed"]))
    assert.include(types(come), "payment.duplicate")
  })

  it("is not asked for again once its provider has refused for good, until the buyer approves it anew", () => {
    const refused = Ledger.refused(approved, "A").state
    assert.deepStrictEqual(statuses(refused), ["A withdrawn", "B payable"])
    assert.isTrue(refused.sessions[0]?.refused)
    const again = after(refused, seen(A, "approved", 2))
    assert.deepStrictEqual(commands(again), [])
    assert.deepStrictEqual(commands(after(again.state, seen(A, "open", 3), seen(A, "approved", 4))), ["Complete A"])
  })

  it("is never seen to have been looked at earlier than it was, nor is one that does not wait", () => {
    const later = after(fresh(A, B), seen(A, "approved", 7)).state
    assert.strictEqual(Ledger.taking(later, "A", 5).state.sessions[0]?.seenAt, 7)
    assert.deepStrictEqual(
      Ledger.taking(approved, "A", 5).state.sessions.map(({ seenAt }) => seenAt),
      [5, 0],
    )
    assert.strictEqual(Ledger.taking(approved, "B", 5).state, approved)
    assert.strictEqual(Ledger.taking(approved, "none", 5).state, approved)
  })

  it("is not asked for again on a page that is completed, though no money was seen", () => {
    const nothing = after(fresh(A), seen(A, "completed", 1))
    const step = after(nothing.state, seen(A, "approved", 2))
    assert.deepStrictEqual([statuses(step.state), commands(step)], [["A completed"], []])
  })

  it("is not started for a subscription whose checkout was given up", () => {
    const expired = Ledger.expire(subscription(A)).state
    assert.deepStrictEqual(commands(after(expired, seen(A, "approved", 1))), [])
    assert.deepStrictEqual(commands(after(subscription(A), seen(A, "approved", 1))), ["Complete A"])
    assert.deepStrictEqual(commands(after(Ledger.expire(fresh(A)).state, seen(A, "approved", 1))), ["Complete A"])
  })
})

describe("a look that finds", () => {
  it("a page open changes nothing, also beside another page that may be paid", () => {
    const step = after(fresh(B, C), seen(C, "open", 1))
    assert.deepStrictEqual([statuses(step.state), commands(step), types(step)], [["B payable", "C payable"], [], []])
  })

  it("a page open that was being confirmed makes it payable again, or withdraws it beside another one", () => {
    const alone = after(fresh(C), seen(C, "processing", 1), seen(C, "open", 2))
    assert.deepStrictEqual([statuses(alone.state), commands(alone), alone.state.status], [["C payable"], [], "open"])
    const both = after(fresh(B, C), seen(C, "processing", 1), seen(C, "open", 2))
    assert.deepStrictEqual([statuses(both.state), commands(both)], [["B payable", "C payable"], ["Withdraw C"]])
    const local = after(fresh(A), seen(A, "approved", 1), seen(A, "open", 2))
    assert.deepStrictEqual(statuses(local.state), ["A payable"])
    const beside = after(fresh(A, B), seen(A, "approved", 1), seen(A, "open", 2))
    assert.deepStrictEqual([statuses(beside.state), commands(beside)], [["A withdrawn", "B payable"], []])
  })

  it("nothing taken keeps the checkout under way while a payment is pending", () => {
    const step = after(fresh(B), seen(B, "processing", 1, ["pending"]), seen(B, "open", 2, ["pending"]))
    assert.strictEqual(step.state.status, "processing")
    const declined = after(fresh(B), seen(B, "processing", 1, ["pending"]), seen(B, "open", 2, ["declined"]))
    assert.strictEqual(declined.state.status, "open")
  })

  it("the provider at work says so, with no money to be seen yet", () => {
    const step = after(fresh(C), seen(C, "processing", 1))
    assert.deepStrictEqual([step.state.status, types(step)], ["processing", ["checkout.processing"]])
  })

  it("a page over that was completed leaves it completed", () => {
    const completed = after(fresh(A), seen(A, "completed", 1, ["completed"])).state
    for (const state of ["processing", "expired", "open"] as const) {
      assert.deepStrictEqual(statuses(after(completed, seen(A, state, 2, ["completed"])).state), ["A completed"], state)
    }
  })

  it("a page completed without money pays a subscription, and no payment", () => {
    assert.strictEqual(after(subscription(A), seen(A, "completed", 1)).state.status, "paid")
    const step = after(fresh(A), seen(A, "completed", 1))
    assert.deepStrictEqual([step.state.status, types(step)], ["open", []])
  })

  it("a page over gives it up; when it had been completed without money, the buyer is waited for again", () => {
    assert.deepStrictEqual(statuses(after(fresh(A), seen(A, "expired", 1)).state), ["A withdrawn"])
    const nothing = after(fresh(A), seen(A, "processing", 1), seen(A, "completed", 2))
    assert.strictEqual(nothing.state.status, "processing")
    assert.strictEqual(after(nothing.state, seen(A, "expired", 3)).state.status, "open")
  })

  it("the lock free again has the pages looked at that only we take money from, but for those that are done", () => {
    const done = { ...record("paypal", "E"), status: "completed" } as const
    const step = after(fresh(C, { ...A, status: "withdrawn" }, B, done), seen(C, "processing", 1), seen(C, "open", 2))
    assert.deepStrictEqual(commands(step), ["Look A", "Withdraw C"])
  })
})

describe("a look", () => {
  it("at another provider's page of the same id is of none of this checkout's", () => {
    const state = fresh(A)
    const step = Ledger.apply(state, seen(record("stripe", "A"), "completed", 1, ["completed"]))
    assert.deepStrictEqual([step.state, step.events, step.commands], [state, [], []])
  })

  it("that finds a page over has no other looked at, unless it was being paid, and nobody has paid", () => {
    assert.deepStrictEqual(commands(after(fresh(C, A), seen(C, "expired", 1))), [])
    assert.deepStrictEqual(commands(after(fresh(C, A), seen(C, "processing", 1), seen(C, "expired", 2))), ["Look A"])
    const paid = after(fresh(C, A, B), seen(C, "processing", 1), seen(B, "completed", 2, ["completed"]))
    assert.deepStrictEqual(commands(after(paid.state, seen(C, "expired", 3))), [])
  })
})

describe("the end of a checkout's time", () => {
  it("withdraws the pages that may be paid, and those alone", () => {
    const step = Ledger.expire(fresh({ ...A, status: "withdrawn" }, B, C))
    assert.deepStrictEqual([step.state.status, commands(step)], ["expired", ["Withdraw B", "Withdraw C"]])
    assert.deepStrictEqual(step.events, [{ type: "checkout.expired", provider: C.provider }])
  })

  it("comes for what is open or has failed, and for nothing else", () => {
    for (const status of ["open", "failed"] as const) {
      assert.strictEqual(Ledger.expire({ ...fresh(A), status }).state.status, "expired")
    }
    for (const status of ["processing", "paid", "expired"] as const) {
      const state = { ...fresh(A), status }
      assert.strictEqual(Ledger.expire(state).state, state)
    }
  })
})

describe("a page", () => {
  it("is withdrawn by its own id, and keeps when it was seen last", () => {
    const step = Ledger.withdrawn(fresh(A, { ...C, seenAt: 7 }), "C", 5)
    assert.deepStrictEqual(statuses(step.state), ["A payable", "C withdrawn"])
    assert.strictEqual(step.state.sessions[1]?.seenAt, 7)
  })

  it("stands in the way of another one while it may be paid and only its provider could change that", () => {
    assert.isTrue(Ledger.standsInTheWay(C))
    assert.isFalse(Ledger.standsInTheWay({ ...C, status: "withdrawn" }))
    assert.isFalse(Ledger.standsInTheWay(A))
  })

  it("is shown as it was opened: nothing approved, seen, hinted or refused", () => {
    assert.deepStrictEqual(Ledger.moved(fresh(A), B, "strict").state.sessions[1], B)
  })

  it("is told as moved to once each, however often the buyer is moved on", () => {
    const first = Ledger.moved(fresh(A), B, "compensate").state
    assert.deepStrictEqual(types(Ledger.moved(first, C, "compensate")), ["checkout.moved"])
    assert.strictEqual(Ledger.moved(first, B, "compensate").state, first)
  })

  it("is not moved to from a checkout that has none", () => {
    assert.isFalse(Ledger.mayMove(fresh()))
    assert.isTrue(Ledger.mayMove(fresh(A)))
  })

  it("that was completed without money stays so when the buyer is moved on", () => {
    const step = Ledger.moved(fresh({ ...A, status: "completed" }), B, "strict")
    assert.deepStrictEqual(statuses(step.state), ["A completed", "B payable"])
  })

  it("that a webhook hinted at counts by its own id, and only while the checkout is open", () => {
    const hinted = { ...C, hintedAt: 5 }
    assert.strictEqual(Ledger.unseen(fresh(A, hinted), "C").state.status, "processing")
    const other = fresh(hinted, A)
    assert.strictEqual(Ledger.unseen(other, "A").state, other)
    const expired: Ledger.State = { ...fresh(hinted), status: "expired" }
    assert.strictEqual(Ledger.unseen(expired, "C").state, expired)
    const completed = fresh({ ...hinted, status: "completed" })
    assert.strictEqual(Ledger.unseen(completed, "C").state, completed, "it is known what became of it")
  })

  it("stands for the checkout: the one that paid, else is being paid, else may be, else the last", () => {
    const payer = { ...fresh({ ...A, status: "completed" } as const, B, C), paidBy: Option.some("A") }
    assert.strictEqual(currentOf(payer), "A")
    assert.strictEqual(currentOf(fresh({ ...A, status: "completing" }, B, C)), "A")
    assert.strictEqual(currentOf(fresh(A, B, { ...C, status: "withdrawn" })), "B")
    assert.strictEqual(currentOf(fresh(...[A, B, C].map((page) => ({ ...page, status: "withdrawn" as const })))), "C")
    assert.strictEqual(currentOf(fresh()), null)
  })
})
