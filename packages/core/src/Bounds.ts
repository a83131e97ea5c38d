/**
 * How many turns may run at once in each lane of a provider, so that one that hangs holds a bounded part of the process
 * and nothing of the others. Every lane has the whole bound for itself: openings that hang keep no capture waiting, and
 * a wave of looks no opening.
 */
import { Effect } from "effect"
import * as Lane from "./Lane.ts"

export interface Service {
  /** Runs in a slot that is held until it has really ended; `otherwise` at once when every slot is taken. */
  readonly within: <A, E, R, B>(
    lane: Lane.Lane,
    turn: Effect.Effect<A, E, R>,
    otherwise: Effect.Effect<B>,
  ) => Effect.Effect<A | B, E, R>
  readonly isFull: (lane: Lane.Lane) => boolean
}

/** When a lane is full, a slot may be free again after so long. */
export const retryAfterMillis = 1_000

export const make = (limit: number): Service => {
  const running = new Map<string, number>()
  const count = (key: string) => running.get(key) ?? 0
  return {
    isFull: (lane) => count(Lane.key(lane)) >= limit,
    within: <A, E, R, B>(lane: Lane.Lane, turn: Effect.Effect<A, E, R>, otherwise: Effect.Effect<B>) =>
      Effect.uninterruptibleMask((restore): Effect.Effect<A | B, E, R> => {
        const key = Lane.key(lane)
        if (count(key) >= limit) return otherwise
        running.set(key, count(key) + 1)
        return Effect.ensuring(
          restore(turn),
          Effect.sync(() => running.set(key, count(key) - 1)),
        )
      }),
  }
}
