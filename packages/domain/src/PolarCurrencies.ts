/** How Polar counts money: its own exponents, and the least and the most it charges. */
import { type Currency, list } from "./Currency.ts"
import * as CurrencyTable from "./CurrencyTable.ts"
import { zeroDecimals } from "./internal/zeroDecimals.ts"

const polarZero: ReadonlyArray<Currency> = list("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF")
const polarTwo: ReadonlyArray<Currency> = list(
  "AED ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BZD CAD CDF CHF CNY COP CRC CVE " +
    "CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES " +
    "KGS KHR KYD KZT LAK LKR LRD LSL MAD MDL MKD MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD " +
    "PAB PEN PGK PHP PKR PLN QAR RON RSD SAR SBD SCR SEK SGD SHP SOS SRD SZL THB TJS TOP TRY TTD TWD TZS " +
    "UAH UGX USD UYU UZS WST XCD XCG YER ZAR ZMW",
)

/** In Polar's minor units. Source: OpenAPI 2026-10, description of `ProductPriceFixedCreate.price_amount`. */
const minimums: { readonly [code in Currency]?: number } = {
  AED: 200,
  ALL: 5000,
  AMD: 20000,
  AOA: 50000,
  ARS: 75000,
  AUD: 70,
  AWG: 100,
  AZN: 100,
  BAM: 100,
  BBD: 200,
  BDT: 7000,
  BIF: 2000,
  BMD: 100,
  BND: 100,
  BOB: 500,
  BRL: 250,
  BSD: 100,
  BWP: 1000,
  BZD: 200,
  CAD: 70,
  CDF: 200000,
  CHF: 50,
  CLP: 500,
  CNY: 500,
  COP: 200000,
  CRC: 30000,
  CVE: 5000,
  CZK: 1500,
  DJF: 100,
  DKK: 320,
  DOP: 4000,
  DZD: 7000,
  EGP: 3000,
  ETB: 8000,
  EUR: 50,
  FJD: 200,
  FKP: 100,
  GBP: 40,
  GEL: 200,
  GNF: 5000,
  GIP: 100,
  GMD: 4000,
  GTQ: 500,
  GYD: 20000,
  HKD: 400,
  HNL: 2000,
  HTG: 7000,
  HUF: 17500,
  IDR: 900000,
  ILS: 150,
  INR: 6000,
  ISK: 7000,
  JMD: 8000,
  JPY: 80,
  KES: 7000,
  KGS: 5000,
  KHR: 300000,
  KMF: 500,
  KRW: 800,
  KYD: 100,
  KZT: 30000,
  LAK: 2000000,
  LKR: 20000,
  LRD: 10000,
  LSL: 1000,
  MAD: 500,
  MDL: 1000,
  MGA: 3000,
  MKD: 5000,
  MNT: 200000,
  MOP: 500,
  MUR: 5000,
  MVR: 800,
  MXN: 900,
  MWK: 100000,
  MYR: 200,
  MZN: 5000,
  NAD: 1000,
  NGN: 70000,
  NIO: 2000,
  NOK: 500,
  NPR: 8000,
  NZD: 90,
  PAB: 100,
  PEN: 200,
  PGK: 300,
  PHP: 3500,
  PKR: 20000,
  PLN: 200,
  PYG: 4000,
  QAR: 200,
  RON: 250,
  RSD: 6000,
  RWF: 1000,
  SAR: 200,
  SBD: 400,
  SCR: 800,
  SEK: 500,
  SGD: 70,
  SHP: 100,
  SOS: 50000,
  SRD: 2000,
  SZL: 1000,
  THB: 2000,
  TJS: 500,
  TOP: 200,
  TRY: 3000,
  TTD: 400,
  TWD: 2000,
  TZS: 200000,
  UAH: 3000,
  UGX: 200000,
  USD: 50,
  UYU: 2000,
  UZS: 700000,
  VND: 20000,
  VUV: 100,
  WST: 200,
  XAF: 500,
  XCD: 200,
  XCG: 100,
  XOF: 500,
  XPF: 100,
  YER: 20000,
  ZAR: 900,
  ZMW: 1000,
}

/** "Other currencies: 50 minor units." */
const otherMinimum = 50

/** The largest price Polar takes, in its minor units. */
export const polarMaximum = 99_999_999

const counted = CurrencyTable.make([...polarZero, ...polarTwo], {
  ...zeroDecimals(polarZero),
  ISK: { exponent: 2 },
  UGX: { exponent: 2 },
})

/**
 * Polar. 15 currencies have no decimals (MGA among them), all others two (ISK and UGX too). Source: polarsource/polar
 * `kit/currency.py`, OpenAPI `PresentmentCurrency`.
 */
export const polar: CurrencyTable.CurrencyTable = new Map(
  Array.from(counted, ([currency, rule]) => [
    currency,
    { ...rule, minimum: minimums[currency] ?? otherMinimum, maximum: polarMaximum },
  ]),
)
