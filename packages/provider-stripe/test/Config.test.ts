import { describe, expect, it } from "@effect/vitest"
import { ConfigProvider, Effect, Exit, Layer, Option, Redacted, Result } from "effect"
import { PaymentProvider } from "@payment-orchestrator/domain"
import * as Stripe from "@payment-orchestrator/provider-stripe"

const read = (env: Readonly<Record<string, string>>) =>
  Effect.provide(Stripe.config, ConfigProvider.layer(ConfigProvider.fromUnknown(env)))

/** The message of a wrong environment; a secret in it fails the test. */
const wrong = (env: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const { message } = yield* Effect.flip(read(env))
    expect(message).not.toMatch(/canary/)
    return message
  })

const key = "sk_test_canary1"
const live = "rk_live_canary2"
const secret = "whsec_canary3"

const accepted = (apiKey: string, baseUrl: string) =>
  Effect.map(Effect.result(read({ STRIPE_API_KEY: apiKey, STRIPE_BASE_URL: baseUrl })), Result.isSuccess)

describe("the environment", () => {
  it.effect("that says nothing of Stripe configures nothing, a base URL alone and empty values included", () =>
    Effect.gen(function* () {
      for (const env of [
        {},
        { STRIPE_BASE_URL: "http://127.0.0.1:4012" },
        { STRIPE_API_KEY: "", STRIPE_WEBHOOK_SECRET: " " },
      ]) {
        expect(yield* read(env)).toEqual(Option.none())
      }
    }),
  )

  it.effect("gives the key, every secret of the list, and the base URL", () =>
    Effect.gen(function* () {
      const found = yield* read({
        STRIPE_API_KEY: ` ${key} `,
        STRIPE_WEBHOOK_SECRET: `${secret}, whsec_second`,
        STRIPE_BASE_URL: "http://127.0.0.1:4012",
      })
      const options = yield* Effect.fromOption(found)
      expect(Redacted.value(options.apiKey)).toBe(key)
      expect(options.webhookSecrets.map(Redacted.value)).toEqual([secret, "whsec_second"])
      expect(options.baseUrl).toBe("http://127.0.0.1:4012")
      expect(JSON.stringify(options)).not.toMatch(/canary/)
    }),
  )

  it.effect("without a webhook secret is enough for all but webhooks", () =>
    Effect.gen(function* () {
      expect((yield* Effect.fromOption(yield* read({ STRIPE_API_KEY: live }))).webhookSecrets).toEqual([])
    }),
  )

  it.effect("that is wrong is named by its variable, and never shown", () =>
    Effect.gen(function* () {
      expect(yield* wrong({ STRIPE_WEBHOOK_SECRET: secret })).toMatch(/STRIPE_API_KEY is missing/)
      for (const value of [
        "pk_test_canary",
        "canary",
        `sk_prod_canary`,
        "sk_test_canary with spaces",
        "sk_live_canary\n2",
      ]) {
        expect(yield* wrong({ STRIPE_API_KEY: value })).toMatch(/STRIPE_API_KEY must begin with/)
      }
      for (const value of ["we_canary", `${secret},`, `${secret},canary`]) {
        expect(yield* wrong({ STRIPE_API_KEY: key, STRIPE_WEBHOOK_SECRET: value })).toMatch(
          /STRIPE_WEBHOOK_SECRET must be/,
        )
      }
    }),
  )

  it.effect("may point a test key anywhere, a live key only at stripe.com over https", () =>
    Effect.gen(function* () {
      for (const url of ["http://127.0.0.1:4012", "https://proxy.example", "https://api.stripe.com/"])
        expect(yield* accepted(key, url)).toBe(true)
      expect(yield* accepted(live, "https://api.stripe.com")).toBe(true)
      for (const url of [
        "http://api.stripe.com",
        "https://api.stripe.com.evil.example",
        "https://evilstripe.com",
        "http://127.0.0.1:4012",
      ]) {
        expect(yield* accepted(live, url)).toBe(false)
      }
      for (const url of [
        "stripe",
        "ftp://x",
        "https://canary@api.stripe.com",
        "https://api.stripe.com/v1",
        "https://api.stripe.com/?a=1",
      ]) {
        expect(yield* wrong({ STRIPE_API_KEY: key, STRIPE_BASE_URL: url })).toMatch(/STRIPE_BASE_URL must/)
      }
    }),
  )
})

const made = (apiKey: string, baseUrl: string) =>
  Effect.map(Effect.exit(Stripe.make({ apiKey: Redacted.make(apiKey), baseUrl, webhookSecrets: [] })), Exit.isSuccess)

it.effect("a program that points a live key elsewhere, or at a path, dies", () =>
  Effect.gen(function* () {
    expect(yield* made(key, "http://127.0.0.1:4012")).toBe(true)
    expect(yield* made(live, "http://127.0.0.1:4012")).toBe(false)
    expect(yield* made(key, "http://127.0.0.1:4012/stripe")).toBe(false)
  }),
)

const service = (env: Readonly<Record<string, string>>) =>
  PaymentProvider.PaymentProvider.pipe(
    Effect.provide(
      Layer.fresh(Stripe.layerConfig()).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(env)))),
    ),
  )

describe("layerConfig", () => {
  it.effect("gives a provider that refuses every call when nothing is configured", () =>
    Effect.gen(function* () {
      const stripe = yield* service({})
      expect(stripe).toMatchObject({ name: "stripe", configured: false })
      expect(yield* Effect.flip(stripe.getSubscription("sub_1"))).toMatchObject({ reason: "not_configured" })
    }),
  )

  it.effect("gives a configured provider, live by its key, else the error", () =>
    Effect.gen(function* () {
      expect(yield* service({ STRIPE_API_KEY: live })).toMatchObject({
        configured: true,
        capabilities: { livemode: true },
      })
      expect(yield* service({ STRIPE_API_KEY: key })).toMatchObject({
        configured: true,
        capabilities: { livemode: false },
      })
      expect(yield* Effect.flip(service({ STRIPE_API_KEY: "x" }))).toMatchObject({ _tag: "ConfigError" })
    }),
  )
})
