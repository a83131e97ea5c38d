import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { Id, Ledger, Money, ProviderName, type Session } from "@payment-orchestrator/domain"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")
const usd = (amount: number): Money.Money => ({ amount, currency: "USD" })

const session = (provider: ProviderName.ProviderName, sessionId: string): Ledger.SessionRecord => ({
  attemptId: Id.AttemptId.make("att_00000000000000000000000000"),
  provider,
  sessionId,
  status: "payable",
  fence: provider === paypal ? "local" : "none",
  approvals: 0,
  seenAt: 0,
  hintedAt: 0,
  refused: false,
})

const fresh = (...sessions: ReadonlyArray<Ledger.SessionRecord>): Ledger.State => ({
  mode: "payment",
  status: "open",
  asked: Option.some(usd(9_999)),
  late: false,
  sessions,
  payments: [],
  paidBy: Option.none(),
  reported: [],
})

const money = (state: Session.MoneyState, gross = usd(9_999), moneyId = "cap_1"): Session.MoneySnapshot => ({
  moneyId,
  state,
  gross,
  fee: Option.none(),
  tax: Option.none(),
  net: Option.none(),
})

const snapshot = (
  state: Session.SessionState,
  fetchStartedAt: number,
  payments: ReadonlyArray<Session.MoneySnapshot> = [],
  of: { readonly provider: ProviderName.ProviderName; readonly sessionId: string; readonly subscriptionId?: string } = {
    provider: paypal,
    sessionId: "A",
  },
): Session.SessionSnapshot => ({
  provider: of.provider,
  sessionId: of.sessionId,
  mode: "payment",
  state,
  url: Option.none(),
  attemptId: Option.none(),
  payments,
  subscriptionId: Option.fromUndefinedOr(of.subscriptionId),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

const B = { provider: polar, sessionId: "B" }

/** Applies snapshots in turn; gathers what is told and done. */
const run = (state: Ledger.State, snapshots: ReadonlyArray<Session.SessionSnapshot>) =>
  snapshots.reduce(
    (sum, next) => {
      const step = Ledger.apply(sum.state, next)
      return {
        state: step.state,
        events: [...sum.events, ...step.events.map(({ type }) => type)],
        commands: [...sum.commands, ...step.commands.map(({ _tag, sessionId }) => `${_tag} ${sessionId}`)],
      }
    },
    { state, events: new Array<string>(), commands: new Array<string>() },
  )

const statuses = (state: Ledger.State) => state.sessions.map(({ sessionId, status }) => `${sessionId} ${status}`)

describe("the money of a checkout", () => {
  it("is taken once the buyer approved, and paid once the provider says that it has it", () => {
    const { commands, events, state } = run(fresh(session(paypal, "A")), [
      snapshot("approved", 1),
      snapshot("approved", 2),
      snapshot("completed", 3, [money("completed")]),
      snapshot("completed", 4, [money("completed")]),
    ])
    assert.deepStrictEqual(commands, ["Complete A"])
    assert.deepStrictEqual(events, ["checkout.processing", "payment.captured", "checkout.paid"])
    assert.strictEqual(state.status, "paid")
  })

  it("is not paid while the capture is pending", () => {
    const { events, state } = run(fresh(session(paypal, "A")), [
      snapshot("approved", 1),
      snapshot("processing", 2, [money("pending")]),
    ])
    assert.strictEqual(state.status, "processing")
    assert.deepStrictEqual(events, ["checkout.processing"])
  })

  it("is being taken from the approval on until an answer comes, be it that it is pending or declined", () => {
    const isTakenAfter = (...snapshots: ReadonlyArray<Session.SessionSnapshot>) =>
      Ledger.isBeingTaken(run(fresh(session(paypal, "A"), session(polar, "B")), snapshots).state)
    const approval = snapshot("approved", 1)
    const decline = snapshot("open", 2, [money("declined")])
    assert.isFalse(isTakenAfter())
    assert.isTrue(isTakenAfter(approval))
    assert.isTrue(isTakenAfter(approval, snapshot("completed", 2, [money("pending", usd(1), "cap_2")], B)))
    assert.isFalse(isTakenAfter(approval, snapshot("processing", 2, [money("pending")])))
    assert.isFalse(isTakenAfter(approval, snapshot("completed", 2, [money("completed")])))
    assert.isFalse(isTakenAfter(approval, decline))
    assert.isTrue(isTakenAfter(approval, decline, snapshot("approved", 3)))
  })

  it("F63: is never paid with another amount or currency", () => {
    for (const gross of [usd(9_998), { amount: 9_999, currency: "EUR" } as const]) {
      const { events, state } = run(fresh(session(paypal, "A")), [
        snapshot("completed", 1, [money("completed", gross)]),
      ])
      assert.strictEqual(state.status, "processing")
      assert.deepStrictEqual(events, ["checkout.processing", "payment.mismatched"])
    }
  })

  it("F66: a decline lets the buyer try again, under a new approval", () => {
    const { commands, state } = run(fresh(session(paypal, "A")), [
      snapshot("approved", 1),
      snapshot("open", 2),
      snapshot("approved", 3),
    ])
    assert.deepStrictEqual(commands, ["Complete A", "Complete A"])
    assert.strictEqual(state.sessions[0]?.approvals, 2)
  })

  it("F28: is accepted after the checkout expired, and marked late", () => {
    const expired = Ledger.expire(fresh(session(paypal, "A")))
    assert.strictEqual(expired.state.status, "expired")
    const { state } = run(expired.state, [snapshot("completed", 1, [money("completed")])])
    assert.strictEqual(state.status, "paid")
    assert.isTrue(state.late)
  })

  it("keeps a checkout from expiring while the buyer's approval is being charged", () => {
    const { state } = run(fresh(session(paypal, "A")), [snapshot("approved", 1)])
    assert.strictEqual(Ledger.expire(state).state.status, "processing")
  })

  it("F25: arriving on both pages is one paid checkout and one duplicate; the one announced stays", () => {
    const { commands, events, state } = run(fresh(session(paypal, "A"), session(polar, "B")), [
      snapshot("completed", 1, [money("completed", usd(9_999), "ord_1")], B),
      snapshot("completed", 2, [money("completed")]),
      snapshot("completed", 3, [money("completed")]),
    ])
    assert.deepStrictEqual(Option.getOrNull(state.paidBy), "B")
    assert.deepStrictEqual(events, ["checkout.processing", "payment.captured", "checkout.paid", "payment.duplicate"])
    assert.deepStrictEqual(commands, ["Withdraw A", "Duplicate A"])
  })

  it("F34, F62: is taken from one page only while another is being charged", () => {
    const { commands, state } = run(fresh(session(paypal, "A"), session(polar, "B")), [
      snapshot("processing", 1, [], B),
      snapshot("approved", 2),
    ])
    assert.deepStrictEqual(commands, [])
    assert.deepStrictEqual(statuses(state), ["A payable", "B completing"])
  })

  it("F61: the first approval wins, on a page that had been given up too", () => {
    const given = Ledger.withdrawn(fresh(session(paypal, "A"), session(polar, "B")), "A")
    assert.deepStrictEqual(statuses(given.state), ["A withdrawn", "B payable"])
    const { commands, state } = run(given.state, [snapshot("approved", 1)])
    assert.deepStrictEqual(commands, ["Complete A"])
    assert.deepStrictEqual(statuses(state), ["A completing", "B payable"])
  })

  it("goes on after paid: refunds are seen, renewals are no duplicates, and paid stays paid", () => {
    const subscription: Ledger.State = { ...fresh(session(paypal, "A")), mode: "subscription" }
    const { events, state } = run(subscription, [
      snapshot("completed", 1, [money("completed")]),
      snapshot("completed", 2, [money("completed"), money("completed", usd(9_999), "cap_2")]),
      snapshot("completed", 3, [money("refunded"), money("completed", usd(9_999), "cap_2")]),
    ])
    assert.deepStrictEqual(events, ["checkout.processing", "payment.captured", "checkout.paid", "payment.captured"])
    assert.deepStrictEqual(
      state.payments.map(({ kind, state }) => [Option.getOrNull(kind), state]),
      [
        ["initial", "refunded"],
        ["renewal", "completed"],
      ],
    )
    assert.strictEqual(state.status, "paid")
  })

  it("F39: a trial pays its subscription's checkout, and a second one that runs is followed to be ended", () => {
    const subscription: Ledger.State = { ...fresh(session(paypal, "A"), session(polar, "B")), mode: "subscription" }
    const mine = { provider: paypal, sessionId: "A", subscriptionId: "I-1" }
    const other = { ...B, subscriptionId: "sub-2" }
    const first = Ledger.apply(subscription, snapshot("completed", 1, [], mine))
    assert.deepStrictEqual(
      first.events.map(({ type }) => type),
      ["checkout.processing", "checkout.paid"],
    )
    assert.deepInclude(first.commands, {
      _tag: "Follow",
      provider: paypal,
      sessionId: "A",
      subscriptionId: "I-1",
      second: false,
    })
    const second = Ledger.apply(first.state, snapshot("completed", 2, [money("completed")], other))
    assert.deepStrictEqual(
      second.events.map(({ type }) => type),
      ["payment.duplicate"],
    )
    assert.deepStrictEqual(second.commands.at(-1), {
      _tag: "Follow",
      provider: polar,
      sessionId: "B",
      subscriptionId: "sub-2",
      second: true,
    })
  })

  it("keeps what the provider once told of tax and fee, in the payment's own currency only", () => {
    const told = (fee: Option.Option<Money.Money>, tax: Option.Option<Money.Money>) => ({
      ...money("completed"),
      fee,
      tax,
    })
    const { state } = run(fresh(session(paypal, "A")), [
      snapshot("completed", 1, [told(Option.some(usd(300)), Option.some(Money.make(100, "EUR")))]),
      snapshot("completed", 2, [told(Option.none(), Option.none())]),
    ])
    const [payment] = state.payments
    assert.deepStrictEqual([payment?.fee, payment?.tax], [Option.some(usd(300)), Option.none()])
  })
})

/** One life of a PayPal order, as its snapshots tell it, oldest first. */
const life: ReadonlyArray<Session.SessionSnapshot> = [
  snapshot("open", 1),
  snapshot("approved", 2),
  snapshot("processing", 3, [money("pending")]),
  snapshot("completed", 4, [money("completed")]),
  snapshot("completed", 5, [money("partially_refunded")]),
  snapshot("completed", 6, [money("refunded")]),
]

const Order = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(Schema.isMaxLength(18))

describe("F40, F44, F45: news in any order, any number of times", () => {
  it.prop(
    "ends in one state and one set of events, as long as the last news came at all",
    [Arbitrary.schema(Order)],
    ([order]) => {
      const straight = run(fresh(session(paypal, "A")), life)
      const shuffled = run(
        fresh(session(paypal, "A")),
        [...order, 5].flatMap((index) => life[index] ?? []),
      )
      assert.strictEqual(shuffled.state.status, straight.state.status)
      assert.deepStrictEqual(shuffled.state.payments, straight.state.payments)
      assert.deepStrictEqual(statuses(shuffled.state), statuses(straight.state))
      assert.sameMembers(shuffled.events, straight.events)
      assert.strictEqual(new Set(shuffled.events).size, shuffled.events.length, "an event came twice")
      assert.isAtMost(shuffled.commands.filter((command) => command.startsWith("Complete")).length, 1)
    },
    { arbitrary: { runs: 10_000, size: 18 }, timeout: 60_000 },
  )

  it.prop(
    "never leaves paid, never takes twice for one approval, and never pays two pages",
    [
      Arbitrary.schema(
        Schema.Array(
          Schema.Struct({
            state: Schema.Literals(["open", "approved", "processing", "completed", "expired"]),
            at: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
            money: Schema.Literals(["none", "pending", "completed", "declined", "refunded"]),
            page: Schema.Literals(["A", "B"]),
          }),
        ).check(Schema.isMaxLength(12)),
      ),
    ],
    ([facts]) => {
      let state = fresh(session(paypal, "A"), session(polar, "B"))
      let wasPaid = false
      const approvals = new Set<string>()
      const events: Array<string> = []
      for (const { at, money: what, page, state: to } of facts) {
        const of = page === "A" ? { provider: paypal, sessionId: "A" } : B
        const payments = what === "none" ? [] : [money(what, usd(9_999), `m_${page}`)]
        const step = Ledger.apply(state, snapshot(to, at, payments, of))
        state = step.state
        for (const command of step.commands) {
          if (command._tag !== "Complete") continue
          const key = `${command.sessionId}:${command.approval}`
          assert.isFalse(approvals.has(key), "one approval was charged twice")
          assert.isFalse(wasPaid, "money was taken for a paid checkout")
          approvals.add(key)
        }
        events.push(...step.events.map(({ type }) => type))
        if (wasPaid) assert.strictEqual(state.status, "paid")
        wasPaid = state.status === "paid"
      }
      assert.isAtMost(events.filter((type) => type === "checkout.paid").length, 1)
      assert.isAtMost(state.payments.filter(({ kind }) => Option.contains(kind, "initial")).length, 1)
      assert.isAtMost(state.sessions.filter(({ status }) => status === "completing").length, 2)
    },
    { arbitrary: { runs: 10_000, size: 12 }, timeout: 60_000 },
  )
})
