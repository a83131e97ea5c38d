/** How a simulated provider's calls go: fine, or wrong in one of the ways in which calls go wrong. */
import type { Operation } from "@payment-orchestrator/domain"
import type { Chance, Weighted } from "./Chance.ts"

/**
 * `unsent`: the request never left. `refused`: a 503 that did nothing. `done`: a 500 after it was done. `lost`: no answer,
 * and nothing was done. `silent`: no answer, though it was done. `late`: no answer, and it is done long after we have
 * stopped waiting. `garbled`: done, and an answer that cannot be read. `slow`: an answer after seconds. `throttled`: 429.
 * `rejected`: a 4xx for good, only where a page is opened.
 */
export type Fault =
  | "unsent"
  | "refused"
  | "done"
  | "lost"
  | "silent"
  | "late"
  | "garbled"
  | "slow"
  | "throttled"
  | "rejected"

export interface Outage {
  readonly from: number
  readonly until: number
  readonly fault: Fault
}

export interface Weather {
  /** What happens to this call of an order, at a time in epoch milliseconds; undefined: nothing. */
  readonly at: (operation: Operation.Operation, order: number, now: number) => Fault | undefined
  /** How long a call takes, in milliseconds. */
  readonly latency: (fault: Fault | undefined) => number
  /** How long after a late call was sent it is done. */
  readonly lateness: () => number
}

export interface Options {
  readonly chance: Chance
  /** How often a call goes wrong by itself. */
  readonly rate: number
  readonly outages: ReadonlyArray<Outage>
  /** From then on everything goes well. */
  readonly healedAt: number
  readonly without: ReadonlySet<string>
}

/** How a call that goes wrong by itself does so. */
const weights: readonly [Weighted<Fault>, ...ReadonlyArray<Weighted<Fault>>] = [
  ["unsent", 2],
  ["refused", 4],
  ["done", 3],
  ["lost", 2],
  ["silent", 3],
  ["late", 1],
  ["garbled", 2],
  ["slow", 3],
  ["throttled", 1],
  ["rejected", 1],
]

export const make = ({ chance, healedAt, outages, rate, without }: Options): Weather => {
  const calls = new Map<string, number>()
  const latencies = chance.fork("latency")

  /** Each order has weather of its own, so that leaving out the others does not change it. */
  const ofCall = (operation: Operation.Operation, order: number): Fault | undefined => {
    const key = `${operation}/${order}`
    const nth = (calls.get(key) ?? 0) + 1
    calls.set(key, nth)
    const own = chance.fork(key, nth)
    return own.hits(rate) ? own.weighted(weights) : undefined
  }

  return {
    at: (operation, order, now) => {
      const own = ofCall(operation, order)
      if (now >= healedAt) return undefined
      const outage = outages.find(({ from, until }) => now >= from && now < until)
      const fault = outage?.fault ?? own
      if (fault === undefined || without.has(fault)) return undefined
      return fault === "rejected" && operation !== "createCheckoutSession" ? undefined : fault
    },
    latency: (fault) => (fault === "slow" ? latencies.int(2_000, 20_000) : latencies.int(5, 400)),
    lateness: () => latencies.int(31_000, 60_000),
  }
}
