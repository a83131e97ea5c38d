/** What is drawn of a dispute: when the buyer begins it, about which money, and how it ends. */
import type { Chance } from "./Chance.ts"

const minute = 60_000
const hour = 60 * minute

export interface Plan {
  /** Milliseconds after the buyer acted. */
  readonly after: number
  /** Which of the order's payments, as a number that is taken modulo how many there are. */
  readonly which: number
  /** The merchant is given more time so often. */
  readonly extensions: number
  /** How long until it is decided, and until the next verdict. */
  readonly decidedAfter: number
  readonly verdict: "won" | "lost" | "closed" | "none yet"
  /** The buyer does not accept that it was won, and this is the end. */
  readonly secondVerdict: "won" | "lost" | undefined
}

export const draw = (chance: Chance): Plan => ({
  after: chance.weighted([
    [chance.int(50, 2_000), 3],
    [chance.int(2_000, 1 * minute), 2],
    [chance.int(1 * minute, 10 * minute), 1],
    [chance.int(10 * minute, 8 * hour), 2],
  ]),
  which: chance.int(0, 11),
  extensions: chance.pick([0, 0, 0, 1, 2]),
  decidedAfter: chance.weighted([
    [chance.int(1 * minute, 20 * minute), 1],
    [chance.int(20 * minute, 8 * hour), 2],
  ]),
  verdict: chance.pick(["won", "lost", "closed", "none yet"] as const),
  secondVerdict: chance.hits(0.3) ? chance.pick(["won", "lost"] as const) : undefined,
})
