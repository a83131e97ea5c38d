/** One line of the list to go through before real money, wherever it is shown. */
import { Schema } from "effect"

export const Check = Schema.Struct({
  /** What was looked at. */
  name: Schema.String,
  /** `fail`: not with real money. `warn`: know what you do. */
  state: Schema.Literals(["ok", "warn", "fail"]),
  /** What was found. Never a secret. */
  found: Schema.String,
  /** What to do about it; null when all is well. */
  fix: Schema.NullOr(Schema.String),
}).annotate({ identifier: "ProductionCheck" })
export type Check = typeof Check.Type

export const ok = (name: string, found: string): Check => ({ name, state: "ok", found, fix: null })
export const warn = (name: string, found: string, fix: string): Check => ({ name, state: "warn", found, fix })
export const fail = (name: string, found: string, fix: string): Check => ({ name, state: "fail", found, fix })
