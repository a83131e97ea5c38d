/**
 * Whether a provider sells a price of the catalog as the catalog says. A subscription is charged by the provider's own
 * plan, so that one that has drifted would charge another amount than was asked for (F23).
 */
import { Array, Option } from "effect"
import * as Catalog from "./Catalog.ts"
import * as Money from "./Money.ts"
import type { Period, PriceSnapshot } from "./Price.ts"
import * as ProviderName from "./ProviderName.ts"

/** One field in which the catalog and the provider differ, as people write it: `19.99 USD`, `3 months`. */
export interface Difference {
  readonly field: "amount" | "currency" | "interval"
  readonly ours: string
  readonly theirs: string
}

/** `Differs`: it would charge something else. `Unknown`: the provider has no such price. `Archived`: it sells it no more. */
export type Fault =
  | { readonly _tag: "Differs"; readonly differences: Array.NonEmptyReadonlyArray<Difference> }
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Archived" }

/** `Incomparable`: the provider tells no amount that could be compared, and nothing that was told differs. */
export type Verdict = Fault | { readonly _tag: "Same" } | { readonly _tag: "Incomparable"; readonly why: string }

const amountText = (money: Money.Money): string => `${Money.toDecimal(money)} ${money.currency}`

const periodText = (period: Option.Option<Period>): string =>
  Option.match(period, {
    onNone: () => "once",
    onSome: ({ count, unit }) => (count === 1 ? unit : `${count} ${unit}s`),
  })

const ofInterval = (entry: Catalog.CatalogEntry, found: PriceSnapshot): ReadonlyArray<Difference> => {
  const ours = entry.interval
  const theirs = periodText(found.period)
  return ours === undefined || ours === theirs ? [] : [{ field: "interval", ours, theirs }]
}

const ofAmount = (price: Option.Option<Money.Money>, { amounts }: PriceSnapshot): ReadonlyArray<Difference> => {
  if (Option.isNone(price) || !Array.isReadonlyArrayNonEmpty(amounts)) return []
  const ours = price.value
  const theirs = amounts.find(({ currency }) => currency === ours.currency)
  if (theirs === undefined) {
    return [{ field: "currency", ours: amountText(ours), theirs: amounts.map(amountText).join(" or ") }]
  }
  return Money.equals(ours, theirs) ? [] : [{ field: "amount", ours: amountText(ours), theirs: amountText(theirs) }]
}

/** An entry of the catalog × what the provider says of the price it is mapped to. An interval left out is not compared. */
export const compare = (entry: Catalog.CatalogEntry, found: Option.Option<PriceSnapshot>): Verdict => {
  if (Option.isNone(found)) return { _tag: "Unknown" }
  if (!found.value.active) return { _tag: "Archived" }
  const differences = [...ofAmount(Catalog.moneyOf(entry), found.value), ...ofInterval(entry, found.value)]
  if (Array.isReadonlyArrayNonEmpty(differences)) return { _tag: "Differs", differences }
  return Option.match(found.value.unclear, {
    onNone: () => ({ _tag: "Same" }),
    onSome: (why) => ({ _tag: "Incomparable", why }),
  })
}

export const isFault = (verdict: Verdict): verdict is Fault =>
  verdict._tag !== "Same" && verdict._tag !== "Incomparable"

/** One price of the catalog at one provider. */
export interface Mapping {
  readonly provider: ProviderName.ProviderName
  /** The merchant's price id. */
  readonly priceId: string
  /** The provider's own id, which the catalog names for it. */
  readonly providerPriceId: string
}

/** What is wrong, in one clause. */
export const describe = ({ priceId, provider, providerPriceId }: Mapping, fault: Fault): string => {
  const label = ProviderName.label(provider)
  switch (fault._tag) {
    case "Differs": {
      const fields = fault.differences.map(
        ({ field, ours, theirs }) => `${field} is ${ours} in the catalog, ${theirs} at ${label}`,
      )
      return `price ${priceId} differs from ${label}'s ${providerPriceId}: ${fields.join("; ")}`
    }
    case "Unknown":
      return `price ${priceId} is unknown at ${label}: it has no ${providerPriceId} in this account and mode`
    case "Archived":
      return `price ${priceId} is no longer sold by ${label}: ${providerPriceId} is archived or not active there`
  }
}

/** What mends it, in one sentence. */
export const remedy = ({ priceId, provider }: Mapping, fault: Fault): string => {
  const label = ProviderName.label(provider)
  const entry = `"${provider}" of ${priceId} in the catalog`
  switch (fault._tag) {
    case "Differs":
      return `Change the price at ${label}, or what the catalog says of ${priceId}, or map ${entry} to another id`
    case "Unknown":
      return `Put the right id under ${entry}, or take it out`
    case "Archived":
      return `Make it active at ${label} again, or put another id under ${entry}`
  }
}

/** The ids and values behind it, for logs and alerts. */
export const details = ({ priceId, providerPriceId }: Mapping, fault: Fault): { readonly [name: string]: string } => ({
  price_id: priceId,
  provider_price_id: providerPriceId,
  fault: fault._tag.toLowerCase(),
  ...(fault._tag === "Differs"
    ? Object.fromEntries(
        fault.differences.flatMap(({ field, ours, theirs }) => [
          [`catalog_${field}`, ours],
          [`provider_${field}`, theirs],
        ]),
      )
    : {}),
})
