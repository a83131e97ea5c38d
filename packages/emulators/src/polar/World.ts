/**
 * One organisation at Polar: its state, its time, its webhooks, and the only way to change it.
 */
import { Effect } from "effect"
import type { EmulatorClock } from "../EmulatorClock.ts"
import * as Checkouts from "./Checkouts.ts"
import type { Ids } from "../internal/Ids.ts"
import type { Settings, State, Turn } from "./State.ts"
import * as Subscriptions from "./Subscriptions.ts"
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
   * Lets time take its effect (checkouts expire, subscriptions end), runs `change` in one step, and sends the webhooks
   * of all that happened.
   */
  readonly act: <A>(change: (turn: Turn) => A) => Effect.Effect<A>
}

/** Puts a world together. */
export const make = (parts: Omit<World, "act">): World => ({
  ...parts,
  act: <A>(change: (turn: Turn) => A) =>
    Effect.gen(function* () {
      const now = yield* parts.clock.now
      const turn: Turn = {
        now,
        url: parts.url,
        ids: parts.ids,
        settings: parts.settings,
        state: parts.state,
        happened: [],
      }
      Checkouts.expireDue(turn)
      Subscriptions.endDue(turn)
      const result = change(turn)
      yield* parts.webhooks.publish(turn.happened)
      return result
    }),
})
