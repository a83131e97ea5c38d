import { assert, describe, it, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Control from "../src/Control.ts"
import * as StripeEmulator from "../src/StripeEmulator.ts"
import { call, form, open, sdk, subscribed } from "./StripeShop.ts"

const act = (control: { readonly url: string }, name: string, input: unknown) =>
  Effect.promise(async () => {
    const response = await fetch(`${control.url}/stripe/actions/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    })
    const value: unknown = await response.json()
    return { status: response.status, value }
  })

describe("the Stripe stand-in under the control server", () => {
  it.live("lets buyers pay and banks answer by name, and says why something is not possible", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const control = yield* Control.serve({ emulators: [stripe] })
      const { id } = yield* open(stripe)
      assert.strictEqual((yield* act(control, "decline", { id })).status, 200)
      assert.strictEqual((yield* act(control, "pay-later", { id })).status, 200)
      const settled = yield* act(control, "settle", { id, answer: "succeeded" })
      assert.deepNestedPropertyVal(settled.value, "payment_status", "paid")
      const again = yield* act(control, "pay", { id })
      assert.strictEqual(again.status, 400)
      const intent = (yield* stripe.paymentIntents)[0]?.id
      const dispute = yield* act(control, "dispute", { id: intent })
      assert.deepNestedPropertyVal(dispute.value, "status", "needs_response")
      const subscription = yield* subscribed(stripe)
      const renewal = yield* act(control, "renew", { id: subscription, answer: "failed" })
      assert.deepNestedPropertyVal(renewal.value, "status", "open")
      yield* act(control, "break-next", { applied: false })
      const broken = yield* call(stripe, "POST", "/v1/checkout/sessions", form)
      assert.strictEqual(broken.status, 500)
      const changed = yield* act(control, "change-price", { id: StripeEmulator.monthlyPriceId, active: false })
      assert.deepNestedPropertyVal(changed.value, "active", false)
      const none = yield* act(control, "change-price", { id: "price_none", active: false })
      assert.strictEqual(none.status, 404)
      const wrong = yield* act(control, "renew", { id: subscription, answer: "maybe" })
      assert.strictEqual(wrong.status, 400)
    }),
  )

  it.live("forgets sessions and idempotency keys when it is reset", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const first = yield* open(stripe, {}, { idempotencyKey: "key-1" })
      yield* stripe.reset
      const second = yield* open(stripe, {}, { idempotencyKey: "key-1" })
      assert.notStrictEqual(second.id, first.id)
      assert.strictEqual((yield* stripe.sessions).length, 1)
    }),
  )
})

layer(StripeEmulator.layer())("the Stripe stand-in as a service", (it) => {
  it.effect("runs for as long as the layer", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.Stripe
      const price = yield* Effect.promise(() => sdk(stripe).prices.retrieve(StripeEmulator.monthlyPriceId))
      assert.deepStrictEqual([price.unit_amount, price.recurring?.interval], [999, "month"])
    }),
  )
})
