import { assert, describe, it } from "@effect/vitest"
import { Id, type Ledger, ProviderName, type Webhook } from "@payment-orchestrator/domain"
import { LedgerStore, Settlement } from "@payment-orchestrator/payments"
import { Duration, Option } from "effect"

const seconds = (status: Ledger.SessionStatus, looks: number) =>
  Option.getOrUndefined(Option.map(Settlement.nextLook(status, looks), Duration.toSeconds))

describe("how often a session is looked at", () => {
  it("follows a page the buyer may pay ever more seldom, until its time is over", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 6, 100].map((looks) => seconds("payable", looks)),
      [10, 30, 60, 120, 300, 900, 3_600, 3_600],
    )
  })

  it("F30: looks at a subscription's page at 1, 2, 5, 10, 20, 40 and 80 minutes, and stops after a month", () => {
    let at = 0
    const times: Array<number> = []
    for (let looks = 0; ; looks++) {
      const wait = Settlement.nextLook("payable", looks, "subscription")
      if (Option.isNone(wait)) break
      at += Duration.toMinutes(wait.value)
      times.push(at)
    }
    assert.includeMembers(times, [1, 2, 5, 10, 20, 40, 80])
    const days = (times.at(-1) ?? 0) / (24 * 60)
    assert.isAtLeast(days, 30)
    assert.isAtMost(days, 33)
  })

  it("takes approved money again and again, without end", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 1_000].map((looks) => seconds("completing", looks)),
      [5, 10, 20, 30, 60, 60],
    )
  })

  it("leaves what is over alone", () => {
    for (const status of ["completed", "withdrawn"] as const) assert.isUndefined(seconds(status, 0))
  })
})

describe("what a webhook may be about", () => {
  const paypal = ProviderName.ProviderName.make("paypal")
  const event = (subject: Webhook.EventSubject): Webhook.ProviderEvent => ({
    provider: paypal,
    eventId: "WH-1",
    type: "X",
    occurredAt: Option.none(),
    attemptId: Option.some(Id.AttemptId.make("att_00000000000000000000000000")),
    subject,
  })
  const ids = (subject: Webhook.EventSubject) => {
    const { moneyId, sessionId } = LedgerStore.cluesOf(event(subject))
    return [Option.getOrNull(sessionId), Option.getOrNull(moneyId)]
  }

  it("is told by every id it names", () => {
    const none = Option.none()
    assert.deepStrictEqual(ids({ _tag: "Session", sessionId: "S", state: "approved", subscriptionId: none }), [
      "S",
      null,
    ])
    assert.deepStrictEqual(
      ids({
        _tag: "Payment",
        moneyId: "M",
        state: "completed",
        amount: none,
        sessionId: Option.some("S"),
        subscriptionId: none,
      }),
      ["S", "M"],
    )
    assert.deepStrictEqual(
      ids({ _tag: "Refund", providerRefundId: "R", state: "succeeded", amount: none, moneyId: Option.some("M") }),
      [null, "M"],
    )
    assert.deepStrictEqual(ids({ _tag: "Dispute", disputeId: "D", state: "open", amount: none, moneyId: none }), [
      null,
      null,
    ])
  })
})
