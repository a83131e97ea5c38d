import { assert, describe, it } from "@effect/vitest"
import { type Catalog, Money, type Price, PriceDrift, ProviderName } from "@payment-orchestrator/domain"
import { Option } from "effect"

const stripe = ProviderName.ProviderName.make("stripe")
const mapping: PriceDrift.Mapping = { provider: stripe, priceId: "gold", providerPriceId: "price_1" }

const gold: Catalog.CatalogEntry = { amount: "19.99", currency: "USD", interval: "month", stripe: "price_1" }

const sold: Price.PriceSnapshot = {
  provider: stripe,
  priceId: "price_1",
  active: true,
  amounts: [Money.make(1999, "USD")],
  period: Option.some({ unit: "month", count: 1 }),
  unclear: Option.none(),
}

const compare = (over: Partial<Price.PriceSnapshot>, entry: Catalog.CatalogEntry = gold) =>
  PriceDrift.compare(entry, Option.some({ ...sold, ...over }))

/** The fault, as text; `Same` or why it cannot be compared otherwise. */
const told = (verdict: PriceDrift.Verdict): string => {
  if (PriceDrift.isFault(verdict)) return PriceDrift.describe(mapping, verdict)
  return verdict._tag === "Incomparable" ? verdict.why : verdict._tag
}

describe("F23: a price of the catalog at a provider", () => {
  it("is the same when amount, currency and interval are, however the amount is written", () => {
    assert.strictEqual(told(compare({})), "Same")
    const yen: Catalog.CatalogEntry = { amount: "500", currency: "JPY", interval: "month" }
    assert.strictEqual(told(compare({ amounts: [Money.make(500, "JPY")] }, yen)), "Same")
    assert.strictEqual(told(compare({ amounts: [Money.make(2000, "USD")] }, { ...gold, amount: "20" })), "Same")
  })

  it("differs in the amount, by one cent too", () => {
    assert.strictEqual(
      told(compare({ amounts: [Money.make(1998, "USD")] })),
      "price gold differs from Stripe's price_1: amount is 19.99 USD in the catalog, 19.98 USD at Stripe",
    )
  })

  it("differs in the currency when it is not sold in the catalog's; of several currencies that one counts", () => {
    const both = [Money.make(1899, "EUR"), Money.make(1999, "USD")]
    assert.strictEqual(told(compare({ amounts: both })), "Same")
    assert.strictEqual(
      told(compare({ amounts: [Money.make(1899, "EUR"), Money.make(1799, "GBP")] })),
      "price gold differs from Stripe's price_1: currency is 19.99 USD in the catalog, 18.99 EUR or 17.99 GBP at Stripe",
    )
  })

  it("differs in the interval: another unit, several of them, sold once, sold regularly", () => {
    const interval = (period: Price.PriceSnapshot["period"]) => told(compare({ period })).split("interval is ")[1]
    assert.strictEqual(interval(Option.some({ unit: "year", count: 1 })), "month in the catalog, year at Stripe")
    assert.strictEqual(interval(Option.some({ unit: "month", count: 3 })), "month in the catalog, 3 months at Stripe")
    assert.strictEqual(interval(Option.none()), "month in the catalog, once at Stripe")
  })

  it("an interval that the catalog does not state is not compared", () => {
    const { interval: _, ...unsaid } = gold
    assert.strictEqual(told(compare({ period: Option.none() }, unsaid)), "Same")
    assert.strictEqual(told(compare({ period: Option.some({ unit: "year", count: 1 }) }, unsaid)), "Same")
  })

  it("says every field that differs", () => {
    const verdict = compare({ amounts: [Money.make(100, "USD")], period: Option.some({ unit: "week", count: 2 }) })
    if (verdict._tag !== "Differs") return assert.fail(verdict._tag)
    assert.include(told(verdict), "amount is 19.99 USD in the catalog, 1.00 USD at Stripe; interval is month in the")
    assert.deepStrictEqual(verdict.differences, [
      { field: "amount", ours: "19.99 USD", theirs: "1.00 USD" },
      { field: "interval", ours: "month", theirs: "2 weeks" },
    ])
    assert.deepStrictEqual(PriceDrift.details(mapping, verdict), {
      price_id: "gold",
      provider_price_id: "price_1",
      fault: "differs",
      catalog_amount: "19.99 USD",
      provider_amount: "1.00 USD",
      catalog_interval: "month",
      provider_interval: "2 weeks",
    })
  })

  it("is unknown, or archived, whatever else is said of it", () => {
    assert.include(told(PriceDrift.compare(gold, Option.none())), "is unknown at Stripe: it has no price_1")
    assert.include(told(compare({ active: false, amounts: [] })), "is no longer sold by Stripe")
  })

  it("cannot be compared without an amount, or with one that is not all; what is known to differ still does", () => {
    const adHoc = { amounts: [], unclear: Option.some("it has no price of its own") }
    assert.strictEqual(told(compare(adHoc)), "it has no price of its own")
    assert.isFalse(PriceDrift.isFault(compare(adHoc)))
    const withFee = { unclear: Option.some("it charges a set-up fee") }
    assert.strictEqual(told(compare(withFee)), "it charges a set-up fee")
    assert.isTrue(PriceDrift.isFault(compare({ ...withFee, amounts: [Money.make(1, "USD")] })))
    assert.isTrue(PriceDrift.isFault(compare({ ...adHoc, period: Option.none() })))
  })

  it("every fault says how it is mended, naming the entry and the provider", () => {
    const entry = '"stripe" of gold in the catalog'
    for (const [verdict, remedy] of [
      [PriceDrift.compare(gold, Option.none()), `Put the right id under ${entry}, or take it out`],
      [compare({ active: false }), `Make it active at Stripe again, or put another id under ${entry}`],
      [
        compare({ amounts: [Money.make(1, "USD")] }),
        `Change the price at Stripe, or what the catalog says of gold, or map ${entry} to another id`,
      ],
    ] as const) {
      if (!PriceDrift.isFault(verdict)) return assert.fail(verdict._tag)
      assert.strictEqual(PriceDrift.remedy(mapping, verdict), remedy)
    }
  })
})
