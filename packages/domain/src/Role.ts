/** What an API key may do, from least to most: its own things, read all, act, everything. */
import { Schema } from "effect"

export const Role = Schema.Literals(["merchant", "viewer", "operator", "admin"]).annotate({
  identifier: "Role",
  message: "must be merchant, viewer, operator or admin",
})
export type Role = typeof Role.Type
