import { assert, describe, it } from "@effect/vitest"
import { Id, type Ledger, ProviderName } from "@payment-orchestrator/domain"
import { LedgerStore, Rhythm } from "@payment-orchestrator/payments"
import { Duration, Option } from "effect"

const seconds = (status: Ledger.SessionStatus, looks: number) =>
  Option.getOrUndefined(Option.map(Rhythm.nextLook(status, looks), Duration.toSeconds))

describe("how often a session is looked at", () => {
  it("follows a page the buyer may pay ever more seldom, until its time is over", () => {
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5, 6, 100].map((looks) => seconds("payable", looks)),
      [20, 60, 180, 600, 1_800, 3_600, 3_600, 3_600],
    )
  })

  it("F30: looks at a subscription's page at 1, 2, 5, 10, 20, 40 and 80 minutes, and stops after a month", () => {
    let at = 0
    const times: Array<number> = []
    for (let looks = 0; ; looks++) {
      const wait = Rhythm.nextLook("payable", looks, "subscription")
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

describe("a session that could not be looked at", () => {
  const paypal = ProviderName.ProviderName.make("paypal")
  const shownAt = 1_800_000_000_000
  const due = (over: Partial<LedgerStore.DueSession>): LedgerStore.DueSession => ({
    checkoutId: Id.CheckoutId.make("co_00000000000000000000000000"),
    provider: paypal,
    sessionId: "S",
    mode: "payment",
    status: "payable",
    fence: "local",
    hinted: false,
    approvals: 0,
    looks: 9,
    shownAt,
    expiresAt: Option.none(),
    checkoutExpiresAt: shownAt + 86_400_000,
    dueAt: Option.none(),
    ...over,
  })
  const state = (status: Ledger.SessionStatus, checkout: Ledger.State["status"]): Ledger.State => ({
    mode: "payment",
    status: checkout,
    asked: Option.none(),
    late: false,
    sessions: [
      {
        attemptId: Id.AttemptId.make("att_00000000000000000000000000"),
        provider: paypal,
        sessionId: "S",
        status,
        fence: "local",
        approvals: 0,
        seenAt: 0,
        hintedAt: 0,
        refused: false,
      },
    ],
    payments: [],
    paidBy: Option.none(),
    reported: [],
  })
  const wait = (
    over: Partial<LedgerStore.DueSession>,
    waitedFor = false,
    checkout: Ledger.State["status"] = "open",
  ) => {
    const session = due(over)
    const at = Rhythm.retry(session, state(session.status, checkout), shownAt, waitedFor)
    return Option.getOrUndefined(Option.map(at, (moment) => (moment - shownAt) / 1_000))
  }

  it("is tried again as usual, but soon where its buyer has come back or a webhook waits to be looked up", () => {
    assert.strictEqual(wait({}), 3_600)
    assert.strictEqual(wait({}, true), 10)
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 5].map((looks) => wait({ hinted: true, looks })),
      [5, 10, 20, 30, 60, 60],
    )
  })

  it("is tried again though it was given up, while its buyer may still approve it or a webhook says so", () => {
    assert.strictEqual(wait({ status: "withdrawn" }), 3_600)
    const over = { status: "withdrawn", shownAt: shownAt - 21_600_000, checkoutExpiresAt: shownAt } as const
    assert.isUndefined(wait(over, false, "expired"))
    assert.strictEqual(wait({ ...over, hinted: true, looks: 0 }), 5)
  })

  it("is tried again until its checkout has expired, though its page is over", () => {
    const over = { status: "withdrawn", shownAt: shownAt - 21_600_000 } as const
    assert.strictEqual(wait({ ...over, checkoutExpiresAt: shownAt }), 3_600)
    assert.strictEqual(wait({ ...over, checkoutExpiresAt: shownAt + 60_000 }, false, "expired"), 60)
  })
})
