/** What a merchant asks for: to be paid once (`payment`) or regularly (`subscription`). */
import { Effect, Result, Schema, SchemaGetter } from "effect"
import { Currency, exponent } from "./Currency.ts"
import * as JsonText from "./JsonText.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { line, paragraph, WebUrl } from "./Text.ts"

export const Mode = Schema.Literals(["payment", "subscription"]).annotate({
  identifier: "Mode",
  message: "must be payment or subscription",
})
export type Mode = typeof Mode.Type

/** What is sold. Polar sells digital goods only. */
export const Goods = Schema.Literals(["digital", "physical"]).annotate({
  identifier: "Goods",
  message: "must be digital or physical",
})
export type Goods = typeof Goods.Type

const decimalPattern = /^(0|[1-9][0-9]{0,14})(\.[0-9]{1,3})?$/
const decimalMessage = 'must be a positive decimal such as "99.99"'

/** Decimal text in the currency's own unit, e.g. `"99.99"`. */
export const DecimalText = Schema.String.check(Schema.isPattern(decimalPattern, { message: decimalMessage }))

/**
 * Decimal text; a number is accepted too and read by its shortest decimal form, so no float enters the arithmetic. What
 * is written is checked as well as what is read: a wrong amount is then told beside the faults of the other fields.
 */
export const Amount = Schema.Union([
  DecimalText,
  Schema.Finite.check(Schema.makeFilter((amount: number) => decimalPattern.test(String(amount)) || decimalMessage)),
])
  .annotate({ message: decimalMessage })
  .pipe(
    Schema.decodeTo(DecimalText, {
      decode: SchemaGetter.transform((amount: string | number) => String(amount)),
      encode: SchemaGetter.transform((text: string): string | number => text),
    }),
  )

const EmailAddress = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      (text.length <= 254 && text.isWellFormed() && /^[^\s@\p{Cc}]{1,64}@[^\s@\p{Cc}]+\.[^\s@\p{Cc}.]+$/u.test(text)) ||
      "must be an e-mail address",
  ),
)

/** 1 to 64 letters, digits, dashes and underscores. */
export const TenantId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_-]{1,64}$/, { message: "must be 1 to 64 letters, digits, dashes or underscores" }),
)

const isMetadataKey = Schema.is(line(40))

/** At most 50 pairs; keys of 1–40, values of 1–500 characters: what every provider can carry. */
export const Metadata = Schema.Record(Schema.String, line(500)).check(
  Schema.makeFilter((pairs: { readonly [key: string]: string }) => {
    const keys = Object.keys(pairs)
    const wrong = keys.find((key) => !isMetadataKey(key))
    if (wrong !== undefined)
      return { path: [wrong], issue: "must have a key of 1 to 40 characters without control characters" }
    return keys.length <= 50 ? undefined : "must have at most 50 keys"
  }),
)
export type Metadata = typeof Metadata.Type

const fields = {
  amount: Schema.optionalKey(Amount),
  currency: Schema.optionalKey(Currency),
  mode: Mode.pipe(Schema.withDecodingDefaultKey(Effect.succeed("payment" as const))),
  priceId: Schema.optionalKey(line(255)),
  successUrl: Schema.optionalKey(WebUrl),
  cancelUrl: Schema.optionalKey(WebUrl),
  customerEmail: Schema.optionalKey(EmailAddress),
  tenantId: Schema.optionalKey(TenantId),
  customerId: Schema.optionalKey(line(255)),
  orderId: Schema.optionalKey(line(255)),
  reference: Schema.optionalKey(line(255)),
  description: Schema.optionalKey(paragraph(10_000)),
  metadata: Metadata.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  goods: Schema.optionalKey(Goods),
  preferredProvider: Schema.optionalKey(ProviderName),
  /** Seconds until the checkout expires: 30 minutes to 24 hours. */
  expiresIn: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1_800, maximum: 86_400 }))),
}

/** The currency that is meant when a request names none. */
export const defaultCurrency: Currency = "USD"

const amountFault = (request: { readonly amount?: string; readonly currency?: Currency }): string | undefined => {
  if (request.amount === undefined) return undefined
  const currency = request.currency ?? defaultCurrency
  const money = Money.fromDecimal(request.amount, currency)
  if (Result.isFailure(money)) return Money.describeFault(money.failure, currency)
  return money.success.amount > 0
    ? undefined
    : `must be more than 0 (the least is ${Money.decimalFromUnits(1, exponent(currency))})`
}

/** The library's input: camelCase keys, decimal text or a number as amount. */
export const CheckoutRequest = Schema.Struct(fields).check(
  Schema.makeFilter((request) => {
    const fault = amountFault(request)
    if (fault !== undefined) return { path: ["amount"], issue: fault }
    if (request.mode === "subscription" && request.priceId === undefined) {
      return { path: ["priceId"], issue: "is needed for a subscription" }
    }
    return request.amount === undefined && request.priceId === undefined
      ? { path: ["amount"], issue: "is needed, or a price_id whose amount the catalog knows" }
      : undefined
  }),
)
export type CheckoutRequest = typeof CheckoutRequest.Type
/** What a caller of the library writes: the fields with defaults may be left out. */
export type CheckoutRequestInput = typeof CheckoutRequest.Encoded

/** The same with the snake_case keys of the HTTP contract. */
export const CheckoutRequestJson = CheckoutRequest.pipe(
  Schema.encodeKeys({
    priceId: "price_id",
    successUrl: "success_url",
    cancelUrl: "cancel_url",
    customerEmail: "customer_email",
    tenantId: "tenant_id",
    customerId: "customer_id",
    orderId: "order_id",
    preferredProvider: "preferred_provider",
    expiresIn: "expires_in",
  }),
)

/** A request as JSON text of the HTTP contract. */
export const toText = JsonText.writer(CheckoutRequestJson)
