/** What is drawn of an order that is a subscription: who subscribes to what, how its periods go, and who ends it when. */
import type { Subscription } from "@payment-orchestrator/domain"
import type { Terms } from "./BankSubscriptions.ts"
import type { Chance } from "./Chance.ts"

const minute = 60_000
const hour = 60 * minute

/** Somebody ends it: the merchant by us, the buyer at the provider. */
export interface Ending {
  readonly by: "merchant" | "buyer"
  /** Milliseconds after the buyer acted. */
  readonly after: number
  readonly when: Subscription.CancelWhen
  /** The same request, so often at once. */
  readonly copies: number
}

export interface Plan extends Terms {
  readonly priceId: string
  /** Two neighbours may be one customer, known by an id, by an address, or by both. */
  readonly customerId: string | undefined
  readonly customerEmail: string | undefined
  readonly endings: ReadonlyArray<Ending>
}

/** How one period's charge goes at the provider. */
export interface Period {
  /** So long after the period's end. */
  readonly lateBy: number
  readonly charge: "paid" | "pending" | "declined"
  /** A pending charge is decided after so long. */
  readonly decidedAfter: number
  readonly decidedPaid: boolean
  /** One that was not paid is tried again after so long; undefined: it is given up. */
  readonly againAfter: number | undefined
  /** What becomes of one that is given up; one that is paused may be taken up again after so long. */
  readonly givenUp: "canceled" | "expired" | "paused"
  readonly resumedAfter: number | undefined
}

const ending = (chance: Chance): Ending => ({
  by: chance.weighted([
    ["merchant", 3],
    ["buyer", 1],
  ]),
  after: chance.weighted([
    [chance.int(5_000, 3 * minute), 3],
    [chance.int(3 * minute, 3 * hour), 2],
    [chance.int(3 * hour, 20 * hour), 2],
  ]),
  when: chance.pick(["now", "period_end"] as const),
  copies: chance.hits(0.3) ? 2 : 1,
})

export const draw = (chance: Chance, order: number): Plan => {
  const customer = chance.hits(0.4) ? order - (order % 2) : order
  const known = chance.pick(["id", "address", "both"] as const)
  return {
    priceId: chance.pick(["plan-basic", "plan-basic", "plan-large"]),
    customerId: known === "address" ? undefined : `customer-${customer}`,
    customerEmail: known === "id" ? undefined : `customer-${customer}@example.com`,
    intervalMillis: chance.int(2 * hour, 12 * hour),
    trialMillis: chance.hits(0.15) ? chance.int(30 * minute, 6 * hour) : undefined,
    endings: Array.from({ length: chance.pick([0, 0, 1, 1, 2]) }, () => ending(chance)),
  }
}

/** The next period of a subscription, from a stream of its own. */
export const period = (chance: Chance): Period => ({
  lateBy: chance.weighted([
    [chance.int(0, 50_000), 3],
    [chance.int(50_000, 40 * minute), 1],
  ]),
  charge: chance.weighted([
    ["paid", 75],
    ["pending", 10],
    ["declined", 15],
  ]),
  decidedAfter: chance.int(1 * minute, 3 * hour),
  decidedPaid: chance.hits(0.7),
  againAfter: chance.hits(0.6) ? chance.int(5 * minute, 3 * hour) : undefined,
  givenUp: chance.pick(["canceled", "expired", "paused"] as const),
  resumedAfter: chance.hits(0.5) ? chance.int(10 * minute, 4 * hour) : undefined,
})
