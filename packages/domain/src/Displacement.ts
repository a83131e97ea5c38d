/**
 * Whether a checkout was kept from its first candidate by the candidate's own state: what the alert on the failover rate
 * counts. It does not fall silent when a circuit opens, because a skip counts like a failure.
 */
import type { Attempt } from "./Attempt.ts"

/** Skips that make the next provider the first candidate: nobody meant this checkout to go there. */
const nobodysFault: ReadonlySet<string> = new Set([
  "not_configured",
  "drained",
  "currency_unsupported",
  "amount_unrepresentable",
  "mode_unsupported",
  "goods_unsupported",
  "price_unmapped",
  "price_mismatch",
])

/** Skips that speak against the provider. */
const providersFault: ReadonlySet<string> = new Set([
  "circuit_open",
  "credentials_refused",
  "throttled",
  "overloaded",
  "health_down",
])

/** By the attempts in the order of the plan. */
export const isDisplaced = (attempts: ReadonlyArray<Attempt>): boolean => {
  const first = attempts.find(({ reason, result }) => result !== "skipped" || !nobodysFault.has(reason ?? ""))
  if (first === undefined) return false
  switch (first.result) {
    case "transient_error":
      return true
    case "permanent_error":
      return first.reason === "credentials_refused"
    case "skipped":
      return providersFault.has(first.reason ?? "")
    case "opened":
    case "superseded":
      return false
  }
}
