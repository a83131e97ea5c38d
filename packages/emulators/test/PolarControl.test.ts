import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Control from "../src/Control.ts"
import * as PolarEmulator from "../src/PolarEmulator.ts"
import { monthly, open } from "./PolarShop.ts"

const act = (control: { readonly url: string }, name: string, input: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(`${control.url}/polar/actions/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    })
    const value: unknown = await response.json()
    return { status: response.status, value }
  })

describe("the Polar stand-in under the control server", () => {
  it.live("lets buyers pay and banks refuse by name, and says why something is not possible", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.make({ refundStatus: "pending" })
      const control = yield* Control.serve({ emulators: [polar] })
      const { id } = yield* open(polar, monthly)
      assert.strictEqual((yield* act(control, "confirm", { id })).status, 200)
      assert.strictEqual((yield* act(control, "decline", { id })).status, 200)
      assert.strictEqual((yield* polar.checkouts)[0]?.status, "open")
      const paid = yield* act(control, "pay", { id })
      assert.deepNestedPropertyVal(paid.value, "billing_reason", "subscription_create")
      const again = yield* act(control, "pay", { id })
      assert.strictEqual(again.status, 403)
      const subscription = (yield* polar.subscriptions)[0]?.id
      assert.strictEqual((yield* act(control, "renew", { id: subscription })).status, 200)
      assert.strictEqual((yield* act(control, "cancel", { id: subscription })).status, 200)
      assert.strictEqual((yield* polar.orders).length, 2)
      const unknown = yield* act(control, "settle-refund", { id: "none", status: "failed" })
      assert.strictEqual(unknown.status, 404)
      const wrong = yield* act(control, "pay", { checkout: id })
      assert.strictEqual(wrong.status, 400)
      const change = { id: PolarEmulator.monthlyProductId, prices: { usd: 1299 }, isArchived: true }
      const changed = yield* act(control, "change-product", change)
      assert.deepNestedPropertyVal(changed.value, "is_archived", true)
      assert.deepNestedPropertyVal(changed.value, "prices[0].price_amount", 1299)
    }),
  )
})

layer(PolarEmulator.layer())("the Polar stand-in as a service", (it) => {
  it.effect("runs for as long as the layer", () =>
    Effect.gen(function* () {
      const polar = yield* PolarEmulator.Polar
      const checkout = yield* open(polar)
      assert.strictEqual((yield* polar.checkouts)[0]?.id, checkout.id)
    }),
  )
})
