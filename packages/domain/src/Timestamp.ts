/** A moment: epoch milliseconds inside, ISO 8601 UTC text outside. */
import { Clock, DateTime, Effect, Option, Schema, SchemaGetter, SchemaIssue } from "effect"

/** Epoch milliseconds, between the years 1970 and 9999. */
export const Millis = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 253_402_300_799_999 })).annotate({
  identifier: "Millis",
})

const badTime = { message: "must be an ISO 8601 time, e.g. 2026-11-22T20:00:00Z" }

/** `2026-11-22T20:00:00.000Z` ↔ epoch milliseconds. */
export const Timestamp = Schema.String.annotate({ format: "date-time" }).pipe(
  Schema.decodeTo(Millis, {
    decode: SchemaGetter.transformEffect((text: string) =>
      Option.match(DateTime.make(text), {
        onNone: () => Effect.fail(new SchemaIssue.InvalidValue(badTime, text)),
        onSome: (moment) => Effect.succeed(moment.epochMilliseconds),
      }),
    ),
    encode: SchemaGetter.transform((millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis))),
  }),
)
export type Timestamp = typeof Timestamp.Type

/** The current time in whole epoch milliseconds (a test's clock may stand between two of them). */
export const now: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(Math.floor(clock.currentTimeMillisUnsafe())),
)
