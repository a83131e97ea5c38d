/** What the merchant does to a product in Polar's dashboard. */
import type * as Model from "./Model.ts"
import type { Turn } from "./State.ts"
import * as View from "./View.ts"

export interface Change {
  /** Fixed catalogue prices, minor units by lower-case currency, in place of those it has. */
  readonly prices?: Readonly<Record<string, number>>
  /** Null: sold once. Polar itself does not let a product's interval be changed: it stands for another product. */
  readonly recurring?: { readonly interval: Model.Interval; readonly count?: number } | null
  readonly isArchived?: boolean
}

/** Fixed prices of the catalogue, each with an id of its own. */
export const pricesOf = (
  productId: string,
  prices: Readonly<Record<string, number>>,
  { ids, now }: Pick<Turn, "ids" | "now">,
): ReadonlyArray<Model.Price> =>
  Object.entries(prices).map(([currency, amount]) => ({
    id: ids.uuid(),
    created_at: now,
    source: "catalog",
    product_id: productId,
    price_currency: currency,
    price_amount: amount,
    tax_behavior: null,
  }))

/** New checkouts have it; open ones and running subscriptions stay as they are. */
export const change = (
  turn: Turn,
  product: Model.Product,
  { isArchived, prices, recurring }: Change,
): Model.Product => {
  const changed: Model.Product = {
    ...product,
    is_archived: isArchived ?? product.is_archived,
    prices: prices === undefined ? product.prices : pricesOf(product.id, prices, turn),
    ...(recurring === undefined
      ? {}
      : {
          recurring_interval: recurring?.interval ?? null,
          recurring_interval_count: recurring === null ? null : (recurring.count ?? 1),
        }),
  }
  turn.state.products.set(changed.id, changed)
  turn.happened.push({ type: "product.updated", data: View.product(turn, changed) })
  return changed
}
