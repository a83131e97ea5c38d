/**
 * What a price comes to: discount first, then tax, inside the price or on top of it.
 */
import type { TaxOption } from "./Model.ts"
import type { Settings } from "./State.ts"

/** Minor units. `net_amount` never contains the tax that is known; total = net + tax. */
export interface Totals {
  readonly discount_amount: number
  readonly net_amount: number
  /** Null while the buyer's country is not known. */
  readonly tax_amount: number | null
  readonly tax_behavior: "inclusive" | "exclusive" | null
}

/** Countries where a price with `location` does not contain the tax. */
const exclusiveCountries: ReadonlySet<string> = new Set(["US", "CA", "IN"])

const resolve = (option: TaxOption, country: string): "inclusive" | "exclusive" => {
  if (option !== "location") return option
  return exclusiveCountries.has(country) ? "exclusive" : "inclusive"
}

/** Rounds halves to the even neighbour, as Python's `round` does. */
export const roundEven = (value: number): number => {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

/** Totals of `amount` minor units; `country` null means the buyer's country is not known yet. */
export const compute = (options: {
  readonly amount: number
  readonly basisPoints: number
  readonly taxBehavior: TaxOption | null
  readonly country: string | null
  readonly settings: Settings
}): Totals => {
  const discount = roundEven((options.amount * options.basisPoints) / 10_000)
  const charged = options.amount - discount
  if (options.country === null) {
    return { discount_amount: discount, net_amount: charged, tax_amount: null, tax_behavior: null }
  }
  const behavior = resolve(options.taxBehavior ?? options.settings.defaultTaxBehavior, options.country)
  const rate = options.settings.taxRate
  const tax = roundEven(behavior === "exclusive" ? charged * rate : charged - charged / (1 + rate))
  return {
    discount_amount: discount,
    net_amount: behavior === "exclusive" ? charged : charged - tax,
    tax_amount: tax,
    tax_behavior: behavior,
  }
}
