/**
 * The time of one emulator: the clock of the program plus an offset that only grows, so that the expiry of a key or
 * the renewal of a subscription can be tested without waiting.
 */
import { Clock, Duration, Effect, Ref } from "effect"

export interface EmulatorClock {
  /** Milliseconds since 1970, as this emulator sees it. */
  readonly now: Effect.Effect<number>
  /** Whole seconds since 1970. */
  readonly seconds: Effect.Effect<number>
  /** How far ahead of the program's clock this emulator is, in milliseconds. */
  readonly offset: Effect.Effect<number>
  /** Moves this emulator's time forward. Nothing is triggered: state that depends on time looks at it when asked. */
  readonly advance: (by: Duration.Input) => Effect.Effect<void>
  /** Back to the program's clock. */
  readonly reset: Effect.Effect<void>
}

export const make: Effect.Effect<EmulatorClock> = Effect.gen(function* () {
  const offset = yield* Ref.make(0)
  const now = Effect.zipWith(Clock.currentTimeMillis, Ref.get(offset), (time, ahead) => time + ahead)
  return {
    now,
    seconds: Effect.map(now, (time) => Math.floor(time / 1000)),
    offset: Ref.get(offset),
    advance: (by) => Ref.update(offset, (ahead) => ahead + Duration.toMillis(Duration.fromInputUnsafe(by))),
    reset: Ref.set(offset, 0),
  }
})
