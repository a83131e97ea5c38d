/** Spans around what is worth seeing in a trace, made only where somebody collects them. */
import { Effect, References, Tracer } from "effect"

/** Whether spans go anywhere: there is a tracer besides Effect's own, which keeps nothing, and it is not switched off. */
export const isCollected: Effect.Effect<boolean> = Effect.gen(function* () {
  return (yield* Tracer.Tracer) !== Tracer.nativeTracer && (yield* References.TracerEnabled)
})

/** A span around an effect, where somebody collects spans: one that nobody reads takes several µs and 2 kB all the same. */
export const span =
  (name: string, attributes: Readonly<Record<string, unknown>> = {}) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(isCollected, (isCollected) =>
      isCollected ? Effect.withSpan(name, { attributes }, { captureStackTrace: false })(self) : self,
    )
