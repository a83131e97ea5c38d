/** One line of the checklist. */
import { Schema } from "effect"

export const Item = Schema.Struct({
  /** What was looked at. */
  name: Schema.String,
  state: Schema.Literals(["ok", "warn", "fail"]),
  /** What was found. Never a secret. */
  found: Schema.String,
  /** What to do about it; null when all is well. */
  fix: Schema.NullOr(Schema.String),
})
export type Item = typeof Item.Type

export const ok = (name: string, found: string): Item => ({ name, state: "ok", found, fix: null })
export const warn = (name: string, found: string, fix: string): Item => ({ name, state: "warn", found, fix })
export const fail = (name: string, found: string, fix: string): Item => ({ name, state: "fail", found, fix })
