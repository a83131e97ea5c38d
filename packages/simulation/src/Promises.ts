/** What a merchant was promised of subscriptions that are to end, and whether each of them only ever goes on its way. */
import { type Id, type Subscription, SubscriptionLife } from "@payment-orchestrator/domain"
import { Option } from "effect"

/** A cancellation that a merchant asked for. */
export interface Asked {
  readonly subscriptionId: Id.SubscriptionId
  readonly when: Subscription.CancelWhen
}

/** One that was answered. */
export interface Promised extends Asked {
  /** Epoch milliseconds. */
  readonly at: number
}

/** Why a subscription must not go from one state to another. */
export const fallen = (before: SubscriptionLife.State, after: SubscriptionLife.State): ReadonlyArray<string> => {
  const faults: Array<string> = []
  const fell = (what: string) => void faults.push(what)
  if (SubscriptionLife.isOver(before.status) && after.status !== before.status) {
    fell(`it was ${before.status}, and is ${after.status}`)
  }
  if (before.status !== "incomplete" && after.status === "incomplete")
    fell(`it was ${before.status}, and is incomplete`)
  if (before.second && !after.second) fell("it was a second one, and is none now")
  if (before.runsOut && !after.runsOut && !SubscriptionLife.isOver(after.status)) fell("it ran out, and goes on")
  if (Option.isSome(before.canceledAt) && Option.getOrNull(after.canceledAt) !== before.canceledAt.value) {
    fell("it ended at one time, and then at another")
  }
  if (after.seenAt < before.seenAt) fell("what was seen later was forgotten")
  if (before.reported.some((key) => !after.reported.includes(key))) fell("what was told was forgotten")
  const kept = Option.isNone(before.wish) || Option.isSome(after.wish) || SubscriptionLife.isOver(after.status)
  if (!kept && !after.cancelAtPeriodEnd) fell("a cancellation was forgotten")
  return faults
}
