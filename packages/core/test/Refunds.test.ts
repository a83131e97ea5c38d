import { assert, describe, it } from "@effect/vitest"
import { CurrencyTable, PaymentError, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { PaymentOrchestrator, Settings } from "@payment-orchestrator/core"

const acme = ProviderName.ProviderName.make("acme")

/** How often a provider whose answers to refunds are lost is asked for the same one. */
const asked = (keys: { readonly idempotentCreate: boolean; readonly idempotentRefund: boolean }) =>
  Effect.gen(function* () {
    let calls = 0
    const provider = PaymentProvider.make({
      ...PaymentProvider.notConfigured(acme, {
        livemode: false,
        currencies: CurrencyTable.make(["USD"]),
        modes: ["payment"],
        goods: ["digital"],
        fence: { payment: "none", subscription: "none" },
        findByAttempt: false,
        partialRefunds: true,
        cancelAtPeriodEnd: false,
        priceIdPattern: /^acme_/,
        ...keys,
      }),
      configured: true,
      refund: () =>
        Effect.suspend(() => {
          calls += 1
          return Effect.fail(
            new PaymentError.TransientPaymentError({
              provider: acme,
              operation: "refund",
              reason: "network",
              outcome: "unknown",
            }),
          )
        }),
    })
    const fiber = yield* Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      return yield* Effect.flip(orchestrator.refund({ provider: "acme", moneyId: "m" }))
    }).pipe(
      Effect.provide(
        PaymentOrchestrator.layer({
          providers: [Layer.succeed(PaymentProvider.PaymentProvider, provider)],
          settings: { ...Settings.defaults, maxRetries: 2 },
        }),
      ),
      Effect.forkChild,
    )
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    return calls
  })

describe("F36: a refund whose answer was lost", () => {
  it.effect("is asked for again only where the provider keeps keys on refunds, whatever it keeps on sessions", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* asked({ idempotentCreate: true, idempotentRefund: false }), 1)
      assert.strictEqual(yield* asked({ idempotentCreate: false, idempotentRefund: true }), 3)
    }),
  )
})
