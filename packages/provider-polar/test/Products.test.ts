import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Effect, Option } from "effect"
import { world } from "./Harness.ts"

const fixed = (currency: string, amount: number, over: object = {}) => ({
  amount_type: "fixed",
  source: "catalog",
  price_currency: currency,
  price_amount: amount,
  is_archived: false,
  ...over,
})

/** What the provider makes of a product that Polar answers so. */
const read = (over: object) =>
  Effect.gen(function* () {
    const { emulator, polar } = yield* world()
    const product = {
      id: PolarEmulator.catalogProductId,
      is_archived: false,
      visibility: "public",
      recurring_interval: "month",
      recurring_interval_count: 1,
      prices: [fixed("usd", 999), fixed("jpy", 1500)],
      ...over,
    }
    yield* emulator.faults.add({ route: "GET /v1/products/:id", fault: Fault.status(200, { body: product }) })
    return Option.getOrThrow(yield* polar.findPrice(PolarEmulator.catalogProductId))
  })

describe("F23: a product as Polar tells it", () => {
  it.live("has an amount per currency, of the prices that are still sold", () =>
    Effect.gen(function* () {
      const amounts = [Money.make(999, "USD"), Money.make(1500, "JPY")]
      expect(yield* read({})).toMatchObject({ active: true, amounts, unclear: Option.none() })
      const past = [fixed("usd", 500, { is_archived: true }), fixed("usd", 700, { source: "ad_hoc" })]
      expect(yield* read({ prices: [...past, fixed("usd", 999), fixed("jpy", 1500)] })).toMatchObject({ amounts })
    }),
  )

  it.live("is unclear with no price of its own, with several in one currency, and with one that is not fixed", () =>
    Effect.gen(function* () {
      const why = (prices: ReadonlyArray<object>) =>
        Effect.map(read({ prices }), ({ amounts, unclear }) => [amounts.length, Option.getOrThrow(unclear)])
      expect(yield* why([])).toEqual([0, "the product has no price of its own"])
      expect(yield* why([fixed("usd", 999), fixed("usd", 9990)])).toEqual([
        0,
        "the product has several prices in one currency",
      ])
      expect(yield* why([{ amount_type: "custom", price_currency: "usd" }])).toEqual([
        0,
        "the product has no fixed price",
      ])
    }),
  )

  it.live("is not sold as a draft, and once when nothing recurs", () =>
    Effect.gen(function* () {
      expect(yield* read({ visibility: "draft" })).toMatchObject({ active: false })
      expect(yield* read({ recurring_interval: null, recurring_interval_count: null })).toMatchObject({
        active: true,
        period: Option.none(),
      })
    }),
  )

  it.live("is refused for good to a token that may not read products", () =>
    Effect.gen(function* () {
      const { polar } = yield* world({}, { scopes: ["checkouts:write"] })
      expect(yield* Effect.flip(polar.findPrice(PolarEmulator.catalogProductId))).toMatchObject({
        _tag: "PermanentPaymentError",
        status: 403,
      })
    }),
  )
})
