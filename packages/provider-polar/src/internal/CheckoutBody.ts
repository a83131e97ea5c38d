/** A session request → the body of `POST /v1/checkouts/`, and what did not fit into it. Pure. */
import { CurrencyTable, type Money, type PaymentError, type Session, Text } from "@payment-orchestrator/domain"
import type { models } from "@polar-sh/sdk/2026-10"
import { Option, Result } from "effect"
import type { Options } from "../PolarConfig.ts"
import * as Currencies from "./Currencies.ts"
import { notSent } from "./errors.ts"
import * as Ascii from "./Ascii.ts"

export interface Built {
  readonly body: models.CheckoutCreate
  readonly adjusted: ReadonlyArray<string>
  /** What Polar must echo, in its minor units; none for a subscription whose price is not known here. */
  readonly expected: Option.Option<{ readonly amount: number; readonly currency: string }>
}

const mostPairs = 50
const longestKey = 40
const longestValue = 500

/**
 * Our two ids, then the merchant's own pairs, then what helps to find a checkout in Polar's dashboard, as long as there
 * is room. Empty keys and values are left out, because Polar refuses them. Polar has no field for a description: it
 * goes here, and the buyer sees the product's name.
 */
const metadataOf = (request: Session.SessionRequest) => {
  const pairs = new Map<string, string>([
    ["attempt_id", request.attemptId],
    ["checkout_id", request.checkoutId],
  ])
  let complete = true
  for (const [key, value] of Object.entries(request.metadata)) {
    const name = Text.fit(key, longestKey)
    const held = Text.fit(value, longestValue)
    const fits = name !== "" && held !== "" && !pairs.has(name) && pairs.size < mostPairs
    if (fits) pairs.set(name, held)
    complete &&= fits && name === key && held === value
  }
  const extras = { order_id: request.orderId, customer_id: request.customerId, description: request.description }
  for (const [key, value] of Object.entries(extras)) {
    const held = Text.fit(
      Option.getOrElse(value, () => ""),
      longestValue,
    )
    if (held !== "" && !pairs.has(key) && pairs.size < mostPairs) pairs.set(key, held)
  }
  return { metadata: Object.fromEntries(pairs), adjusted: complete ? [] : ["metadata"] }
}

type Prices = NonNullable<models.CheckoutCreate["prices"]>[string]

const fixed = (currency: models.PresentmentCurrency, amount: number): models.ProductPriceFixedCreate => ({
  amount_type: "fixed",
  price_amount: amount,
  price_currency: currency,
  tax_behavior: "inclusive",
})

/**
 * The ad-hoc price in the wanted currency, tax included, so that the buyer pays exactly the amount.
 *
 * Polar also demands a price in the organisation's default currency. It cannot be charged: the checkout is opened with
 * an explicit `currency`, only the organisation's own token may change that (`CheckoutUpdatePublic` has no `currency`,
 * and a price is looked up within the checkout's currency), and the answer must echo the currency asked for. It is the
 * largest amount Polar takes, so that if this ever changed nobody could buy for less by it.
 */
const pricesOf = (wanted: models.PresentmentCurrency, amount: number, fallback: models.PresentmentCurrency): Prices =>
  wanted === fallback ? [fixed(wanted, amount)] : [fixed(wanted, amount), fixed(fallback, Currencies.maximum)]

/** The product that is sold: the price id's own, else the carrier. */
export const productOf = (request: Session.SessionRequest, options: Options): Option.Option<string> =>
  Option.orElse(request.priceId, () =>
    request.mode === "payment" ? Option.fromUndefinedOr(options.carrierProductId) : Option.none(),
  )

const urls = (request: Session.SessionRequest) => {
  const successUrl = Ascii.url(request.successUrl)
  const returnUrl = Ascii.url(request.cancelUrl)
  return {
    fields: {
      ...(successUrl === undefined ? {} : { success_url: successUrl }),
      ...(returnUrl === undefined ? {} : { return_url: returnUrl }),
    },
    adjusted: [
      ...(successUrl === undefined ? ["success_url"] : []),
      ...(returnUrl === undefined ? ["cancel_url"] : []),
    ],
  }
}

const oneTime = (
  money: Option.Option<Money.Money>,
  table: CurrencyTable.CurrencyTable,
): Result.Result<
  { readonly amount: number; readonly currency: models.PresentmentCurrency },
  PaymentError.PaymentError
> => {
  if (Option.isNone(money)) {
    return Result.fail(notSent("createCheckoutSession", "invalid_arguments", "a payment needs an amount"))
  }
  const currency = Currencies.presentmentOf(money.value.currency)
  if (Option.isNone(currency)) return Result.fail(notSent("createCheckoutSession", "currency_unsupported"))
  return Result.mapBoth(CurrencyTable.toProviderUnits(table, money.value), {
    onFailure: (reason) => notSent("createCheckoutSession", reason),
    onSuccess: (amount) => ({ amount, currency: currency.value }),
  })
}

/** The body, or why there can be none. */
export const build = (
  request: Session.SessionRequest,
  options: Options,
  table: CurrencyTable.CurrencyTable,
): Result.Result<Built, PaymentError.PaymentError> =>
  Result.gen(function* () {
    const product = productOf(request, options)
    if (Option.isNone(product)) {
      const reason = request.mode === "payment" ? "mode_unsupported" : "price_unmapped"
      return yield* Result.fail(notSent("createCheckoutSession", reason, "no product to sell"))
    }
    const { adjusted, metadata } = metadataOf(request)
    const places = urls(request)
    const shared = {
      products: [product.value],
      allow_discount_codes: false,
      metadata,
      ...places.fields,
      ...Option.match(request.customerEmail, {
        onNone: () => ({}),
        onSome: (email) => ({ customer_email: Ascii.email(email) }),
      }),
    }
    const changed = [...adjusted, ...places.adjusted, ...(Option.isSome(request.description) ? ["description"] : [])]
    if (request.mode === "subscription") {
      const currency = Option.flatMap(request.money, (money) => Currencies.presentmentOf(money.currency))
      return {
        body: { ...shared, ...Option.match(currency, { onNone: () => ({}), onSome: (code) => ({ currency: code }) }) },
        adjusted: changed,
        expected: Option.flatMap(request.money, (money) =>
          Option.map(Currencies.unitsOf(money), (amount) => ({ amount, currency: money.currency.toLowerCase() })),
        ),
      }
    }
    const { amount, currency } = yield* oneTime(request.money, table)
    const fallback = Option.getOrElse(Currencies.presentmentOf(options.currencies[0]), () => currency)
    return {
      body: { ...shared, currency, prices: { [product.value]: pricesOf(currency, amount, fallback) } },
      adjusted: changed,
      expected: Option.some({ amount, currency }),
    }
  })
