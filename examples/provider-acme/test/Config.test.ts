import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Context, Effect, Layer, Result } from "effect"
import { PaymentProvider } from "@payment-orchestrator/domain"
import * as Acme from "../src/index.ts"

const read = (environment: { readonly [name: string]: string }) =>
  Layer.build(Acme.layerConfig()).pipe(
    Effect.map((context) => Context.get(context, PaymentProvider.PaymentProvider)),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(environment))),
    Effect.mapError((error) => error.cause.message),
    Effect.result,
    Effect.scoped,
  )

const whole = { ACME_MERCHANT: "test_shop", ACME_SECRET: "s3cret-one", ACME_NOTICE_SECRET: "s3cret-two" }

describe("Acme's configuration", () => {
  it.effect("is none without its variables, and the provider is skipped", () =>
    Effect.gen(function* () {
      const provider = yield* Effect.flatMap(read({ ACME_BASE_URL: "http://127.0.0.1:1" }), Effect.fromResult)
      assert.isFalse(provider.configured)
    }),
  )

  it.effect("says by the merchant's id whether money is real", () =>
    Effect.gen(function* () {
      for (const [merchant, live] of [
        ["test_shop", false],
        ["live_shop", true],
      ] as const) {
        const provider = yield* Effect.flatMap(read({ ...whole, ACME_MERCHANT: merchant }), Effect.fromResult)
        assert.deepStrictEqual([provider.configured, provider.capabilities.livemode], [true, live])
      }
    }),
  )

  it.effect("that is not whole or wrong stops the start, names the variable, and shows no secret", () =>
    Effect.gen(function* () {
      const wrong: ReadonlyArray<readonly [variable: string, environment: { readonly [name: string]: string }]> = [
        ["ACME_MERCHANT", { ACME_SECRET: whole.ACME_SECRET }],
        ["ACME_MERCHANT", { ...whole, ACME_MERCHANT: "shop" }],
        ["ACME_BASE_URL", { ...whole, ACME_MERCHANT: "live_shop", ACME_BASE_URL: "http://api.acme.example" }],
      ]
      for (const [variable, environment] of wrong) {
        const message = Result.merge(yield* read(environment))
        assert.match(String(message), new RegExp(`^${variable} `))
        assert.notInclude(String(message), "s3cret")
      }
    }),
  )
})
