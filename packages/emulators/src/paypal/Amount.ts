/**
 * PayPal's money: a currency and a decimal string. The decimals are PayPal's own, which differ from ISO 4217: HUF, JPY
 * and TWD have none (developer.paypal.com/api/rest/reference/currency-codes).
 */

export interface Amount {
  readonly currency_code: string
  readonly value: string
}

const withoutDecimals: ReadonlySet<string> = new Set(["HUF", "JPY", "TWD"])

const supported: ReadonlySet<string> = new Set(
  "AUD BRL CAD CNY CZK DKK EUR HKD HUF ILS JPY MYR MXN TWD NZD NOK PHP PLN GBP SGD SEK CHF THB USD".split(" "),
)

export const isSupported = (currency: string): boolean => supported.has(currency)

/** How many digits stand behind the point. */
export const decimals = (currency: string): 0 | 2 => (withoutDecimals.has(currency) ? 0 : 2)

/** The smallest units of the currency. The value must have passed the checks of `Checks.amount`. */
export const minor = (amount: Amount): bigint => {
  const digits = decimals(amount.currency_code)
  const [whole = "", fraction = ""] = amount.value.replace("-", "").split(".")
  const units = BigInt(`${whole === "" ? "0" : whole}${fraction.padEnd(digits, "0").slice(0, digits)}`)
  return amount.value.startsWith("-") ? -units : units
}

/** The other way round: 1050 EUR is `10.50`. */
export const of = (currency: string, units: bigint): Amount => {
  const digits = decimals(currency)
  const sign = units < 0n ? "-" : ""
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, "0")
  const value = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  return { currency_code: currency, value: sign + value }
}

/** `10` becomes `10.00`, as PayPal echoes it. */
export const normal = (amount: Amount): Amount => of(amount.currency_code, minor(amount))

export const zero = (currency: string): Amount => of(currency, 0n)

export const add = (a: Amount, b: Amount): Amount => of(a.currency_code, minor(a) + minor(b))

export const subtract = (a: Amount, b: Amount): Amount => of(a.currency_code, minor(a) - minor(b))

export const times = (amount: Amount, quantity: bigint): Amount => of(amount.currency_code, minor(amount) * quantity)

/** What PayPal keeps, in this emulator: three in a hundred, rounded down. */
export const fee = (amount: Amount): Amount => of(amount.currency_code, (minor(amount) * 3n) / 100n)
