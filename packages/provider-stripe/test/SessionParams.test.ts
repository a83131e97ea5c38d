import { describe, expect, it } from "@effect/vitest"
import { Effect, Option, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Money, type Session } from "@payment-orchestrator/domain"
import { Sample } from "@payment-orchestrator/provider-kit"
import * as Fit from "../src/internal/Fit.ts"
import * as SessionParams from "../src/internal/SessionParams.ts"

const build = (overrides: Partial<Session.SessionRequest> = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(1_780_000_000_000)
    const request = yield* Sample.sessionRequest(overrides)
    const built = yield* Effect.fromResult(SessionParams.make(request))
    return { request, ...built }
  })

const unitsOf = (money: Money.Money) =>
  Effect.map(build({ money: Option.some(money) }), ({ params }) => params.line_items?.[0]?.price_data?.unit_amount)

describe("the parameters of a session", () => {
  it.effect("of a payment carry amount, name, urls and our ids, on the intent too", () =>
    Effect.gen(function* () {
      const { adjusted, params, request } = yield* build({
        customerEmail: Option.some("buyer@shop.example"),
        metadata: { cart: "77" },
      })
      const metadata = { attempt_id: request.attemptId, checkout_id: request.checkoutId, cart: "77" }
      expect(params).toEqual({
        mode: "payment",
        line_items: [
          {
            quantity: 1,
            price_data: { currency: "usd", unit_amount: 2499, product_data: { name: "A book about failover" } },
          },
        ],
        success_url: request.successUrl,
        cancel_url: request.cancelUrl,
        client_reference_id: request.checkoutId,
        customer_email: "buyer@shop.example",
        metadata,
        payment_intent_data: { metadata },
        expires_at: Math.floor(request.expiresAt / 1000),
      })
      expect(adjusted).toEqual([])
    }),
  )

  it.effect("of a subscription name the price, and carry our ids on the subscription", () =>
    Effect.gen(function* () {
      const { params, request } = yield* build({
        mode: "subscription",
        priceId: Option.some("price_1"),
        money: Option.none(),
      })
      expect(params.line_items).toEqual([{ price: "price_1", quantity: 1 }])
      expect(params.subscription_data?.metadata).toMatchObject({ attempt_id: request.attemptId })
      expect(params.subscription_data?.description).toBe("A book about failover")
      expect(params.payment_intent_data).toBeUndefined()
    }),
  )

  it.effect("are named after the checkout when there is no description, or none that can be shown", () =>
    Effect.gen(function* () {
      for (const description of [Option.none(), Option.some(" \u0000 ")]) {
        const { params, request } = yield* build({ description })
        expect(params.line_items?.[0]?.price_data?.product_data?.name).toBe(`Order ${request.checkoutId}`)
      }
    }),
  )

  it.effect("F12: count money as Stripe does: yen whole, kroner of Iceland with two zeros, dinars by tens", () =>
    Effect.gen(function* () {
      expect(yield* unitsOf(Money.make(500, "JPY"))).toBe(500)
      expect(yield* unitsOf(Money.make(500, "ISK"))).toBe(50_000)
      expect(yield* unitsOf(Money.make(1_230, "KWD"))).toBe(1_230)
      const odd = yield* Sample.sessionRequest({ money: Option.some(Money.make(1_234, "KWD")) })
      expect(SessionParams.make(odd)).toEqual(Result.fail("amount_unrepresentable"))
    }),
  )

  it.effect("are the same at whatever time they are made, so that a repeat with the same key is no other request", () =>
    Effect.gen(function* () {
      const { params, request } = yield* build({ expiresAt: 0 })
      yield* TestClock.adjust("5 hours")
      expect(SessionParams.make(request)).toEqual(Result.succeed({ params, adjusted: [] }))
    }),
  )

  it.effect.prop(
    "end between 30 minutes and 24 hours after the attempt was made, with room for the call",
    [Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 4_000_000_000_000 }))],
    ([expiresAt]) =>
      Effect.gen(function* () {
        yield* TestClock.setTime(1_780_000_000_000)
        const request = yield* Sample.sessionRequest({ expiresAt })
        const wait = SessionParams.expiresAtSeconds(request) - 1_780_000_000
        expect(SessionParams.timeOf(request.attemptId)).toBe(1_780_000_000_000)
        expect(wait).toBeGreaterThanOrEqual(35 * 60)
        expect(wait).toBeLessThanOrEqual(24 * 3600 - 300)
        if (expiresAt >= 1_780_003_600_000 && expiresAt <= 1_780_036_000_000)
          expect(wait).toBe(Math.floor(expiresAt / 1000) - 1_780_000_000)
      }),
    { arbitrary: { runs: 500 } },
  )

  it.effect("say what was changed to fit", () =>
    Effect.gen(function* () {
      const { adjusted, params } = yield* build({
        description: Option.some("🎉".repeat(200)),
        customerEmail: Option.some("käthe@bücher.example"),
        metadata: { "cart[0]": "x".repeat(600) },
      })
      expect(adjusted).toEqual(["description", "metadata", "customer_email"])
      expect(params.line_items?.[0]?.price_data?.product_data?.name).toBe("🎉".repeat(125))
      expect(params.metadata).toMatchObject({ "cart(0)": "x".repeat(500) })
      expect(params.customer_email).toBeUndefined()
    }),
  )
})

describe("fitting", () => {
  it.prop(
    "never splits a code point, never exceeds the limit, and leaves nothing that cannot be sent",
    [Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 40 }))],
    ([text, maximum]) => {
      const fitted = Fit.fit(text, maximum)
      expect(fitted.text.length).toBeLessThanOrEqual(maximum)
      expect(fitted.text.isWellFormed()).toBe(true)
      expect(fitted.text).not.toMatch(/\p{Cc}/u)
      expect(fitted.changed).toBe(fitted.text !== text)
      expect(encodeURIComponent(fitted.text)).toBeTypeOf("string")
    },
    { arbitrary: { runs: 1_000 } },
  )

  it.prop(
    "keeps metadata within Stripe's limits and never displaces our ids",
    [Schema.Record(Schema.String, Schema.String)],
    ([theirs]) => {
      const { pairs } = Fit.metadata({ ...theirs, attempt_id: "theirs" }, { attempt_id: "ours", checkout_id: "c" })
      expect(pairs).toMatchObject({ attempt_id: "ours", checkout_id: "c" })
      expect(Object.keys(pairs).length).toBeLessThanOrEqual(50)
      for (const [key, value] of Object.entries(pairs)) {
        expect(key.length).toBeLessThanOrEqual(40)
        expect(key).not.toMatch(/[[\]]/)
        expect(value.length).toBeGreaterThan(0)
        expect(value.length).toBeLessThanOrEqual(500)
      }
    },
    { arbitrary: { runs: 500 } },
  )

  it("keeps 50 pairs, ours among them", () => {
    const theirs = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, "v"]))
    const { changed, pairs } = Fit.metadata(theirs, { attempt_id: "a", checkout_id: "c" })
    expect(Object.keys(pairs)).toHaveLength(50)
    expect(changed).toBe(true)
  })

  it("gives an international domain its ASCII form and leaves out addresses that mail systems may refuse", () => {
    expect(Fit.email("a@bücher.example")).toEqual(Option.some("a@xn--bcher-kva.example"))
    expect(Fit.email("A.b+c@Example.COM")).toEqual(Option.some("A.b+c@Example.COM"))
    for (const address of [
      "käthe@example.com",
      "a..b@example.com",
      '"a b"@example.com',
      "a@b",
      "@example.com",
      "a@-x.example",
      "a@[127.0.0.1]",
    ]) {
      expect(Fit.email(address)).toEqual(Option.none())
    }
  })
})
