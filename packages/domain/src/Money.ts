/**
 * Money: a whole number of minor units (by ISO 4217) and a currency. Never a float, never rounded.
 */
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { Currency, exponent } from "./Currency.ts"

/** A whole number of minor units by ISO 4217, not negative, safe to add: cents for USD, yen for JPY. */
export const MinorUnits = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 999_999_999_999_999 })).annotate({
  identifier: "MinorUnits",
})

/** An amount in ISO 4217 minor units: `{ amount: 9999, currency: "USD" }` is 99.99 USD. */
export const Money = Schema.Struct({ amount: MinorUnits, currency: Currency }).annotate({ identifier: "Money" })
export type Money = typeof Money.Type

export const make = (amount: number, currency: Currency): Money => Money.make({ amount, currency })

/** Why a decimal text is not an amount of a currency. */
export type DecimalFault = "not_a_decimal" | "too_many_decimals" | "too_large"

const decimalPattern = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/

/**
 * Whole units of `10^-decimals` out of a decimal text: `("99.9", 2)` is 9990. No float is involved; more decimals than
 * `decimals` are refused, even zeros.
 */
export const unitsFromDecimal = (text: string, decimals: number): Result.Result<number, DecimalFault> => {
  const match = decimalPattern.exec(text)
  if (match === null) return Result.fail("not_a_decimal")
  const fraction = match[2] ?? ""
  if (fraction.length > decimals) return Result.fail("too_many_decimals")
  const units = Number(BigInt(`${match[1] ?? ""}${fraction.padEnd(decimals, "0")}`))
  return units <= 999_999_999_999_999 ? Result.succeed(units) : Result.fail("too_large")
}

/** The decimal text of whole units of `10^-decimals`: `(9990, 2)` is `"99.90"`, `(500, 0)` is `"500"`. */
export const decimalFromUnits = (units: number, decimals: number): string => {
  if (decimals === 0) return String(units)
  const digits = String(units).padStart(decimals + 1, "0")
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Reads a decimal in the currency's own unit, e.g. `"99.99"` and `USD`. */
export const fromDecimal = (text: string, currency: Currency): Result.Result<Money, DecimalFault> =>
  Result.map(unitsFromDecimal(text, exponent(currency)), (amount) => ({ amount, currency }))

/** Writes the amount in the currency's own unit with all its decimals, e.g. `"99.90"`. */
export const toDecimal = (money: Money): string => decimalFromUnits(money.amount, exponent(money.currency))

/** Says what is wrong with a decimal text, for people. */
export const describeFault = (fault: DecimalFault, currency: Currency): string => {
  switch (fault) {
    case "not_a_decimal":
      return `must be a positive decimal such as "${decimalFromUnits(9_999, exponent(currency))}"`
    case "too_many_decimals":
      return exponent(currency) === 0
        ? `must have no decimals, because ${currency} has none`
        : `must have at most ${exponent(currency)} decimals, because ${currency} has no more`
    case "too_large":
      return "is larger than any amount this service can hold (15 digits of minor units)"
  }
}

/** An amount as the HTTP contract writes it. */
export const Decimal = Schema.String.annotate({ description: "Decimal in the currency's own unit" })

/** The minor units of a decimal text, for schemas. */
export const unitsOf = (text: string, currency: Currency): Effect.Effect<number, SchemaIssue.InvalidValue> =>
  Effect.fromResult(fromDecimal(text, currency)).pipe(
    Effect.map(({ amount }) => amount),
    Effect.mapError((fault) => new SchemaIssue.InvalidValue({ message: describeFault(fault, currency) }, text)),
  )

const MoneyWire = Schema.Struct({ amount: Decimal, currency: Currency })

/** Money as JSON writes it: `{"amount": "99.90", "currency": "USD"}`. An amount that the currency cannot have is refused. */
export const MoneyJson = MoneyWire.pipe(
  Schema.decodeTo(Schema.toType(Money), {
    decode: SchemaGetter.transformEffect(({ amount, currency }: typeof MoneyWire.Type) =>
      Effect.map(unitsOf(amount, currency), (units) => make(units, currency)),
    ),
    encode: SchemaGetter.transform((money: Money) => ({ amount: toDecimal(money), currency: money.currency })),
  }),
)

export const equals = (a: Money, b: Money): boolean => a.amount === b.amount && a.currency === b.currency

/** An amount that may not be known, as the HTTP contract writes it: decimal text beside its currency, or two nulls. */
export const toParts = (money: Money | null): { readonly amount: string | null; readonly currency: Currency | null } =>
  money === null ? { amount: null, currency: null } : { amount: toDecimal(money), currency: money.currency }

/** The other way; null unless both are there. */
export const fromParts = (
  amount: string | null,
  currency: Currency | null,
): Effect.Effect<Money | null, SchemaIssue.InvalidValue> =>
  amount === null || currency === null
    ? Effect.succeed(null)
    : Effect.map(unitsOf(amount, currency), (units) => make(units, currency))
