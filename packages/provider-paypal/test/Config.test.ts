import { PaymentProvider } from "@payment-orchestrator/domain"
import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Option, Redacted } from "effect"
import * as PayPal from "../src/index.ts"

const secret = "EcanarySecret-0123456789"
const credentials = { PAYPAL_CLIENT_ID: "client", PAYPAL_CLIENT_SECRET: secret }

const from = (environment: { readonly [name: string]: string }) => ConfigProvider.fromUnknown(environment)
const options = (environment: { readonly [name: string]: string }) => PayPal.config.parse(from(environment))
const fault = (environment: { readonly [name: string]: string }) =>
  Effect.map(Effect.flip(options({ ...credentials, ...environment })), (error) => error.message)

const baseUrlOf = (url: string) =>
  Effect.map(options({ ...credentials, PAYPAL_BASE_URL: url }), (held) => Option.getOrThrow(held).baseUrl)

describe("PayPal's configuration", () => {
  it.effect("is none without credentials, whatever else is set", () =>
    Effect.gen(function* () {
      expect(yield* options({})).toEqual(Option.none())
      expect(yield* options({ PAYPAL_MODE: "live", PAYPAL_WEBHOOK_ID: "WH-1" })).toEqual(Option.none())
      expect(yield* options({ PAYPAL_CLIENT_ID: "", PAYPAL_CLIENT_SECRET: " " })).toEqual(Option.none())
    }),
  )

  it.effect("needs the two credentials only", () =>
    Effect.gen(function* () {
      const { clientSecret, ...rest } = Option.getOrThrow(yield* options(credentials))
      expect(Redacted.value(clientSecret)).toBe(secret)
      expect(rest).toEqual({
        clientId: "client",
        mode: "sandbox",
        webhookIds: [],
        webhookVerify: "offline",
        subscriptionAction: "subscribe_now",
      })
    }),
  )

  it.effect("takes everything else from the environment, webhook ids as a list by commas", () =>
    Effect.gen(function* () {
      const { clientSecret: _, ...rest } = Option.getOrThrow(
        yield* options({
          ...credentials,
          PAYPAL_MODE: "live",
          PAYPAL_WEBHOOK_ID: "8PT597110X687430LKGECATA, 1JE4291016473214C,",
          PAYPAL_WEBHOOK_VERIFY: "postback",
          PAYPAL_SUBSCRIPTION_ACTION: "continue",
          PAYPAL_BASE_URL: "https://api-m.paypal.com/",
        }),
      )
      expect(rest).toEqual({
        clientId: "client",
        mode: "live",
        baseUrl: "https://api-m.paypal.com",
        webhookIds: ["8PT597110X687430LKGECATA", "1JE4291016473214C"],
        webhookVerify: "postback",
        subscriptionAction: "continue",
      })
    }),
  )

  it.effect("names the credential that is missing when the other is set", () =>
    Effect.gen(function* () {
      expect((yield* Effect.flip(options({ PAYPAL_CLIENT_ID: "client" }))).message).toContain(
        "PAYPAL_CLIENT_SECRET is missing",
      )
      const error = yield* Effect.flip(options({ PAYPAL_CLIENT_SECRET: secret }))
      expect(error.message).toContain("PAYPAL_CLIENT_ID is missing")
      expect(JSON.stringify(error) + error.message).not.toContain(secret)
    }),
  )

  it.effect("names every wrong value at once, what it held and what is allowed, and never the secret", () =>
    Effect.gen(function* () {
      const message = yield* fault({
        PAYPAL_MODE: "production",
        PAYPAL_WEBHOOK_VERIFY: "off",
        PAYPAL_SUBSCRIPTION_ACTION: "now",
        PAYPAL_WEBHOOK_ID: "a b",
        PAYPAL_BASE_URL: "localhost:4010",
      })
      expect(message).toContain('PAYPAL_MODE is "production", but must be sandbox or live')
      expect(message).toContain('PAYPAL_WEBHOOK_VERIFY is "off", but must be offline or postback')
      expect(message).toContain('PAYPAL_SUBSCRIPTION_ACTION is "now", but must be subscribe_now or continue')
      expect(message).toContain("PAYPAL_WEBHOOK_ID must be")
      expect(message).toContain("PAYPAL_BASE_URL is not an absolute https: or http: URL")
      expect(message).not.toContain(secret)
    }),
  )

  it.effect.each([
    "http://api-m.paypal.com",
    "https://evil.example",
    "https://paypal.com.evil.example",
    "https://evilpaypal.com",
    "https://api-m.sandbox.paypal.com",
    "http://127.0.0.1:4010",
  ])("sends live money nowhere but to PayPal over TLS, so not to %s", (url) =>
    Effect.gen(function* () {
      expect(yield* fault({ PAYPAL_MODE: "live", PAYPAL_BASE_URL: url })).toContain(
        "in live mode it must be https: on paypal.com",
      )
    }),
  )

  it.effect("takes any host in sandbox mode, with a path, without credentials, query or fragment", () =>
    Effect.gen(function* () {
      expect(yield* baseUrlOf("http://127.0.0.1:4010/")).toBe("http://127.0.0.1:4010")
      expect(yield* baseUrlOf("https://proxy.example/paypal//")).toBe("https://proxy.example/paypal")
      expect(yield* fault({ PAYPAL_BASE_URL: "https://user:pw@proxy.example" })).not.toContain("pw")
      expect(yield* fault({ PAYPAL_BASE_URL: "https://proxy.example?x=1" })).toContain("PAYPAL_BASE_URL")
      expect(yield* fault({ PAYPAL_BASE_URL: "ftp://proxy.example" })).toContain("PAYPAL_BASE_URL")
    }),
  )

  it.effect("refuses in live mode the webhook id that PayPal's simulator signs for", () =>
    Effect.gen(function* () {
      expect(yield* fault({ PAYPAL_MODE: "live", PAYPAL_WEBHOOK_ID: "1JE4291016473214C,WEBHOOK_ID" })).toContain(
        "must not be WEBHOOK_ID",
      )
      expect(Option.isSome(yield* options({ ...credentials, PAYPAL_WEBHOOK_ID: "WEBHOOK_ID" }))).toBe(true)
    }),
  )
})

const configured = (environment: { readonly [name: string]: string }) =>
  Layer.provide(PayPal.layerConfig(), ConfigProvider.layer(from(environment)))

describe("the layer from the environment", () => {
  const provider = Effect.service(PaymentProvider.PaymentProvider)

  it.effect("is a provider that is known and refuses every call when nothing is configured", () =>
    Effect.gen(function* () {
      const found = yield* provider
      expect(found).toMatchObject({ name: "paypal", configured: false })
      expect(yield* Effect.flip(found.getSubscription("I-1"))).toMatchObject({ reason: "not_configured" })
    }).pipe(Effect.provide(configured({}))),
  )

  it.effect("is PayPal when the credentials are there, live or not as the mode says", () =>
    Effect.gen(function* () {
      expect(yield* provider).toMatchObject({ name: "paypal", configured: true, capabilities: { livemode: true } })
    }).pipe(Effect.provide(configured({ ...credentials, PAYPAL_MODE: "live" }))),
  )

  it.effect("fails with the fault of the configuration", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(provider, configured({ ...credentials, PAYPAL_MODE: "x" })))
      expect(error.message).toContain("PAYPAL_MODE")
    }),
  )

  it("knows PayPal's own plan ids", () => {
    const { priceIdPattern } = PayPal.capabilities({ mode: "live", subscriptionAction: "subscribe_now" })
    expect(priceIdPattern.test("P-5ML4271244454362WXNWU5NQ")).toBe(true)
    for (const id of ["plan_123", "price_1ABC", "6f8c0b1e-0000-4000-8000-000000000000", "P-"])
      expect(priceIdPattern.test(id)).toBe(false)
  })
})
