/**
 * The emulator's memory and what one request may see of it.
 */
import type { Ids } from "../internal/Ids.ts"
import type * as Model from "./Model.ts"

/** A price to have from the start. */
export interface PriceSeed {
  readonly id: string
  readonly productName: string
  /** Lower case. */
  readonly currency: string
  /** Minor units. */
  readonly unitAmount: number
  /** Absent: sold once. */
  readonly recurring?: Model.Recurring
  readonly active?: boolean
}

/** What stays the same for the life of an emulator. */
export interface Settings {
  readonly accountId: string
  readonly merchantName: string
  readonly apiVersion: string
  /** Status a new refund starts with. */
  readonly refundStatus: "succeeded" | "pending"
  /** Share of a charge that Stripe keeps, beside `feeFixed` minor units. */
  readonly feeRate: number
  readonly feeFixed: number
  readonly prices: ReadonlyArray<PriceSeed>
}

/** Everything the account has. Maps keep the order of creation. */
export interface State {
  readonly prices: Map<string, Model.Price>
  readonly customers: Map<string, Model.Customer>
  readonly sessions: Map<string, Model.Session>
  readonly intents: Map<string, Model.PaymentIntent>
  readonly charges: Map<string, Model.Charge>
  readonly balanceTransactions: Map<string, Model.BalanceTransaction>
  readonly refunds: Map<string, Model.Refund>
  readonly subscriptions: Map<string, Model.Subscription>
  readonly invoices: Map<string, Model.Invoice>
  readonly disputes: Map<string, Model.Dispute>
  readonly events: Map<string, Model.Event>
}

/** One request's view: the time, the state, and the events it made. */
export interface Turn {
  /** Whole seconds since 1970 on the emulator's clock. */
  readonly now: number
  /** Base URL of the emulator, no trailing slash. */
  readonly url: string
  readonly ids: Ids
  readonly settings: Settings
  readonly state: State
  /** The request an event is put down to; null for what nobody asked for. */
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null }
  readonly events: Array<Model.Event>
}

/** A state without anything in it. */
export const empty = (): State => ({
  prices: new Map(),
  customers: new Map(),
  sessions: new Map(),
  intents: new Map(),
  charges: new Map(),
  balanceTransactions: new Map(),
  refunds: new Map(),
  subscriptions: new Map(),
  invoices: new Map(),
  disputes: new Map(),
  events: new Map(),
})

/** Empties the state and puts the seeds in; `now` in seconds. */
export const reset = (state: State, settings: Settings, now: number): void => {
  for (const map of Object.values(state)) map.clear()
  for (const seed of settings.prices) {
    state.prices.set(seed.id, {
      id: seed.id,
      created: now,
      active: seed.active ?? true,
      currency: seed.currency,
      unit_amount: seed.unitAmount,
      recurring: seed.recurring ?? null,
      product: `prod_${seed.id.replace(/^price_/, "")}`,
      productName: seed.productName,
    })
  }
}

/** Remembers an event about `object` (its wire form). */
export const emit = (turn: Turn, type: string, object: unknown): void => {
  const event: Model.Event = {
    id: turn.ids.token("evt_", 24),
    created: turn.now,
    type,
    object,
    request: turn.request,
  }
  turn.state.events.set(event.id, event)
  turn.events.push(event)
}
