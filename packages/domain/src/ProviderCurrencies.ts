/**
 * What the three providers say about currencies. A provider of somebody else's brings its own `CurrencyTable`.
 */
import { type Currency, isCurrency, list } from "./Currency.ts"
import * as CurrencyTable from "./CurrencyTable.ts"
import { zeroDecimals } from "./internal/zeroDecimals.ts"

export { polar, polarMaximum } from "./PolarCurrencies.ts"

/**
 * PayPal. HUF, JPY and TWD take no decimals; BRL, CNY and MYR work for in-country accounts only. At most 15 digits
 * and two decimals. Source: PayPal "Currency codes", Orders v2 `money.value`.
 */
export const paypal: CurrencyTable.CurrencyTable = CurrencyTable.make(
  list("AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD"),
  { HUF: { exponent: 0 }, JPY: { exponent: 0 }, TWD: { exponent: 0 } },
)

const stripeZero: ReadonlyArray<Currency> = list("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")

/** The least that Stripe charges, in its own units. Source: Stripe "Supported currencies", minimum charge amounts. */
const stripeLeast: { readonly [code in Currency]?: number } = {
  AED: 200,
  AUD: 50,
  BGN: 100,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1_500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  HUF: 17_500,
  INR: 50,
  JPY: 50,
  MXN: 1_000,
  MYR: 200,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  THB: 1_000,
  USD: 50,
}

/** The rules, with the least amounts added. */
const withLeast = (rules: { readonly [code in Currency]?: Partial<CurrencyTable.CurrencyRule> }) => {
  const all: { [code in Currency]?: Partial<CurrencyTable.CurrencyRule> } = { ...rules }
  for (const [code, minimum] of Object.entries(stripeLeast)) {
    if (isCurrency(code)) all[code] = { ...all[code], minimum }
  }
  return all
}

/**
 * Stripe. Zero-decimal currencies as documented; ISK and UGX are sent with two decimals that must be 00;
 * three-decimal currencies must end in 0; amounts have at most eight digits, and a least one where Stripe names it. Source: Stripe "Supported currencies".
 */
export const stripe: CurrencyTable.CurrencyTable = CurrencyTable.make(
  [
    ...stripeZero,
    ...list(
      "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF " +
        "CNY COP CRC CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS " +
        "INR ISK JMD JOD KES KGS KHR KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN " +
        "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP " +
        "SLE SOS SRD SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST XCD YER ZAR ZMW",
    ),
  ],
  withLeast({
    ...zeroDecimals(stripeZero),
    ISK: { exponent: 2, step: 100 },
    UGX: { exponent: 2, step: 100 },
    BHD: { exponent: 3, step: 10 },
    JOD: { exponent: 3, step: 10 },
    KWD: { exponent: 3, step: 10 },
    OMR: { exponent: 3, step: 10 },
    TND: { exponent: 3, step: 10 },
  }),
  { maximum: 99_999_999 },
)
