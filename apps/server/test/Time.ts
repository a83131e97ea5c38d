/** A clock of the day that can be put forward, and waiting for what comes true by itself. */
import { Clock, Effect, Schedule, type Scope } from "effect"

/** Runs with a clock of the day that can be put forward; waiting still takes as long as it takes. */
export const withTime = <A, E>(
  body: (forward: (millis: number) => Effect.Effect<void>) => Effect.Effect<A, E, Scope.Scope>,
): Effect.Effect<A, E, Scope.Scope> =>
  Clock.clockWith((real) => {
    let ahead = 0
    const millis = () => real.currentTimeMillisUnsafe() + ahead
    const nanos = () => real.currentTimeNanosUnsafe() + BigInt(ahead) * 1_000_000n
    const clock: Clock.Clock = {
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => real.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: real.monotonicTimeNanos,
      sleep: (duration) => real.sleep(duration),
    }
    const forward = (by: number) =>
      Effect.sync(() => {
        ahead += by
      })
    return Effect.provideService(body(forward), Clock.Clock, clock)
  })

/** Reads again and again until it is as wanted, at most 20 seconds; fails with what it was last. */
export const until = <A, E, R>(read: Effect.Effect<A, E, R>, wanted: (value: A) => boolean) =>
  read.pipe(
    Effect.filterOrFail(wanted, (value) => `it is ${JSON.stringify(value)}`),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
  )
