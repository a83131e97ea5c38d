/**
 * What active checks say of one provider. Pure; all times are epoch milliseconds.
 *
 * One failed check is not an outage: two in a row are, and so is one refusal of our credentials. One that passes ends
 * it. A check is a first try and its retries, so that a provider that fails one call in five is not taken for down.
 */
import type { PaymentProvider } from "@payment-orchestrator/domain"
import { Duration, Option } from "effect"

/** `unknown`: nothing was heard yet. */
export type Signal = "up" | "down" | "unknown"

export interface Checked {
  readonly signal: Signal
  /** The last verdict on our credentials; `unknown` before the first. */
  readonly credentials: PaymentProvider.Availability["credentials"]
  /** Failed checks in a row. */
  readonly failures: number
  /** In words, when the last check failed. */
  readonly reason: Option.Option<string>
  /** When the signal last changed. */
  readonly since: number
}

export const unchecked: Checked = {
  signal: "unknown",
  credentials: "unknown",
  failures: 0,
  reason: Option.none(),
  since: 0,
}

const failuresToBeDown = 2

/** How long a whole check may take, its repeats included. */
export const within = Duration.seconds(4)

/** One more check has ended. */
export const after = (before: Checked, availability: PaymentProvider.Availability, now: number): Checked => {
  const { credentials: said, reachable, reason } = availability
  const failed = !reachable || said === "refused"
  const failures = failed ? before.failures + 1 : 0
  const down = said === "refused" || failures >= failuresToBeDown
  const signal = failed ? (down ? "down" : before.signal) : "up"
  return {
    signal,
    credentials: said === "unknown" ? before.credentials : said,
    failures,
    reason: failed ? reason : Option.none(),
    since: signal === before.signal ? before.since : now,
  }
}

/**
 * How long from one check to the next. Twenty seconds, so that two in a row have failed within 30 s of an outage, however
 * it began; five while something is wrong; thirty while our credentials are refused, lest the provider locks us out.
 */
export const interval = ({ credentials, failures }: Checked, circuitOpen: boolean): Duration.Duration => {
  if (credentials === "refused") return Duration.seconds(30)
  return failures > 0 || circuitOpen ? Duration.seconds(5) : Duration.seconds(20)
}
