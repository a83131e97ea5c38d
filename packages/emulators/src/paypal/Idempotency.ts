/**
 * `PayPal-Request-Id`: the same key gets the latest state of what the first request made, with 200. Only requests that
 * succeeded are kept: what PayPal does with a stored refusal is not documented. The keys live as long as the API says:
 * orders 6 hours, subscriptions 72 hours, payments 45 days (developer.paypal.com/api/rest/reference/idempotency).
 */
import { Duration, Effect } from "effect"
import type { Answer } from "../Answer.ts"
import type { EmulatorClock } from "../EmulatorClock.ts"
import type { Problem } from "./Problem.ts"

export const life = {
  orders: Duration.toMillis("6 hours"),
  subscriptions: Duration.toMillis("72 hours"),
  payments: Duration.toMillis("45 days"),
} as const

export interface Stored {
  readonly answer: Answer
  /** The current state of what was made, for a repeat. */
  readonly again: Effect.Effect<Answer, Problem>
}

export interface Idempotency {
  /**
   * Runs `first` unless this key was used on this resource within its life. A request without a key always runs.
   * `resource` is the operation with the ids of its path: PayPal's keys are per kind of call.
   */
  readonly once: (options: {
    readonly key: string | undefined
    readonly resource: string
    readonly life: number
    readonly first: Effect.Effect<Stored, Problem>
  }) => Effect.Effect<Answer, Problem>
  readonly clear: Effect.Effect<void>
}

export const make = (clock: EmulatorClock): Idempotency => {
  const kept = new Map<string, { readonly until: number; readonly again: Stored["again"] }>()
  return {
    once: Effect.fnUntraced(function* ({ key, resource, life, first }) {
      if (key === undefined) return (yield* first).answer
      const name = `${resource} ${key}`
      const now = yield* clock.now
      const before = kept.get(name)
      if (before !== undefined && before.until > now) return yield* before.again
      const stored = yield* first
      kept.set(name, { until: now + life, again: stored.again })
      return stored.answer
    }),
    clear: Effect.sync(() => kept.clear()),
  }
}
