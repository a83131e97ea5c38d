import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Option, Schema } from "effect"
import { Money, ProviderName, type Subscription, SubscriptionLife } from "@payment-orchestrator/domain"

const provider = ProviderName.ProviderName.make("paypal")
const day = 86_400_000
const price = Money.make(1_000, "EUR")

const says = (
  state: Subscription.SubscriptionState,
  fetchStartedAt: number,
  rest: Partial<Subscription.SubscriptionSnapshot> = {},
): Subscription.SubscriptionSnapshot => ({
  provider,
  subscriptionId: "I-1",
  state,
  started: state !== "incomplete",
  cancelAtPeriodEnd: false,
  currentPeriodEnd: Option.some(30 * day),
  endedAt: Option.none(),
  attemptId: Option.none(),
  customerEmail: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
  ...rest,
})

const renewals = (n: number): ReadonlyArray<SubscriptionLife.Charge> => [
  { moneyId: "first", gross: price, renewal: false },
  ...Array.from({ length: n }, (_, i) => ({ moneyId: `renewal_${i}`, gross: price, renewal: true })),
]

interface Fact {
  readonly snapshot: Subscription.SubscriptionSnapshot
  readonly charges: ReadonlyArray<SubscriptionLife.Charge>
}

const run = (state: SubscriptionLife.State, facts: ReadonlyArray<Fact>) =>
  facts.reduce(
    (sum, { charges, snapshot }) => {
      const looked = SubscriptionLife.apply(sum.state, snapshot)
      const { events, state } = SubscriptionLife.charged(looked.state, charges)
      return { state, events: [...sum.events, ...[...looked.events, ...events].map(({ key }) => key)] }
    },
    { state, events: new Array<string>() },
  )

const fresh = SubscriptionLife.fresh(Option.none())
const types = (events: ReadonlyArray<string>) => events.map((key) => key.split(":")[0]?.replace("subscription.", ""))
const wish = (when: Subscription.CancelWhen): SubscriptionLife.Wish => ({ when, reason: Option.none() })
const seen = (...facts: ReadonlyArray<Subscription.SubscriptionSnapshot>) =>
  run(
    fresh,
    facts.map((snapshot) => ({ snapshot, charges: [] })),
  )

describe("a subscription", () => {
  it("tells that it started, each renewal, and that it ended, once", () => {
    const { events, state } = run(fresh, [
      { snapshot: says("active", 1), charges: renewals(0) },
      { snapshot: says("active", 2), charges: renewals(1) },
      { snapshot: says("active", 3), charges: renewals(2) },
      { snapshot: says("active", 4), charges: renewals(2) },
      { snapshot: says("canceled", 5, { endedAt: Option.some(4) }), charges: renewals(2) },
      { snapshot: says("canceled", 6), charges: renewals(2) },
    ])
    assert.deepStrictEqual(events, [
      "subscription.activated",
      "subscription.renewed:renewal_0",
      "subscription.renewed:renewal_1",
      "subscription.canceled",
    ])
    assert.deepStrictEqual(state.canceledAt, Option.some(4))
    assert.deepStrictEqual(state.price, Option.some(price))
  })

  it("tells what it goes through, and again when it comes again", () => {
    const { events } = seen(
      says("trialing", 1),
      says("active", 2),
      says("past_due", 3),
      says("past_due", 4),
      says("active", 5),
      says("past_due", 6),
      says("paused", 7),
      says("active", 8),
      says("active", 9, { cancelAtPeriodEnd: true }),
      says("active", 10),
      says("expired", 11),
    )
    assert.deepStrictEqual(types(events), [
      "activated",
      "trialing",
      "past_due",
      "past_due",
      "paused",
      "resumed",
      "cancel_scheduled",
      "resumed",
      "expired",
    ])
  })

  it("that never ran is not told to have started", () => {
    assert.deepStrictEqual(types(seen(says("incomplete", 1), says("expired", 2, { started: false })).events), [
      "expired",
    ])
  })

  it("that ended, be it by itself, ended when its provider says so, and nothing is scheduled any more", () => {
    for (const state of ["canceled", "expired"] as const) {
      const ended = says(state, 5, { endedAt: Option.some(4), cancelAtPeriodEnd: true })
      const life = seen(says("active", 1), ended)
      assert.deepStrictEqual(types(life.events), ["activated", state])
      assert.deepInclude(life.state, {
        status: state,
        canceledAt: Option.some(4),
        cancelAtPeriodEnd: false,
        wish: Option.none(),
      })
    }
  })

  it("is what the last of two looks of one moment says", () => {
    assert.strictEqual(seen(says("active", 5), says("paused", 5)).state.status, "paused")
    assert.strictEqual(seen(says("paused", 5), says("active", 4)).state.status, "paused")
  })

  it("costs what its first charge was, and is no second one unless it is said to be", () => {
    const dearer = { moneyId: "renewal", gross: Money.make(2_000, "EUR"), renewal: true }
    const { state } = SubscriptionLife.charged(fresh, [...renewals(0), dearer])
    assert.deepStrictEqual(state.price, Option.some(price))
    assert.isFalse(state.second)
  })

  it("that ended never runs again, whatever an outdated answer of the provider says later", () => {
    const { events, state } = seen(says("active", 1), says("canceled", 2), says("active", 3))
    assert.deepStrictEqual(types(events), ["activated", "canceled"])
    assert.strictEqual(state.status, "canceled")
  })
})

describe("a cancellation", () => {
  const active = seen(says("active", 1)).state

  it("is a command until the provider has confirmed it", () => {
    const asked = SubscriptionLife.cancel(active, wish("now"), 2)
    assert.deepStrictEqual(asked.commands, [{ _tag: "Cancel", ...wish("now") }])
    assert.strictEqual(asked.state.status, "active")
    const unchanged = SubscriptionLife.apply(asked.state, says("active", 3))
    assert.lengthOf(unchanged.commands, 1)
    const confirmed = SubscriptionLife.apply(unchanged.state, says("canceled", 4))
    assert.deepStrictEqual(confirmed.commands, [])
    assert.deepStrictEqual(confirmed.state.wish, Option.none())
    assert.strictEqual(confirmed.state.status, "canceled")
  })

  it("at once is not fulfilled by an end that is scheduled", () => {
    const { state } = SubscriptionLife.cancel(active, wish("now"), 2)
    const scheduled = SubscriptionLife.apply(state, says("active", 3, { cancelAtPeriodEnd: true }))
    assert.deepStrictEqual(scheduled.commands, [{ _tag: "Cancel", ...wish("now") }])
  })

  it("that is asked for again stands as it was asked for first", () => {
    const { state } = SubscriptionLife.cancel(active, wish("period_end"), 2)
    const again = SubscriptionLife.cancel(state, { when: "period_end", reason: Option.some("too dear") }, 3)
    assert.deepStrictEqual(again.state.wish, Option.some(wish("period_end")))
  })

  it("at the end of the period keeps the rest of a trial too, and nothing of a period that is over", () => {
    const ends = (state: "active" | "trialing", at: number) => {
      const asked = SubscriptionLife.cancel(seen(says(state, 1)).state, wish("period_end"), 2).state
      return SubscriptionLife.apply(asked, says("canceled", at)).state.status
    }
    assert.strictEqual(ends("trialing", 30 * day - 1), "trialing")
    assert.strictEqual(ends("active", 30 * day), "canceled")
    assert.strictEqual(ends("active", 31 * day), "canceled")
  })

  it("F41: of what has ended, or ends as asked already, is a success that changes nothing", () => {
    const ended = seen(says("active", 1), says("canceled", 2)).state
    const scheduled = seen(says("active", 1), says("active", 2, { cancelAtPeriodEnd: true })).state
    for (const [state, when] of [
      [ended, "now"],
      [ended, "period_end"],
      [scheduled, "period_end"],
    ] as const) {
      assert.deepStrictEqual(SubscriptionLife.cancel(state, wish(when), 3), { state, events: [], commands: [] })
    }
  })

  it("at once takes the place of one at the end of the period, and not the other way", () => {
    const later = SubscriptionLife.cancel(active, wish("period_end"), 2).state
    const sooner = SubscriptionLife.cancel(later, wish("now"), 3)
    assert.deepStrictEqual(sooner.commands, [{ _tag: "Cancel", ...wish("now") }])
    assert.deepStrictEqual(SubscriptionLife.cancel(sooner.state, wish("period_end"), 4).commands, sooner.commands)
  })

  it("at the end of the period is scheduled where the provider offers that", () => {
    const { state } = SubscriptionLife.cancel(active, wish("period_end"), 2)
    const step = SubscriptionLife.apply(state, says("active", 3, { cancelAtPeriodEnd: true }))
    assert.deepStrictEqual(types(step.events.map(({ key }) => key)), ["cancel_scheduled"])
    assert.deepStrictEqual(step.commands, [])
    assert.isTrue(step.state.cancelAtPeriodEnd)
  })

  it("at the end of the period keeps the paid period where the provider only knows an end at once", () => {
    const { state } = SubscriptionLife.cancel(active, wish("period_end"), 2)
    const ended = SubscriptionLife.apply(state, says("canceled", 3, { currentPeriodEnd: Option.none() }))
    assert.deepStrictEqual(types(ended.events.map(({ key }) => key)), ["cancel_scheduled"])
    assert.deepInclude(ended.state, { status: "active", cancelAtPeriodEnd: true })
    assert.deepStrictEqual(SubscriptionLife.apply(ended.state, says("active", 4)).events, [])
    assert.deepStrictEqual(SubscriptionLife.elapse(ended.state, 30 * day - 1).events, [])
    const over = SubscriptionLife.elapse(ended.state, 30 * day)
    assert.deepStrictEqual(types(over.events.map(({ key }) => key)), ["canceled"])
    assert.deepStrictEqual(over.state.canceledAt, Option.some(30 * day))
    const sooner = SubscriptionLife.cancel(ended.state, wish("now"), 5)
    assert.deepInclude(sooner.state, { status: "canceled", canceledAt: Option.some(5) })
    assert.deepStrictEqual(sooner.commands, [])
  })

  it("at the end of a period that is not paid, or not known, is one at once", () => {
    const overdue = seen(says("past_due", 1)).state
    const unknown = seen(says("active", 1, { currentPeriodEnd: Option.none() })).state
    for (const state of [overdue, unknown]) {
      const asked = SubscriptionLife.cancel(state, wish("period_end"), 2).state
      assert.strictEqual(
        SubscriptionLife.apply(asked, says("canceled", 3, { currentPeriodEnd: Option.none() })).state.status,
        "canceled",
      )
    }
  })

  it("F39: of a second subscription is at once, and told once", () => {
    const step = SubscriptionLife.second(active, 2)
    assert.deepStrictEqual(
      step.events.map(({ key }) => key),
      ["subscription.duplicate"],
    )
    assert.deepStrictEqual(step.commands, [{ _tag: "Cancel", when: "now", reason: Option.some("duplicate") }])
    assert.deepStrictEqual(SubscriptionLife.second(step.state, 3).events, [])
    assert.isTrue(step.state.second)
  })
})

/** One life, as looks from three roads tell it, oldest first; each look also knows the money that has come by then. */
const life: ReadonlyArray<Fact> = [
  { snapshot: says("incomplete", 1), charges: [] },
  { snapshot: says("trialing", 2), charges: [] },
  { snapshot: says("active", 3), charges: renewals(0) },
  { snapshot: says("past_due", 4), charges: renewals(1) },
  { snapshot: says("active", 5, { cancelAtPeriodEnd: true }), charges: renewals(2) },
  { snapshot: says("canceled", 6, { endedAt: Option.some(6) }), charges: renewals(2) },
]

const Order = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 }))).check(Schema.isMaxLength(18))

/** What is told whenever it was looked at; the rest only if somebody looked while it lasted. */
const lasting = (events: ReadonlyArray<string>) =>
  events.filter((key) => /activated|renewed|canceled|expired|duplicate/.test(key)).toSorted()

describe("F40, F44, F45: news of a subscription in any order, any number of times", () => {
  const straight = run(fresh, life)

  it.prop(
    "ends in one state and one set of facts, as long as the last news came at all",
    [Arbitrary.schema(Order)],
    ([order]) => {
      const shuffled = run(
        fresh,
        [...order, 5].flatMap((index) => life[index] ?? []),
      )
      const { reported, ...state } = shuffled.state
      const { reported: all, ...expected } = straight.state
      assert.deepStrictEqual(state, expected)
      assert.deepStrictEqual(lasting(shuffled.events), lasting(straight.events))
      assert.strictEqual(new Set(shuffled.events).size, shuffled.events.length, "an event came twice")
      assert.includeMembers([...all], [...reported])
    },
    { arbitrary: { runs: 10_000, size: 18 }, timeout: 60_000 },
  )

  it.prop(
    "in order, repeated as often as you like, tells exactly what one look each tells",
    [
      Arbitrary.schema(
        Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 3 }))).check(Schema.isMaxLength(6)),
      ),
    ],
    ([times]) => {
      const repeated = run(
        fresh,
        life.flatMap((fact, i) => Array.from({ length: times[i] ?? 1 }, () => fact)),
      )
      assert.deepStrictEqual(repeated, straight)
    },
    { arbitrary: { runs: 10_000, size: 6 }, timeout: 60_000 },
  )

  it.prop(
    "never runs again once it has ended, tells its end once, and gives up a wish only when it is fulfilled",
    [
      Arbitrary.schema(
        Schema.Array(
          Schema.Struct({
            state: Schema.Literals(["incomplete", "trialing", "active", "past_due", "paused", "canceled", "expired"]),
            at: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
            ends: Schema.Boolean,
            asks: Schema.Literals(["nothing", "now", "period_end", "second", "elapse"]),
          }),
        ).check(Schema.isMaxLength(12)),
      ),
    ],
    ([facts]) => {
      let state = fresh
      let over = false
      const events: Array<string> = []
      const take = (step: SubscriptionLife.Step) => {
        assert.strictEqual(step.commands.length, Option.isSome(step.state.wish) ? 1 : 0)
        state = step.state
        events.push(...step.events.map(({ key }) => key))
        assert.isFalse(over && !SubscriptionLife.isOver(state.status), "it ran again")
        over = SubscriptionLife.isOver(state.status)
      }
      for (const { asks, at, ends, state: to } of facts) {
        const before = state.wish
        take(SubscriptionLife.apply(state, says(to, at, { cancelAtPeriodEnd: ends, currentPeriodEnd: Option.some(5) })))
        if (Option.isSome(before) && Option.isNone(state.wish)) {
          assert.isTrue(SubscriptionLife.isOver(state.status) || state.cancelAtPeriodEnd, "a wish was forgotten")
        }
        if (asks === "now" || asks === "period_end") {
          take(SubscriptionLife.cancel(state, wish(asks), at))
          const done = SubscriptionLife.isOver(state.status) || state.cancelAtPeriodEnd
          assert.isTrue(done || Option.isSome(state.wish), "a wish was not heard")
        }
        if (asks === "second") take(SubscriptionLife.second(state, at))
        if (asks === "elapse") take(SubscriptionLife.elapse(state, at))
      }
      assert.strictEqual(new Set(events).size, events.length, "an event came twice")
      assert.isAtMost(events.filter((key) => /canceled|expired/.test(key)).length, 1)
    },
    { arbitrary: { runs: 10_000, size: 12 }, timeout: 60_000 },
  )
})
