/** F23: what the server does about a price that a provider sells otherwise than the catalog says. */
import { assert, describe, it } from "@effect/vitest"
import { PolarEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import { PaymentProvider } from "@payment-orchestrator/domain"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import type * as Server from "@payment-orchestrator/server"
import { Effect, Layer } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as House from "./House.ts"
import { until, withTime } from "./Time.ts"

const plan = "P-GOLD0000000000000MONTHLY"
const priceOf = (value: string) => ({ currency_code: "USD", value })

const gold = {
  amount: "9.99",
  currency: "USD",
  interval: "month",
  paypal: plan,
  polar: PolarEmulator.catalogProductId,
  stripe: StripeEmulator.monthlyPriceId,
}

/** A server whose catalog sells `gold` for 9.99 USD a month, which PayPal's plan sells for so much. */
const start = Effect.fnUntraced(function* (
  paypalPrice: string,
  providers: Server.Options["providers"] = [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()],
) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "prices-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const catalog = join(folder, "catalog.json")
  writeFileSync(catalog, JSON.stringify({ gold, ghost: { ...gold, stripe: "price_ghost" } }))
  return yield* House.start(
    { PAYMENT_CATALOG: catalog, PAYMENT_PROVIDER_ORDER: "paypal,stripe,polar" },
    { plans: [{ id: plan, price: priceOf(paypalPrice) }], providers },
  )
})

const subscribe = (house: House.House, priceId: string) =>
  Effect.map(house.send("POST", "/v1/checkouts", { body: { mode: "subscription", price_id: priceId } }), ({ json }) => {
    const { attempts } = json as { attempts: ReadonlyArray<{ provider: string; result: string; reason?: string }> }
    return attempts.map(({ provider, reason, result }) => `${provider} ${reason ?? result}`)
  })

const openAlerts = (house: House.House) =>
  Effect.map(house.send("GET", "/v1/alerts?status=open"), ({ json }) =>
    (json as { data: ReadonlyArray<{ kind: string; provider: string; subject: string; summary: string }> }).data
      .filter(({ kind }) => kind === "price_drift")
      .map(({ provider, subject }) => `${subject} at ${provider}`)
      .toSorted(),
  )

const logged = (house: House.House, words: string) => house.log.filter((line) => line.includes(words))

describe("F23: a price that a provider sells otherwise than the catalog says", () => {
  it.live(
    "is found at the start, told in the log and as an alert, sold elsewhere, and goes back when it is mended",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* start("12.99")
          yield* until(
            Effect.sync(() => logged(house, "PRICE DRIFT").length),
            (count) => count === 3,
          )
          const [first = ""] = logged(house, "PRICE DRIFT: price gold")
          assert.include(
            first,
            "PRICE DRIFT: price gold differs from PayPal's P-GOLD0000000000000MONTHLY: amount is 9.99 USD in the catalog, 12.99 USD at PayPal.",
          )
          assert.include(first, "Change the price at PayPal, or what the catalog says of gold")
          assert.include(first, '"level":"WARN"')
          assert.include(first, '"provider_amount":"12.99 USD"')
          assert.lengthOf(logged(house, "PRICE DRIFT: price ghost is unknown at Stripe: it has no price_ghost"), 1)

          assert.deepStrictEqual(yield* subscribe(house, "gold"), ["paypal price_mismatch", "stripe opened"])
          assert.deepStrictEqual(yield* subscribe(house, "ghost"), [
            "paypal price_mismatch",
            "stripe price_mismatch",
            "polar opened",
          ])
          assert.lengthOf(yield* house.paypal.subscriptions, 0)
          const faults = ["ghost at paypal", "ghost at stripe", "gold at paypal"]
          yield* until(openAlerts(house), (open) => open.length === faults.length)
          assert.deepStrictEqual(yield* openAlerts(house), faults)

          yield* house.paypal.simulate.changePlan(plan, { price: priceOf("9.99") })
          yield* forward(300_000)
          yield* until(openAlerts(house), (open) => open.length === 1)
          assert.deepStrictEqual(yield* openAlerts(house), ["ghost at stripe"])
          assert.lengthOf(logged(house, "PRICE MENDED: gold agrees"), 1)
          assert.deepStrictEqual(yield* subscribe(house, "gold"), ["paypal opened"])
        }),
      ),
    30_000,
  )

  it.live("a server starts and sells though a provider does not answer for its prices", () =>
    Effect.gen(function* () {
      const silent = Layer.effect(
        PaymentProvider.PaymentProvider,
        Effect.map(PaymentProvider.PaymentProvider, (paypal) => ({ ...paypal, findPrice: () => Effect.never })),
      ).pipe(Layer.provide(PayPal.layerConfig()))
      const house = yield* start("12.99", [silent, Polar.layerConfig(), Stripe.layerConfig()])
      assert.deepStrictEqual(yield* subscribe(house, "gold"), ["paypal opened"])
      yield* until(
        Effect.sync(() => logged(house, "PRICE DRIFT: price ghost").length),
        (count) => count === 1,
      )
      assert.lengthOf(logged(house, "at PayPal"), 0)
    }),
  )
})
