import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as House from "./House.ts"
import * as Subscriber from "./Subscriber.ts"
import { until } from "./Time.ts"

const patience = 60_000

let keys = 0
const ask = (shop: Subscriber.Shop, paymentId: string, body: object = {}) =>
  Effect.flatMap(
    Effect.sync(() => String((keys += 1))),
    (key) =>
      shop.house.send("POST", `/v1/payments/${paymentId}/refunds`, { body, headers: { "idempotency-key": key } }),
  )

/** A payment of 99.99 USD. */
const paid = Effect.fnUntraced(function* (provider: Subscriber.Provider) {
  const shop = yield* Subscriber.start()
  const order = (yield* House.open(shop.house, { preferred_provider: provider })).json as Subscriber.Opened
  yield* shop.approve(provider, order)
  yield* shop.back(order)
  yield* until(shop.checkout(order), ({ status }) => status === "paid")
  const [payment] = yield* shop.payments(order)
  return { shop, order, paymentId: payment?.id ?? "" }
})

/** Somebody gives 40.00 USD back in the provider's own dashboard. */
const giveBackThere = (provider: Subscriber.Provider, { house }: Subscriber.Shop) =>
  Effect.gen(function* () {
    switch (provider) {
      case "paypal": {
        const [capture] = yield* house.paypal.captures
        return void (yield* house.paypal.simulate.refund(capture?.id ?? "", { currency_code: "USD", value: "40.00" }))
      }
      case "polar": {
        const [order] = yield* house.polar.orders
        return void (yield* house.polar.refund(order?.id ?? "", 4_000))
      }
      case "stripe": {
        const [intent] = yield* house.stripe.paymentIntents
        return void (yield* house.stripe.refund(intent?.id ?? "", 4_000))
      }
    }
  })

const refundsThere = (provider: Subscriber.Provider, { house }: Subscriber.Shop) => {
  switch (provider) {
    case "paypal":
      return Effect.map(house.paypal.refunds, (all) => all.length)
    case "polar":
      return Effect.map(house.polar.refunds, (all) => all.length)
    case "stripe":
      return Effect.map(house.stripe.refunds, (all) => all.length)
  }
}

describe.each(Subscriber.providers)("a refund that began at %s", (provider) => {
  it.live(
    "appears with its event, counts in what went back, and leaves that much less to give back",
    () =>
      Effect.gen(function* () {
        const { order, paymentId, shop } = yield* paid(provider)
        yield* giveBackThere(provider, shop)
        const [refund] = yield* until(shop.refunds(paymentId), ([found]) => found?.status === "succeeded")
        assert.deepInclude(refund, { origin: "provider", amount: "40.00" })
        assert.deepInclude((yield* shop.payments(order))[0], {
          status: "partially_refunded",
          amount_refunded: "40.00",
        })
        assert.deepStrictEqual(yield* shop.types(refund?.id), ["refund.succeeded"])
        assert.strictEqual((yield* ask(shop, paymentId, { amount: "60.00" })).status, 409)
        const rest = yield* ask(shop, paymentId)
        assert.deepInclude(rest.json as object, { status: "succeeded", amount: "59.99", origin: "request" })
        yield* Effect.sleep("6 seconds")
        assert.lengthOf(yield* shop.refunds(paymentId), 2)
        assert.deepInclude((yield* shop.payments(order))[0], { status: "refunded", amount_refunded: "99.99" })
        assert.strictEqual(yield* refundsThere(provider, shop), 2)
      }),
    patience,
  )

  it.live(
    "is not made of one that was asked for here, whose webhook may come before its answer",
    () =>
      Effect.gen(function* () {
        const { order, paymentId, shop } = yield* paid(provider)
        const route = {
          paypal: "POST /v2/payments/captures/:id/refund",
          polar: "POST /v1/refunds/",
          stripe: "POST /v1/refunds",
        }[provider]
        yield* shop.house[provider].faults.add({ route, fault: { kind: "Latency", millis: 2_000, apply: true } })
        const asked = yield* ask(shop, paymentId, { amount: "40.00" })
        assert.deepInclude(asked.json as object, { status: "succeeded", origin: "request" })
        yield* Effect.sleep("6 seconds")
        const all = yield* shop.refunds(paymentId)
        assert.deepStrictEqual(
          all.map(({ amount, origin }) => [origin, amount]),
          [["request", "40.00"]],
        )
        assert.deepInclude((yield* shop.payments(order))[0], { amount_refunded: "40.00" })
        const told = (yield* shop.types()).filter((type) => type === "refund.succeeded")
        assert.lengthOf(told, 1)
      }),
    patience,
  )
})

describe("a refund of a subscription's charge at PayPal, which does not carry our id", () => {
  it.live(
    "is told once, whether it was asked for here or began there",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { order } = yield* shop.subscribe("paypal")
        const [payment] = yield* shop.payments(order)
        const paymentId = payment?.id ?? ""
        yield* shop.house.paypal.faults.add({
          route: "POST /v1/payments/sale/:id/refund",
          fault: { kind: "Latency", millis: 2_000, apply: true },
        })
        yield* ask(shop, paymentId, { amount: "4.00" })
        const [sale] = yield* shop.house.paypal.sales
        yield* shop.house.paypal.simulate.refund(sale?.id ?? "", { currency_code: "USD", value: "1.00" })
        yield* until(shop.refunds(paymentId), (all) => all.length === 2)
        yield* Effect.sleep("6 seconds")
        assert.deepStrictEqual(
          (yield* shop.refunds(paymentId)).map(({ amount, origin, status }) => [origin, amount, status]),
          [
            ["provider", "1.00", "succeeded"],
            ["request", "4.00", "succeeded"],
          ],
        )
        assert.deepInclude((yield* shop.payments(order))[0], { amount_refunded: "5.00", status: "partially_refunded" })
      }),
    patience,
  )
})

describe("GET /v1/payments", () => {
  it.live(
    "says tax, fee and what is left of a payment where the provider does, and nothing where it does not",
    () =>
      Effect.gen(function* () {
        const parts = Effect.fnUntraced(function* (provider: Subscriber.Provider) {
          const { order, shop } = yield* paid(provider)
          const [payment] = yield* shop.payments(order)
          return { tax: payment?.tax, fee: payment?.fee, net: payment?.net }
        })
        assert.deepStrictEqual(yield* parts("paypal"), { tax: null, fee: "2.99", net: "97.00" })
        assert.deepStrictEqual(yield* parts("polar"), { tax: "0.00", fee: null, net: null })
        assert.deepStrictEqual(yield* parts("stripe"), { tax: "0.00", fee: "3.20", net: "96.79" })
      }),
    patience,
  )
})
