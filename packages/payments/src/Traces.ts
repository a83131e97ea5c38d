/**
 * The port to what traces began with: things happen to a checkout long after its request is over (a webhook, a look, a
 * delivery), in traces of their own, which are linked to the one that began it. Nothing is kept, and nothing is looked
 * up, while nobody collects traces.
 */
import { Context, Effect, Option, Tracer } from "effect"

export interface Service {
  /** Keeps the current span as the one that began this thing; a later one does not take its place. Never fails. */
  readonly remember: (objectId: string) => Effect.Effect<void>
  /** Links the current span to the one that began this thing: a checkout, an attempt of one, an event and whose it is. Never fails. */
  readonly link: (objectId: string) => Effect.Effect<void>
}

export const Traces = Context.Reference<Service>("@payment-orchestrator/payments/Traces", {
  defaultValue: () => ({ remember: () => Effect.void, link: () => Effect.void }),
})

/** The current span, where somebody collects it. */
export const collected: Effect.Effect<Option.Option<Tracer.Span>> = Effect.gen(function* () {
  if ((yield* Tracer.Tracer) === Tracer.nativeTracer) return Option.none()
  return Option.filter(yield* Effect.option(Effect.currentSpan), ({ sampled }) => sampled)
})
