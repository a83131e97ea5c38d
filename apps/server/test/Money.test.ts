import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as House from "./House.ts"

interface Opened {
  readonly id: string
  readonly link: string
  readonly url: string
  readonly provider_session_id: string
}

const opened = (house: House.House, body: object = {}) =>
  Effect.map(House.open(house, { success_url: "https://shop.example/ok", ...body }), ({ json, status, text }) => {
    assert.strictEqual(status, 201, text)
    return json as Opened
  })

const checkout = (house: House.House, { id }: Opened) =>
  Effect.map(
    house.send("GET", `/v1/checkouts/${id}`),
    ({ json }) => json as { status: string; amount_paid: string; payment_id: string | null },
  )

const payments = (house: House.House, { id }: Opened) =>
  Effect.map(
    house.send("GET", `/v1/payments?checkout_id=${id}`),
    ({ json }) =>
      (json as { data: ReadonlyArray<{ id: string; kind: string; amount: string; provider: string; status: string }> })
        .data,
  )

/** The buyer's way back; answers where it leads. */
const back = (house: House.House, { link }: Opened) =>
  Effect.map(house.send("GET", `${new URL(link).pathname}/return?token=x`, { key: null }), ({ headers }) =>
    headers.get("location"),
  )

/** Waits until the checkout has this status, at most 20 seconds. */
const becomes = (house: House.House, of: Opened, status: string) =>
  checkout(house, of).pipe(
    Effect.filterOrFail(
      (now) => now.status === status,
      (now) => `it is ${now.status}, not ${status}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
  )

const captures = (house: House.House) => Effect.map(house.paypal.captures, (all) => all.length)

const silent = (house: House.House) =>
  Effect.forEach([house.paypal, house.polar, house.stripe], (emulator) => emulator.webhooks.setFault({ drop: true }))

describe("the money of a PayPal order", () => {
  it.live("F29, F30: is taken when the buyer returns, before any webhook", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* silent(house)
      const order = yield* opened(house)
      yield* house.paypal.buyer.approve(order.provider_session_id)
      assert.strictEqual(yield* back(house, order), `https://shop.example/ok?checkout_id=${order.id}&status=paid`)
      const paid = yield* checkout(house, order)
      assert.deepInclude(paid, { status: "paid", amount_paid: "99.99" })
      const [payment] = yield* payments(house, order)
      assert.deepInclude(payment, {
        id: paid.payment_id ?? "none",
        kind: "initial",
        amount: "99.99",
        provider: "paypal",
        status: "completed",
      })
      assert.strictEqual(yield* captures(house), 1)
      assert.strictEqual(yield* back(house, order), `https://shop.example/ok?checkout_id=${order.id}&status=paid`)
    }),
  )

  it.live("F30: is taken on the approval webhook when the buyer closes the tab", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* opened(house)
      yield* house.paypal.buyer.approve(order.provider_session_id)
      yield* becomes(house, order, "paid")
      assert.strictEqual(yield* captures(house), 1)
    }),
  )

  it.live(
    "F30, F50: is taken by the sweep when neither the buyer nor a webhook comes",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        yield* silent(house)
        const order = yield* opened(house)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "paid")
        assert.strictEqual(yield* captures(house), 1)
      }),
    40_000,
  )

  it.live(
    "F34: is taken once, however many returns and webhooks come at once, and every return hears of it",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const orders = yield* Effect.forEach(Array.from({ length: 10 }), () => opened(house), { concurrency: 10 })
        yield* Effect.forEach(
          orders,
          (order) =>
            Effect.gen(function* () {
              yield* house.paypal.buyer.approve(order.provider_session_id)
              const ways = yield* Effect.forEach([1, 2, 3, 4], () => back(house, order), { concurrency: 4 })
              const thanks = `https://shop.example/ok?checkout_id=${order.id}&status=paid`
              assert.deepStrictEqual(ways, [thanks, thanks, thanks, thanks])
            }),
          { concurrency: 10 },
        )
        assert.strictEqual(yield* captures(house), 10)
        for (const order of orders) assert.lengthOf(yield* payments(house, order), 1)
      }),
    40_000,
  )

  it.live(
    "F33: is found when the capture's answer was lost, and is not taken again",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_TIMEOUT: "1" })
        yield* silent(house)
        const order = yield* opened(house)
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* house.paypal.faults.add({
          route: "POST /v2/checkout/orders/:id/capture",
          fault: { kind: "Reset", apply: true },
          times: 1,
        })
        yield* back(house, order)
        yield* becomes(house, order, "paid")
        assert.strictEqual(yield* captures(house), 1)
      }),
    40_000,
  )

  it.live(
    "F66: goes back to the approval page when the instrument is declined, and is taken after a new approval",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        yield* silent(house)
        const order = yield* opened(house)
        yield* house.paypal.simulate.captureOutcomes(order.provider_session_id, { result: "INSTRUMENT_DECLINED" })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* back(house, order), order.url)
        assert.deepInclude(yield* checkout(house, order), { status: "open", amount_paid: "0.00" })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        assert.strictEqual(yield* back(house, order), `https://shop.example/ok?checkout_id=${order.id}&status=paid`)
      }),
  )

  it.live(
    "is `processing` while the capture is pending, and paid when PayPal says so",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* opened(house)
        yield* house.paypal.simulate.captureOutcomes(order.provider_session_id, { result: "PENDING" })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "processing")
        // It is `processing` from the approval on; the capture may be made a moment later.
        const capture = yield* house.paypal.captures.pipe(
          Effect.flatMap(([first]) => Effect.fromNullishOr(first)),
          Effect.retry({ schedule: Schedule.spaced("20 millis"), times: 500 }),
        )
        assert.lengthOf(yield* house.paypal.captures, 1)
        yield* house.paypal.simulate.settleCapture(capture.id, "COMPLETED")
        yield* becomes(house, order, "paid")
      }),
    40_000,
  )
})

describe("the money elsewhere", () => {
  it.live("is found paid at Polar and at Stripe, where the buyer moves it", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const atPolar = yield* opened(house, { preferred_provider: "polar" })
      const atStripe = yield* opened(house, { preferred_provider: "stripe" })
      yield* house.polar.buyer.pay(atPolar.provider_session_id)
      yield* house.stripe.buyer.pay(atStripe.provider_session_id)
      for (const order of [atPolar, atStripe]) {
        yield* becomes(house, order, "paid")
        const [payment] = yield* payments(house, order)
        assert.deepInclude(payment, { kind: "initial", amount: "99.99", status: "completed" })
      }
    }),
  )

  it.live(
    "F31: is `processing` while a bank debit is on its way",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* opened(house, { preferred_provider: "stripe" })
        yield* house.stripe.buyer.payLater(order.provider_session_id)
        yield* becomes(house, order, "processing")
        yield* house.stripe.buyer.settle(order.provider_session_id, "succeeded")
        yield* becomes(house, order, "paid")
      }),
    40_000,
  )

  it.live(
    "a subscription is paid when it runs",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const answer = yield* house.send("POST", "/v1/checkouts", {
          body: { mode: "subscription", price_id: "P-EMULATOR00000000000MONTHLY" },
        })
        const order = answer.json as Opened
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "paid")
        const [payment] = yield* payments(house, order)
        assert.deepInclude(payment, { kind: "initial", amount: "10.00" })
      }),
    40_000,
  )
})

describe("POST /v1/checkouts/{id}/expire", () => {
  const expire = (house: House.House, { id }: Opened) => house.send("POST", `/v1/checkouts/${id}/expire`, { body: {} })

  it.live("closes a checkout; PayPal's page is withdrawn, and closing it twice is no error", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* silent(house)
      const order = yield* opened(house)
      const first = yield* expire(house, order)
      assert.strictEqual(first.status, 200, first.text)
      assert.deepInclude(first.json as object, { status: "expired" })
      assert.notProperty(first.json, "payable_until")
      assert.deepInclude((yield* expire(house, order)).json as object, { status: "expired" })
    }),
  )

  it.live("F15: with a key gives the same answer again, byte for byte, and refuses another body", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* silent(house)
      const order = yield* opened(house)
      const close = (reason: string) =>
        house.send("POST", `/v1/checkouts/${order.id}/expire`, {
          body: { reason },
          headers: { "idempotency-key": "k" },
        })
      const first = yield* close("the buyer called")
      const again = yield* close("the buyer called")
      assert.strictEqual(first.status, 200, first.text)
      assert.deepStrictEqual([again.text, again.headers.get("idempotency-replayed")], [first.text, "true"])
      assert.deepInclude((yield* close("another reason")).json as object, { code: "idempotency_key_reused" })
    }),
  )

  it.live(
    "F28, F61: an approval that comes afterwards is charged all the same, and the checkout is paid",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* opened(house)
        assert.deepInclude((yield* expire(house, order)).json as object, { status: "expired" })
        yield* house.paypal.buyer.approve(order.provider_session_id)
        yield* becomes(house, order, "paid")
        assert.strictEqual(yield* captures(house), 1)
      }),
    40_000,
  )

  it.live(
    "tells until when a page that cannot be withdrawn may still be paid, and money that comes then counts",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* opened(house, { preferred_provider: "polar" })
        const ended = yield* expire(house, order)
        assert.deepInclude(ended.json as object, { status: "expired" })
        assert.match((ended.json as { payable_until: string }).payable_until, /^20.*Z$/)
        yield* house.polar.buyer.pay(order.provider_session_id)
        yield* becomes(house, order, "paid")
      }),
    40_000,
  )

  it.live("F26: is refused once the buyer has paid, also when nobody has told us yet", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      yield* silent(house)
      const order = yield* opened(house, { preferred_provider: "stripe" })
      yield* house.stripe.buyer.pay(order.provider_session_id)
      const refused = yield* expire(house, order)
      assert.strictEqual(refused.status, 409)
      assert.deepInclude(yield* checkout(house, order), { status: "paid" })
      const unknown = yield* house.send("POST", "/v1/checkouts/co_00000000000000000000000000/expire", { body: {} })
      assert.strictEqual(unknown.status, 404)
    }),
  )
})
