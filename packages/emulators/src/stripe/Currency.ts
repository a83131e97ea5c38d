/**
 * Currencies of Stripe: decimals, amounts that may be charged, minimums.
 *
 * Source: docs.stripe.com/currencies.
 */

const supported: ReadonlySet<string> = new Set(
  (
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf " +
    "clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils " +
    "inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk " +
    "mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp " +
    "sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xcg xof xpf yer zar zmw"
  ).split(" "),
)

const zeroDecimal: ReadonlySet<string> = new Set(
  "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split(" "),
)

/** Written with two decimals that must be 00. */
const wholeOnly: ReadonlySet<string> = new Set(["isk", "ugx"])

/** Written with three decimals of which the last must be 0. */
const threeDecimal: ReadonlySet<string> = new Set(["bhd", "jod", "kwd", "omr", "tnd"])

const minimums: Readonly<Record<string, number>> = {
  usd: 50,
  aed: 200,
  aud: 50,
  bgn: 100,
  brl: 50,
  cad: 50,
  chf: 50,
  czk: 1500,
  dkk: 250,
  eur: 50,
  gbp: 30,
  hkd: 400,
  huf: 17_500,
  inr: 50,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  nzd: 50,
  pln: 200,
  ron: 200,
  sek: 300,
  sgd: 50,
  thb: 1000,
}

/** The most that may be charged at once, in minor units. */
export const maximum = 99_999_999

/** Whether Stripe charges in this currency; lower case. */
export const isSupported = (code: string): boolean => supported.has(code)

/** The least that may be charged, in minor units. */
export const minimum = (code: string): number => minimums[code] ?? 1

/** Decimals of the amounts on the wire. */
export const decimals = (code: string): number => (zeroDecimal.has(code) ? 0 : threeDecimal.has(code) ? 3 : 2)

/** The number an amount must be a multiple of. */
export const step = (code: string): number => (wholeOnly.has(code) ? 100 : threeDecimal.has(code) ? 10 : 1)

/** `$19.99 usd` or `1999 jpy`. */
export const display = (amount: number, code: string): string => {
  const digits = decimals(code)
  const text = digits === 0 ? String(amount) : (amount / 10 ** digits).toFixed(digits)
  return code === "usd" ? `$${text}` : `${text} ${code.toUpperCase()}`
}
