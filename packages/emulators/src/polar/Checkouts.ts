/**
 * Checkout sessions: opening, changing and expiring them. There is no idempotency key: every create makes another one.
 *
 * Source: `server/polar/checkout/service.py` of Polar's open-source server.
 */
import { Result } from "effect"
import * as CheckoutInput from "./CheckoutInput.ts"
import * as Input from "./Input.ts"
import type { Checkout, Customer, Price, Product } from "./Model.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import * as Totals from "./Totals.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const ensureProducts = (turn: Turn, ids: ReadonlyArray<string>): Outcome<ReadonlyArray<Product>> => {
  const found: Array<Product> = []
  for (const [index, id] of ids.entries()) {
    const product = turn.state.products.get(id)
    if (product === undefined) {
      return Result.fail(Problem.field(["products", index], "Product does not exist.", id))
    }
    if (product.is_archived) return Result.fail(Problem.field(["products", index], "Product is archived.", id))
    found.push(product)
  }
  return Result.succeed(found)
}

/** The ad-hoc prices by product, as long as they agree with each other and with the organisation. */
const adHocPrices = (
  turn: Turn,
  input: CheckoutInput.CheckoutInput,
): Outcome<ReadonlyMap<string, ReadonlyArray<Price>>> => {
  const prices = new Map<string, ReadonlyArray<Price>>()
  for (const [productId, list] of Object.entries(input.prices)) {
    if (!input.products.includes(productId)) {
      return Result.fail(Problem.field(["prices", productId], "Product is not part of this checkout.", productId))
    }
    const currencies = list.map((price) => price.price_currency)
    if (new Set(currencies).size !== currencies.length) {
      return Result.fail(
        Problem.field(["prices", productId], "Only one static price is allowed per currency.", currencies),
      )
    }
    if (!currencies.includes(turn.settings.defaultCurrency)) {
      const msg = `At least one price must be in the organization's default currency: ${turn.settings.defaultCurrency}.`
      return Result.fail(Problem.field(["prices", productId], msg, currencies))
    }
    prices.set(
      productId,
      list.map((price) => ({
        id: turn.ids.uuid(),
        created_at: turn.now,
        source: "ad_hoc",
        product_id: productId,
        ...price,
      })),
    )
  }
  return Result.succeed(prices)
}

const ensureDiscount = (turn: Turn, id: string | null): Outcome<number> => {
  if (id === null) return Result.succeed(0)
  const discount = turn.state.discounts.get(id)
  return discount === undefined
    ? Result.fail(Problem.field(["discount_id"], "Discount does not exist.", id))
    : Result.succeed(discount.basis_points)
}

const linkedCustomer = (turn: Turn, input: CheckoutInput.CheckoutInput): Outcome<Customer | null> => {
  if (input.customer_id !== null) {
    const customer = turn.state.customers.get(input.customer_id)
    return customer === undefined
      ? Result.fail(Problem.field(["customer_id"], "Customer does not exist.", input.customer_id))
      : Result.succeed(customer)
  }
  const external = input.external_customer_id
  const known = [...turn.state.customers.values()].find((entry) => external !== null && entry.external_id === external)
  return Result.succeed(known ?? null)
}

/** Opens a checkout. */
export const create = (turn: Turn, body: Input.Json): Outcome<Checkout> =>
  Result.gen(function* () {
    const input = yield* CheckoutInput.read(body, turn.settings.undeliverableDomains)
    const products = yield* ensureProducts(turn, input.products)
    const adHoc = yield* adHocPrices(turn, input)
    const product = products[0]
    if (product === undefined) return yield* Result.fail(Problem.field(["products"], "No valid products.", []))
    const offered = adHoc.get(product.id) ?? product.prices
    const currency = input.currency ?? turn.settings.defaultCurrency
    const price = offered.find((entry) => entry.price_currency === currency)
    if (price === undefined) {
      const msg = "Product is not available in the specified currency."
      return yield* Result.fail(Problem.field(["products", 0], msg, product.id))
    }
    const basisPoints = yield* ensureDiscount(turn, input.discount_id)
    const customer = yield* linkedCustomer(turn, input)
    const address = input.customer_billing_address ?? customer?.billing_address ?? null
    const id = turn.ids.uuid()
    const checkout: Checkout = {
      id,
      created_at: turn.now,
      modified_at: null,
      client_secret: turn.ids.token("polar_c_", 43),
      expires_at: turn.now + turn.settings.checkoutTtl,
      status: "open",
      products: products.map((entry) => entry.id),
      ad_hoc_prices: adHoc,
      price,
      currency,
      amount: price.price_amount,
      discount_id: input.discount_id,
      ...Totals.compute({
        amount: price.price_amount,
        basisPoints,
        taxBehavior: price.tax_behavior,
        country: address?.country ?? null,
        settings: turn.settings,
      }),
      success_url: input.success_url,
      return_url: input.return_url,
      embed_origin: input.embed_origin,
      allow_discount_codes: input.allow_discount_codes,
      require_billing_address: input.require_billing_address,
      is_business_customer: input.is_business_customer,
      customer_id: customer?.id ?? null,
      external_customer_id: input.external_customer_id,
      customer_name: input.customer_name ?? customer?.name ?? null,
      customer_email: input.customer_email ?? customer?.email ?? null,
      customer_ip_address: input.customer_ip_address,
      customer_billing_address: address,
      metadata: input.metadata,
      customer_metadata: input.customer_metadata,
      subscription_id: null,
    }
    turn.state.checkouts.set(id, checkout)
    turn.happened.push({ type: "checkout.created", data: View.checkout(turn, checkout) })
    return checkout
  })

/** Marks a checkout as changed and tells it. */
export const touch = (turn: Turn, checkout: Checkout, type = "checkout.updated"): void => {
  checkout.modified_at = turn.now
  turn.happened.push({ type, data: View.checkout(turn, checkout) })
}

/** Computes the totals again, for `country` or the one the checkout knows. */
export const retotal = (turn: Turn, checkout: Checkout, country: string | null): void => {
  const discount = checkout.discount_id === null ? undefined : turn.state.discounts.get(checkout.discount_id)
  Object.assign(
    checkout,
    Totals.compute({
      amount: checkout.amount,
      basisPoints: discount?.basis_points ?? 0,
      taxBehavior: checkout.price.tax_behavior,
      country,
      settings: turn.settings,
    }),
  )
}

/** `PATCH`: only while open; the status itself cannot be set. */
export const update = (turn: Turn, checkout: Checkout, body: Input.Json): Outcome<Checkout> =>
  Result.gen(function* () {
    const collector = Input.collect(body)
    CheckoutInput.unused(body, collector)
    CheckoutInput.currency(collector)
    const input = yield* Input.settle(collector, {
      discountId: collector.uuid("discount_id"),
      metadata: collector.metadata("metadata"),
      email: CheckoutInput.email(collector, turn.settings.undeliverableDomains),
      name: collector.string("customer_name", { max: 256 }),
      address: CheckoutInput.billingAddress(body, collector),
      successUrl: collector.url("success_url"),
      returnUrl: collector.url("return_url"),
      allowDiscountCodes: collector.boolean("allow_discount_codes"),
      requireBillingAddress: collector.boolean("require_billing_address"),
    })
    if (checkout.status !== "open") return yield* Result.fail(Problem.notOpen(checkout.id, checkout.status))
    if (input.discountId !== undefined) {
      yield* ensureDiscount(turn, input.discountId)
      checkout.discount_id = input.discountId
    }
    if (input.metadata !== undefined) checkout.metadata = input.metadata
    if (collector.has("customer_email")) checkout.customer_email = input.email
    if (input.name !== undefined) checkout.customer_name = input.name
    if (collector.has("customer_billing_address")) checkout.customer_billing_address = input.address
    if (input.successUrl !== undefined) checkout.success_url = input.successUrl
    if (input.returnUrl !== undefined) checkout.return_url = input.returnUrl
    if (input.allowDiscountCodes !== undefined) checkout.allow_discount_codes = input.allowDiscountCodes
    if (input.requireBillingAddress !== undefined) checkout.require_billing_address = input.requireBillingAddress
    retotal(turn, checkout, checkout.customer_billing_address?.country ?? null)
    touch(turn, checkout)
    return checkout
  })

/** Expires what nobody paid in time. */
export const expireDue = (turn: Turn): void => {
  for (const checkout of turn.state.checkouts.values()) {
    if (checkout.status === "open" && checkout.expires_at <= turn.now) {
      checkout.status = "expired"
      touch(turn, checkout)
      turn.happened.push({ type: "checkout.expired", data: View.checkout(turn, checkout) })
    }
  }
}
