/**
 * Currencies of Polar: which it presents, how many decimals they have, the least and the most that may be charged.
 *
 * Source: `PresentmentCurrency` of the public OpenAPI document, and `server/polar/kit/currency.py` of Polar's
 * open-source server.
 */

const presentment: ReadonlySet<string> = new Set(
  (
    "aed all amd aoa ars aud awg azn bam bbd bdt bif bmd bnd bob brl bsd bwp bzd cad cdf chf clp cny cop crc cve czk " +
    "djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils inr isk jmd jpy kes kgs " +
    "khr kmf krw kyd kzt lak lkr lrd lsl mad mdl mga mkd mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab " +
    "pen pgk php pkr pln pyg qar ron rsd rwf sar sbd scr sek sgd shp sos srd szl thb tjs top try ttd twd tzs uah ugx " +
    "usd uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"
  ).split(" "),
)

const zeroDecimal: ReadonlySet<string> = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "),
)

const minimums: Readonly<Record<string, number>> = { usd: 50, eur: 50, chf: 50, gbp: 40, jpy: 80, cad: 70, aud: 70 }

/** The most one fixed price may be, in minor units. */
export const maximum = 99_999_999

/** Whether a lower-case code may be used for a price. */
export const isPresentment = (code: string): boolean => presentment.has(code)

/** The least a price that is not free may be, in minor units. Currencies without a published minimum take 1. */
export const minimum = (code: string): number => minimums[code] ?? 1

/** Decimals between the minor unit and what the buyer reads. */
export const decimals = (code: string): number => (zeroDecimal.has(code) ? 0 : 2)

/** `19.99 USD` for (1999, "usd"). */
export const display = (amount: number, code: string): string => {
  const digits = decimals(code)
  const text = digits === 0 ? String(amount) : (amount / 10 ** digits).toFixed(digits)
  return `${text} ${code.toUpperCase()}`
}
