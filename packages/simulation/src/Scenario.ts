/** What one seed is about: how everything is set up, what every order's buyer and merchant will do, and what goes wrong. */
import { type Ledger, Money } from "@payment-orchestrator/domain"
import type { Confirmation } from "./Bank.ts"
import * as Chance from "./Chance.ts"
import * as Disputing from "./Disputing.ts"
import * as Subscribing from "./Subscribing.ts"
import type { Fault, Outage } from "./Weather.ts"

export const second = 1_000
export const minute = 60 * second
export const hour = 60 * minute

/** When the simulated world begins, in epoch milliseconds. */
export const startedAt = 1_800_000_000_000
/** So long processes run, crash and start again; afterwards only sweeps go on, at longer and longer steps. */
export const liveMillis = 10 * minute

/** From then on nothing of itself happens at the providers any more, so that what did can become known. */
export const stillMillis = 30 * hour

/** The names by which parts of what goes wrong are left out, besides those of the weather's faults. */
export const parts = [
  "outages",
  "faults",
  "crashes",
  "replicas",
  "database",
  "webhooks",
  "hedging",
  "interleaving",
  "subscriptions",
  "disputes",
] as const
export type Part = (typeof parts)[number] | Fault

export interface Buyer {
  /**
   * `pays`: acts on the page that is shown. `leaves`: never acts. `moves`: asks the stable link to go on first. `both`:
   * goes on, and then pays the page before as well as the one after.
   */
  readonly habit: "pays" | "leaves" | "moves" | "both"
  /** Milliseconds until the buyer acts. */
  readonly after: number
  /** Approves with an instrument that is declined, and then again with another. */
  readonly fails: boolean
  /** Whether the tab is closed, so that nobody comes back to us. */
  readonly closes: boolean
  /** How often the return is opened at once. */
  readonly returns: number
  readonly ends: Confirmation
  /** A pending payment is decided after so long. */
  readonly decidedAfter: number
  readonly decidedPaid: boolean
}

export interface Wish {
  readonly after: number
  /** Of the amount; none asks for all that is left. */
  readonly share: number | undefined
  /** The same request, so often at once. */
  readonly copies: number
}

export interface Order {
  readonly order: number
  /** Milliseconds after the start. */
  readonly at: number
  readonly money: Money.Money
  readonly expiresIn: number
  /** The order's own name, by which it is paid once; two checkouts may have the same. */
  readonly orderId: string | undefined
  /** The same request under the same key, so often at once. */
  readonly copies: number
  readonly buyer: Buyer
  /** The merchant ends it after so long. */
  readonly expiresAfter: number | undefined
  readonly refunds: ReadonlyArray<Wish>
  /** What is charged instead of what was asked for. */
  readonly charges: Money.Money
  /** What it is, when it is a subscription. */
  readonly subscription: Subscribing.Plan | undefined
  readonly dispute: Disputing.Plan | undefined
}

export interface Scenario {
  readonly chance: Chance.Chance
  readonly without: ReadonlySet<string>
  readonly orders: ReadonlyArray<Order>
  readonly replicas: number
  /** In which order the providers are asked, by their places. */
  readonly routing: ReadonlyArray<number>
  readonly secondPage: Ledger.SecondPage
  readonly refundDuplicates: boolean
  readonly hedged: boolean
  /** With the two-phase provider we start subscriptions ourselves (`PAYPAL_SUBSCRIPTION_ACTION=continue`). */
  readonly startedByUs: boolean
  /** How often a call to a provider, and a step of the database, goes wrong by itself. */
  readonly faultRate: number
  readonly databaseRate: number
  /** For each provider, by its place. */
  readonly outages: ReadonlyArray<ReadonlyArray<Outage>>
  readonly crashes: boolean
  /** Over a file, and all processes and the database's connection end at once after so many milliseconds. */
  readonly powerCut: number | undefined
  /** Of webhooks: how many get lost, how many come twice. */
  readonly lossRate: number
  /** How many are followed by one that says more than is true. */
  readonly boastRate: number
  readonly doubleRate: number
}

export interface Options {
  readonly seed: number
  /** How many orders. */
  readonly orders: number
  /** Only these of them. */
  readonly only?: ReadonlySet<number> | undefined
  /** Nothing of this goes wrong. */
  readonly without?: ReadonlySet<string> | undefined
}

const currencies = ["EUR", "USD", "JPY"] as const

const buyer = (chance: Chance.Chance, stormy: boolean): Buyer => ({
  habit: chance.weighted([
    ["pays", stormy ? 20 : 60],
    ["leaves", 10],
    ["moves", stormy ? 30 : 20],
    ["both", stormy ? 40 : 10],
  ]),
  after: chance.weighted([
    [chance.int(2 * second, 2 * minute), stormy ? 0 : 80],
    [chance.int(2 * minute, stormy ? 6 * minute : 30 * minute), stormy ? 90 : 10],
    [chance.int(30 * minute, 20 * hour), 10],
  ]),
  fails: chance.hits(0.08),
  closes: chance.hits(0.2),
  returns: chance.hits(0.2) ? 2 : 1,
  ends: chance.weighted([
    ["paid", 85],
    ["pending", 10],
    ["declined", 5],
  ]),
  decidedAfter: chance.int(1 * minute, 8 * hour),
  decidedPaid: chance.hits(0.7),
})

const refunds = (chance: Chance.Chance): ReadonlyArray<Wish> =>
  Array.from({ length: chance.hits(0.3) ? chance.int(1, 3) : 0 }, () => ({
    after: chance.weighted([
      [chance.int(5 * second, 5 * minute), 3],
      [chance.int(5 * minute, 10 * hour), 1],
    ]),
    share: chance.hits(0.3) ? undefined : chance.pick([0.2, 0.5, 0.5, 0.7]),
    copies: chance.hits(0.3) ? 2 : 1,
  }))

/** How often an order is a subscription, and disputed. */
interface Rates {
  readonly subscriptions: number
  readonly disputes: number
}

const makeOrder = (chance: Chance.Chance, order: number, stormy: boolean, rates: Rates): Order => {
  const subscribing = chance.fork("subscription")
  const disputing = chance.fork("dispute")
  const money = Money.make(chance.int(100, 99_999), chance.pick(currencies))
  const charges = chance.weighted([
    [money, 97],
    [{ ...money, amount: money.amount - 1 }, 2],
    [{ ...money, currency: money.currency === "EUR" ? ("USD" as const) : ("EUR" as const) }, 1],
  ])
  return {
    order,
    at: chance.int(0, (stormy ? 2 : 5) * minute),
    money,
    expiresIn: chance.hits(0.5) ? 86_400 : chance.int(1_800, 86_400),
    orderId: chance.hits(0.5) ? `order-${chance.hits(0.3) ? order - (order % 2) : order}` : undefined,
    copies: chance.hits(0.15) ? chance.int(2, 3) : 1,
    buyer: buyer(chance.fork("buyer"), stormy),
    expiresAfter: chance.hits(0.06) ? chance.int(10 * second, 40 * minute) : undefined,
    refunds: refunds(chance.fork("refunds")),
    charges,
    subscription: subscribing.hits(rates.subscriptions) ? Subscribing.draw(subscribing, order) : undefined,
    dispute: disputing.hits(rates.disputes) ? Disputing.draw(disputing) : undefined,
  }
}

/** The provider that is asked first fails when its pages are open: many buyers are moved on. */
const storm = (chance: Chance.Chance): Outage => ({
  from: startedAt + chance.int(1 * minute, 3 * minute),
  until: startedAt + chance.int(6 * minute, 9 * minute),
  fault: chance.pick(["refused", "unsent", "done", "refused"] as const),
})

const outages = (chance: Chance.Chance): ReadonlyArray<Outage> =>
  Array.from({ length: chance.int(0, 3) }, () => {
    const from = startedAt + chance.int(0, 7 * minute)
    const fault = chance.pick(["refused", "unsent", "lost", "silent", "done", "throttled"] as const)
    return { from, until: from + chance.int(20 * second, 6 * minute), fault }
  })

/** Draws it. What one order does is not changed by leaving out another. */
export const draw = ({ only, orders, seed, without = new Set() }: Options): Scenario => {
  const chance = Chance.make(`seed ${seed}`)
  const has = (part: Part) => !without.has(part)
  const setting = chance.fork("setting")
  const secondPage = setting.pick(["strict", "strict", "compensate"] as const)
  const refundDuplicates = setting.hits(0.6) || secondPage === "compensate"
  const replicas = setting.pick([1, 2, 2])
  const hedged = setting.hits(0.2)
  const faultRate = setting.pick([0, 0.03, 0.1, 0.2])
  const databaseRate = setting.pick([0, 0, 0.002, 0.01])
  const crashes = setting.hits(0.6)
  const stormy = setting.hits(0.4)
  const routing = setting.pick([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [2, 0, 1],
    [2, 1, 0],
  ])
  const boastRate = setting.pick([0, 0.1])
  const powerCut = setting.hits(0.1) ? setting.int(2 * minute, 6 * minute) : undefined
  const lossRate = setting.pick([0, 0.1, 0.5, 1])
  const doubleRate = setting.pick([0, 0.3])
  const kinds = chance.fork("kinds")
  const rates: Rates = {
    subscriptions: has("subscriptions") ? kinds.pick([0, 0.2, 0.2, 0.5]) : 0,
    disputes: has("disputes") ? kinds.pick([0, 0.2, 0.6]) : 0,
  }
  return {
    chance,
    without,
    orders: Array.from({ length: orders }, (_, order) =>
      makeOrder(chance.fork("order", order), order, stormy, rates),
    ).filter(({ order }) => only === undefined || only.has(order)),
    routing,
    replicas: has("replicas") ? replicas : 1,
    secondPage,
    refundDuplicates,
    hedged: hedged && has("hedging"),
    startedByUs: kinds.hits(0.5),
    faultRate: has("faults") ? faultRate : 0,
    databaseRate: has("database") ? databaseRate : 0,
    outages: [0, 1, 2].map((place) => {
      if (!has("outages")) return []
      const own = chance.fork("outages", place)
      return stormy ? (place === routing[0] ? [storm(own)] : []) : outages(own)
    }),
    crashes: crashes && has("crashes"),
    powerCut: has("crashes") ? powerCut : undefined,
    lossRate: has("webhooks") ? lossRate : 0,
    boastRate: has("webhooks") ? boastRate : 0,
    doubleRate: has("webhooks") ? doubleRate : 0,
  }
}
