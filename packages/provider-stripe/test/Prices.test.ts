import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import { provider, some } from "./Server.ts"

const price = (over: object) => ({
  id: "price_1",
  object: "price",
  active: true,
  billing_scheme: "per_unit",
  currency: "isk",
  custom_unit_amount: null,
  recurring: { interval: "week", interval_count: 2, usage_type: "licensed" },
  transform_quantity: null,
  unit_amount: 50_000,
  ...over,
})

/** What the provider makes of a price that Stripe answers so. */
const read = (over: object = {}) =>
  Effect.gen(function* () {
    const { server, stripe } = yield* provider(() => ({ body: price(over) }))
    const found = yield* some(yield* stripe.findPrice("price_1"))
    expect(server.asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /v1/prices/price_1"])
    return found
  })

describe("F23: a price as Stripe tells it", () => {
  it.live("is the unit amount in our own minor units, and how often it is charged", () =>
    Effect.gen(function* () {
      expect(yield* read()).toMatchObject({
        active: true,
        amounts: [Money.make(500, "ISK")],
        period: Option.some({ unit: "week", count: 2 }),
        unclear: Option.none(),
      })
      expect(yield* read({ recurring: null })).toMatchObject({ period: Option.none() })
      expect(yield* read({ active: false })).toMatchObject({ active: false })
    }),
  )

  it.live("is unclear when the unit amount is not what one costs", () =>
    Effect.gen(function* () {
      const whys = yield* Effect.forEach(
        [
          { billing_scheme: "tiered", unit_amount: null },
          { transform_quantity: { divide_by: 10, round: "up" } },
          { custom_unit_amount: { minimum: 100 }, unit_amount: null },
          { unit_amount: null, unit_amount_decimal: "0.5" },
          { recurring: { interval: "month", interval_count: 1, usage_type: "metered" } },
          { currency: "xxx" },
        ],
        (over) => Effect.map(read(over), ({ amounts, unclear }) => [amounts.length, Option.getOrThrow(unclear)]),
      )
      expect(whys).toEqual([
        [0, "its amount depends on the quantity"],
        [0, "its amount is for a number of units"],
        [0, "the buyer chooses the amount"],
        [0, "its amount is a fraction of the smallest unit"],
        [0, "it is charged by usage"],
        [0, "its amount cannot be read"],
      ])
    }),
  )
})
