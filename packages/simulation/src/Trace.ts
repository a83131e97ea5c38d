/** What was seen from outside while the simulation ran, and what was wrong with it. */
import type { Id, Ledger, SubscriptionLife } from "@payment-orchestrator/domain"
import { LedgerStore, SubscriptionStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Context, Option } from "effect"
import * as Promises from "./Promises.ts"

export interface Violation {
  /** Epoch milliseconds. */
  readonly at: number
  readonly invariant: string
  readonly detail: string
}

/** What a merchant was answered with a 2xx. */
export interface Acknowledged {
  readonly order: number
  readonly checkoutId: Id.CheckoutId
  readonly link: string
}

export interface Trace {
  readonly violations: ReadonlyArray<Violation>
  readonly acknowledged: ReadonlyArray<Acknowledged>
  /** How often what is worth trying took place. */
  readonly counts: ReadonlyMap<string, number>
  readonly count: (what: string) => void
  /** A line for whoever watches one seed. */
  readonly note: (line: string) => void
  readonly violate: (invariant: string, detail: string) => void
  readonly acknowledge: (answer: Acknowledged) => void
  /** Ends of subscriptions that merchants asked for, and those that were answered. */
  readonly asked: ReadonlyArray<Promises.Asked>
  readonly promised: ReadonlyArray<Promises.Promised>
  /** When a webhook of a dispute was first taken, in epoch milliseconds, by the provider's id of it. */
  readonly heard: ReadonlyMap<string, number>
  readonly hearOfDispute: (disputeId: string, at: number) => void
  readonly askToEnd: (asked: Promises.Asked) => void
  readonly promiseToEnd: (promised: Promises.Promised) => void
  /** The same storage, each step of a ledger and of a subscription being looked at. */
  readonly watch: (storage: Context.Context<Storage.Storage>) => Context.Context<Storage.Storage>
}

const rank: { readonly [state in Ledger.PaymentRecord["state"]]: number } = {
  pending: 0,
  declined: 1,
  completed: 2,
  partially_refunded: 3,
  refunded: 4,
}

/** Why a ledger must not go from one state to another; states only rise. */
const fallen = (before: Ledger.State, after: Ledger.State): ReadonlyArray<string> => {
  const faults: Array<string> = []
  if (before.status === "paid" && after.status !== "paid") faults.push(`a paid checkout became ${after.status}`)
  if (Option.isSome(before.paidBy) && Option.getOrNull(after.paidBy) !== before.paidBy.value) {
    faults.push(`paid by ${before.paidBy.value}, then by ${Option.getOrElse(after.paidBy, () => "none")}`)
  }
  for (const payment of before.payments) {
    const now = after.payments.find(({ moneyId }) => moneyId === payment.moneyId)
    if (now === undefined) faults.push(`${payment.moneyId} was forgotten`)
    else if (rank[now.state] < rank[payment.state]) faults.push(`${payment.moneyId} fell to ${now.state}`)
    else if (Option.isSome(payment.kind) && Option.getOrNull(now.kind) !== payment.kind.value) {
      faults.push(`${payment.moneyId} was ${payment.kind.value}, and is another kind now`)
    }
  }
  for (const session of before.sessions) {
    const now = after.sessions.find(({ sessionId }) => sessionId === session.sessionId)
    if (now === undefined) faults.push(`${session.sessionId} was forgotten`)
    else if (session.status === "completed" && now.status !== "completed") {
      faults.push(`${session.sessionId} was completed, and is ${now.status}`)
    }
  }
  if (after.payments.filter(({ kind }) => Option.contains(kind, "initial")).length > 1) {
    faults.push("two payments count as the first one")
  }
  return faults
}

export interface Options {
  /** Epoch milliseconds. */
  readonly now: () => number
  readonly note: (line: string) => void
}

export const make = ({ now, note }: Options): Trace => {
  const violations: Array<Violation> = []
  const acknowledged: Array<Acknowledged> = []
  const counts = new Map<string, number>()
  /** Each ledger as it was last read: what is written may be undone. */
  const known = new Map<Id.CheckoutId, Ledger.State>()
  const lives = new Map<Id.SubscriptionId, SubscriptionLife.State>()
  const asked: Array<Promises.Asked> = []
  const promised: Array<Promises.Promised> = []
  const heard = new Map<string, number>()

  const violate = (invariant: string, detail: string) => {
    violations.push({ at: now(), invariant, detail })
    note(`VIOLATED: ${invariant}: ${detail}`)
  }

  const watchLives = (storage: Context.Context<Storage.Storage>) => {
    const subscriptions = Context.get(storage, SubscriptionStore.SubscriptionStore)
    return Context.add(storage, SubscriptionStore.SubscriptionStore, {
      ...subscriptions,
      transact: (id, step) =>
        subscriptions.transact(id, (before, charges) => {
          const done = step(before, charges)
          const last = lives.get(id) ?? before
          for (const fault of [...Promises.fallen(last, before), ...Promises.fallen(before, done.state)]) {
            violate("states only rise", `${id}: ${fault}`)
          }
          lives.set(id, before)
          return done
        }),
    })
  }

  const watch = (storage: Context.Context<Storage.Storage>) => {
    const ledger = Context.get(storage, LedgerStore.LedgerStore)
    return Context.add(watchLives(storage), LedgerStore.LedgerStore, {
      ...ledger,
      transact: (checkoutId, step, beside) =>
        ledger.transact(
          checkoutId,
          (before) => {
            const done = step(before)
            const last = known.get(checkoutId) ?? before
            for (const fault of [...fallen(last, before), ...fallen(before, done.state)]) {
              violate("states only rise", `${checkoutId}: ${fault}`)
            }
            known.set(checkoutId, before)
            return done
          },
          beside,
        ),
    })
  }

  return {
    violations,
    acknowledged,
    counts,
    count: (what) => void counts.set(what, (counts.get(what) ?? 0) + 1),
    violate,
    note,
    acknowledge: (answer) => void acknowledged.push(answer),
    asked,
    promised,
    heard,
    hearOfDispute: (disputeId, at) => void heard.set(disputeId, Math.min(at, heard.get(disputeId) ?? at)),
    askToEnd: (one) => void asked.push(one),
    promiseToEnd: (one) => void promised.push(one),
    watch,
  }
}
