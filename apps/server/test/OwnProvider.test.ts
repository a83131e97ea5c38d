import { assert, describe, it } from "@effect/vitest"
import { CurrencyTable, PaymentError, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import { Effect, Layer, Option } from "effect"
import * as House from "./House.ts"

const acme = ProviderName.ProviderName.make("acme")

/** A provider of somebody else's, down or up. */
const layerAcme = (up: boolean) => {
  const base = PaymentProvider.notConfigured(acme, {
    livemode: false,
    currencies: CurrencyTable.make(["USD"]),
    modes: ["payment"],
    goods: ["digital"],
    idempotentCreate: true,
    idempotentRefund: true,
    fence: { payment: "none", subscription: "none" },
    findByAttempt: false,
    partialRefunds: false,
    cancelAtPeriodEnd: false,
    priceIdPattern: /^acme_/,
  })
  return Layer.succeed(
    PaymentProvider.PaymentProvider,
    PaymentProvider.make({
      ...base,
      configured: true,
      createCheckoutSession: ({ attemptId }) =>
        up
          ? Effect.succeed({
              provider: acme,
              sessionId: attemptId,
              url: `https://pay.acme.example/${attemptId}`,
              expiresAt: Option.none(),
              livemode: false,
              requestId: Option.none(),
              adjusted: [],
            })
          : Effect.fail(
              new PaymentError.TransientPaymentError({
                provider: acme,
                operation: "createCheckoutSession",
                reason: "http",
                outcome: "unknown",
                status: 503,
              }),
            ),
    }),
  )
}

describe("a provider of one's own", () => {
  const environment = { PAYMENT_PROVIDER_ORDER: "acme,paypal", PAYMENT_MAX_RETRIES: "0" }

  it.live("is asked in its place of the order", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment, { providers: [PayPal.layerConfig(), layerAcme(true)] })
      const { json } = yield* House.open(house)
      assert.deepInclude(json as object, { provider: "acme" })
      const metrics = yield* house.send("GET", "/metrics", { key: null })
      assert.include(metrics.text, 'payment_sessions_total{provider="acme"} 1')
    }),
  )

  it.live("fails over like any other", () =>
    Effect.gen(function* () {
      const house = yield* House.start(environment, { providers: [PayPal.layerConfig(), layerAcme(false)] })
      const { json } = yield* House.open(house)
      assert.deepInclude(json as object, { provider: "paypal" })
      assert.isTrue(
        house.log.some((line) =>
          line.includes("PAYMENT FAILOVER: acme -> paypal | Reason: Acme 503 Service Unavailable"),
        ),
      )
    }),
  )
})
