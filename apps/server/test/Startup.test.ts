import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import * as Server from "@payment-orchestrator/server"
import { ConfigProvider, Effect, FileSystem, Layer, Path } from "effect"

const providers = [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()]
const key = { PAYMENT_API_KEY: "sk_0123456789abcdef", PORT: "0" }
const stripe = { STRIPE_API_KEY: "sk_test_x", STRIPE_WEBHOOK_SECRET: "whsec_x", PAYMENT_PROVIDER_ORDER: "stripe" }

/** What the start says about this environment; undefined when it starts. */
const complaint = (environment: { readonly [name: string]: string }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const provider = Server.EnvProvider.withFiles(ConfigProvider.fromUnknown(environment), fs)
    return yield* Layer.build(Server.layer({ providers }).pipe(Layer.provide(ConfigProvider.layer(provider)))).pipe(
      Effect.as(undefined),
      Effect.catch((error) => Effect.succeed(error.message)),
      Effect.scoped,
    )
  }).pipe(Effect.provide(NodeServices.layer))

// They share the folder of the process.
describe("the start", { concurrent: false }, () => {
  it.live("names every fault of the environment at once, what was held, and what is allowed; never a secret", () =>
    Effect.gen(function* () {
      const message = yield* complaint({
        PAYMENT_API_KEY: "tooshort",
        PAYMENT_TIMEOUT: "soon",
        PAYMENT_DEADLINE: "-1",
        PAYMENT_MAX_RETRIES: "2.5",
        PAYMENT_CONCURRENCY: "0",
        PAYMENT_HEDGE_AFTER: "later",
        PAYMENT_MAX_AMOUNT: "USD",
        PAYMENT_REDIRECT_ORIGINS: "shop.example",
        PAYMENT_TRUSTED_PROXIES: "10.0.0.0/8,10.0.0.0/33",
        PAYMENT_PUBLIC_URL: "nowhere",
        PAYMENT_ALERT_WARNING: "10",
        PAYMENT_ALERT_CRITICAL: "0",
        PAYMENT_ALERT_WINDOW: "5",
        PAYMENT_ALERT_URL: "mailto:hush-hush@example.com",
        PAYPAL_CLIENT_ID: "x",
        PAYPAL_MODE: "maybe",
        PORT: "eighty",
        LOG_FORMAT: "xml",
      })
      for (const line of [
        "PAYMENT_API_KEY must have at least 16 characters",
        'PAYMENT_TIMEOUT is "soon"',
        'PAYMENT_DEADLINE is "-1"',
        'PAYMENT_MAX_RETRIES is "2.5"',
        'PAYMENT_CONCURRENCY is "0"',
        'PAYMENT_HEDGE_AFTER is "later"',
        'PAYMENT_MAX_AMOUNT is "USD"',
        'PAYMENT_REDIRECT_ORIGINS is "shop.example"',
        'PAYMENT_TRUSTED_PROXIES is "10.0.0.0/8,10.0.0.0/33", but must be addresses or networks such as',
        'PAYMENT_ALERT_WARNING is "10", but must be a share, more than 0 and at most 1',
        'PAYMENT_ALERT_CRITICAL is "0"',
        'PAYMENT_ALERT_WINDOW is "5", but must be a time such as',
        "PAYMENT_ALERT_URL must be an http(s) URL",
        "PAYMENT_PUBLIC_URL",
        'PORT is "eighty"',
        'LOG_FORMAT is "xml"',
        "PAYPAL_",
      ]) {
        assert.include(message, line)
      }
      assert.notInclude(message, "tooshort")
      assert.notInclude(message, "hush-hush")
    }),
  )

  it.live("says what is missing when nothing is configured", () =>
    Effect.gen(function* () {
      assert.include(yield* complaint({}), "PAYMENT_API_KEY is needed")
      assert.include(yield* complaint(key), "none of these has credentials")
      assert.include(yield* complaint({ ...key, PAYMENT_PROVIDER_ORDER: "paypal,acme" }), '"acme"')
      assert.include(
        yield* complaint({ ...key, ...stripe, PAYMENT_CATALOG: "/nowhere/catalog.json" }),
        "PAYMENT_CATALOG",
      )
      assert.isUndefined(yield* complaint({ ...key, ...stripe }))
    }),
  )

  it.live("takes each variable from a file too, but not from both", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "key")
      yield* fs.writeFileString(file, "sk_from_a_file_0123456789\n")
      assert.isUndefined(yield* complaint({ PORT: "0", ...stripe, PAYMENT_API_KEY_FILE: file }))
      assert.include(
        yield* complaint({ ...key, ...stripe, PAYMENT_API_KEY_FILE: file }),
        "PAYMENT_API_KEY_FILE are both set",
      )
      assert.include(
        yield* complaint({ PORT: "0", ...stripe, PAYMENT_API_KEY_FILE: `${file}.gone` }),
        "PAYMENT_API_KEY_FILE",
      )
      assert.include(yield* complaint({ ...stripe, PORT: "0", PAYMENT_API_KEY: "" }), "PAYMENT_API_KEY is needed")
    }).pipe(Effect.provide(NodeServices.layer)),
  )

  it.live("refuses a second page that may be paid beside the first, unless a second payment goes back by itself", () =>
    Effect.gen(function* () {
      const compensate = { ...key, ...stripe, PAYMENT_SECOND_PAGE: "compensate" }
      const message = yield* complaint(compensate)
      assert.include(message, 'PAYMENT_SECOND_PAGE is "compensate"')
      assert.include(message, "PAYMENT_REFUND_DUPLICATES=true")
      assert.isUndefined(yield* complaint({ ...compensate, PAYMENT_REFUND_DUPLICATES: "true" }))
      assert.include(
        yield* complaint({ ...key, ...stripe, PAYMENT_SECOND_PAGE: "maybe" }),
        'PAYMENT_SECOND_PAGE is "maybe", but must be strict or compensate',
      )
    }),
  )

  it.live("refuses a live provider behind a host that is not the provider's own", () =>
    Effect.gen(function* () {
      const message = yield* complaint({
        ...key,
        ...stripe,
        STRIPE_API_KEY: "sk_live_x",
        STRIPE_BASE_URL: "https://proxy.example",
      })
      assert.include(message, "STRIPE_BASE_URL")
    }),
  )
})
