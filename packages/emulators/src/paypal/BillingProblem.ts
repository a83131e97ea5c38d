/**
 * The words of Subscriptions v1, which calls some faults of a request differently from Orders v2.
 *
 * Source: `subscriptions.create-400` of the public OpenAPI.
 */
import type { Effect } from "effect"
import * as Checks from "./Checks.ts"
import type * as Problem from "./Problem.ts"

const texts: Readonly<Record<string, string>> = {
  MISSING_REQUIRED_PARAMETER: "A required field is missing.",
  INVALID_PARAMETER_VALUE: "The value of a field is invalid.",
}

const reworded = (detail: Problem.Detail): Problem.Detail => {
  if (detail.field === "/start_time" && detail.issue === "INVALID_PARAMETER_VALUE") {
    return { ...detail, description: "Start time must be a valid future date and time." }
  }
  const description = texts[detail.issue]
  return description === undefined ? detail : { ...detail, description }
}

/** No findings yet. */
export const make = (): Checks.Checks => Checks.make(true)

/** Fails with what was found. */
export const settle = (checks: Checks.Checks): Effect.Effect<void, Problem.Problem> =>
  Checks.settle({ ...checks, syntax: checks.syntax.map(reworded) })
