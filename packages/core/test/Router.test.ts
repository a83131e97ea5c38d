import { assert, describe, it } from "@effect/vitest"
import {
  type Capabilities,
  Catalog,
  type CheckoutRequest,
  CurrencyTable,
  Money,
  ProviderName,
} from "@payment-orchestrator/domain"
import { Option, Result } from "effect"
import { Router } from "@payment-orchestrator/core"

const paypal = ProviderName.ProviderName.make("paypal")
const stripe = ProviderName.ProviderName.make("stripe")

const provider = (name: ProviderName.ProviderName, priceIdPattern: RegExp): Router.Routable => ({
  name,
  configured: true,
  capabilities: {
    livemode: false,
    currencies: CurrencyTable.make(["USD", "EUR"]),
    modes: ["payment", "subscription"],
    goods: ["digital"],
    idempotentCreate: true,
    idempotentRefund: true,
    fence: { payment: "local", subscription: "local" },
    findByAttempt: true,
    partialRefunds: true,
    cancelAtPeriodEnd: true,
    priceIdPattern,
  } satisfies Capabilities.Capabilities,
})
const providers = [provider(paypal, /^P-/), provider(stripe, /^price_/)]

const catalog: Catalog.Catalog = {
  gold: { amount: "20.00", currency: "EUR", interval: "month", paypal: "P-1", stripe: "price_1" },
  silver: { amount: "10.00", currency: "USD", interval: "month", paypal: "P-2" },
}
const maxAmounts = new Map([["USD", 100_000] as const])

const resolve = (request: Partial<CheckoutRequest.CheckoutRequest>) =>
  Router.resolve({ mode: "payment", metadata: {}, ...request }, catalog, providers, { maxAmounts })

const priceOf = (request: Partial<CheckoutRequest.CheckoutRequest>) => {
  const { currency, money } = Result.getOrThrow(resolve(request))
  return [Option.getOrNull(money), currency]
}

/** The fault of a request: its code, where it is, and what it says. */
const fault = (request: Partial<CheckoutRequest.CheckoutRequest>) =>
  Result.match(resolve(request), {
    onSuccess: () => [],
    onFailure: ({ code, errors }) => [code, ...errors.flatMap(({ message, path }) => [path, message])],
  })

describe("the price of a request", () => {
  it("is its amount for a payment, and the catalog's where it states none", () => {
    assert.deepStrictEqual(priceOf({ amount: "5.00", currency: "EUR" }), [Money.make(500, "EUR"), "EUR"])
    assert.deepStrictEqual(priceOf({ amount: "5.00" }), [Money.make(500, "USD"), "USD"])
    assert.deepStrictEqual(priceOf({ amount: "5.00", priceId: "gold" }), [Money.make(500, "USD"), "USD"])
    assert.deepStrictEqual(priceOf({ amount: "5.00", currency: "USD", priceId: "gold" }), [
      Money.make(500, "USD"),
      "USD",
    ])
    assert.deepStrictEqual(priceOf({ priceId: "gold" }), [Money.make(2_000, "EUR"), "EUR"])
    assert.deepStrictEqual(priceOf({ priceId: "gold", currency: "EUR" }), [Money.make(2_000, "EUR"), "EUR"])
  })

  it("is the catalog's for a subscription, whose amount may only say the same, in the catalog's currency", () => {
    const mode = "subscription"
    assert.deepStrictEqual(priceOf({ mode, priceId: "gold" }), [Money.make(2_000, "EUR"), "EUR"])
    assert.deepStrictEqual(priceOf({ mode, priceId: "gold", amount: "20.00" }), [Money.make(2_000, "EUR"), "EUR"])
    const differs = ["amount_mismatch", "amount", "differs from the catalog's price 20.00 EUR"]
    assert.deepStrictEqual(fault({ mode, priceId: "gold", amount: "20.01" }), differs)
    assert.deepStrictEqual(fault({ mode, priceId: "gold", amount: "20.00", currency: "USD" }), differs)
  })

  it("of a subscription that the catalog does not know is what it states, or not known", () => {
    const mode = "subscription"
    assert.deepStrictEqual(priceOf({ mode, priceId: "P-9" }), [null, "USD"])
    assert.deepStrictEqual(priceOf({ mode, priceId: "P-9", currency: "EUR" }), [null, "EUR"])
    assert.deepStrictEqual(priceOf({ mode, priceId: "price_9", amount: "3.00" }), [Money.make(300, "USD"), "USD"])
  })

  it("has the catalog's currency, or none is stated", () => {
    assert.deepStrictEqual(fault({ priceId: "gold", currency: "USD" }), [
      "invalid_request",
      "currency",
      "differs from the catalog's price 20.00 EUR",
    ])
  })

  it("must be known for a payment", () => {
    assert.deepStrictEqual(fault({ priceId: "P-9" }), [
      "invalid_request",
      "amount",
      "is needed, because the catalog does not know the amount of this price_id",
    ])
    assert.deepStrictEqual(priceOf({ priceId: "P-9", amount: "5.00" }), [Money.make(500, "USD"), "USD"])
  })

  it("is of an id that somebody knows, unless the amount of a payment is stated", () => {
    const unknown = ["unknown_price", "priceId", "is neither in the catalog nor an id of one of the providers"]
    assert.deepStrictEqual(fault({ priceId: "nobody" }), unknown)
    assert.deepStrictEqual(fault({ mode: "subscription", priceId: "nobody" }), unknown)
    assert.deepStrictEqual(fault({ mode: "subscription", priceId: "nobody", amount: "5.00" }), unknown)
    assert.deepStrictEqual(fault({ priceId: "nobody", amount: "5.00" }), [])
  })

  it("is at most what is allowed in its currency", () => {
    assert.deepStrictEqual(fault({ amount: "1000.00" }), [])
    assert.deepStrictEqual(fault({ amount: "1000.01", currency: "EUR" }), [])
    assert.deepStrictEqual(fault({ amount: "1000.01" }), [
      "invalid_request",
      "amount",
      "is larger than the largest amount that is allowed here (PAYMENT_MAX_AMOUNT)",
    ])
  })
})

describe("a provider", () => {
  it("that is preferred is one that there is", () => {
    assert.deepStrictEqual(fault({ amount: "1.00", preferredProvider: ProviderName.ProviderName.make("polar") }), [
      "invalid_request",
      "preferredProvider",
      "must be one of paypal, stripe",
    ])
    assert.deepStrictEqual(fault({ amount: "1.00", preferredProvider: stripe }), [])
  })

  it("that has no id for the price is skipped for a subscription, and asked for a payment", () => {
    const places = (mode: CheckoutRequest.Mode) =>
      Router.plan(
        Result.getOrThrow(resolve({ mode, priceId: "silver" })),
        providers,
        { catalog, mismatched: new Map() },
        new Map(),
      ).places.map((place) =>
        place._tag === "Skip" ? place.reason : Option.getOrElse(place.priceId, () => "with the amount alone"),
      )
    assert.deepStrictEqual(places("subscription"), ["P-2", "price_unmapped"])
    assert.deepStrictEqual(places("payment"), ["P-2", "with the amount alone"])
  })
})
