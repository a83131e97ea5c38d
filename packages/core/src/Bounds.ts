/**
 * How many turns may run at once in each lane of a provider, so that one that hangs holds a bounded part of the process
 * and nothing of the others. Every lane has the whole bound for itself: openings that hang keep no capture waiting, and
 * a wave of looks no opening.
 */
import { Context, Effect, Option } from "effect"
import * as Lane from "./Lane.ts"

export interface Service {
  /** Runs in a slot that is held until it has really ended; none at once when every slot is taken. */
  readonly within: <A, E, R>(lane: Lane.Lane, turn: Effect.Effect<A, E, R>) => Effect.Effect<Option.Option<A>, E, R>
  readonly isFull: (lane: Lane.Lane) => boolean
}

export class Bounds extends Context.Service<Bounds, Service>()("@payment-orchestrator/core/Bounds") {}

/** When a lane is full, a slot may be free again after so long. */
export const retryAfterMillis = 1_000

export const make = (limit: number): Service => {
  const running = new Map<string, number>()
  const count = (lane: Lane.Lane) => running.get(Lane.key(lane)) ?? 0
  const isFull = (lane: Lane.Lane) => count(lane) >= limit
  const add = (lane: Lane.Lane, n: number) => void running.set(Lane.key(lane), count(lane) + n)
  const take = (lane: Lane.Lane) =>
    Effect.sync(() => {
      const taken = !isFull(lane)
      if (taken) add(lane, 1)
      return taken
    })
  return {
    isFull,
    within: (lane, turn) =>
      Effect.acquireUseRelease(
        take(lane),
        (taken) => (taken ? Effect.asSome(turn) : Effect.succeedNone),
        (taken) => Effect.sync(() => (taken ? add(lane, -1) : undefined)),
      ),
  }
}
