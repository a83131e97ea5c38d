/**
 * One account at Stripe: its state, its time, its webhooks, and the only way to change it.
 */
import { Effect } from "effect"
import type { EmulatorClock } from "../EmulatorClock.ts"
import type { Ids } from "../internal/Ids.ts"
import * as Billing from "./Billing.ts"
import * as Sessions from "./Sessions.ts"
import type { Settings, State, Turn } from "./State.ts"
import type { Webhooks } from "./Webhooks.ts"

/** What handlers and code-level helpers share. */
export interface World {
  readonly url: string
  readonly clock: EmulatorClock
  readonly ids: Ids
  readonly settings: Settings
  readonly state: State
  readonly webhooks: Webhooks
  /**
   * Lets time take its effect (sessions expire, subscriptions end), runs `change` in one step, and sends the webhooks
   * of all that happened. `request` is what the events are put down to.
   */
  readonly act: <A>(change: (turn: Turn) => A, request?: Turn["request"]) => Effect.Effect<A>
}

const nobody: Turn["request"] = { id: null, idempotency_key: null }

/** Puts a world together. */
export const make = (parts: Omit<World, "act">): World => ({
  ...parts,
  act: <A>(change: (turn: Turn) => A, request: Turn["request"] = nobody) =>
    Effect.gen(function* () {
      const now = yield* parts.clock.seconds
      const timely: Turn = {
        now,
        url: parts.url,
        ids: parts.ids,
        settings: parts.settings,
        state: parts.state,
        request: nobody,
        events: [],
      }
      Sessions.expireDue(timely)
      Billing.endDue(timely)
      const result = change({ ...timely, request })
      yield* parts.webhooks.publish(timely.events)
      return result
    }),
})
