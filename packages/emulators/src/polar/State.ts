/**
 * The emulator's memory and what one request may see of it.
 */
import type { Ids } from "../internal/Ids.ts"
import type {
  Checkout,
  Customer,
  Discount,
  Dispute,
  Interval,
  Order,
  Product,
  Refund,
  Subscription,
  TaxOption,
} from "./Model.ts"
import * as Products from "./Products.ts"

/** A product to have from the start. Without `prices` it takes ad-hoc prices only. */
export interface ProductSeed {
  /** UUID. */
  readonly id: string
  readonly name: string
  readonly description?: string
  /** Absent: sold once. */
  readonly recurring?: { readonly interval: Interval; readonly count?: number }
  /** Fixed catalogue prices, minor units by lower-case currency. */
  readonly prices?: Readonly<Record<string, number>>
  readonly isArchived?: boolean
}

/** A discount to have from the start. */
export interface DiscountSeed {
  /** UUID. */
  readonly id: string
  readonly name: string
  /** 0 to 100. */
  readonly percent: number
  readonly code?: string
}

/** What stays the same for the life of an emulator. */
export interface Settings {
  readonly organizationId: string
  readonly organizationName: string
  readonly defaultCurrency: string
  readonly defaultTaxBehavior: TaxOption
  /** Share of the net price, 0.2 = 20 %. */
  readonly taxRate: number
  /** Country of a buyer who gave none, for tax. */
  readonly buyerCountry: string
  /** Milliseconds until an unpaid checkout expires. */
  readonly checkoutTtl: number
  /** Mail domains that fail the deliverability check, subdomains included. */
  readonly undeliverableDomains: ReadonlyArray<string>
  /** Status a new refund starts with. */
  readonly refundStatus: "succeeded" | "pending"
  readonly products: ReadonlyArray<ProductSeed>
  readonly discounts: ReadonlyArray<DiscountSeed>
}

/** Everything the organisation has. Maps keep the order of creation. */
export interface State {
  readonly products: Map<string, Product>
  readonly discounts: Map<string, Discount>
  readonly customers: Map<string, Customer>
  readonly checkouts: Map<string, Checkout>
  readonly orders: Map<string, Order>
  readonly subscriptions: Map<string, Subscription>
  readonly refunds: Map<string, Refund>
  readonly disputes: Map<string, Dispute>
}

/** A change a merchant may be told about. */
export interface Happening {
  readonly type: string
  readonly data: unknown
}

/** One request's view: the time, the state, and what happened, in order. */
export interface Turn {
  /** Epoch milliseconds on the emulator's clock. */
  readonly now: number
  /** Base URL of the emulator, no trailing slash. */
  readonly url: string
  readonly ids: Ids
  readonly settings: Settings
  readonly state: State
  readonly happened: Array<Happening>
}

/** A state without anything in it. */
export const empty = (): State => ({
  products: new Map(),
  discounts: new Map(),
  customers: new Map(),
  checkouts: new Map(),
  orders: new Map(),
  subscriptions: new Map(),
  refunds: new Map(),
  disputes: new Map(),
})

/** Empties the state and puts the seeds in. */
export const reset = (state: State, settings: Settings, ids: Ids, now: number): void => {
  for (const map of Object.values(state)) map.clear()
  for (const seed of settings.products) {
    state.products.set(seed.id, {
      id: seed.id,
      created_at: now,
      name: seed.name,
      description: seed.description ?? null,
      recurring_interval: seed.recurring?.interval ?? null,
      recurring_interval_count: seed.recurring === undefined ? null : (seed.recurring.count ?? 1),
      is_archived: seed.isArchived ?? false,
      prices: Products.pricesOf(seed.id, seed.prices ?? {}, { ids, now }),
    })
  }
  for (const seed of settings.discounts) {
    state.discounts.set(seed.id, {
      id: seed.id,
      created_at: now,
      name: seed.name,
      code: seed.code ?? null,
      basis_points: Math.round(seed.percent * 100),
    })
  }
}
