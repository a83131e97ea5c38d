/** The table that maps the merchant's price id to amount, currency, interval and each provider's own id. */
import { Option, Result, Schema } from "effect"
import { Currency } from "./Currency.ts"
import { DecimalText } from "./CheckoutRequest.ts"
import * as Money from "./Money.ts"
import { ProviderKey, type ProviderName } from "./ProviderName.ts"

export const Interval = Schema.Literals(["day", "week", "month", "year"])

/** `{"amount": "19.99", "currency": "USD", "interval": "month", "paypal": "P-5ML…", "polar": "6f8c…"}`. */
export const CatalogEntry = Schema.StructWithRest(
  Schema.Struct({ amount: DecimalText, currency: Currency, interval: Schema.optionalKey(Interval) }),
  [Schema.Record(ProviderKey, Schema.String)],
).check(
  Schema.makeFilter((entry) => {
    const money = Money.fromDecimal(entry.amount, entry.currency)
    return Result.isSuccess(money) || { path: ["amount"], issue: Money.describeFault(money.failure, entry.currency) }
  }),
)
export type CatalogEntry = typeof CatalogEntry.Type

/** By the merchant's price id. */
export const Catalog = Schema.Record(Schema.String, CatalogEntry)
export type Catalog = typeof Catalog.Type

export const empty: Catalog = {}

export const find = (catalog: Catalog, priceId: string): Option.Option<CatalogEntry> =>
  Object.hasOwn(catalog, priceId) ? Option.fromUndefinedOr(catalog[priceId]) : Option.none()

/** The price an entry states. */
export const moneyOf = (entry: CatalogEntry): Option.Option<Money.Money> =>
  Result.getSuccess(Money.fromDecimal(entry.amount, entry.currency))

/**
 * A provider's own id for a price: the catalog's, or the price id itself when the catalog does not know it and it
 * looks like one of the provider's.
 */
export const providerPriceId = (
  catalog: Catalog,
  priceId: string,
  provider: { readonly name: ProviderName; readonly priceIdPattern: RegExp },
): Option.Option<string> =>
  Option.match(find(catalog, priceId), {
    onNone: () => (provider.priceIdPattern.test(priceId) ? Option.some(priceId) : Option.none()),
    onSome: (entry) => Option.fromUndefinedOr(Object.hasOwn(entry, provider.name) ? entry[provider.name] : undefined),
  })
