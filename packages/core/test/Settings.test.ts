import { assert, describe, it } from "@effect/vitest"
import type { Currency } from "@payment-orchestrator/domain"
import { ConfigProvider, Duration, Effect, Option } from "effect"
import { Settings } from "@payment-orchestrator/core"

const read = (environment: Readonly<Record<string, string>>) =>
  Effect.result(Settings.config).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(environment)),
  )

const reads = (environment: Readonly<Record<string, string>>) =>
  Effect.flatMap(read(environment), (result) =>
    result._tag === "Success" ? Effect.succeed(result.success) : Effect.die(result.failure),
  )

/** What is wrong with this value, in words. */
const refusal = (name: string, value: string) =>
  Effect.map(read({ [name]: value }), (result) =>
    result._tag === "Failure" ? result.failure.message : assert.fail(`${name}=${value} was taken`),
  )

describe("the settings of an orchestrator", () => {
  it.effect("are the defaults where the environment says nothing", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* reads({}), Settings.defaults)
      assert.deepStrictEqual(yield* reads({ PAYMENT_MAX_AMOUNT: "", PAYMENT_TIMEOUT: "" }), Settings.defaults)
    }),
  )

  it.effect("are what the environment says", () =>
    Effect.gen(function* () {
      const settings = yield* reads({
        PAYMENT_MAX_RETRIES: "0",
        PAYMENT_TIMEOUT: "0.5",
        PAYMENT_DEADLINE: "3600",
        PAYMENT_CONCURRENCY: "100000",
        PAYMENT_HEDGE_AFTER: "2",
        PAYMENT_MAX_AMOUNT: "USD:10000, JPY : 500000",
        PAYMENT_PUBLIC_URL: "https://pay.shop.example/checkout//",
      })
      assert.deepStrictEqual(settings, {
        maxRetries: 0,
        timeout: Duration.millis(500),
        deadline: Duration.hours(1),
        concurrency: 100_000,
        hedgeAfter: Option.some(Duration.seconds(2)),
        maxAmounts: new Map<Currency.Currency, number>([
          ["USD", 1_000_000],
          ["JPY", 500_000],
        ]),
        publicUrl: "https://pay.shop.example/checkout",
      })
    }),
  )

  it.effect("that are times are more than nothing, and an hour at most", () =>
    Effect.gen(function* () {
      for (const name of ["PAYMENT_TIMEOUT", "PAYMENT_DEADLINE", "PAYMENT_HEDGE_AFTER"]) {
        for (const value of ["0", "-1", "3600.1", "3601"]) {
          assert.include(yield* refusal(name, value), "must be seconds, more than 0 and at most 3600")
        }
        yield* refusal(name, "soon")
      }
    }),
  )

  it.effect("that are numbers of things are whole and within their bounds", () =>
    Effect.gen(function* () {
      const cases = [
        ["PAYMENT_MAX_RETRIES", ["-1", "11", "1.5"], "must be a whole number from 0 to 10"],
        ["PAYMENT_CONCURRENCY", ["0", "100001", "2.5"], "must be a whole number from 1 to 100000"],
      ] as const
      for (const [name, values, words] of cases) {
        for (const value of values) assert.include(yield* refusal(name, value), words)
      }
      assert.strictEqual((yield* reads({ PAYMENT_MAX_RETRIES: "10" })).maxRetries, 10)
      assert.strictEqual((yield* reads({ PAYMENT_CONCURRENCY: "1" })).concurrency, 1)
    }),
  )

  it.effect("that are the largest amounts name a currency each, and an amount that it can have", () =>
    Effect.gen(function* () {
      for (const value of ["USD", "USD:", ":10", "USD10", "XXX:10", "USD:1.234", "USD:10,", "USD:-1"]) {
        assert.include(yield* refusal("PAYMENT_MAX_AMOUNT", value), "must be a list such as USD:10000,EUR:10000", value)
      }
    }),
  )
})
