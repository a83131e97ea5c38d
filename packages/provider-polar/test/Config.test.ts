import { describe, expect, it } from "@effect/vitest"
import { PaymentProvider } from "@payment-orchestrator/domain"
import * as Polar from "@payment-orchestrator/provider-polar"
import { ConfigProvider, Effect, Layer, Option, Redacted } from "effect"

const read = (env: { readonly [name: string]: string }) => Polar.config.parse(ConfigProvider.fromEnv({ env }))
const fault = (env: { readonly [name: string]: string }) => Effect.map(Effect.flip(read(env)), (error) => error.message)

const key = "polar_oat_canaryKey0123456789"
const uuid = "11111111-1111-4111-8111-111111111111"

const at = (baseUrl: string, mode: string) =>
  Effect.map(
    Effect.flatMap(read({ POLAR_API_KEY: key, POLAR_BASE_URL: baseUrl, PAYPAL_MODE: mode }), Effect.fromOption),
    (options) => [options.environment, options.baseUrl],
  )

const provider = (env: { readonly [name: string]: string }) =>
  Effect.service(PaymentProvider.PaymentProvider).pipe(
    Effect.provide(Polar.layerConfig().pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))),
  )

describe("the environment", () => {
  it.effect("without any credential of Polar's configures nothing, whatever else is set", () =>
    Effect.gen(function* () {
      expect(yield* read({})).toEqual(Option.none())
      expect(yield* read({ POLAR_API_KEY: " ", POLAR_CARRIER_PRODUCT_ID: uuid, POLAR_CURRENCIES: "?" })).toEqual(
        Option.none(),
      )
    }),
  )

  it.effect("gives the sandbox and dollars unless it says otherwise", () =>
    Effect.gen(function* () {
      const options = yield* Effect.flatMap(read({ POLAR_API_KEY: ` ${key}\n` }), Effect.fromOption)
      expect(Redacted.value(options.apiKey)).toBe(key)
      expect(options).toMatchObject({ environment: "sandbox", webhookSecrets: [], currencies: ["USD"] })
      expect(options).not.toHaveProperty("carrierProductId")
    }),
  )

  it.effect("gives what it says", () =>
    Effect.gen(function* () {
      const options = yield* Effect.flatMap(
        read({
          PAYPAL_MODE: "live",
          POLAR_API_KEY: key,
          POLAR_WEBHOOK_SECRET: "whsec_bmV3, polar_whs_old",
          POLAR_CARRIER_PRODUCT_ID: uuid,
          POLAR_WITHDRAW_DISCOUNT_ID: uuid,
          POLAR_CURRENCIES: "eur, USD",
        }),
        Effect.fromOption,
      )
      expect(options).toMatchObject({
        environment: "production",
        carrierProductId: uuid,
        withdrawDiscountId: uuid,
        currencies: ["EUR", "USD"],
      })
      expect(options.webhookSecrets.map(Redacted.value)).toEqual(["whsec_bmV3", "polar_whs_old"])
    }),
  )

  it.effect("may name another host; one of Polar's own two says which environment it is", () =>
    Effect.gen(function* () {
      expect(yield* at("http://127.0.0.1:4011", "sandbox")).toEqual(["sandbox", "http://127.0.0.1:4011"])
      expect(yield* at("https://api.polar.sh", "sandbox")).toEqual(["production", "https://api.polar.sh"])
      expect(yield* at("https://sandbox-api.polar.sh", "live")).toEqual(["sandbox", "https://sandbox-api.polar.sh"])
    }),
  )

  it.effect("in live mode may only name https on Polar's own domain", () =>
    Effect.gen(function* () {
      const bad = ["http://api.polar.sh", "https://polar.sh.evil.example", "https://evilpolar.sh", "http://127.0.0.1:1"]
      for (const baseUrl of bad) {
        const message = yield* fault({ POLAR_API_KEY: key, POLAR_BASE_URL: baseUrl, PAYPAL_MODE: "live" })
        expect(message).toContain(`POLAR_BASE_URL is ${baseUrl}, but in live mode it must be https: on polar.sh`)
      }
    }),
  )

  it.effect("that is wrong names every variable at once, and never a secret", () =>
    Effect.gen(function* () {
      const message = yield* fault({
        POLAR_API_KEY: `${key} two words`,
        POLAR_WEBHOOK_SECRET: "whsec_canary",
        POLAR_BASE_URL: "https://user:canaryPassword@api.polar.sh",
        POLAR_CARRIER_PRODUCT_ID: "prod_1",
        POLAR_WITHDRAW_DISCOUNT_ID: "half",
        POLAR_CURRENCIES: "usd,eurro",
      })
      for (const name of ["API_KEY", "BASE_URL", "CARRIER_PRODUCT_ID", "WITHDRAW_DISCOUNT_ID", "CURRENCIES"]) {
        expect(message).toContain(`POLAR_${name}`)
      }
      expect(message).not.toContain("canary")
      expect(message).toContain("POLAR_CURRENCIES is usd,eurro")
      expect(yield* fault({ POLAR_API_KEY: key, PAYPAL_MODE: "Live" })).toContain("PAYPAL_MODE is Live")
    }),
  )

  it.effect("with only half of the credentials names the missing one", () =>
    Effect.gen(function* () {
      const message = yield* fault({ POLAR_WEBHOOK_SECRET: "whsec_canary" })
      expect(message).toContain("POLAR_API_KEY")
      expect(message).not.toContain("whsec_canary")
    }),
  )

  it.effect("makes a provider that is skipped, or one that can be asked", () =>
    Effect.gen(function* () {
      expect(yield* provider({})).toMatchObject({ name: "polar", configured: false })
      const polar = yield* provider({ POLAR_API_KEY: key, POLAR_CARRIER_PRODUCT_ID: uuid })
      expect(polar).toMatchObject({ name: "polar", configured: true })
      expect(polar.capabilities).toMatchObject({
        livemode: false,
        modes: ["payment", "subscription"],
        goods: ["digital"],
        fence: { payment: "none", subscription: "none" },
      })
    }),
  )
})
