import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { Dispute, Money, ProviderName } from "@payment-orchestrator/domain"

const fresh: Dispute.State = {
  status: null,
  amount: Option.none(),
  reason: Option.none(),
  respondBy: Option.none(),
  seenAt: 0,
}

const says = (state: Dispute.DisputeState, fetchStartedAt: number, respondBy?: number): Dispute.DisputeSnapshot => ({
  provider: ProviderName.ProviderName.make("stripe"),
  disputeId: "du_1",
  state,
  amount: Option.some(Money.make(9_999, "USD")),
  moneyId: Option.some("pi_1"),
  reason: Option.some("fraudulent"),
  respondBy: Option.fromUndefinedOr(respondBy),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

const run = (facts: ReadonlyArray<Dispute.DisputeSnapshot>) =>
  facts.reduce(
    (sum, next) => {
      const step = Dispute.apply(sum.state, next)
      return { state: step.state, events: [...sum.events, ...step.events] }
    },
    { state: fresh, events: new Array<string>() },
  )

describe("F37: a dispute", () => {
  it("is told when it opens, when something changes, and when it closes", () => {
    const { events } = run([says("open", 1), says("open", 2), says("open", 3, 99), says("won", 4), says("won", 5)])
    assert.deepStrictEqual(events, ["dispute.opened", "dispute.updated", "dispute.closed"])
  })

  it("that is lost takes the payment back", () => {
    assert.deepStrictEqual(run([says("open", 1), says("lost", 2)]).events, [
      "dispute.opened",
      "dispute.closed",
      "payment.reversed",
    ])
  })

  it("that is first seen closed was opened too", () => {
    assert.deepStrictEqual(run([says("closed", 1)]).events, ["dispute.opened", "dispute.closed"])
  })

  it("that changes after it was closed is not closed again, and one that is opened again is not new", () => {
    const won = [says("open", 1), says("won", 2)]
    const open = ["dispute.opened", "dispute.closed"]
    assert.deepStrictEqual(run([...won, says("won", 3, 99)]).events, [...open, "dispute.updated"])
    assert.deepStrictEqual(run([...won, says("open", 3)]).events, [...open, "dispute.updated"])
  })

  it("is as the later of two looks that began at the same moment says", () => {
    assert.strictEqual(run([says("open", 1), says("won", 1)]).state.status, "won")
  })

  it("blocks refunds while it is open, and for good when it is lost", () => {
    assert.deepStrictEqual((["open", "won", "lost", "closed"] as const).map(Dispute.blocksRefunds), [
      true,
      false,
      true,
      false,
    ])
  })

  const life = [
    says("open", 1),
    says("open", 2, 50),
    says("open", 3, 60),
    says("open", 4),
    says("lost", 5),
    says("lost", 6),
  ]
  const Order = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(
    Schema.isMaxLength(18),
  )

  it.prop(
    "ends in one state, told opened and closed once, in whatever order and however often the news comes",
    [Arbitrary.schema(Order)],
    ([order]) => {
      const shuffled = run([...order, 5].flatMap((index) => life[index] ?? []))
      assert.deepStrictEqual(shuffled.state, run(life).state)
      const told = shuffled.events.filter((type) => type !== "dispute.updated")
      assert.deepStrictEqual(told, ["dispute.opened", "dispute.closed", "payment.reversed"])
    },
    { arbitrary: { runs: 10_000, size: 18 }, timeout: 60_000 },
  )
})
