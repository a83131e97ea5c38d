import { assert, describe, it } from "@effect/vitest"
import { CheckoutRequest, PaymentError, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")
const stripe = ProviderName.ProviderName.make("stripe")

const provider = (name: string, fence: "local" | "remote" | "none", script: ReadonlyArray<Fake.Outcome> = ["ok"]) =>
  Fake.make(name, script, { capabilities: { fence: { payment: fence, subscription: "none" } } })

const overload = new PaymentError.TransientPaymentError({
  provider: paypal,
  operation: "findSession",
  reason: "http",
  status: 503,
  outcome: "unknown",
})

const expiresAt = 7_200_000

/** The plan for a buyer who is moved on from PayPal. */
const planned = (input: CheckoutRequest.CheckoutRequestInput, givenUp: Option.Option<ProviderName.ProviderName>) =>
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const request = yield* Schema.decodeEffect(CheckoutRequest.CheckoutRequest)(input)
    return yield* orchestrator.plan(request, { moving: { givenUp, expiresAt } })
  })

const over = (...fakes: ReadonlyArray<Fake.Fake>) =>
  Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer) }))

const usd = { amount: "99.99", currency: "USD" } as const

describe("moving a buyer on", () => {
  it.effect("asks those first whose pages can be withdrawn again, and never the provider that is given up", () =>
    Effect.gen(function* () {
      const { expiresAt: until, turns } = yield* planned({ ...usd, preferredProvider: "polar" }, Option.some(paypal))
      assert.deepStrictEqual(
        turns.map(({ provider }) => provider.name),
        [stripe, polar],
      )
      assert.strictEqual(until, expiresAt)
      const anew = yield* planned(usd, Option.none())
      assert.deepStrictEqual(
        anew.turns.map(({ provider }) => provider.name),
        [paypal, stripe, polar],
      )
    }).pipe(over(provider("paypal", "local"), provider("polar", "none"), provider("stripe", "remote"))),
  )

  it.effect("is a failover when the provider before failed, and is no further request", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      yield* orchestrator.createCheckoutSession(usd)
      const plan = yield* planned(usd, Option.some(paypal))
      const { failovers, verdict } = yield* orchestrator.open({ ...plan, move: { outage: Option.some(overload) } })
      assert.strictEqual(verdict._tag, "Opened")
      assert.deepStrictEqual(
        failovers.map(({ from, message, reason, to }) => [from, to, reason, message]),
        [["paypal", "polar", "http_503", "PayPal 503 Service Unavailable"]],
      )
      assert.deepStrictEqual(yield* orchestrator.getStats, {
        totalRequests: 1,
        failovers: 1,
        providerUsage: { paypal: 1, polar: 1 },
        failoverRate: 1,
      })
    }).pipe(over(provider("paypal", "local"), provider("polar", "none"))),
  )

  it.effect("notes what came up since the plan was made, and asks the next", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const plan = yield* planned(usd, Option.none())
      for (let i = 0; i < 3; i++) yield* orchestrator.createCheckoutSession(usd)
      const { attempts, verdict } = yield* orchestrator.open(plan)
      assert.strictEqual(verdict._tag, "Opened")
      assert.deepStrictEqual(
        attempts.map(({ provider, reason, result }) => [provider, reason ?? result]),
        [
          [paypal, "circuit_open"],
          [polar, "opened"],
        ],
      )
    }).pipe(over(provider("paypal", "local", ["refused_connection"]), provider("polar", "none"))),
  )

  it.effect("is no failover when the provider before did not fail", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const { failovers } = yield* orchestrator.open(yield* planned(usd, Option.none()))
      assert.deepStrictEqual(failovers, [])
      assert.deepInclude(yield* orchestrator.getStats, { totalRequests: 0, failovers: 0 })
    }).pipe(over(provider("paypal", "local"), provider("polar", "none"))),
  )
})
