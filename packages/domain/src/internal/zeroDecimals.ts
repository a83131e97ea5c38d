import type { Currency } from "../Currency.ts"

/** Exceptions of a `CurrencyTable` for currencies that a provider counts without decimals. */
export const zeroDecimals = (currencies: ReadonlyArray<Currency>): { [code in Currency]?: { exponent: number } } =>
  Object.fromEntries(currencies.map((currency) => [currency, { exponent: 0 }]))
