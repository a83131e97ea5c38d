/**
 * Validation of request bodies. Every finding is collected; syntax (400) is reported before meaning (422), as PayPal
 * does it.
 */
import { Effect } from "effect"
import * as Amount from "./Amount.ts"
import * as Problem from "./Problem.ts"

export interface Fields {
  readonly [name: string]: unknown
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The findings about one body. */
export interface Checks {
  readonly syntax: Array<Problem.Detail>
  readonly meaning: Array<Problem.Detail>
  /** Whether too short and too long are told apart: Subscriptions v1 does, the v2 APIs do not. */
  readonly twoLengths: boolean
}

export const make = (twoLengths = false): Checks => ({ syntax: [], meaning: [], twoLengths })

const shown = (value: unknown): Partial<Problem.Detail> =>
  value === undefined ? {} : { value: typeof value === "string" ? value : JSON.stringify(value) }

const texts: Readonly<Record<string, string>> = {
  MISSING_REQUIRED_PARAMETER: "A required parameter is missing.",
  INVALID_PARAMETER_SYNTAX: "The value of a field does not conform to the expected format.",
  INVALID_PARAMETER_VALUE: "A parameter value is not valid.",
  INVALID_STRING_LENGTH: "The value of a field is either too short or too long",
  INVALID_STRING_MIN_LENGTH: "The value of a field is too short.",
  INVALID_STRING_MAX_LENGTH: "The value of a field is too long.",
  INVALID_ARRAY_MAX_ITEMS: "The number of items in an array parameter is too large.",
  INVALID_ARRAY_MIN_ITEMS: "The number of items in an array parameter is too small.",
  CANNOT_BE_ZERO_OR_NEGATIVE:
    "Must be greater than zero. If the currency supports decimals, only two decimal place precision is supported.",
  DECIMAL_PRECISION: "If the currency supports decimals, only two decimal place precision is supported.",
  DECIMALS_NOT_SUPPORTED: "Currency does not support decimals.",
  INVALID_CURRENCY_CODE:
    "Currency code is invalid or is not currently supported. Please refer https://developer.paypal.com/api/rest/reference/currency-codes/ for list of supported currency codes.",
  MAX_VALUE_EXCEEDED: "Should be less than or equal to 999999999999999.99.",
  DUPLICATE_REFERENCE_ID: "`reference_id` must be unique if multiple `purchase_unit` are provided.",
  MULTI_CURRENCY_ORDER:
    "Multiple differing values of currency_code are not supported. Entire Order request must have the same currency_code.",
  ITEM_TOTAL_REQUIRED:
    "If item details are specified (items.unit_amount and items.quantity) corresponding amount.breakdown.item_total is required.",
  ITEM_TOTAL_MISMATCH: "Should equal sum of (unit_amount * quantity) across all items for a given purchase_unit.",
  AMOUNT_MISMATCH:
    "Should equal item_total + tax_total + shipping + handling + insurance - shipping_discount - discount.",
}

const detail = (issue: string, field: string, value?: unknown): Problem.Detail => ({
  field,
  ...shown(value),
  location: "body",
  issue,
  description: texts[issue] ?? issue,
})

/** Notes a 400. */
export const syntax = (checks: Checks, issue: string, field: string, value?: unknown): void => {
  checks.syntax.push(detail(issue, field, value))
}

/** Notes a 422. */
export const meaning = (checks: Checks, issue: string, field: string, value?: unknown): void => {
  checks.meaning.push(detail(issue, field, value))
}

export interface TextRule {
  readonly required?: boolean
  readonly min?: number
  readonly max?: number
  readonly pattern?: RegExp
  readonly oneOf?: ReadonlyArray<string>
}

/** A string, or undefined when absent or refused. Lengths are in characters. */
export const text = (checks: Checks, of: Fields, name: string, at: string, rule: TextRule = {}): string | undefined => {
  const value = of[name]
  const field = `${at}/${name}`
  if (value === undefined || value === null) {
    if (rule.required === true) syntax(checks, "MISSING_REQUIRED_PARAMETER", field)
    return undefined
  }
  if (typeof value !== "string") {
    syntax(checks, "INVALID_PARAMETER_SYNTAX", field, value)
    return undefined
  }
  const short = value.length < (rule.min ?? 0)
  if (short || value.length > (rule.max ?? Number.MAX_SAFE_INTEGER)) {
    const end = short ? "INVALID_STRING_MIN_LENGTH" : "INVALID_STRING_MAX_LENGTH"
    const issue = checks.twoLengths ? end : "INVALID_STRING_LENGTH"
    syntax(checks, value === "" && rule.required === true ? "MISSING_REQUIRED_PARAMETER" : issue, field, value)
    return undefined
  }
  if (rule.pattern !== undefined && !rule.pattern.test(value)) {
    syntax(checks, "INVALID_PARAMETER_SYNTAX", field, value)
    return undefined
  }
  if (rule.oneOf !== undefined && !rule.oneOf.includes(value)) {
    syntax(checks, "INVALID_PARAMETER_VALUE", field, value)
    return undefined
  }
  return value
}

/** A language tag, as PayPal takes it: `de`, `de-DE`, `zh-Hant-TW`. Source: `language` of the public OpenAPI. */
export const languageTag = /^[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?$/

/** One line of any text: what PayPal's `^.*$` lets through. */
export const oneLine = /^.*$/

/** An absolute http(s) address. */
export const url = (checks: Checks, of: Fields, name: string, at: string, required: boolean): string | undefined => {
  const value = text(checks, of, name, at, { required, min: 10, max: 4000 })
  if (value === undefined) return undefined
  const parsed = URL.parse(value)
  if (parsed === null || (parsed.protocol !== "https:" && parsed.protocol !== "http:")) {
    syntax(checks, "INVALID_PARAMETER_SYNTAX", `${at}/${name}`, value)
    return undefined
  }
  return value
}

/** An object, or undefined when absent or refused. */
export const object = (checks: Checks, of: Fields, name: string, at: string, required = false): Fields | undefined => {
  const value = of[name]
  if (isFields(value)) return value
  if (value === undefined || value === null) {
    if (required) syntax(checks, "MISSING_REQUIRED_PARAMETER", `${at}/${name}`)
  } else syntax(checks, "INVALID_PARAMETER_SYNTAX", `${at}/${name}`, value)
  return undefined
}

/** An array; its items are not looked at. */
export const list = (
  checks: Checks,
  of: Fields,
  name: string,
  at: string,
  rule: { readonly required?: boolean; readonly min?: number; readonly max?: number } = {},
): ReadonlyArray<unknown> | undefined => {
  const value: unknown = of[name]
  const field = `${at}/${name}`
  if (value === undefined || value === null) {
    if (rule.required === true) syntax(checks, "MISSING_REQUIRED_PARAMETER", field)
    return undefined
  }
  if (!Array.isArray(value)) {
    syntax(checks, "INVALID_PARAMETER_SYNTAX", field, value)
    return undefined
  }
  if (value.length < (rule.min ?? 0)) syntax(checks, "INVALID_ARRAY_MIN_ITEMS", field)
  if (value.length > (rule.max ?? Number.MAX_SAFE_INTEGER)) syntax(checks, "INVALID_ARRAY_MAX_ITEMS", field)
  return value
}

const valuePattern = /^((-?[0-9]+)|(-?([0-9]+)?[.][0-9]+))$/

/** A money object, normalised, or undefined when absent or refused. Zero is allowed where `allowZero` says so. */
export const amount = (
  checks: Checks,
  of: Fields,
  name: string,
  at: string,
  rule: { readonly required?: boolean; readonly allowZero?: boolean } = {},
): Amount.Amount | undefined => {
  const money = object(checks, of, name, at, rule.required)
  if (money === undefined) return undefined
  const field = `${at}/${name}`
  const currency = text(checks, money, "currency_code", field, { required: true, min: 3, max: 3 })
  const value = text(checks, money, "value", field, { required: true, max: 32, pattern: valuePattern })
  if (currency === undefined || value === undefined) return undefined
  if (!Amount.isSupported(currency)) {
    meaning(checks, "INVALID_CURRENCY_CODE", `${field}/currency_code`, currency)
    return undefined
  }
  const fraction = value.split(".")[1]
  if (fraction !== undefined && Amount.decimals(currency) === 0) {
    meaning(checks, "DECIMALS_NOT_SUPPORTED", `${field}/value`, value)
    return undefined
  }
  if (fraction !== undefined && fraction.length > 2) {
    meaning(checks, "DECIMAL_PRECISION", `${field}/value`, value)
    return undefined
  }
  const normal = Amount.normal({ currency_code: currency, value })
  const units = Amount.minor(normal)
  if (units < 0n || (units === 0n && rule.allowZero !== true)) {
    meaning(checks, "CANNOT_BE_ZERO_OR_NEGATIVE", `${field}/value`, value)
    return undefined
  }
  if (units > 99_999_999_999_999_999n) {
    meaning(checks, "MAX_VALUE_EXCEEDED", `${field}/value`, value)
    return undefined
  }
  return normal
}

/** Fails with what was found. */
export const settle = (checks: Checks): Effect.Effect<void, Problem.Problem> => {
  if (checks.syntax.length > 0) return Effect.fail(Problem.of(400, checks.syntax))
  if (checks.meaning.length > 0) return Effect.fail(Problem.of(422, checks.meaning))
  return Effect.void
}

const malformed = Problem.of(400, [
  {
    issue: "MALFORMED_REQUEST_JSON",
    description: "The request JSON is not well formed.",
    location: "body",
    field: "/",
  },
])

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The body as a JSON object; an empty one counts as `{}`. */
export const body = (text: string): Effect.Effect<Fields, Problem.Problem> => {
  const value = text.trim() === "" ? {} : parse(text)
  return isFields(value) ? Effect.succeed(value) : Effect.fail(malformed)
}
