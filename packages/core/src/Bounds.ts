/**
 * How many turns may run at once in each lane of a provider, so that one that hangs holds a bounded part of the process
 * and nothing of the others. Every lane has the whole bound for itself: openings that hang keep no capture waiting, and
 * a wave of looks no opening.
 */
import { Effect, type Option } from "effect"
import * as Lane from "./Lane.ts"

export interface Service {
  /** Runs in a slot that is held until it has really ended; none at once when every slot is taken. */
  readonly within: <A, E, R>(lane: Lane.Lane, turn: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
  readonly isFull: (lane: Lane.Lane) => boolean
}

/** When a lane is full, a slot may be free again after so long. */
export const retryAfterMillis = 1_000

export const make = (limit: number): Service => {
  const running = new Map<string, number>()
  const count = (key: string) => running.get(key) ?? 0
  return {
    isFull: (lane) => count(Lane.key(lane)) >= limit,
    within: (lane, turn) =>
      Effect.uninterruptibleMask((restore) => {
        const key = Lane.key(lane)
        if (count(key) >= limit) return Effect.succeedNone
        running.set(key, count(key) + 1)
        return Effect.ensuring(
          Effect.asSome(restore(turn)),
          Effect.sync(() => running.set(key, count(key) - 1)),
        )
      }),
  }
}
