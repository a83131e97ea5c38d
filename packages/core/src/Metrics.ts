/** What can be counted, under names that stay. Labels are few and bounded: ids go to logs, not here. */
import type { ProviderName } from "@payment-orchestrator/domain"
import { Effect, Metric } from "effect"
import type * as Lane from "./Lane.ts"
import { series } from "./Series.ts"

const requests = Metric.counter("payment_requests_total", {
  description: "Checkouts whose routing began",
  incremental: true,
})
const attempts = Metric.counter("payment_attempts_total", {
  description: "Providers' turns at opening a session, by result and reason",
  incremental: true,
})
const sessions = Metric.counter("payment_sessions_total", {
  description: "Sessions shown to buyers, by provider",
  incremental: true,
})
const failovers = Metric.counter("payment_failovers_total", {
  description: "Providers given up for the next one after a transient error",
  incremental: true,
})
const circuitOpen = Metric.gauge("payment_circuit_open", {
  description: "Whether a provider's circuit for a class of operations is open (1), half open (0.5) or closed (0)",
})
const duration = Metric.histogram("payment_attempt_duration_seconds", {
  description: "How long a provider's turn took, retries included",
  boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
})

const attemptsOf = series(attempts)
const sessionsOf = series(sessions)
const failoversOf = series(failovers)
const circuitOf = series(circuitOpen)
const durationOf = series(duration)

export const requestBegan = Metric.update(requests, 1)
export const sessionShown = (provider: ProviderName.ProviderName) => Metric.update(sessionsOf({ provider }), 1)
export const failedOver = (from: ProviderName.ProviderName, to: ProviderName.ProviderName) =>
  Metric.update(failoversOf({ from, to }), 1)
export const circuit = (lane: Lane.Lane, state: "closed" | "open" | "half_open") =>
  Metric.update(
    circuitOf({ provider: lane.provider, class: lane.laneClass }),
    state === "open" ? 1 : state === "half_open" ? 0.5 : 0,
  )

/** Reasons that are not a closed set (`http_418`) are counted by class, so that labels stay bounded. */
const bounded = (reason: string | undefined): string => {
  if (reason === undefined) return "none"
  const status = /^http_([45])/.exec(reason)
  return status === null
    ? reason
    : reason === "http_503" || reason === "http_500" || reason === "http_502" || reason === "http_504"
      ? reason
      : `http_${status[1]}xx`
}

export const attemptClosed = (
  provider: ProviderName.ProviderName,
  result: string,
  reason: string | undefined,
  durationMillis: number,
) =>
  Effect.andThen(
    Metric.update(attemptsOf({ provider, result, reason: bounded(reason) }), 1),
    result === "skipped" ? Effect.void : Metric.update(durationOf({ provider }), durationMillis / 1000),
  )

/** Exposes every series from the start, with zeros, so that a rate never begins with a gap. */
export const expose = (providers: ReadonlyArray<ProviderName.ProviderName>): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* Metric.update(requests, 0)
    for (const provider of providers) {
      yield* Metric.update(sessionsOf({ provider }), 0)
      for (const result of ["opened", "transient_error", "permanent_error", "skipped", "superseded"]) {
        yield* Metric.update(attemptsOf({ provider, result, reason: "none" }), 0)
      }
      for (const to of providers) {
        if (to !== provider) yield* Metric.update(failoversOf({ from: provider, to }), 0)
      }
    }
  })
