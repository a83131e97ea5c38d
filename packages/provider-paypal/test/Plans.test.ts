import { describe, expect, it } from "@effect/vitest"
import { Money } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Effect, Option } from "effect"
import * as Stage from "./support/Stage.ts"

const regular = (over: object = {}) => ({
  tenure_type: "REGULAR",
  sequence: 2,
  total_cycles: 0,
  frequency: { interval_unit: "MONTH", interval_count: 3 },
  pricing_scheme: { fixed_price: { currency_code: "HUF", value: "1000" } },
  ...over,
})

const trial = {
  tenure_type: "TRIAL",
  sequence: 1,
  total_cycles: 1,
  frequency: { interval_unit: "WEEK", interval_count: 1 },
}

/** What the provider makes of a plan that PayPal answers so. */
const read = (over: object) =>
  Effect.gen(function* () {
    const { emulator, provider } = yield* Stage.make()
    const plan = { id: Stage.monthlyPlan, status: "ACTIVE", billing_cycles: [trial, regular()], ...over }
    yield* emulator.faults.add({ route: "GET /v1/billing/plans/:id", fault: Fault.status(200, { body: plan }) })
    return Option.getOrThrow(yield* provider.findPrice(Stage.monthlyPlan))
  })

describe("F23: a plan as PayPal tells it", () => {
  it.live("is its regular cycle, in PayPal's decimals, behind a trial", () =>
    Effect.gen(function* () {
      expect(yield* read({})).toMatchObject({
        priceId: Stage.monthlyPlan,
        active: true,
        amounts: [Money.make(100_000, "HUF")],
        period: Option.some({ unit: "month", count: 3 }),
        unclear: Option.none(),
      })
    }),
  )

  it.live("is unclear when the amount is not all, or there is none", () =>
    Effect.gen(function* () {
      const fee = yield* read({ payment_preferences: { setup_fee: { currency_code: "HUF", value: "50" } } })
      expect(fee.amounts).toHaveLength(1)
      expect(fee.unclear).toEqual(Option.some("it charges a set-up fee of 50 HUF besides"))
      const taxed = yield* read({ taxes: { percentage: "19", inclusive: false } })
      expect(taxed).toMatchObject({ amounts: [], unclear: Option.some("it adds 19 % tax") })
      const included = yield* read({ taxes: { percentage: "19", inclusive: true } })
      expect(included.unclear).toEqual(Option.none())
      const tiered = yield* read({ billing_cycles: [regular({ pricing_scheme: { pricing_model: "TIERED" } })] })
      expect(tiered).toMatchObject({ amounts: [], unclear: Option.some("it has no fixed price") })
    }),
  )
})
