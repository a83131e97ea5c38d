/** What a provider says of one of its own price ids: PayPal's plan, Polar's product, Stripe's price. */
import type { Option } from "effect"
import type * as Money from "./Money.ts"
import type { ProviderName } from "./ProviderName.ts"

/** Charged again every `count` units, which are the provider's word in lower case: `month`. */
export interface Period {
  readonly unit: string
  readonly count: number
}

export interface PriceSnapshot {
  readonly provider: ProviderName
  /** The provider's own id. */
  readonly priceId: string
  /** False for one that was archived, switched off or never published: nothing can be sold by it. */
  readonly active: boolean
  /** What is charged each time, in each currency it is sold in; empty when no such amount can be told. */
  readonly amounts: ReadonlyArray<Money.Money>
  /** None: sold once. */
  readonly period: Option.Option<Period>
  /** Why the amounts alone do not say what a buyer is charged, in words: a set-up fee, a price by quantity. */
  readonly unclear: Option.Option<string>
}
