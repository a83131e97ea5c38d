import { assert, describe, it } from "@effect/vitest"
import { type Subscription, SubscriptionLife } from "@payment-orchestrator/domain"
import { Subscriptions } from "@payment-orchestrator/payments"
import { Option } from "effect"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = 1_000 * day

const state = (
  status: Subscription.SubscriptionState,
  rest: Partial<SubscriptionLife.State> = {},
): SubscriptionLife.State => ({
  ...SubscriptionLife.fresh(Option.none()),
  status,
  currentPeriodEnd: Option.some(now + 3 * day),
  ...rest,
})

/** How long until the next look. */
const wait = (of: SubscriptionLife.State, looks = 7) =>
  Option.getOrUndefined(Option.map(Subscriptions.nextLook(of, looks, now), (at) => at - now))

const ends = (from: number) => ({ currentPeriodEnd: Option.some(now + from) })

describe("when a subscription is looked at next", () => {
  it("is a minute after its period's end, and once a week before that", () => {
    assert.strictEqual(wait(state("active")), 3 * day + minute)
    assert.strictEqual(wait(state("active", ends(300 * day))), 7 * day)
    assert.strictEqual(wait(state("trialing", ends(hour))), hour + minute)
  })

  it("is soon after an end that has not moved, and ever more seldom", () => {
    const late = [minute, hour, 5 * hour, 3 * day].map((by) => wait(state("active", ends(-by))))
    assert.deepStrictEqual(late, [2 * minute, 15 * minute, hour, day])
  })

  it("is at least daily while something is wrong, and hourly before it has started", () => {
    assert.strictEqual(wait(state("past_due", ends(20 * day))), day)
    assert.strictEqual(wait(state("paused", { currentPeriodEnd: Option.none() })), day)
    assert.strictEqual(wait(state("incomplete", { currentPeriodEnd: Option.none() })), hour)
  })

  it("F41: goes on without end while a cancellation is asked for", () => {
    const wish = { wish: Option.some({ when: "now", reason: Option.none() } as const) }
    assert.deepStrictEqual(
      [0, 1, 2, 3, 4, 10_000].map((looks) => wait(state("active", wish), looks)),
      [5_000, 10_000, 20_000, 30_000, minute, minute],
    )
  })

  it("is the end of the paid period when the provider has ended it already", () => {
    assert.strictEqual(wait(state("active", { runsOut: true, cancelAtPeriodEnd: true })), 3 * day)
  })

  it("is once more when it is over, for a charge that crossed its end, and then never", () => {
    for (const status of ["canceled", "expired"] as const) {
      assert.strictEqual(wait(state(status), 0), day)
      assert.isUndefined(wait(state(status), 1))
    }
  })
})
