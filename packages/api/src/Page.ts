/** Lists: newest first, in pages that stay right while rows are added. */
import { Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"

/** How many rows a page has when nothing is said. */
export const defaultLimit = 20

const limit = Schema.FiniteFromString.check(
  Schema.makeFilter((n) => (Number.isInteger(n) && n >= 1 && n <= 100) || "must be a whole number from 1 to 100"),
)

/** What every list can be asked with; `cursor` is the `next_cursor` of the page before. */
export const query = <Id extends Schema.Codec<string, string>>(id: Id) => ({
  limit: Schema.optionalKey(limit),
  cursor: Schema.optionalKey(id),
  created_after: Schema.optionalKey(Timestamp.Timestamp),
  created_before: Schema.optionalKey(Timestamp.Timestamp),
})

/** `{ data, next_cursor }`; the cursor is null on the last page. */
export const page = <Item extends Schema.Constraint>(item: Item) =>
  Schema.Struct({ data: Schema.Array(item), next_cursor: Schema.NullOr(Schema.String) })

/** A page out of one row more than was asked for. */
export const of = <Row extends { readonly id: string }>(rows: ReadonlyArray<Row>, size: number) => {
  const data = rows.slice(0, size)
  return { data, next_cursor: rows.length > size ? (data.at(-1)?.id ?? null) : null }
}
