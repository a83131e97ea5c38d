/** What Polar's public OpenAPI refuses is refused here too. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PolarEmulator from "../src/PolarEmulator.ts"
import { body, call, open } from "./PolarShop.ts"

const wrong: ReadonlyArray<readonly [field: string, value: unknown]> = [
  ["currency", "xxx"],
  ["amount", -1],
  ["seats", 0],
  ["locale", 5],
  ["trial_interval", "eon"],
  ["trial_interval_count", 0],
  ["allow_trial", "maybe"],
  ["customer_tax_id", 5],
  ["customer_billing_name", 5],
  ["custom_field_data", "x"],
  ["customer_billing_address", { country: "XX" }],
]

describe("a checkout", () => {
  it.live("is neither made nor changed with a wrong value, though the stand-in has no use for it", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const { id } = yield* open(polar)
      for (const [field, value] of wrong) {
        const made = yield* call(polar, "POST", "/v1/checkouts/", { ...body(), [field]: value })
        const changed = yield* call(polar, "PATCH", `/v1/checkouts/${id}`, { [field]: value })
        assert.deepStrictEqual([field, made.status, changed.status], [field, 422, 422])
        assert.include(JSON.stringify(made.value), `"${field}"`)
      }
      assert.strictEqual((yield* polar.checkouts).length, 1)
      const fine = { locale: "de", seats: null, customer_billing_address: { country: "DE" } }
      assert.strictEqual((yield* call(polar, "POST", "/v1/checkouts/", { ...body(), ...fine })).status, 201)
      assert.strictEqual((yield* call(polar, "PATCH", `/v1/checkouts/${id}`, fine)).status, 200)
    }),
  )
})

describe("a refund", () => {
  it.live("is refused when its amount, its reason or its order is null", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make()
      const order = yield* polar.buyer.pay((yield* open(polar)).id)
      const asked = { order_id: order.id, reason: "other", amount: 100 }
      for (const field of ["amount", "reason", "order_id"]) {
        const answer = yield* call(polar, "POST", "/v1/refunds/", { ...asked, [field]: null })
        assert.strictEqual(answer.status, 422)
        assert.include(JSON.stringify(answer.value), `"loc":["body","${field}"]`)
      }
      assert.strictEqual((yield* polar.refunds).length, 0)
      assert.strictEqual((yield* call(polar, "POST", "/v1/refunds/", asked)).status, 201)
    }),
  )
})
