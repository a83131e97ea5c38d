/** Everything an error, a log line and a span can show of themselves. */
import { inspect } from "node:util"
import { Cause, Effect, Logger, References, Result, Schema, Tracer } from "effect"
import { PaymentError, Webhook } from "@payment-orchestrator/domain"

const AnyError = Schema.Union([PaymentError.PaymentError, Webhook.WebhookRejected])
type AnyError = typeof AnyError.Type

const deep = (value: unknown) => inspect(value, { depth: 10, showHidden: true, getters: true, maxStringLength: null })

/** Every way to print an error, by name. */
export const error = (failure: AnyError): Effect.Effect<ReadonlyArray<readonly [way: string, text: string]>> =>
  Effect.gen(function* () {
    const json = yield* Effect.result(Effect.try({ try: () => JSON.stringify(failure) ?? "", catch: String }))
    const encoded = yield* Effect.result(Schema.encodeEffect(AnyError)(failure))
    return [
      ["JSON", Result.merge(json)],
      ["inspection", deep(failure)],
      ["String", String(failure)],
      ["message", failure.message],
      ["stack", failure.stack ?? ""],
      ["cause", deep(failure.cause)],
      ["schema", Result.isSuccess(encoded) ? JSON.stringify(encoded.success) : encoded.failure.message],
      ["Cause", Cause.pretty(Cause.fail(failure))],
    ]
  })

/** What a program logged, at every level, and what its spans say. */
export interface Recorded {
  readonly logs: ReadonlyArray<string>
  readonly spans: ReadonlyArray<string>
}

const describeSpan = (span: Tracer.NativeSpan) => deep([span.name, span.attributes, span.events, span.status])

/** Runs an effect and writes down what it logs and traces. */
export const record = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<readonly [A, Recorded], E, R> =>
  Effect.suspend(() => {
    const logs: Array<string> = []
    const spans: Array<Tracer.NativeSpan> = []
    const logger = Logger.make((entry) => {
      logs.push(Logger.formatLogFmt.log(entry), deep(entry.message), Cause.pretty(entry.cause))
    })
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        spans.push(span)
        return span
      },
    })
    return effect.pipe(
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.withTracer(tracer),
      Effect.map((value) => [value, { logs, spans: spans.map(describeSpan) }] as const),
    )
  })
