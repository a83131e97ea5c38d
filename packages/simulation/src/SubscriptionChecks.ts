/** What must be true of subscriptions once everything is over: each as its provider has it, and ended as was promised. */
import type { Subscription } from "@payment-orchestrator/domain"
import type { Bank } from "./Bank.ts"
import { type BankSubscription, isOver } from "./BankSubscriptions.ts"
import type { Ending } from "./Ending.ts"
import { liveMillis, startedAt } from "./Scenario.ts"
import type { Trace } from "./Trace.ts"

type Row = Subscription.Subscription

/** So long an end that was asked for may take, once everything is well. */
const endedWithinMillis = 3_600_000
/** A paid period that was over so long ago must have been seen to be. */
const seenWithinMillis = 3_600_000

interface Pair {
  readonly row: Row
  readonly bank: Bank
  readonly held: BankSubscription
}

const ended = (status: Subscription.SubscriptionState) => status === "canceled" || status === "expired"

/** Whether what we say of a subscription is what its provider has. */
const agrees = ({ bank, held, row }: Pair, asked: boolean, now: number): boolean => {
  // One that we ended with its period at a provider that knows only an end at once runs until that is over, for us.
  if (bank.twoPhase && isOver(held) && asked) {
    const until = row.currentPeriodEnd ?? 0
    return ended(row.status) || (row.cancelAtPeriodEnd && until > now - seenWithinMillis)
  }
  return row.status === held.state && row.cancelAtPeriodEnd === held.cancelAtPeriodEnd
}

/** What a merchant was promised is so at the provider, and nothing is ended that nobody asked to be. */
const checkEnds = (trace: Trace, { bank, held, row }: Pair): void => {
  const mine = <A extends { readonly subscriptionId: string }>(all: ReadonlyArray<A>) =>
    all.filter(({ subscriptionId }) => subscriptionId === row.id)
  for (const { at, when } of mine(trace.promised)) {
    const by = Math.max(at, startedAt + liveMillis) + endedWithinMillis
    const scheduled = when === "period_end" && held.cancelAtPeriodEnd
    if (!scheduled && (!isOver(held) || (when === "now" && (held.endedAt ?? 0) > by))) {
      trace.violate("an end that was promised comes true", `${row.id} (${when}) is ${held.state} at ${bank.name}`)
    }
  }
  if (!held.endedByUs || row.duplicateOf !== null) return
  const atOnce = mine(trace.asked).some(({ when }) => when === "now")
  const withPeriod = mine(trace.asked).some(({ when }) => when === "period_end")
  if (!atOnce && !(withPeriod && bank.twoPhase)) {
    trace.violate("nothing is ended that nobody asked to be", `${row.id} at ${bank.name}`)
  }
}

/** Whether two are one customer's for the same thing, or one order's. */
const areRivals = (a: Pair, b: Pair, orders: ReadonlyMap<string, string | null>): boolean => {
  const order = orders.get(a.row.checkoutId) ?? null
  if (order !== null && order === (orders.get(b.row.checkoutId) ?? null)) return true
  if (a.row.priceId !== b.row.priceId) return false
  const [one, other] = [a.row.customerId, b.row.customerId]
  if (one !== null && other !== null) return one === other
  const [address, another] = [a, b].map(({ held }) => held.session.customerEmail)
  return address !== undefined && address === another
}

const runs = ({ held, row }: Pair) =>
  !isOver(held) && !held.cancelAtPeriodEnd && row.cancelRequested === null && !row.cancelAtPeriodEnd

export const check = (
  trace: Trace,
  banks: ReadonlyArray<Bank>,
  { checkouts, subscriptions }: Ending,
  now: number,
): void => {
  const pairs: Array<Pair> = []
  for (const bank of banks) {
    for (const held of bank.subscriptions.all.values()) {
      trace.count(`subscriptions in the end ${held.state}`)
      const row = subscriptions.find(
        ({ provider, providerSubscriptionId }) =>
          provider === bank.name && providerSubscriptionId === held.subscriptionId,
      )
      if (row === undefined)
        trace.violate("every subscription is known", `${held.subscriptionId} of ${held.session.checkoutId}`)
      else pairs.push({ row, bank, held })
    }
  }
  for (const row of subscriptions) {
    if (!pairs.some((pair) => pair.row === row)) trace.violate("no subscription is made up", row.id)
    if (row.cancelRequested !== null) trace.violate("no cancellation is left undecided", `${row.id} is ${row.status}`)
  }
  for (const pair of pairs) {
    const { held, row } = pair
    const asked = trace.asked.some(({ subscriptionId, when }) => subscriptionId === row.id && when === "period_end")
    if (!agrees(pair, asked, now)) {
      const ours = `${row.status}${row.cancelAtPeriodEnd ? ", to end" : ""}`
      const theirs = `${held.state}${held.cancelAtPeriodEnd ? ", to end" : ""}`
      trace.violate("a subscription is what its provider says", `${row.id}: ${ours}; there ${theirs}`)
    }
    checkEnds(trace, pair)
    if (row.duplicateOf === null) continue
    trace.count("second subscriptions")
    if (!isOver(held)) trace.violate("a second subscription is ended", `${row.id} is ${held.state}`)
  }
  const orders = new Map<string, string | null>(checkouts.map(({ id, orderId }) => [id, orderId]))
  const running = pairs.filter(runs)
  for (const [nth, one] of running.entries()) {
    for (const other of running.slice(nth + 1)) {
      const same = one.row.checkoutId === other.row.checkoutId
      if (same || areRivals(one, other, orders)) {
        trace.violate("a customer subscribes once to the same thing", `${one.row.id} and ${other.row.id} both run`)
      }
    }
  }
}
