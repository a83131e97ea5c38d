import { assert, describe, it } from "@effect/vitest"
import { Tracing } from "@payment-orchestrator/domain"
import { Effect, References, Tracer } from "effect"

/** Somebody who collects spans, and those that were made. */
const collector = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  return { spans, tracer }
}

const current = Effect.map(Effect.result(Effect.currentSpan), ({ _tag }) => _tag === "Success")

describe("a span", () => {
  it.effect("is made where somebody collects spans, and its effect goes on as it would", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      const traced = Tracing.span("a.step", { provider: "paypal" })(current)
      assert.isTrue(yield* Effect.provideService(traced, Tracer.Tracer, tracer))
      assert.deepStrictEqual(
        spans.map(({ attributes, name }) => [name, attributes.get("provider")]),
        [["a.step", "paypal"]],
      )
    }),
  )

  it.effect("is none where nobody does: no tracer but Effect's own, or one that is switched off", () =>
    Effect.gen(function* () {
      const { spans, tracer } = collector()
      assert.isFalse(yield* Tracing.span("a.step")(current))
      const off = Tracing.span("a.step")(current).pipe(
        Effect.provideService(References.TracerEnabled, false),
        Effect.provideService(Tracer.Tracer, tracer),
      )
      assert.isFalse(yield* off)
      assert.deepStrictEqual(spans, [])
    }),
  )
})
