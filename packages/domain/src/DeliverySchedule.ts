/**
 * When a delivery is tried again, and what an endpoint's answers come to. Pure: the time is given.
 *
 * A delivery keeps its own schedule of retries, and is tried earlier when its endpoint takes events again. While its
 * endpoint fails, the oldest that waits is tried in between (a probe). Such tries do not use the schedule up.
 */
import { Array, Option } from "effect"
import type { DisabledReason } from "./WebhookEndpoint.ts"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

/** Milliseconds after the first try, after the second, …: three days in all; then a delivery is given up. */
export const retries: ReadonlyArray<number> = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** Each delay grows by up to a tenth at random, so that what failed together does not come back together. */
const jitter = 0.1

/** While an endpoint fails, its oldest waiting delivery is tried at least so often, and at first sooner. */
const probeEvery = 5 * minute
const firstProbe = 5 * second

/** An endpoint that fails so long without a success is disabled. */
export const disableAfter = 5 * day

/** People are alerted at these shares (percent) of that time. */
const alertsAt = [50, 70, 90] as const

/** What fails for less than this is a hiccup: the endpoint is there, and some of what it was sent failed. */
const hiccup = 10 * second

/**
 * How long after its last try a delivery is left alone at least when its endpoint takes events again: one second for every
 * try so far; from the tenth on it doubles with every other try, because what keeps failing while others get through is to
 * blame itself.
 */
export const gap = { perTry: second, steadyTries: 10 } as const

/**
 * The gap is never longer than this. After an outage, so that all arrives within five minutes of the endpoint's return;
 * none for an endpoint that starts anew, with another URL or enabled again.
 */
export const longestGap = { hiccup: 12 * hour, outage: 4 * minute, anew: 0 } as const

/** `Retry-After` beyond this is not believed. */
const longestPause = day

/** How far a delivery has come on its own schedule. */
export interface Progress {
  /** How many retries of the schedule are used up. */
  readonly step: number
  /** When the schedule wants the next try, in epoch milliseconds. */
  readonly retryAt: number
}

/** A new delivery, and one that is redelivered: the first try is due at once. */
export const begin = (now: number): Progress => ({ step: 0, retryAt: now })

/** After a try that failed; none when that was the last of the schedule. `random` is between 0 and 1. */
export const afterFailure = (
  progress: Progress,
  { now, random, startedAt }: { readonly startedAt: number; readonly now: number; readonly random: number },
): Option.Option<Progress> => {
  if (startedAt < progress.retryAt) return Option.some(progress)
  return Option.map(Array.get(retries, progress.step), (delay) => ({
    step: progress.step + 1,
    retryAt: now + Math.round(delay * (1 + jitter * random)),
  }))
}

/**
 * Milliseconds until a failing endpoint's oldest waiting delivery is tried again: half of the time that the endpoint has
 * failed for, so that a short outage is soon seen to be over. `random` is between 0 and 1.
 */
export const probeAfter = (failingFor: number, tries: number, random: number): number => {
  const wait = Math.max(firstProbe, failingFor / 2, Math.min(tries * gap.perTry, minute))
  return Math.round(Math.min(wait, probeEvery) * (1 - jitter * random))
}

/** How an endpoint has fared. Times are epoch milliseconds. */
export interface Health {
  /** The first failure since the last success. */
  readonly failingSince: Option.Option<number>
  /** The highest share (percent) of the time to being disabled, of those that people are alerted at; 0 when none. */
  readonly alerted: number
  /** Nothing is sent before this: the endpoint asked for it. */
  readonly pausedUntil: Option.Option<number>
}

export const healthy: Health = { failingSince: Option.none(), alerted: 0, pausedUntil: Option.none() }

/** What came of a try. */
export type Result =
  | { readonly _tag: "Succeeded" }
  | {
      readonly _tag: "Failed"
      readonly status: Option.Option<number>
      /** What the answer's `Retry-After` says. */
      readonly retryAfter: Option.Option<number>
    }

/** What follows for the endpoint. */
export type Signal =
  /** It works again, and what waits is due. */
  | { readonly _tag: "Recovered"; readonly since: number; readonly after: "hiccup" | "outage" }
  | { readonly _tag: "Disable"; readonly since: number; readonly reason: Exclude<DisabledReason, "requested"> }

export interface Verdict {
  readonly health: Health
  readonly signals: ReadonlyArray<Signal>
}

const succeeded = ({ failingSince }: Health, now: number): Verdict => ({
  health: healthy,
  signals: Option.match(failingSince, {
    onNone: () => [],
    onSome: (since) => [{ _tag: "Recovered", since, after: now - since >= hiccup ? "outage" : "hiccup" }],
  }),
})

/** Only these answers may ask for a pause. */
const pauseOf = ({ retryAfter, status }: Extract<Result, { _tag: "Failed" }>, now: number) =>
  Option.exists(status, (code) => code === 429 || code === 503)
    ? Option.map(retryAfter, (wait) => now + Math.min(wait, longestPause))
    : Option.none<number>()

/** The endpoint after one more try. */
export const judge = (health: Health, result: Result, now: number): Verdict => {
  if (result._tag === "Succeeded") return succeeded(health, now)
  const since = Option.getOrElse(health.failingSince, () => now)
  const failed: Health = {
    failingSince: Option.some(since),
    alerted: health.alerted,
    pausedUntil: Option.orElse(pauseOf(result, now), () => health.pausedUntil),
  }
  if (Option.contains(result.status, 410)) {
    return { health: failed, signals: [{ _tag: "Disable", since, reason: "gone" }] }
  }
  if (now - since >= disableAfter) {
    return { health: failed, signals: [{ _tag: "Disable", since, reason: "failing" }] }
  }
  const reached = alertsAt.findLast((percent) => now - since >= (disableAfter * percent) / 100) ?? 0
  return { health: { ...failed, alerted: Math.max(reached, health.alerted) }, signals: [] }
}
