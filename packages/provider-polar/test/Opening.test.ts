import { describe, expect, it } from "@effect/vitest"
import { Capabilities, Money, type Session } from "@payment-orchestrator/domain"
import { Fault, PolarEmulator } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import * as Polar from "@payment-orchestrator/provider-polar"
import { Effect, Option, Redacted, Schema } from "effect"
import { apiKey, createRoute, type World, world } from "./Harness.ts"

const bodies = ({ emulator }: World) =>
  Effect.map(emulator.journal.requests, (all) =>
    all.filter((one) => one.route === createRoute).map((one) => Schema.decodeSync(Body)(one.body)),
  )
const Body = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))

const open = (made: World, overrides: Partial<Session.SessionRequest> = {}) =>
  Effect.flatMap(Sample.sessionRequest(overrides), made.polar.createCheckoutSession)

/** The checkout the stand-in would answer, changed: what a faulty Polar might say. */
const answering = (made: World, overrides: object) =>
  made.emulator.faults.add({
    route: createRoute,
    fault: Fault.status(201, {
      body: {
        id: "c1c1c1c1-1111-4111-8111-111111111111",
        status: "open",
        url: "https://polar.sh/checkout/polar_c_1",
        expires_at: "2026-11-23T20:00:00Z",
        amount: 2499,
        total_amount: 2499,
        currency: "usd",
        metadata: {},
        ...overrides,
      },
    }),
  })

describe("a payment", () => {
  it.live("is sold through the carrier product at a fixed price, tax included, without discount codes", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* open(made)
      expect(yield* bodies(made)).toMatchObject([
        {
          products: [PolarEmulator.carrierProductId],
          prices: {
            [PolarEmulator.carrierProductId]: [
              { amount_type: "fixed", price_amount: 2499, price_currency: "usd", tax_behavior: "inclusive" },
            ],
          },
          currency: "usd",
          allow_discount_codes: false,
        },
      ])
    }),
  )

  it.live("in another currency brings a price in the default currency too, which nobody could buy for less by", () =>
    Effect.gen(function* () {
      const made = yield* world({ currencies: ["USD", "EUR", "JPY"] })
      yield* open(made, { money: Option.some(Money.make(500, "JPY")) })
      const [body] = yield* bodies(made)
      expect(body?.["currency"]).toBe("jpy")
      expect(body?.["prices"]).toEqual({
        [PolarEmulator.carrierProductId]: [
          { amount_type: "fixed", price_amount: 500, price_currency: "jpy", tax_behavior: "inclusive" },
          { amount_type: "fixed", price_amount: 99_999_999, price_currency: "usd", tax_behavior: "inclusive" },
        ],
      })
      const [checkout] = yield* made.emulator.checkouts
      expect([checkout?.amount, checkout?.currency]).toEqual([500, "jpy"])
    }),
  )

  it.live("with a price id sells that product at the amount asked for", () =>
    Effect.gen(function* () {
      const own = "77777777-7777-4777-8777-777777777777"
      const made = yield* world({}, { products: [{ id: own, name: "A book", prices: { usd: 1 } }] })
      yield* open(made, { priceId: Option.some(own) })
      const [checkout] = yield* made.emulator.checkouts
      expect([checkout?.products, checkout?.amount]).toEqual([[own], 2499])
    }),
  )

  it.effect("is not offered without a carrier product, and nothing is sent for it", () =>
    Effect.gen(function* () {
      const polar = yield* Polar.make({
        apiKey: Redacted.make(apiKey),
        environment: "sandbox",
        baseUrl: "http://127.0.0.1:9",
        webhookSecrets: [],
        currencies: ["USD"],
      })
      expect(polar.capabilities.modes).toEqual(["subscription"])
      const error = yield* Effect.flip(Effect.flatMap(Sample.sessionRequest(), polar.createCheckoutSession))
      expect(error).toMatchObject({ reason: "mode_unsupported", outcome: "not_sent" })
    }),
  )

  it.effect("below Polar's least amount in its currency, or above its largest, is not representable", () =>
    Effect.gen(function* () {
      const { polar } = yield* world({ currencies: ["USD", "HUF"] })
      const { capabilities } = polar
      const fits = (amount: number, currency: "USD" | "HUF" | "IQD") =>
        Option.getOrNull(
          Capabilities.misfit(capabilities, {
            mode: "payment",
            goods: Option.none(),
            money: Option.some(Money.make(amount, currency)),
          }),
        )
      expect([fits(49, "USD"), fits(50, "USD"), fits(99_999_999, "USD")]).toEqual([
        "amount_unrepresentable",
        null,
        null,
      ])
      expect(fits(100_000_000, "USD")).toBe("amount_unrepresentable")
      expect([fits(17_499, "HUF"), fits(17_500, "HUF")]).toEqual(["amount_unrepresentable", null])
      expect(fits(1_000_000, "IQD")).toBe("currency_unsupported")
    }),
  )

  it.live("F12: whose echo has another amount, total or currency is never shown", () =>
    Effect.gen(function* () {
      for (const wrong of [{ amount: 24.99 }, { amount: 249_900 }, { total_amount: 2974 }, { currency: "eur" }]) {
        const made = yield* world()
        yield* answering(made, wrong)
        const error = yield* Effect.flip(open(made))
        expect(error).toMatchObject({ _tag: "TransientPaymentError", reason: "bad_response", outcome: "unknown" })
      }
    }),
  )

  it.live("F5: whose page is no web address, or is missing, is never shown", () =>
    Effect.gen(function* () {
      for (const wrong of [{ url: "javascript:alert(1)" }, { url: "" }, { url: null }]) {
        const made = yield* world()
        yield* answering(made, wrong)
        expect(yield* Effect.flip(open(made))).toMatchObject({ reason: "bad_response", outcome: "unknown" })
      }
    }),
  )

  it.live("through a recurring product is refused, because it would become a subscription", () =>
    Effect.gen(function* () {
      const made = yield* world({ carrierProductId: PolarEmulator.monthlyProductId })
      expect(yield* Effect.flip(open(made))).toMatchObject({
        _tag: "PermanentPaymentError",
        reason: "mode_unsupported",
        detail: "the product is recurring, the checkout is a payment",
      })
    }),
  )
})

describe("a subscription", () => {
  const monthly = { mode: "subscription", priceId: Option.some(PolarEmulator.catalogProductId) } as const

  it.live("is sold at the catalogue's price, in the currency that was asked for", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* open(made, { ...monthly, money: Option.some(Money.make(999, "EUR")) })
      const [body] = yield* bodies(made)
      expect(body).not.toHaveProperty("prices")
      expect(body?.["currency"]).toBe("eur")
    }),
  )

  it.live("F23: whose price at Polar is not the catalogue's is never shown; of an unknown price nothing is asked", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const drifted = yield* Effect.flip(open(made, { ...monthly, money: Option.some(Money.make(1099, "USD")) }))
      expect(drifted).toMatchObject({ reason: "bad_response", detail: "asked for 1099 usd, got 999" })
      expect(yield* open(made, { ...monthly, money: Option.none() })).toMatchObject({ provider: "polar" })
    }),
  )
})

describe("what goes with a checkout", () => {
  it.live("is our ids and the merchant's pairs, ours first and within fifty, and the buyer's two ways back", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, `${index}`]))
      const request = yield* Sample.sessionRequest({
        metadata: { attempt_id: "forged", ...metadata },
        orderId: Option.some("order-1001"),
        successUrl: "https://shop.example/danke/{CHECKOUT_ID}?x={y}&ü=1",
      })
      const session = yield* made.polar.createCheckoutSession(request)
      const [checkout] = yield* made.emulator.checkouts
      expect(Object.keys(checkout?.metadata ?? {})).toHaveLength(50)
      expect(checkout?.metadata).toMatchObject({ attempt_id: request.attemptId, checkout_id: request.checkoutId })
      expect(checkout?.success_url).toBe("https://shop.example/danke/%7BCHECKOUT_ID%7D?x=%7By%7D&%C3%BC=1")
      expect(checkout?.return_url).toBe(request.cancelUrl)
      expect(session.adjusted).toEqual(["metadata", "description"])
    }),
  )

  it.live("F17: is cut by whole characters and cleaned, and says so", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const description = `${"ü".repeat(499)}😀 and more`
      const session = yield* open(made, {
        description: Option.some(description),
        orderId: Option.some("o\u0000\u001b[31m"),
        metadata: { "a key": "lone \ud800 surrogate", empty: "\u0000" },
      })
      const [checkout] = yield* made.emulator.checkouts
      expect(checkout?.metadata).toMatchObject({
        description: "ü".repeat(499),
        order_id: "o [31m",
        "a key": "lone \ufffd surrogate",
      })
      expect(checkout?.metadata).not.toHaveProperty("empty")
      expect(session.adjusted).toEqual(["metadata", "description"])
    }),
  )

  it.live("is no external customer id: it would be refused at the last step when another address has it", () =>
    Effect.gen(function* () {
      const made = yield* world()
      yield* open(made, { customerId: Option.some("user_42") })
      const [body] = yield* bodies(made)
      expect(body).not.toHaveProperty("external_customer_id")
      expect(body?.["metadata"]).toMatchObject({ customer_id: "user_42" })
    }),
  )

  it.live("is the buyer's address, left out and reported when Polar refuses only that", () =>
    Effect.gen(function* () {
      const made = yield* world()
      const refused = yield* open(made, { customerEmail: Option.some("a@undeliverable.example") })
      expect(refused.adjusted).toContain("customer_email")
      expect(yield* made.emulator.journal.count(createRoute)).toBe(2)
      const idn = yield* open(made, { customerEmail: Option.some("a@büro.de") })
      expect(idn.adjusted).not.toContain("customer_email")
      const [, checkout] = yield* made.emulator.checkouts
      expect(checkout?.customer_email).toBe("a@xn--bro-hoa.de")
    }),
  )

  it.live("is not sent again when Polar refuses more than the address, or the second time", () =>
    Effect.gen(function* () {
      const made = yield* world({ carrierProductId: "99999999-9999-4999-8999-999999999999" })
      const error = yield* Effect.flip(open(made, { customerEmail: Option.some("a@b.de") }))
      expect(error).toMatchObject({ _tag: "PermanentPaymentError", status: 422 })
      expect(yield* made.emulator.journal.count(createRoute)).toBe(1)

      const stubborn = yield* world()
      const item = { type: "value_error", loc: ["body", "customer_email"], msg: "no", input: "" }
      yield* stubborn.emulator.faults.add({
        route: createRoute,
        fault: Fault.status(422, { body: { error: "RequestValidationError", detail: [item] } }),
      })
      const again = yield* Effect.flip(open(stubborn, { customerEmail: Option.some("a@b.de") }))
      expect(again).toMatchObject({ status: 422, detail: "body.customer_email: no" })
      expect(yield* stubborn.emulator.journal.count(createRoute)).toBe(2)
    }),
  )
})
