/**
 * How buyers fared at one provider, from the attempts that really reached it. Pure and bounded; all times are epoch
 * milliseconds.
 *
 * What is shown is the last five minutes or the last twenty attempts, whichever is more, so that a shop with five
 * checkouts an hour sees something too. What speaks against the provider is only what happened within the last five
 * minutes: it is forgotten, and the provider tried again, when nobody was sent there for so long.
 */
import type { Attempt } from "@payment-orchestrator/domain"
import { Option } from "effect"
import type { Signal } from "./HealthCheck.ts"

interface Sample {
  readonly at: number
  readonly ok: boolean
  readonly millis: number
}

/** Oldest first. */
export type Traffic = ReadonlyArray<Sample>

export const none: Traffic = []

const windowMillis = 300_000
const least = 20
/** Of a busy shop the newest count. */
const most = 500

/** Fewer attempts say nothing. */
const enough = 10
/** The share of attempts that succeed, below which the provider is presumed down. */
const tolerable = 0.4

const window = (traffic: Traffic, now: number): Traffic => {
  const recent = traffic.filter(({ at }) => at > now - windowMillis)
  return recent.length < least ? traffic.slice(-least) : recent
}

/** Whether an attempt says something about the provider, and what. Being asked to wait is no outage. */
const verdictOf = ({ reason, result }: Attempt.Attempt): boolean | undefined => {
  switch (result) {
    case "opened":
      return true
    case "transient_error":
      return reason === "rate_limited" ? undefined : false
    case "permanent_error":
      return reason === "credentials_refused" ? false : undefined
    case "skipped":
    case "superseded":
      return undefined
  }
}

/** One more attempt has ended. */
export const add = (traffic: Traffic, attempt: Attempt.Attempt): Traffic => {
  const ok = verdictOf(attempt)
  if (ok === undefined) return traffic
  const at = attempt.startedAt + attempt.durationMs
  return [...traffic.slice(1 - most), { at, ok, millis: attempt.durationMs }]
}

export interface Summary {
  readonly signal: Signal
  /** Attempts that opened a session, of all; none when there were none. */
  readonly successRate: Option.Option<number>
  /** How long those took, retries included. */
  readonly latency: Option.Option<{ readonly p50: number; readonly p95: number }>
}

/** Nearest rank. */
const quantile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0

const shareOf = (traffic: Traffic): number => traffic.filter(({ ok }) => ok).length / traffic.length

/** A few failures are no verdict yet, and no praise either. */
const signalOf = (recent: Traffic): Signal => {
  if (recent.length === 0) return "unknown"
  if (shareOf(recent) >= tolerable) return "up"
  return recent.length < enough ? "unknown" : "down"
}

/** `healedAt`: when it was last seen to have recovered; what was before no longer speaks against it. */
export const signal = (traffic: Traffic, now: number, healedAt = -Infinity): Signal =>
  signalOf(traffic.slice(-least).filter(({ at }) => at > Math.max(now - windowMillis, healedAt)))

/** The signal with what it rests on; it sorts, so that routing, which asks for each checkout, takes `signal`. */
export const summary = (traffic: Traffic, now: number, healedAt = -Infinity): Summary => {
  const shown = window(traffic, now)
  const times = shown.flatMap(({ millis, ok }) => (ok ? [millis] : [])).toSorted((a, b) => a - b)
  return {
    signal: signal(traffic, now, healedAt),
    successRate: shown.length === 0 ? Option.none() : Option.some(shareOf(shown)),
    latency:
      times.length === 0 ? Option.none() : Option.some({ p50: quantile(times, 0.5), p95: quantile(times, 0.95) }),
  }
}
