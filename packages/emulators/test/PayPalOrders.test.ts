import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Fault from "../src/Fault.ts"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import { bearer } from "./support/Token.ts"

const started = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  return { paypal, sdk: Sdk.make(paypal.url) }
})

const approved = Effect.gen(function* () {
  const { paypal, sdk } = yield* started
  const { result } = yield* Sdk.create(sdk, "create-1")
  const id = result.id ?? ""
  yield* paypal.buyer.approve(id)
  return { paypal, sdk, id }
})

const captured = Effect.gen(function* () {
  const all = yield* approved
  const { result } = yield* Sdk.capture(all.sdk, all.id, "capture-1")
  const captureId = result.purchaseUnits?.[0]?.payments?.captures?.[0]?.id ?? ""
  return { ...all, captureId }
})

describe("tokens", () => {
  it.live("wrong credentials are refused as invalid_client, and none is counted", () =>
    Effect.gen(function* () {
      const { paypal } = yield* started
      const answer = yield* request(`${paypal.url}/v1/oauth2/token`, {
        body: "grant_type=client_credentials",
        headers: {
          authorization: `Basic ${btoa("emulator-client:wrong")}`,
          "content-type": "application/x-www-form-urlencoded",
        },
      })
      assert.strictEqual(answer.status, 401)
      assert.strictEqual(answer.json.error, "invalid_client")
      assert.strictEqual(yield* paypal.tokens.issued, 0)
    }),
  )

  it.live("F10: a token that was revoked, or has expired on the emulator's clock, gets AUTHENTICATION_FAILURE", () =>
    Effect.gen(function* () {
      const { paypal, sdk } = yield* started
      yield* Sdk.create(sdk, "a")
      assert.strictEqual(yield* paypal.tokens.issued, 1)
      yield* paypal.tokens.revokeAll
      const revoked = yield* Sdk.refusal(() => sdk.orders.getOrder({ id: "X" }))
      assert.deepStrictEqual([revoked.status, revoked.name], [401, "AUTHENTICATION_FAILURE"])
      const fresh = Sdk.make(paypal.url)
      yield* Sdk.create(fresh, "b")
      yield* paypal.clock.advance("9 hours")
      const expired = yield* Sdk.refusal(() => fresh.orders.getOrder({ id: "X" }))
      assert.strictEqual(expired.status, 401)
    }),
  )
})

describe("creating an order", () => {
  it.live("answers PAYER_ACTION_REQUIRED with a link to the emulator's own page", () =>
    Effect.gen(function* () {
      const { paypal, sdk } = yield* started
      const { result, statusCode, headers } = yield* Sdk.create(sdk, "create-1")
      assert.strictEqual(statusCode, 201)
      assert.strictEqual(result.status, "PAYER_ACTION_REQUIRED")
      assert.strictEqual(result.purchaseUnits?.[0]?.amount?.value, "12.34")
      const link = result.links?.find(({ rel }) => rel === "payer-action")
      assert.strictEqual(link?.href, `${paypal.url}/checkoutnow?token=${result.id}`)
      assert.match(headers["paypal-debug-id"] ?? "", /^f[0-9a-f]{12}$/)
    }),
  )

  it.live("without a payment source it is CREATED with rel approve, and minimal unless asked", () =>
    Effect.gen(function* () {
      const { sdk } = yield* started
      const { paymentSource: _, ...body } = Sdk.orderBody()
      const { result } = yield* Sdk.call(() => sdk.orders.createOrder({ body }))
      assert.strictEqual(result.status, "CREATED")
      assert.isTrue(result.links?.some(({ rel }) => rel === "approve"))
      assert.strictEqual(result.purchaseUnits, undefined)
    }),
  )

  it.live("the same request id gives the same order with 200 for six hours, then a new one", () =>
    Effect.gen(function* () {
      const { paypal, sdk } = yield* started
      const first = yield* Sdk.create(sdk, "same")
      const id = first.result.id ?? ""
      yield* paypal.buyer.approve(id)
      const again = yield* Sdk.create(sdk, "same")
      assert.deepStrictEqual([again.statusCode, again.result.id, again.result.status], [200, id, "APPROVED"])
      assert.strictEqual((yield* paypal.orders).length, 1)
      yield* paypal.clock.advance("6 hours")
      const later = yield* Sdk.create(sdk, "same")
      assert.strictEqual(later.statusCode, 201)
      assert.notStrictEqual(later.result.id, id)
    }),
  )

  it.live("an order whose time is over is not known any more, unless it was captured", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* captured
      const open = yield* Sdk.create(sdk, "open")
      yield* paypal.clock.advance("6 hours")
      const gone = yield* Sdk.refusal(() => sdk.orders.getOrder({ id: open.result.id ?? "" }))
      assert.deepStrictEqual([gone.status, gone.issue], [404, "INVALID_RESOURCE_ID"])
      assert.strictEqual((yield* Sdk.call(() => sdk.orders.getOrder({ id }))).result.status, "COMPLETED")
    }),
  )

  const refusals: ReadonlyArray<readonly [value: string, currency: string, status: number, issue: string]> = [
    ["10.5.0", "EUR", 400, "INVALID_PARAMETER_SYNTAX"],
    ["10.001", "EUR", 422, "DECIMAL_PRECISION"],
    ["1000.00", "JPY", 422, "DECIMALS_NOT_SUPPORTED"],
    ["0.00", "EUR", 422, "CANNOT_BE_ZERO_OR_NEGATIVE"],
    ["-1.00", "EUR", 422, "CANNOT_BE_ZERO_OR_NEGATIVE"],
    ["1.00", "RUB", 422, "INVALID_CURRENCY_CODE"],
    ["1.00", "EURO", 400, "INVALID_STRING_LENGTH"],
  ]
  for (const [value, currency, status, issue] of refusals) {
    it.live(`F12: ${value} ${currency} is refused with ${issue}`, () =>
      Effect.gen(function* () {
        const { sdk } = yield* started
        const refused = yield* Sdk.refusal(() =>
          sdk.orders.createOrder({ body: Sdk.orderBody(value, currency), paypalRequestId: "k" }),
        )
        assert.deepStrictEqual([refused.status, refused.issue], [status, issue])
        assert.match(refused.field ?? "", /^\/purchase_units\/0\/amount\//)
      }),
    )
  }

  it.live("missing and too long fields are named by a JSON pointer", () =>
    Effect.gen(function* () {
      const { paypal, sdk } = yield* started
      const noKey = yield* Sdk.refusal(() => sdk.orders.createOrder({ body: Sdk.orderBody() }))
      assert.deepStrictEqual([noKey.status, noKey.issue], [400, "PAYPAL_REQUEST_ID_REQUIRED"])
      const body = Sdk.orderBody()
      const long = yield* Sdk.refusal(() =>
        sdk.orders.createOrder({
          body: { ...body, purchaseUnits: body.purchaseUnits.map((unit) => ({ ...unit, customId: "x".repeat(128) })) },
          paypalRequestId: "k",
        }),
      )
      assert.deepStrictEqual(
        [long.status, long.issue, long.field],
        [400, "INVALID_STRING_LENGTH", "/purchase_units/0/custom_id"],
      )
      const token = yield* bearer(paypal.url)
      const empty = yield* request(`${paypal.url}/v2/checkout/orders`, { body: {}, headers: token })
      assert.deepStrictEqual(
        empty.json.details.map((detail: { field: string; issue: string }) => `${detail.field} ${detail.issue}`),
        ["/intent MISSING_REQUIRED_PARAMETER", "/purchase_units MISSING_REQUIRED_PARAMETER"],
      )
      const broken = yield* request(`${paypal.url}/v2/checkout/orders`, { body: "{", headers: token })
      assert.deepStrictEqual([broken.status, broken.json.details[0].issue], [400, "MALFORMED_REQUEST_JSON"])
      const form = yield* request(`${paypal.url}/v2/checkout/orders`, {
        body: "a=b",
        headers: { ...token, "content-type": "application/x-www-form-urlencoded" },
      })
      assert.strictEqual(form.status, 415)
    }),
  )
})

describe("capturing", () => {
  it.live("is refused until the buyer has approved", () =>
    Effect.gen(function* () {
      const { sdk } = yield* started
      const { result } = yield* Sdk.create(sdk, "create-1")
      const refused = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id: result.id ?? "" }))
      assert.deepStrictEqual([refused.status, refused.issue], [422, "ORDER_NOT_APPROVED"])
    }),
  )

  it.live("happens once: the same key replays it, another key gets ORDER_ALREADY_CAPTURED", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* approved
      const first = yield* Sdk.capture(sdk, id, "capture-1")
      assert.deepStrictEqual([first.statusCode, first.result.status], [201, "COMPLETED"])
      const money = first.result.purchaseUnits?.[0]?.payments?.captures?.[0]
      assert.deepStrictEqual(
        [money?.status, money?.amount?.value, money?.customId],
        ["COMPLETED", "12.34", "attempt_1"],
      )
      const again = yield* Sdk.capture(sdk, id, "capture-1")
      assert.strictEqual(again.statusCode, 200)
      const other = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id, paypalRequestId: "capture-2" }))
      assert.deepStrictEqual([other.status, other.issue], [422, "ORDER_ALREADY_CAPTURED"])
      assert.strictEqual((yield* paypal.captures).length, 1)
    }),
  )

  it.live("F33: a lost answer can be asked for again with the same key", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* approved
      yield* paypal.faults.add({
        route: "POST /v2/checkout/orders/:id/capture",
        fault: Fault.status(500, { apply: true }),
        times: 1,
      })
      const lost = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id, paypalRequestId: "c" }))
      assert.deepStrictEqual([lost.status, lost.name], [500, "INTERNAL_SERVER_ERROR"])
      const again = yield* Sdk.capture(sdk, id, "c")
      assert.deepStrictEqual([again.statusCode, again.result.status], [200, "COMPLETED"])
      assert.strictEqual((yield* paypal.captures).length, 1)
    }),
  )

  it.live("F34: two at once with different keys make one capture", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* approved
      const both = yield* Effect.forEach(
        ["a", "b"],
        (key) => Sdk.refusal(() => sdk.orders.captureOrder({ id, paypalRequestId: key })),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(both.map((one) => one.status).toSorted(), [200, 422])
      assert.strictEqual((yield* paypal.captures).length, 1)
    }),
  )

  it.live(
    "F66: a declined instrument sends the buyer back to the same page, and can be paid after a new approval",
    () =>
      Effect.gen(function* () {
        const { paypal, sdk } = yield* started
        const id = (yield* Sdk.create(sdk, "create-1")).result.id ?? ""
        yield* paypal.buyer.decline(id)
        const declined = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id, paypalRequestId: "c1" }))
        assert.deepStrictEqual([declined.status, declined.issue], [422, "INSTRUMENT_DECLINED"])
        const order = yield* Sdk.call(() => sdk.orders.getOrder({ id }))
        assert.strictEqual(order.result.status, "PAYER_ACTION_REQUIRED")
        yield* paypal.buyer.approve(id)
        assert.strictEqual((yield* Sdk.capture(sdk, id, "c2")).result.status, "COMPLETED")
      }),
  )

  it.live("results can be scripted, and PayPal's mock header works", () =>
    Effect.gen(function* () {
      const { id, paypal, sdk } = yield* approved
      const mocked = yield* Sdk.refusal(() =>
        sdk.orders.captureOrder({ id, paypalMockResponse: `{"mock_application_codes":"TRANSACTION_REFUSED"}` }),
      )
      assert.deepStrictEqual([mocked.status, mocked.issue], [422, "TRANSACTION_REFUSED"])
      yield* paypal.simulate.captureOutcomes(id, { result: "PENDING", reason: "ECHECK" })
      const pending = (yield* Sdk.capture(sdk, id, "c")).result.purchaseUnits?.[0]?.payments?.captures?.[0]
      assert.deepStrictEqual([pending?.status, pending?.statusDetails?.reason], ["PENDING", "ECHECK"])
      const captureId = pending?.id ?? ""
      const early = yield* Sdk.refusal(() => sdk.payments.refundCapturedPayment({ captureId }))
      assert.strictEqual(early.issue, "PENDING_CAPTURE")
      yield* paypal.simulate.settleCapture(captureId, "COMPLETED")
      const settled = yield* Sdk.call(() => sdk.payments.getCapturedPayment({ captureId }))
      assert.strictEqual(settled.result.status, "COMPLETED")
    }),
  )
})

describe("refunds", () => {
  it.live("F38: partial ones add up, one too many is refused, the rest ends it", () =>
    Effect.gen(function* () {
      const { captureId, id, paypal, sdk } = yield* captured
      const refund = (key: string, value?: string) => () =>
        sdk.payments.refundCapturedPayment({
          captureId,
          paypalRequestId: key,
          prefer: "return=representation",
          ...(value === undefined ? {} : { body: { amount: { currencyCode: "EUR", value } } }),
        })
      const first = yield* Sdk.call(refund("r1", "5.00"))
      assert.deepStrictEqual(
        [first.statusCode, first.result.status, first.result.amount?.value],
        [201, "COMPLETED", "5.00"],
      )
      const again = yield* Sdk.call(refund("r1", "5.00"))
      assert.deepStrictEqual([again.statusCode, again.result.id], [200, first.result.id])
      assert.strictEqual((yield* Sdk.refusal(refund("r2", "7.35"))).issue, "REFUND_AMOUNT_EXCEEDED")
      const rest = yield* Sdk.call(refund("r3"))
      assert.deepStrictEqual(
        [rest.result.amount?.value, rest.result.sellerPayableBreakdown?.totalRefundedAmount?.value],
        ["7.34", "12.34"],
      )
      assert.strictEqual((yield* Sdk.refusal(refund("r4"))).issue, "CAPTURE_FULLY_REFUNDED")
      const capture = yield* Sdk.call(() => sdk.payments.getCapturedPayment({ captureId }))
      assert.strictEqual(capture.result.status, "REFUNDED")
      const read = yield* Sdk.call(() => sdk.payments.getRefund({ refundId: first.result.id ?? "" }))
      assert.strictEqual(read.result.links?.find(({ rel }) => rel === "up")?.href.endsWith(captureId), true)
      assert.strictEqual((yield* paypal.refunds).length, 2)
      const { result } = yield* Sdk.call(() => sdk.orders.getOrder({ id }))
      assert.deepStrictEqual(
        result.purchaseUnits?.[0]?.payments?.refunds?.map((one) => one.id),
        [first.result.id, rest.result.id],
      )
    }),
  )

  it.live("F36: without a key a repeat refunds again; the key lives 45 days", () =>
    Effect.gen(function* () {
      const { captureId, paypal, sdk } = yield* captured
      const body = { amount: { currencyCode: "EUR", value: "1.00" } }
      yield* Sdk.call(() => sdk.payments.refundCapturedPayment({ captureId, body }))
      yield* Sdk.call(() => sdk.payments.refundCapturedPayment({ captureId, body }))
      assert.strictEqual((yield* paypal.refunds).length, 2)
      const key = { captureId, body, paypalRequestId: "k" }
      yield* Sdk.call(() => sdk.payments.refundCapturedPayment(key))
      yield* paypal.clock.advance("44 days")
      const fresh = Sdk.make(paypal.url)
      assert.strictEqual((yield* Sdk.call(() => fresh.payments.refundCapturedPayment(key))).statusCode, 200)
      assert.strictEqual((yield* paypal.refunds).length, 3)
    }),
  )

  it.live("F67: a pending refund that fails gives its amount back", () =>
    Effect.gen(function* () {
      const { captureId, paypal, sdk } = yield* captured
      yield* paypal.simulate.refundOutcomes("PENDING")
      const pending = yield* Sdk.call(() =>
        sdk.payments.refundCapturedPayment({ captureId, prefer: "return=representation" }),
      )
      assert.strictEqual(pending.result.status, "PENDING")
      yield* paypal.simulate.settleRefund(pending.result.id ?? "", "FAILED")
      const [capture] = yield* paypal.captures
      assert.deepStrictEqual([capture?.status, capture?.refunded.value], ["COMPLETED", "0.00"])
    }),
  )
})

describe("limits", () => {
  it.live("F7: the same key while the first request is being processed is a conflict, afterwards a replay", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make({ processingMillis: 400 })
      const headers = { ...(yield* bearer(paypal.url)), "paypal-request-id": "one" }
      const body = { intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "EUR", value: "1.00" } }] }
      const create = request(`${paypal.url}/v2/checkout/orders`, { body, headers })
      const answers = yield* Effect.all([create, Effect.delay(create, 100)], { concurrency: "unbounded" })
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        [201, 409],
      )
      assert.strictEqual(answers[1]?.json.details[0].issue, "PREVIOUS_REQUEST_IN_PROGRESS")
      assert.strictEqual((yield* create).json.id, answers[0]?.json.id)
    }),
  )

  it.live("an account that wants unique invoices refuses to take money for one twice", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make({ uniqueInvoices: true })
      const sdk = Sdk.make(paypal.url)
      const body = Sdk.orderBody()
      const invoiced = { ...body, purchaseUnits: body.purchaseUnits.map((unit) => ({ ...unit, invoiceId: "inv-1" })) }
      const ids = yield* Effect.forEach(["a", "b"], (key) =>
        Effect.map(Sdk.create(sdk, key, invoiced), ({ result }) => result.id ?? ""),
      )
      yield* Effect.forEach(ids, (id) => paypal.buyer.approve(id))
      yield* Sdk.capture(sdk, ids[0] ?? "", "c1")
      const second = yield* Sdk.refusal(() => sdk.orders.captureOrder({ id: ids[1] ?? "", paypalRequestId: "c2" }))
      assert.deepStrictEqual([second.status, second.issue], [422, "DUPLICATE_INVOICE_ID"])
    }),
  )

  it.live("F6: more requests than allowed get RATE_LIMIT_REACHED until the window is over", () =>
    Effect.gen(function* () {
      const paypal = yield* PayPalEmulator.make({ rateLimit: { requests: 2, windowMillis: 60_000 } })
      const token = yield* bearer(paypal.url)
      const ask = request(`${paypal.url}/v2/checkout/orders/NONE`, { headers: token })
      assert.strictEqual((yield* ask).status, 404)
      const limited = yield* ask
      assert.deepStrictEqual([limited.status, limited.json.name], [429, "RATE_LIMIT_REACHED"])
      yield* paypal.clock.advance("1 minute")
      assert.strictEqual((yield* ask).status, 404)
    }),
  )

  it.live("an unknown path is 404, a known one with another method 405", () =>
    Effect.gen(function* () {
      const { paypal } = yield* started
      assert.strictEqual((yield* request(`${paypal.url}/v2/nothing`)).json.name, "RESOURCE_NOT_FOUND")
      const wrong = yield* request(`${paypal.url}/v2/checkout/orders`)
      assert.deepStrictEqual([wrong.status, wrong.json.name], [405, "METHOD_NOT_SUPPORTED"])
    }),
  )
})
