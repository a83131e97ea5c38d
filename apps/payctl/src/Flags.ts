/** Flags that several commands have. */
import { Text, Timestamp } from "@payment-orchestrator/domain"
import { Option, Record, Schema } from "effect"
import { Flag } from "effect/cli"

/** A flag that may be left out, as a part of a query: nothing, or one key. */
export const part = <const K extends string, A>(key: K, flag: Flag.Flag<A>): Flag.Flag<Partial<Record<K, A>>> =>
  Flag.map(Flag.optional(flag), (value): Partial<Record<K, A>> =>
    Option.isSome(value) ? Record.singleton(key, value.value) : {},
  )

/** A flag that a schema checks. */
export const checked = <A>(name: string, schema: Schema.Codec<A, string>, description: string) =>
  Flag.String(name).pipe(Flag.withSchema(schema), Flag.withDescription(description))

/** A whole number within bounds, both allowed. */
export const whole = (name: string, minimum: number, maximum: number, description: string) =>
  Flag.Int(name).pipe(
    Flag.withSchema(
      Schema.Int.check(
        Schema.isBetween({ minimum, maximum }, { message: `must be a whole number from ${minimum} to ${maximum}` }),
      ),
    ),
    Flag.withDescription(description),
  )

const moment = (name: string, description: string) => checked(name, Timestamp.Timestamp, description)

/** What every list can be asked with. */
export const page = <Id>(id: Schema.Codec<Id, string>) => ({
  limit: part("limit", whole("limit", 1, 100, "How many, 1 to 100 (20)")),
  cursor: part("cursor", checked("cursor", id, "The page after this id")),
  after: part("created_after", moment("after", "Only what began after this time, e.g. 2026-11-22T20:00:00Z")),
  before: part("created_before", moment("before", "Only what began before this time")),
})

/** Why something is done. */
export const why = part("reason", checked("reason", Text.line(255), "Why; it is audited"))

export const tenant = part(
  "tenant_id",
  Flag.String("tenant").pipe(Flag.withDescription("Whose; for a key that belongs to no tenant")),
)
