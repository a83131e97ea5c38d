/**
 * The body of `POST /v1/checkouts/`, checked against its schema. Fields that are not known are ignored, as Polar does.
 *
 * Source: `CheckoutProductsCreate` of the public OpenAPI document.
 */
import type { Result } from "effect"
import * as Country from "./Country.ts"
import * as Currency from "./Currency.ts"
import * as Email from "./Email.ts"
import * as Input from "./Input.ts"
import { isUuid } from "../internal/Ids.ts"
import type { Address, Metadata, TaxOption } from "./Model.ts"
import type { Problem } from "./Problem.ts"

/** An ad-hoc fixed price, minor units. */
export interface PriceInput {
  readonly price_currency: string
  readonly price_amount: number
  readonly tax_behavior: TaxOption | null
}

/** A body that fits the schema; absent fields have their defaults. */
export interface CheckoutInput {
  readonly products: ReadonlyArray<string>
  readonly prices: Readonly<Record<string, ReadonlyArray<PriceInput>>>
  readonly currency: string | null
  readonly discount_id: string | null
  readonly allow_discount_codes: boolean
  readonly require_billing_address: boolean
  readonly is_business_customer: boolean
  readonly customer_id: string | null
  readonly external_customer_id: string | null
  readonly customer_name: string | null
  readonly customer_email: string | null
  readonly customer_ip_address: string | null
  readonly customer_billing_address: Address | null
  readonly success_url: string | null
  readonly return_url: string | null
  readonly embed_origin: string | null
  readonly metadata: Metadata
  readonly customer_metadata: Metadata
}

const isTaxOption = (value: string | null | undefined): value is TaxOption =>
  value === "inclusive" || value === "exclusive" || value === "location"

const address = (body: Input.Json, collector: Input.Collector): Address | null => {
  const value = body["customer_billing_address"]
  if (value === undefined || value === null) return null
  if (!Input.isJson(value)) {
    collector.add("model_attributes_type", ["customer_billing_address"], "Input should be a valid dictionary", value)
    return null
  }
  const inner = Input.collect(value, ["body", "customer_billing_address"])
  inner.required("country")
  const country = inner.string("country") ?? ""
  if (inner.has("country") && !Country.isKnown(country)) {
    inner.add("enum", ["country"], "Input should be an ISO 3166-1 alpha-2 country code", value["country"])
  }
  const text = (key: string) => inner.string(key) ?? null
  const result = {
    line1: text("line1"),
    line2: text("line2"),
    postal_code: text("postal_code"),
    city: text("city"),
    state: text("state"),
    country,
  }
  collector.items.push(...inner.items)
  return result
}

/** Reads `customer_email`; an undeliverable one is the only thing wrong with its field. */
export const email = (collector: Input.Collector, undeliverable: ReadonlyArray<string>): string | null => {
  const value = collector.string("customer_email")
  if (value === undefined || value === null) return null
  const refusal = Email.refusal(value, undeliverable)
  if (refusal === null) return value
  collector.add("value_error", ["customer_email"], `value is not a valid email address: ${refusal}`, value)
  return null
}

/** Reads `customer_billing_address`. */
export const billingAddress = address

/** Reads what Polar takes and the emulator does not use, so that a wrong value is refused all the same. */
export const unused = (body: Input.Json, collector: Input.Collector): void => {
  collector.integer("amount", { min: 0 })
  collector.integer("seats", { min: 1, max: 10_000 })
  collector.integer("trial_interval_count", { min: 1, max: 1000 })
  collector.oneOf("trial_interval", ["day", "week", "month", "year"])
  for (const key of ["locale", "customer_billing_name", "customer_tax_id"]) collector.string(key)
  if (body["allow_trial"] !== null) collector.boolean("allow_trial")
  const custom = body["custom_field_data"]
  if (custom !== undefined && !Input.isJson(custom)) {
    collector.add("dict_type", ["custom_field_data"], "Input should be a valid dictionary", custom)
  }
}

/** Reads `currency`. */
export const currency = (collector: Input.Collector): string | null => {
  const value = collector.string("currency") ?? null
  if (value !== null && !Currency.isPresentment(value)) {
    collector.add("enum", ["currency"], "Input should be a supported currency in lower case", value)
  }
  return value
}

const priceList = (value: unknown, productId: string, collector: Input.Collector): ReadonlyArray<PriceInput> => {
  if (!Array.isArray(value)) {
    collector.add("list_type", ["prices", productId], "Input should be a valid list", value)
    return []
  }
  if (value.length === 0) {
    const msg = "List should have at least 1 item after validation, not 0"
    collector.add("too_short", ["prices", productId], msg, value)
  }
  const read: Array<PriceInput> = []
  value.forEach((entry: unknown, index) => {
    const at = ["body", "prices", productId, index]
    if (!Input.isJson(entry)) {
      collector.add("model_attributes_type", at.slice(1), "Input should be a valid dictionary", entry)
      return
    }
    const price = Input.collect(entry, [...at, "fixed"])
    price.required("amount_type")
    const type = price.oneOf("amount_type", ["fixed", "custom", "seat_based", "metered_unit"])
    if (type !== undefined && type !== "fixed") {
      price.add("not_emulated", ["amount_type"], "This stand-in of Polar takes fixed ad-hoc prices only", type)
    }
    price.required("price_amount")
    const amount = price.integer("price_amount", { min: 0, max: Currency.maximum }) ?? 0
    const currency = price.string("price_currency") ?? "usd"
    if (!Currency.isPresentment(currency)) {
      price.add("enum", ["price_currency"], "Input should be a supported currency in lower case", currency)
    } else if (amount > 0 && amount < Currency.minimum(currency)) {
      const msg = `Input should be greater than or equal to ${Currency.minimum(currency)}`
      price.add("greater_than_equal", ["price_amount"], msg, amount)
    }
    const tax = price.oneOf("tax_behavior", ["location", "inclusive", "exclusive"])
    collector.items.push(...price.items)
    read.push({ price_currency: currency, price_amount: amount, tax_behavior: isTaxOption(tax) ? tax : null })
  })
  return read
}

const prices = (body: Input.Json, collector: Input.Collector): CheckoutInput["prices"] => {
  const value = body["prices"]
  if (value === undefined || value === null) return {}
  if (!Input.isJson(value)) {
    collector.add("dict_type", ["prices"], "Input should be a valid dictionary", value)
    return {}
  }
  const read: Record<string, ReadonlyArray<PriceInput>> = {}
  for (const [productId, list] of Object.entries(value)) {
    if (!isUuid(productId)) {
      collector.add("uuid_parsing", ["prices", productId, "[key]"], "Input should be a valid UUID", productId)
    }
    read[productId] = priceList(list, productId, collector)
  }
  return read
}

const products = (body: Input.Json, collector: Input.Collector): ReadonlyArray<string> => {
  collector.required("products")
  const value = body["products"]
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    collector.add("list_type", ["products"], "Input should be a valid list", value)
    return []
  }
  if (value.length === 0) {
    collector.add("too_short", ["products"], "List should have at least 1 item after validation, not 0", value)
  }
  const read: Array<string> = []
  value.forEach((entry: unknown, index) => {
    if (typeof entry !== "string" || !isUuid(entry)) {
      collector.add("uuid_parsing", ["products", index], "Input should be a valid UUID", entry)
    } else if (!read.includes(entry)) {
      read.push(entry)
    }
  })
  return read
}

/** The body, or the 422 that names every wrong field. */
export const read = (body: Input.Json, undeliverable: ReadonlyArray<string>): Result.Result<CheckoutInput, Problem> => {
  const collector = Input.collect(body)
  unused(body, collector)
  if (body["allow_trial"] === null) collector.add("bool_type", ["allow_trial"], "Input should be a valid boolean", null)
  return Input.settle(collector, {
    products: products(body, collector),
    prices: prices(body, collector),
    currency: currency(collector),
    discount_id: collector.uuid("discount_id") ?? null,
    allow_discount_codes: collector.boolean("allow_discount_codes") ?? true,
    require_billing_address: collector.boolean("require_billing_address") ?? false,
    is_business_customer: collector.boolean("is_business_customer") ?? false,
    customer_id: collector.uuid("customer_id") ?? null,
    external_customer_id: collector.string("external_customer_id") ?? null,
    customer_name: collector.string("customer_name", { max: 256 }) ?? null,
    customer_email: email(collector, undeliverable),
    customer_ip_address: collector.string("customer_ip_address") ?? null,
    customer_billing_address: address(body, collector),
    success_url: collector.url("success_url") ?? null,
    return_url: collector.url("return_url") ?? null,
    embed_origin: collector.string("embed_origin") ?? null,
    metadata: collector.metadata("metadata") ?? {},
    customer_metadata: collector.metadata("customer_metadata") ?? {},
  })
}
