import { assert, describe, it } from "@effect/vitest"
import { type Drill, Id, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Fiber, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { Rehearsal } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const session = {
  sessionId: "S",
  mode: "payment" as const,
}

const built = (name: string) => {
  const fake = Fake.make(name, ["ok"])
  return Effect.map(Layer.build(fake.layer), (context) => ({
    fake,
    provider: Rehearsal.wrap(Context.get(context, PaymentProvider.PaymentProvider)),
  }))
}

/** Runs under the token of a drill of PayPal. */
const rehearsed = (fault: Drill.DrillFault) =>
  Effect.provideService(
    Rehearsal.CurrentRehearsal,
    Option.some({
      token: Id.DrillId.make("drl_00000000000000000000000000"),
      provider: ProviderName.ProviderName.make("paypal"),
      fault,
    }),
  )

const request = Effect.gen(function* () {
  return {
    attemptId: yield* Id.makeAttemptId,
    checkoutId: yield* Id.makeCheckoutId,
    mode: "payment" as const,
    money: Option.some({ amount: 100, currency: "USD" as const }),
    priceId: Option.none(),
    goods: Option.none(),
    description: Option.none(),
    customerEmail: Option.none(),
    customerId: Option.none(),
    orderId: Option.none(),
    metadata: {},
    successUrl: "https://shop.example",
    cancelUrl: "https://shop.example",
    expiresAt: 0,
  }
})

const opening = (provider: PaymentProvider.Service) => Effect.flatMap(request, provider.createCheckoutSession)

describe("a rehearsed outage", () => {
  it.effect("is played for the calls that bear its token alone, while others pass through at the same moment", () =>
    Effect.gen(function* () {
      const { fake, provider } = yield* built("paypal")
      const results = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, i) => i % 2 === 0),
        (inDrill) =>
          Effect.map(Effect.result(inDrill ? rehearsed("down")(opening(provider)) : opening(provider)), (result) => [
            inDrill,
            Result.isFailure(result),
          ]),
        { concurrency: "unbounded" },
      )
      for (const [inDrill, failed] of results) assert.strictEqual(failed, inDrill)
      assert.lengthOf(fake.calls, 20, "nothing of the drill was sent")
    }),
  )

  it.effect("leaves every other provider as it is, also within the drill", () =>
    Effect.gen(function* () {
      const { fake, provider } = yield* built("polar")
      yield* rehearsed("down")(opening(provider))
      assert.lengthOf(fake.calls, 1)
    }),
  )

  it.effect("is told like the real thing: refused connection, 503, time-out; and the check fails as well", () =>
    Effect.gen(function* () {
      const { provider } = yield* built("paypal")
      const told = (fault: Drill.DrillFault) =>
        Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(
            rehearsed(fault)(Effect.all([Effect.flip(opening(provider)), provider.checkAvailability])).pipe(
              Effect.provideService(PaymentProvider.CallTimeout, Duration.seconds(2)),
            ),
          )
          yield* TestClock.adjust("5 seconds")
          const [error, availability] = yield* Fiber.join(fiber)
          assert.isFalse(availability.reachable)
          return [error.message, error.outcome]
        })
      assert.deepStrictEqual(yield* told("down"), ["PayPal network ECONNREFUSED", "not_sent"])
      assert.deepStrictEqual(yield* told("error"), ["PayPal 503 Service Unavailable", "unknown"])
      assert.deepStrictEqual(yield* told("slow"), ["PayPal timeout after 2 s", "unknown"])
    }),
  )

  it.effect("fails every other question to that provider too", () =>
    Effect.gen(function* () {
      const { provider } = yield* built("paypal")
      const error = yield* Effect.flip(rehearsed("error")(provider.withdraw(session)))
      assert.strictEqual(error.reason, "http")
    }),
  )
})
