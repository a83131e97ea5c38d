/**
 * What `POST /v2/checkout/orders` accepts.
 */
import { Effect } from "effect"
import * as Amount from "./Amount.ts"
import * as Checks from "./Checks.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"

export interface OrderRequest {
  readonly intent: "CAPTURE" | "AUTHORIZE"
  readonly units: ReadonlyArray<Model.PurchaseUnit>
  readonly withSource: boolean
  readonly returnUrl: string | undefined
  readonly cancelUrl: string | undefined
  readonly brand: string | undefined
  readonly userAction: "CONTINUE" | "PAY_NOW"
}

const parts = ["item_total", "shipping", "handling", "tax_total", "insurance"] as const
const discounts = ["shipping_discount", "discount"] as const

const breakdownOf = (
  checks: Checks.Checks,
  amount: Checks.Fields,
  total: Amount.Amount,
  items: bigint | undefined,
  at: string,
) => {
  const breakdown = Checks.object(checks, amount, "breakdown", at)
  if (breakdown === undefined) {
    if (items !== undefined) Checks.meaning(checks, "ITEM_TOTAL_REQUIRED", `${at}/breakdown/item_total`)
    return
  }
  const read = (name: string) => {
    const part = Checks.amount(checks, breakdown, name, `${at}/breakdown`, { allowZero: true })
    if (part !== undefined && part.currency_code !== total.currency_code) {
      Checks.meaning(checks, "MULTI_CURRENCY_ORDER", `${at}/breakdown/${name}/currency_code`, part.currency_code)
    }
    return part === undefined ? 0n : Amount.minor(part)
  }
  const sum =
    parts.reduce((units, name) => units + read(name), 0n) - discounts.reduce((units, name) => units + read(name), 0n)
  if (sum !== Amount.minor(total)) Checks.meaning(checks, "AMOUNT_MISMATCH", `${at}/value`, total.value)
  if (items === undefined) return
  if (breakdown["item_total"] === undefined) Checks.meaning(checks, "ITEM_TOTAL_REQUIRED", `${at}/breakdown/item_total`)
  else if (read("item_total") !== items) Checks.meaning(checks, "ITEM_TOTAL_MISMATCH", `${at}/breakdown/item_total`)
}

/** The sum of the items, or undefined when there are none. */
const itemsOf = (checks: Checks.Checks, unit: Checks.Fields, at: string): bigint | undefined => {
  const items = Checks.list(checks, unit, "items", at)
  if (items === undefined) return undefined
  let sum = 0n
  for (const [index, item] of items.entries()) {
    const here = `${at}/items/${index}`
    if (!Checks.isFields(item)) {
      Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", here, item)
      continue
    }
    Checks.text(checks, item, "name", here, { required: true, min: 1, max: 127 })
    Checks.text(checks, item, "description", here, { max: 127 })
    Checks.text(checks, item, "sku", here, { max: 127 })
    Checks.text(checks, item, "category", here, { oneOf: ["DIGITAL_GOODS", "PHYSICAL_GOODS", "DONATION"] })
    const quantity = Checks.text(checks, item, "quantity", here, { required: true, max: 10, pattern: /^[1-9][0-9]*$/ })
    const price = Checks.amount(checks, item, "unit_amount", here, { required: true, allowZero: true })
    if (quantity !== undefined && price !== undefined) sum += Amount.minor(price) * BigInt(quantity)
  }
  return sum
}

const unitOf = (checks: Checks.Checks, unit: unknown, index: number): Model.PurchaseUnit | undefined => {
  const at = `/purchase_units/${index}`
  if (!Checks.isFields(unit)) {
    Checks.syntax(checks, "INVALID_PARAMETER_SYNTAX", at, unit)
    return undefined
  }
  const reference = Checks.text(checks, unit, "reference_id", at, { min: 1, max: 256 })
  const custom_id = Checks.text(checks, unit, "custom_id", at, { min: 1, max: 127 })
  const invoice_id = Checks.text(checks, unit, "invoice_id", at, { min: 1, max: 127 })
  const description = Checks.text(checks, unit, "description", at, { min: 1, max: 127 })
  const soft_descriptor = Checks.text(checks, unit, "soft_descriptor", at, { min: 1, max: 22 })
  const amount = Checks.amount(checks, unit, "amount", at, { required: true })
  Checks.object(checks, unit, "shipping", at)
  const items = itemsOf(checks, unit, at)
  const raw = unit["amount"]
  if (amount === undefined || !Checks.isFields(raw)) return undefined
  breakdownOf(checks, raw, amount, items, `${at}/amount`)
  const echoed: Record<string, unknown> = {}
  if (raw["breakdown"] !== undefined) echoed["breakdown"] = raw["breakdown"]
  for (const name of ["items", "shipping"]) if (unit[name] !== undefined) echoed[name] = unit[name]
  return { reference_id: reference ?? "default", amount, custom_id, invoice_id, description, soft_descriptor, echoed }
}

const contextOf = (checks: Checks.Checks, context: Checks.Fields | undefined, at: string, urls: boolean) => {
  if (context === undefined)
    return { returnUrl: undefined, cancelUrl: undefined, brand: undefined, userAction: "CONTINUE" as const }
  Checks.text(checks, context, "locale", at, { min: 2, max: 10, pattern: Checks.languageTag })
  Checks.text(checks, context, "shipping_preference", at, {
    oneOf: ["GET_FROM_FILE", "NO_SHIPPING", "SET_PROVIDED_ADDRESS"],
  })
  // BILLING is not in the OpenAPI of the wallet, but PayPal's own SDK sends it
  Checks.text(checks, context, "landing_page", at, { oneOf: ["LOGIN", "GUEST_CHECKOUT", "BILLING", "NO_PREFERENCE"] })
  Checks.text(checks, context, "payment_method_preference", at, {
    oneOf: ["UNRESTRICTED", "IMMEDIATE_PAYMENT_REQUIRED"],
  })
  const action = Checks.text(checks, context, "user_action", at, { oneOf: ["CONTINUE", "PAY_NOW"] })
  return {
    returnUrl: Checks.url(checks, context, "return_url", at, urls),
    cancelUrl: Checks.url(checks, context, "cancel_url", at, urls),
    brand: Checks.text(checks, context, "brand_name", at, { min: 1, max: 127 }),
    userAction: action === "PAY_NOW" ? ("PAY_NOW" as const) : ("CONTINUE" as const),
  }
}

/** Checks a body; `hasKey` says whether a `PayPal-Request-Id` came with it, which a payment source needs. */
export const decode = Effect.fnUntraced(function* (
  body: Checks.Fields,
  hasKey: boolean,
): Effect.fn.Return<OrderRequest, Problem.Problem> {
  const checks = Checks.make()
  const intent = Checks.text(checks, body, "intent", "", { required: true, oneOf: ["CAPTURE", "AUTHORIZE"] })
  const list = Checks.list(checks, body, "purchase_units", "", { required: true, min: 1, max: 10 }) ?? []
  const units = list.flatMap((unit, index) => unitOf(checks, unit, index) ?? [])
  const ids = units.map((unit) => unit.reference_id)
  if (new Set(ids).size < ids.length) Checks.meaning(checks, "DUPLICATE_REFERENCE_ID", "/purchase_units/1/reference_id")
  if (new Set(units.map((unit) => unit.amount.currency_code)).size > 1) {
    Checks.meaning(checks, "MULTI_CURRENCY_ORDER", "/purchase_units/1/amount/currency_code")
  }
  const source = Checks.object(checks, body, "payment_source", "")
  const paypal = source === undefined ? undefined : Checks.object(checks, source, "paypal", "/payment_source")
  if (source !== undefined && paypal === undefined && Object.keys(source).length > 0) {
    Checks.meaning(checks, "PAYMENT_SOURCE_NOT_SUPPORTED", "/payment_source")
  }
  if (paypal !== undefined) Checks.text(checks, paypal, "email_address", "/payment_source/paypal", { min: 3, max: 254 })
  const context =
    paypal === undefined
      ? contextOf(checks, Checks.object(checks, body, "application_context", ""), "/application_context", false)
      : contextOf(
          checks,
          Checks.object(checks, paypal, "experience_context", "/payment_source/paypal"),
          "/payment_source/paypal/experience_context",
          true,
        )
  if (paypal !== undefined && !hasKey) {
    return yield* Problem.of(400, [
      {
        issue: "PAYPAL_REQUEST_ID_REQUIRED",
        description:
          "A PayPal-Request-Id is required if you are trying to process payment for an Order. Please specify a PayPal-Request-Id or Create the Order without a 'payment_source' specified.",
        field: "PayPal-Request-Id",
        location: "header",
      },
    ])
  }
  yield* Checks.settle(checks)
  return {
    intent: intent === "AUTHORIZE" ? "AUTHORIZE" : "CAPTURE",
    units,
    withSource: paypal !== undefined,
    ...context,
  }
})
