/** What PayPal's public OpenAPI refuses is refused here too, in the words it has for it. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as PayPalEmulator from "../src/PayPalEmulator.ts"
import { request } from "./support/Http.ts"
import * as Sdk from "./support/PayPalSdk.ts"
import { bearer } from "./support/Token.ts"

const planId = "P-EMULATOR00000000000MONTHLY"
const usd = { currency_code: "USD", value: "1.00" }

const started = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const headers = yield* bearer(paypal.url)
  let key = 0
  return {
    paypal,
    /** Posts a body; answers the status and the first finding as `/field ISSUE`. */
    post: (path: string, body: unknown) =>
      Effect.map(
        request(`${paypal.url}${path}`, { body, headers: { ...headers, "paypal-request-id": `key-${++key}` } }),
        ({ json, status }) => {
          const first = json?.details?.[0]
          return { status, json, finding: first === undefined ? "" : `${first.field} ${first.issue}` }
        },
      ),
  }
})

const order = (unit: object = {}, more: object = {}) => ({
  intent: "CAPTURE",
  purchase_units: [{ amount: usd, ...unit }],
  ...more,
})

const wallet = (context: object, more: object = {}) =>
  order(
    {},
    {
      payment_source: {
        paypal: {
          ...more,
          experience_context: {
            return_url: "https://shop.example/ok",
            cancel_url: "https://shop.example/no",
            ...context,
          },
        },
      },
    },
  )

describe("an order", () => {
  it.live("is refused for a wrong shipping, locale or e-mail address", () =>
    Effect.gen(function* () {
      const { post } = yield* started
      const at = "/payment_source/paypal"
      const cases: ReadonlyArray<readonly [body: object, finding: string]> = [
        [order({ shipping: "home" }), "/purchase_units/0/shipping INVALID_PARAMETER_SYNTAX"],
        [wallet({ locale: "english!" }), `${at}/experience_context/locale INVALID_PARAMETER_SYNTAX`],
        [wallet({}, { email_address: 5 }), `${at}/email_address INVALID_PARAMETER_SYNTAX`],
        [wallet({}, { email_address: "@" }), `${at}/email_address INVALID_STRING_LENGTH`],
      ]
      for (const [body, finding] of cases) {
        const answer = yield* post("/v2/checkout/orders", body)
        assert.deepStrictEqual([answer.status, answer.finding], [400, finding])
      }
      const fine = wallet({ locale: "zh-Hant-TW", landing_page: "BILLING" }, { email_address: "a@b.example" })
      assert.strictEqual((yield* post("/v2/checkout/orders", fine)).status, 201)
    }),
  )

  it.live("in two currencies is a MULTI_CURRENCY_ORDER, and two units of one reference are told so", () =>
    Effect.gen(function* () {
      const { post } = yield* started
      const eur = { currency_code: "EUR", value: "1.00" }
      const units = (...list: ReadonlyArray<object>) => ({ intent: "CAPTURE", purchase_units: list })
      const two = yield* post("/v2/checkout/orders", units({ amount: usd }, { amount: eur, reference_id: "b" }))
      assert.deepStrictEqual([two.status, two.json.details[0].issue], [422, "MULTI_CURRENCY_ORDER"])
      const part = yield* post("/v2/checkout/orders", order({ amount: { ...usd, breakdown: { item_total: eur } } }))
      assert.deepStrictEqual([part.status, part.json.details[0].issue], [422, "MULTI_CURRENCY_ORDER"])
      const same = yield* post("/v2/checkout/orders", units({ amount: usd }, { amount: usd }))
      assert.strictEqual(
        same.json.details[0].description,
        "`reference_id` must be unique if multiple `purchase_unit` are provided.",
      )
    }),
  )

  it.live("is captured only with a payment source that is an object; only the capture itself names its order", () =>
    Effect.gen(function* () {
      const { paypal, post } = yield* started
      const { id } = (yield* post("/v2/checkout/orders", order())).json
      yield* paypal.buyer.approve(id)
      const refused = yield* post(`/v2/checkout/orders/${id}/capture`, { payment_source: "paypal" })
      assert.deepStrictEqual([refused.status, refused.finding], [400, "/payment_source INVALID_PARAMETER_SYNTAX"])
      assert.strictEqual((yield* post(`/v2/checkout/orders/${id}/capture`, {})).status, 201)
      const headers = yield* bearer(paypal.url)
      const { json } = yield* request(`${paypal.url}/v2/checkout/orders/${id}`, { headers })
      const inOrder = json.purchase_units[0].payments.captures[0]
      assert.isUndefined(inOrder.supplementary_data)
      const alone = yield* request(`${paypal.url}/v2/payments/captures/${inOrder.id}`, { headers })
      assert.strictEqual(alone.json.supplementary_data.related_ids.order_id, id)
    }),
  )
})

describe("a refund", () => {
  it.live("takes one line of text only", () =>
    Effect.gen(function* () {
      const { paypal, post } = yield* started
      const sdk = Sdk.make(paypal.url)
      const { result } = yield* Sdk.create(sdk, "create-1")
      yield* paypal.buyer.approve(result.id ?? "")
      const done = yield* Sdk.capture(sdk, result.id ?? "", "capture-1")
      const path = `/v2/payments/captures/${done.result.purchaseUnits?.[0]?.payments?.captures?.[0]?.id}/refund`
      for (const field of ["note_to_payer", "custom_id", "invoice_id"]) {
        const answer = yield* post(path, { [field]: "two\nlines" })
        assert.deepStrictEqual([answer.status, answer.finding], [400, `/${field} INVALID_PARAMETER_SYNTAX`])
      }
      assert.strictEqual((yield* post(path, { note_to_payer: "one line" })).status, 201)
    }),
  )
})

describe("a subscription", () => {
  it.live("is refused for what the plan's override, the money, the time or the language lack", () =>
    Effect.gen(function* () {
      const { post } = yield* started
      const context = { return_url: "https://shop.example/ok", cancel_url: "https://shop.example/no" }
      const price = { pricing_scheme: { fixed_price: { currency_code: "EUR", value: "3.00" } } }
      const cases: ReadonlyArray<readonly [more: object, finding: string]> = [
        [
          { application_context: { ...context, locale: "english!" } },
          "/application_context/locale INVALID_PARAMETER_SYNTAX",
        ],
        [{ start_time: "2099-11-22T21:00:00.000" }, "/start_time INVALID_PARAMETER_SYNTAX"],
        [{ shipping_amount: 5 }, "/shipping_amount INVALID_PARAMETER_SYNTAX"],
        [{ auto_renewal: "yes" }, "/auto_renewal INVALID_PARAMETER_SYNTAX"],
        [{ plan: { billing_cycles: [price] } }, "/plan/billing_cycles/0/sequence MISSING_REQUIRED_PARAMETER"],
        [
          { plan: { billing_cycles: [{ ...price, sequence: 1.5 }] } },
          "/plan/billing_cycles/0/sequence INVALID_PARAMETER_SYNTAX",
        ],
      ]
      for (const [more, finding] of cases) {
        const answer = yield* post("/v1/billing/subscriptions", { plan_id: planId, ...more })
        assert.deepStrictEqual([answer.status, answer.finding], [400, finding])
      }
      const fine = {
        plan_id: planId,
        auto_renewal: true,
        start_time: "2099-11-22T21:00:00Z",
        plan: { billing_cycles: [{ ...price, sequence: 1 }] },
      }
      assert.strictEqual((yield* post("/v1/billing/subscriptions", fine)).status, 201)
    }),
  )

  it.live("speaks of lengths, missing fields and past times in the words of its own API", () =>
    Effect.gen(function* () {
      const { post } = yield* started
      const cases: ReadonlyArray<readonly [body: object, issue: string, description: string]> = [
        [{}, "MISSING_REQUIRED_PARAMETER", "A required field is missing."],
        [{ plan_id: "P-" }, "INVALID_STRING_MIN_LENGTH", "The value of a field is too short."],
        [
          { plan_id: planId, start_time: "tomorrow" },
          "INVALID_STRING_MIN_LENGTH",
          "The value of a field is too short.",
        ],
        [{ plan_id: "x".repeat(51) }, "INVALID_STRING_MAX_LENGTH", "The value of a field is too long."],
        [
          { plan_id: planId, start_time: "2020-01-01T00:00:00Z" },
          "INVALID_PARAMETER_VALUE",
          "Start time must be a valid future date and time.",
        ],
      ]
      for (const [body, issue, description] of cases) {
        const { json, status } = yield* post("/v1/billing/subscriptions", body)
        assert.deepStrictEqual([status, json.details[0].issue, json.details[0].description], [400, issue, description])
      }
    }),
  )
})
