import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StripeEmulator from "../src/StripeEmulator.ts"
import { call, form, monthly, open, params, paid, rejection, sdk } from "./StripeShop.ts"

const post = (url: string, fields: Readonly<Record<string, string>>) =>
  Effect.promise(async () => {
    const response = await fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(fields) })
    return { status: response.status, location: response.headers.get("location"), html: await response.text() }
  })

describe("a Checkout Session of the Stripe stand-in", () => {
  it.live("is open and unpaid for 24 hours and has a page", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe)
      assert.deepStrictEqual(
        [session.object, session.status, session.payment_status, session.amount_total, session.livemode],
        ["checkout.session", "open", "unpaid", 1999, false],
      )
      assert.strictEqual(session.url, `${stripe.url}/c/pay/${session.id}`)
      assert.strictEqual(session.expires_at - session.created, 86_400)
      assert.strictEqual(session.payment_intent, null)
      assert.match(session.lastResponse.requestId, /^req_/)
      const read = yield* Effect.promise(() =>
        sdk(stripe).checkout.sessions.retrieve(session.id, { expand: ["line_items"] }),
      )
      assert.strictEqual(read.line_items?.data[0]?.description, "Order 1")
    }),
  )

  it.live("is refused parameter by parameter", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const create = (change: Readonly<Record<string, string>>) =>
        Effect.map(call(stripe, "POST", "/v1/checkout/sessions", { ...form, ...change }), (answer) => answer)
      const cases: ReadonlyArray<readonly [Record<string, string>, string, string]> = [
        [{ success_url: "" }, "success_url", "parameter_missing"],
        [{ success_url: "nowhere" }, "success_url", "url_invalid"],
        [
          { "line_items[0][price_data][unit_amount]": "19.99" },
          "line_items[0][price_data][unit_amount]",
          "parameter_invalid_integer",
        ],
        [{ nonsense: "1" }, "nonsense", "parameter_unknown"],
      ]
      for (const [change, param, code] of cases) {
        const answer = yield* create(change)
        assert.strictEqual(answer.status, 400)
        assert.deepNestedPropertyVal(answer.value, "error.type", "invalid_request_error")
        assert.deepNestedPropertyVal(answer.value, "error.param", param)
        assert.deepNestedPropertyVal(answer.value, "error.code", code)
      }
      const price = yield* rejection(() =>
        sdk(stripe).checkout.sessions.create(params({ line_items: [{ price: "price_none", quantity: 1 }] })),
      )
      assert.deepStrictEqual([price.type, price.code], ["StripeInvalidRequestError", "resource_missing"])
      const mode = yield* rejection(() => sdk(stripe).checkout.sessions.create({ ...monthly, mode: "payment" }))
      assert.strictEqual(mode.statusCode, 400)
      assert.strictEqual((yield* stripe.sessions).length, 0)
    }),
  )

  it.live("keeps the rules of its currency", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const create = (currency: string, amount: number) =>
        Effect.map(
          call(stripe, "POST", "/v1/checkout/sessions", {
            ...form,
            "line_items[0][price_data][currency]": currency,
            "line_items[0][price_data][unit_amount]": String(amount),
          }),
          (answer) => answer.status,
        )
      const statuses = yield* Effect.forEach(
        [
          ["usd", 49],
          ["usd", 50],
          ["jpy", 49],
          ["jpy", 50],
          ["isk", 150],
          ["isk", 200],
          ["kwd", 1005],
          ["kwd", 1010],
          ["zzz", 1000],
          ["usd", 100_000_000],
        ] as const,
        ([currency, amount]) => create(currency, amount),
      )
      assert.deepStrictEqual(statuses, [400, 200, 400, 200, 400, 200, 400, 200, 400, 400])
    }),
  )

  it.live("expires between 30 minutes and 24 hours from now, on the emulator's clock", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const now = yield* stripe.clock.seconds
      const soon = yield* rejection(() => sdk(stripe).checkout.sessions.create(params({ expires_at: now + 60 })))
      assert.strictEqual(soon.param, "expires_at")
      const late = yield* rejection(() => sdk(stripe).checkout.sessions.create(params({ expires_at: now + 90_000 })))
      assert.strictEqual(late.param, "expires_at")
      const session = yield* open(stripe, { expires_at: now + 3600 })
      yield* stripe.clock.advance("61 minutes")
      const read = yield* Effect.promise(() => sdk(stripe).checkout.sessions.retrieve(session.id))
      assert.deepStrictEqual([read.status, read.url], ["expired", null])
    }),
  )

  it.live("is expired on demand while it is open, and only then", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe)
      const expired = yield* Effect.promise(() => sdk(stripe).checkout.sessions.expire(session.id))
      assert.strictEqual(expired.status, "expired")
      const again = yield* rejection(() => sdk(stripe).checkout.sessions.expire(session.id))
      assert.strictEqual(again.statusCode, 400)
      assert.include(again.message, 'a status in ["open"] can be expired')
      const refused = yield* Effect.flip(stripe.buyer.pay(session.id))
      assert.include(refused.detail, "expired")
      assert.strictEqual((yield* stripe.charges).length, 0)
    }),
  )

  it.live("is listed by status and PaymentIntent, newest first, page after page", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const intent = yield* paid(stripe)
      const second = yield* open(stripe)
      const third = yield* open(stripe)
      const sessions = sdk(stripe).checkout.sessions
      const ofIntent = yield* Effect.promise(() => sessions.list({ payment_intent: intent }))
      assert.deepStrictEqual(
        ofIntent.data.map((session) => session.status),
        ["complete"],
      )
      const first = yield* Effect.promise(() => sessions.list({ status: "open", limit: 1 }))
      assert.deepStrictEqual([first.data[0]?.id, first.has_more], [third.id, true])
      const next = yield* Effect.promise(() => sessions.list({ status: "open", limit: 1, starting_after: third.id }))
      assert.deepStrictEqual([next.data[0]?.id, next.has_more], [second.id, false])
    }),
  )
})

describe("the hosted page of the Stripe stand-in", () => {
  it.live("says what it is, shows the total, and escapes what it is given", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe, {
        line_items: [
          { quantity: 2, price_data: { currency: "eur", unit_amount: 500, product_data: { name: "<i>x</i>" } } },
        ],
      })
      const html = yield* Effect.promise(async () => (await fetch(session.url ?? "")).text())
      assert.include(html, "stand-in")
      assert.include(html, "&lt;i&gt;x&lt;/i&gt;")
      assert.include(html, "10.00 EUR")
    }),
  )

  it.live("pays: complete and paid, a PaymentIntent, a charge with its fee", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe)
      const answer = yield* post(session.url ?? "", { action: "pay" })
      assert.deepStrictEqual([answer.status, answer.location], [303, `https://shop.example/ok?sid=${session.id}`])
      const read = yield* Effect.promise(() =>
        sdk(stripe).checkout.sessions.retrieve(session.id, {
          expand: ["payment_intent.latest_charge.balance_transaction"],
        }),
      )
      assert.deepStrictEqual([read.status, read.payment_status, read.url], ["complete", "paid", null])
      assert.deepNestedPropertyVal(read, "payment_intent.status", "succeeded")
      assert.deepNestedPropertyVal(read, "payment_intent.amount_received", 1999)
      assert.deepNestedPropertyVal(read, "payment_intent.metadata.intent_id", "int_1")
      assert.deepNestedPropertyVal(read, "payment_intent.latest_charge.balance_transaction.fee", 88)
      const again = yield* post(session.url ?? "", { action: "pay" })
      assert.strictEqual(again.status, 409)
      assert.strictEqual((yield* stripe.charges).length, 1)
    }),
  )

  it.live("declines: the session stays open and can still be paid with the same PaymentIntent", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe)
      const answer = yield* post(session.url ?? "", { action: "decline" })
      assert.include(answer.html, "declined")
      const read = yield* Effect.promise(() =>
        sdk(stripe).checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] }),
      )
      assert.strictEqual(read.status, "open")
      assert.deepNestedPropertyVal(read, "payment_intent.last_payment_error.code", "card_declined")
      yield* stripe.buyer.pay(session.id)
      assert.strictEqual((yield* stripe.paymentIntents).length, 1)
      assert.deepStrictEqual(
        (yield* stripe.charges).map((charge) => charge.status),
        ["failed", "succeeded"],
      )
    }),
  )

  it.live("takes the e-mail address of a buyer the shop does not know", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* Effect.promise(() => sdk(stripe).checkout.sessions.create(monthly))
      yield* post(session.url ?? "", { action: "pay", email: "typed@shop.example" })
      const read = yield* Effect.promise(() =>
        sdk(stripe).checkout.sessions.retrieve(session.id, { expand: ["customer"] }),
      )
      assert.strictEqual(read.customer_details?.email, "typed@shop.example")
      assert.deepNestedPropertyVal(read, "customer.email", "typed@shop.example")
    }),
  )

  it.live("goes back to the shop without paying", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* open(stripe)
      const answer = yield* post(session.url ?? "", { action: "back" })
      assert.deepStrictEqual([answer.status, answer.location], [303, "https://shop.example/no"])
      assert.strictEqual((yield* stripe.sessions)[0]?.status, "open")
    }),
  )

  it.live("pays by bank debit: complete but unpaid until the bank answers", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const good = yield* open(stripe)
      const bad = yield* open(stripe)
      for (const session of [good, bad]) {
        const answer = yield* post(session.url ?? "", { action: "later" })
        assert.strictEqual(answer.status, 303)
        const read = yield* Effect.promise(() => sdk(stripe).checkout.sessions.retrieve(session.id))
        assert.deepStrictEqual([read.status, read.payment_status], ["complete", "unpaid"])
      }
      const settled = yield* stripe.buyer.settle(good.id, "succeeded")
      const failed = yield* stripe.buyer.settle(bad.id, "failed")
      assert.deepStrictEqual([settled.payment_status, failed.payment_status], ["paid", "unpaid"])
      assert.deepStrictEqual(
        (yield* stripe.paymentIntents).map((intent) => intent.status),
        ["succeeded", "requires_payment_method"],
      )
    }),
  )
})
