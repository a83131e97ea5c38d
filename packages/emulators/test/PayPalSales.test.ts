import { ApplicationContextUserAction } from "@paypal/paypal-server-sdk"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import { bearer } from "./support/Token.ts"

const charged = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const sdk = Sdk.make(paypal.url)
  const { result } = yield* Sdk.call(() =>
    sdk.subscriptions.createSubscription({
      body: {
        planId: "P-EMULATOR00000000000MONTHLY",
        applicationContext: {
          returnUrl: "http://shop.example/return",
          cancelUrl: "http://shop.example/cancel",
          userAction: ApplicationContextUserAction.SubscribeNow,
        },
      },
    }),
  )
  yield* paypal.buyer.approve(result.id ?? "")
  const [sale] = yield* paypal.sales
  const url = `${paypal.url}/v1/payments/sale/${sale?.id}`
  return { paypal, url, subscriptionId: result.id, headers: yield* bearer(paypal.url) }
})

describe("the sales of a subscription", () => {
  it.live("have the v1 shape", () =>
    Effect.gen(function* () {
      const { headers, subscriptionId, url } = yield* charged
      const sale = yield* request(url, { headers })
      assert.strictEqual(sale.json.amount.total, "10.00")
      assert.strictEqual(sale.json.amount.currency, "EUR")
      assert.strictEqual(sale.json.billing_agreement_id, subscriptionId)
      assert.strictEqual(sale.json.state, "completed")
    }),
  )

  it.live("are refunded in part and whole, once per key, with a negative total in the event", () =>
    Effect.gen(function* () {
      const { headers, paypal, url } = yield* charged
      const refund = (key: string, body: unknown) =>
        request(`${url}/refund`, { method: "POST", body, headers: { ...headers, "paypal-request-id": key } })
      const part = { amount: { total: "4.00", currency: "EUR" } }
      assert.strictEqual((yield* refund("a", part)).status, 201)
      assert.strictEqual((yield* refund("a", part)).status, 200)
      const much = yield* refund("b", { amount: { total: "6.01", currency: "EUR" } })
      assert.deepStrictEqual([much.status, much.json.name], [400, "REFUND_EXCEEDED_TRANSACTION_AMOUNT"])
      const rest = yield* refund("c", {})
      assert.deepStrictEqual([rest.json.amount.total, rest.json.total_refunded_amount.value], ["6.00", "10.00"])
      assert.strictEqual((yield* refund("d", {})).json.name, "TRANSACTION_ALREADY_REFUNDED")
      const events = (yield* paypal.events).filter((event) => event.type === "PAYMENT.SALE.REFUNDED")
      assert.strictEqual(events.length, 2)
      assert.include(JSON.stringify(events[0]?.envelope), `"total":"-4.00"`)
      assert.strictEqual((yield* request(url, { headers })).json.state, "refunded")
    }),
  )
})
