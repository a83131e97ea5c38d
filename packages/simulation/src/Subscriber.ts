/** What providers and buyers do to a subscription that has begun: its periods are charged, or are not, and it is ended. */
import { Timestamp } from "@payment-orchestrator/domain"
import { Effect } from "effect"
import type { Bank } from "./Bank.ts"
import { type BankSubscription, isOver } from "./BankSubscriptions.ts"
import type { Chance } from "./Chance.ts"
import * as Subscribing from "./Subscribing.ts"
import type { Trace } from "./Trace.ts"

export interface Options {
  readonly bank: Bank
  readonly subscription: BankSubscription
  readonly chance: Chance
  readonly trace: Trace
  /** From then on the provider leaves it as it is, so that what was done can become known. */
  readonly until: number
}

/** Charges one period; answers whether it goes on. */
const turn = Effect.fnUntraced(function* ({ bank, chance, subscription, trace, until }: Options, nth: number) {
  const { subscriptions } = bank
  const period = Subscribing.period(chance.fork(nth))
  const wait = (millis: number) =>
    Effect.gen(function* () {
      yield* Effect.sleep(millis)
      return (yield* Timestamp.now) < until && !isOver(subscription)
    })
  const now = yield* Timestamp.now
  if (!(yield* wait(Math.max(0, subscription.periodEnd - now) + period.lateBy))) return false
  const payment = subscriptions.charge(subscription, period.charge, yield* Timestamp.now)
  trace.count(payment === undefined ? "subscriptions that end with their period" : `periods ${period.charge}`)
  if (payment === undefined) return false
  if (payment.state === "pending") {
    yield* Effect.sleep(period.decidedAfter)
    const decidedAt = yield* Timestamp.now
    if (decidedAt >= until) return false
    if (isOver(subscription)) trace.count("charges that crossed a cancellation")
    subscriptions.decide(subscription, payment, period.decidedPaid, decidedAt)
  }
  if (payment.state === "completed") return !isOver(subscription)
  if (period.againAfter !== undefined) return yield* wait(period.againAfter)
  trace.count(`subscriptions given up: ${period.givenUp}`)
  const givenUpAt = yield* Timestamp.now
  if (period.givenUp !== "paused") {
    subscriptions.end(subscription, period.givenUp, givenUpAt)
    return false
  }
  subscriptions.pause(subscription, givenUpAt)
  return period.resumedAfter !== undefined && (yield* wait(period.resumedAfter))
})

/** Period after period until it is over. */
export const run = Effect.fnUntraced(function* (options: Options) {
  for (let nth = 0; yield* turn(options, nth);) nth++
})

/** The buyer ends at its provider what runs there of an order. */
export const leave = Effect.fnUntraced(function* (
  banks: ReadonlyArray<Bank>,
  order: number,
  atPeriodEnd: boolean,
  trace: Trace,
) {
  const now = yield* Timestamp.now
  for (const { subscriptions } of banks) {
    for (const subscription of subscriptions.all.values()) {
      if (subscription.session.order !== order || isOver(subscription)) continue
      trace.count("subscriptions ended by the buyer")
      return subscriptions.cancel(subscription, { atPeriodEnd, byUs: false }, now)
    }
  }
})
