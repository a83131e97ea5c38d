import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as StripeEmulator from "../src/StripeEmulator.ts"
import { call, form, open, paid, params, rejection, sdk } from "./StripeShop.ts"

const sessionsPath = "/v1/checkout/sessions"

describe("idempotency keys of the Stripe stand-in", () => {
  it.live("give the first answer again, without a second session", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const first = yield* open(stripe, {}, { idempotencyKey: "key-1" })
      const second = yield* open(stripe, {}, { idempotencyKey: "key-1" })
      assert.strictEqual(second.id, first.id)
      const key = { "idempotency-key": "key-2" }
      const original = yield* call(stripe, "POST", sessionsPath, form, key)
      const replay = yield* call(stripe, "POST", sessionsPath, form, key)
      assert.deepStrictEqual(replay.value, original.value)
      assert.strictEqual(original.headers.get("idempotent-replayed"), null)
      assert.strictEqual(replay.headers.get("idempotent-replayed"), "true")
      assert.strictEqual(replay.headers.get("original-request"), original.headers.get("request-id"))
      assert.strictEqual((yield* stripe.sessions).length, 2)
    }),
  )

  it.live("are refused with other parameters", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      yield* open(stripe, {}, { idempotencyKey: "key-1" })
      const error = yield* rejection(() =>
        sdk(stripe).checkout.sessions.create(params({ client_reference_id: "other" }), { idempotencyKey: "key-1" }),
      )
      assert.deepStrictEqual([error.type, error.statusCode], ["StripeIdempotencyError", 400])
    }),
  )

  it.live("are in use while the first request is carried out", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make({ processingMillis: 150 })
      const send = call(stripe, "POST", sessionsPath, form, { "idempotency-key": "key-1" })
      const answers = yield* Effect.all([send, Effect.delay(send, "50 millis")], { concurrency: 2 })
      assert.deepStrictEqual(
        answers.map((answer) => answer.status),
        [200, 409],
      )
      assert.deepNestedPropertyVal(answers[1].value, "error.code", "idempotency_key_in_use")
      const later = yield* send
      assert.strictEqual(later.headers.get("idempotent-replayed"), "true")
      assert.strictEqual((yield* stripe.sessions).length, 1)
    }),
  )

  it.live("do not keep what failed validation, and keep a refusal by state", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const key = { "idempotency-key": "key-1" }
      const wrong = yield* call(stripe, "POST", sessionsPath, { ...form, success_url: "" }, key)
      assert.strictEqual(wrong.status, 400)
      const right = yield* call(stripe, "POST", sessionsPath, form, key)
      assert.strictEqual(right.status, 200)
      const intent = yield* paid(stripe)
      const tooMuch = { payment_intent: intent, amount: "5000" }
      const refund = { "idempotency-key": "key-2" }
      const first = yield* call(stripe, "POST", "/v1/refunds", tooMuch, refund)
      const second = yield* call(stripe, "POST", "/v1/refunds", tooMuch, refund)
      assert.deepStrictEqual([first.status, second.status], [400, 400])
      assert.strictEqual(second.headers.get("idempotent-replayed"), "true")
    }),
  )

  it.live("keep a 500 too, whether or not its change was made", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const key = { "idempotency-key": "key-1" }
      yield* stripe.breakNext({ applied: true })
      const first = yield* call(stripe, "POST", sessionsPath, form, key)
      const second = yield* call(stripe, "POST", sessionsPath, form, key)
      assert.deepStrictEqual([first.status, second.status], [500, 500])
      assert.strictEqual(second.headers.get("idempotent-replayed"), "true")
      assert.strictEqual((yield* stripe.sessions).length, 1)
      yield* stripe.breakNext({ applied: false })
      yield* call(stripe, "POST", sessionsPath, form, { "idempotency-key": "key-2" })
      assert.strictEqual((yield* stripe.sessions).length, 1)
    }),
  )

  it.live("find the result of a request whose answer was lost", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      yield* stripe.faults.add({
        route: "POST /v1/checkout/sessions",
        fault: { kind: "Reset", apply: true },
        times: 1,
      })
      const lost = yield* rejection(() => sdk(stripe).checkout.sessions.create(params(), { idempotencyKey: "key-1" }))
      assert.strictEqual(lost.type, "StripeConnectionError")
      const found = yield* open(stripe, {}, { idempotencyKey: "key-1" })
      assert.strictEqual((yield* stripe.sessions)[0]?.id, found.id)
      assert.strictEqual((yield* stripe.sessions).length, 1)
    }),
  )

  it.live("are forgotten after 24 hours", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      yield* open(stripe, {}, { idempotencyKey: "key-1" })
      yield* stripe.clock.advance("24 hours")
      yield* open(stripe, {}, { idempotencyKey: "key-1" })
      assert.strictEqual((yield* stripe.sessions).length, 2)
    }),
  )
})

describe("the door of the Stripe stand-in", () => {
  it.live("refuses a wrong key with 401 and shows only its end, and a narrow key with 403", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make({ permissions: ["rak_checkout_session_read"] })
      const wrong = yield* rejection(() => sdk(stripe, "sk_test_secret").balance.retrieve())
      assert.deepStrictEqual([wrong.type, wrong.statusCode], ["StripeAuthenticationError", 401])
      assert.notInclude(wrong.message, "sk_test_secret")
      const none = yield* Effect.promise(async () => (await fetch(`${stripe.url}/v1/balance`)).status)
      assert.strictEqual(none, 401)
      const narrow = yield* rejection(() => sdk(stripe).checkout.sessions.create(params()))
      assert.deepStrictEqual([narrow.type, narrow.statusCode], ["StripePermissionError", 403])
    }),
  )

  it.live("answers 429 with a time to wait above the rate limit", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make({ rateLimit: { requests: 1, windowMillis: 1000 } })
      yield* Effect.promise(() => sdk(stripe).balance.retrieve())
      const limited = yield* rejection(() => sdk(stripe).balance.retrieve())
      assert.strictEqual(limited.type, "StripeRateLimitError")
      assert.strictEqual(limited.headers?.["retry-after"], "1")
      yield* stripe.clock.advance("1 second")
      const balance = yield* Effect.promise(() => sdk(stripe).balance.retrieve())
      assert.strictEqual(balance.object, "balance")
    }),
  )

  it.live("answers what it does not know with Stripe's own 404, and a fault with Stripe's own 503", () =>
    Effect.gen(function* () {
      const stripe = yield* StripeEmulator.make()
      const session = yield* rejection(() => sdk(stripe).checkout.sessions.retrieve("cs_none"))
      assert.deepStrictEqual([session.statusCode, session.code], [404, "resource_missing"])
      const path = yield* call(stripe, "GET", "/v1/nowhere")
      assert.deepNestedPropertyVal(path.value, "error.message", "Unrecognized request URL (GET: /v1/nowhere).")
      const expand = yield* rejection(() => sdk(stripe).balance.retrieve({ expand: ["owner"] }))
      assert.include(expand.message, "cannot be expanded")
      yield* stripe.faults.add({ route: "*", fault: { kind: "Status", status: 503 }, times: 1 })
      const down = yield* rejection(() => sdk(stripe).balance.retrieve())
      assert.deepStrictEqual([down.type, down.statusCode], ["StripeAPIError", 503])
    }),
  )
})
