/** Polar's currencies: what it sells in, and the least it charges in each. */
import { CurrencyTable, type Currency, type Money, ProviderCurrencies } from "@payment-orchestrator/domain"
import type { models } from "@polar-sh/sdk/2026-10"
import { Option, Result } from "effect"

/** Every currency of Polar with its limits. */
export const { polar: table, polarMaximum: maximum } = ProviderCurrencies

const presentment: ReadonlySet<string> = new Set(Array.from(table.keys(), (currency) => currency.toLowerCase()))
const isPresentment = (code: string): code is models.PresentmentCurrency => presentment.has(code)

/** Polar's spelling of a currency; none when it does not sell in it. */
export const presentmentOf = (currency: Currency.Currency): Option.Option<models.PresentmentCurrency> =>
  Option.liftPredicate(isPresentment)(currency.toLowerCase())

/** Polar's minor units → money; none for a negative amount, an unknown currency, or a fraction of our unit. */
export const moneyOf = (units: number, currency: string): Option.Option<Money.Money> =>
  Result.getSuccess(CurrencyTable.fromProviderUnits(table, units, currency))

/** Money → Polar's minor units, whatever the limits for new prices are; none when it cannot be exact. */
export const unitsOf = (money: Money.Money): Option.Option<number> => {
  const rule = table.get(money.currency)
  const unlimited =
    rule === undefined ? table : new Map([[money.currency, { ...rule, minimum: 0, maximum: Number.MAX_SAFE_INTEGER }]])
  return Result.getSuccess(CurrencyTable.toProviderUnits(unlimited, money))
}
