/**
 * How a provider counts money: which currencies it takes, with how many decimals, and which amounts it cannot
 * represent. An amount that cannot be represented exactly is never rounded: the provider is skipped.
 */
import { Result } from "effect"
import { type Currency, exponent as isoExponent, isCurrency } from "./Currency.ts"
import * as Money from "./Money.ts"

/** One currency at one provider. */
export interface CurrencyRule {
  /** Decimals the provider counts with: amounts are whole units of `10^-exponent`. */
  readonly exponent: number
  /** Amounts must be a multiple of this many provider units (Stripe: 10 for three-decimal currencies, 100 for ISK). */
  readonly step: number
  /** The smallest and largest amount in provider units. */
  readonly minimum: number
  readonly maximum: number
}

export type CurrencyTable = ReadonlyMap<Currency, CurrencyRule>

/** Why a provider cannot serve an amount. */
export type Unrepresentable = "currency_unsupported" | "amount_unrepresentable"

/** Builds a table: the ISO 4217 exponent, step 1 and no limits for each currency unless said otherwise. */
export const make = (
  currencies: Iterable<Currency>,
  exceptions: { readonly [code in Currency]?: Partial<CurrencyRule> } = {},
  limits: { readonly minimum?: number; readonly maximum?: number } = {},
): CurrencyTable =>
  new Map(
    Array.from(currencies, (currency) => [
      currency,
      {
        exponent: isoExponent(currency),
        step: 1,
        minimum: limits.minimum ?? 1,
        maximum: limits.maximum ?? Number.MAX_SAFE_INTEGER,
        ...exceptions[currency],
      },
    ]),
  )

/** The same table with only these currencies. */
export const restrict = (table: CurrencyTable, currencies: Iterable<Currency>): CurrencyTable => {
  const wanted = new Set(currencies)
  return new Map(Array.from(table).filter(([currency]) => wanted.has(currency)))
}

/** ISO minor units → the provider's units, exactly or not at all. */
export const toProviderUnits = (table: CurrencyTable, money: Money.Money): Result.Result<number, Unrepresentable> => {
  const rule = table.get(money.currency)
  if (rule === undefined) return Result.fail("currency_unsupported")
  const iso = isoExponent(money.currency)
  const scaled = BigInt(money.amount) * 10n ** BigInt(Math.max(0, rule.exponent - iso))
  const divisor = 10n ** BigInt(Math.max(0, iso - rule.exponent))
  if (scaled % divisor !== 0n) return Result.fail("amount_unrepresentable")
  const units = Number(scaled / divisor)
  return Number.isSafeInteger(units) && units % rule.step === 0 && units >= rule.minimum && units <= rule.maximum
    ? Result.succeed(units)
    : Result.fail("amount_unrepresentable")
}

/** ISO minor units → the decimal text the provider wants, e.g. `"1000"` for 1000.00 HUF at PayPal. */
export const toProviderDecimal = (table: CurrencyTable, money: Money.Money): Result.Result<string, Unrepresentable> =>
  Result.map(toProviderUnits(table, money), (units) =>
    Money.decimalFromUnits(units, table.get(money.currency)?.exponent ?? isoExponent(money.currency)),
  )

/** The provider's units → money; fails on an unknown currency or on a fraction of an ISO minor unit. */
export const fromProviderUnits = (
  table: CurrencyTable,
  units: number,
  currency: string,
): Result.Result<Money.Money, Unrepresentable> => {
  const code = currency.toUpperCase()
  if (!isCurrency(code)) return Result.fail("currency_unsupported")
  const exponent = table.get(code)?.exponent ?? isoExponent(code)
  const iso = isoExponent(code)
  if (!Number.isSafeInteger(units) || units < 0) return Result.fail("amount_unrepresentable")
  const scaled = BigInt(units) * 10n ** BigInt(Math.max(0, iso - exponent))
  const divisor = 10n ** BigInt(Math.max(0, exponent - iso))
  if (scaled % divisor !== 0n) return Result.fail("amount_unrepresentable")
  const amount = Number(scaled / divisor)
  return Number.isSafeInteger(amount)
    ? Result.succeed({ amount, currency: code })
    : Result.fail("amount_unrepresentable")
}

/** `".50"` is `"0.5"` and `"10.00"` is `"10"`; what is spelt otherwise stays as it is. */
const shortest = (text: string): string => {
  const match = /^([0-9]*)\.([0-9]+)$/.exec(text)
  if (match === null) return text
  const [, whole, fraction = ""] = match
  const rest = fraction.replace(/0+$/, "")
  return `${whole || "0"}${rest === "" ? "" : `.${rest}`}`
}

/**
 * A decimal text as a provider writes it → money. `"1000"` HUF (PayPal) and `"1000.00"` are the same, and so are `".50"`
 * (PayPal's pattern for amounts lets the zero be left out) and `"0.50"`.
 */
export const fromProviderDecimal = (text: string, currency: string): Result.Result<Money.Money, Unrepresentable> => {
  const code = currency.toUpperCase()
  if (!isCurrency(code)) return Result.fail("currency_unsupported")
  return Result.mapError(Money.fromDecimal(shortest(text), code), () => "amount_unrepresentable" as const)
}
