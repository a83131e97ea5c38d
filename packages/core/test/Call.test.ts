import { assert, describe, it } from "@effect/vitest"
import {
  type Capabilities,
  CurrencyTable,
  type Operation,
  PaymentError,
  PaymentProvider,
  ProviderName,
} from "@payment-orchestrator/domain"
import { Deferred, Effect, Fiber, Layer, Result } from "effect"
import { TestClock } from "effect/testing"
import { Circuits, Lane, Settings } from "@payment-orchestrator/core"
import * as Bounds from "../src/Bounds.ts"
import * as Call from "../src/Call.ts"

const name = ProviderName.ProviderName.make("paypal")

const provider = (
  idempotentRefund: boolean,
  needsToken: Effect.Effect<boolean> = Effect.succeed(false),
): PaymentProvider.Service =>
  PaymentProvider.make({
    ...PaymentProvider.notConfigured(name, {
      livemode: false,
      currencies: CurrencyTable.make(["USD"]),
      modes: ["payment"],
      goods: ["digital"],
      idempotentCreate: !idempotentRefund,
      idempotentRefund,
      fence: { payment: "local", subscription: "local" },
      findByAttempt: true,
      partialRefunds: true,
      cancelAtPeriodEnd: true,
      priceIdPattern: /^P-/,
    } satisfies Capabilities.Capabilities),
    configured: true,
    needsToken,
  })

const failed = (operation: Operation.Operation, outcome: "unknown" | "not_sent") =>
  new PaymentError.TransientPaymentError({ provider: name, operation, reason: "http", outcome, status: 503 })

const refused = (operation: Operation.Operation) =>
  new PaymentError.PermanentPaymentError({ provider: name, operation, reason: "http", outcome: "refused", status: 422 })

const surroundings = Effect.map(Circuits.Circuits, (circuits) => ({
  circuits,
  settings: Settings.defaults,
  bounds: Bounds.make(1),
}))

/** How it ended after so long; nobody needs longer than a minute for two repeats. */
const ended = <A, E>(call: Effect.Effect<A, E, Circuits.Circuits>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(call))
    yield* TestClock.adjust("1 minute")
    return yield* Fiber.join(fiber)
  })

const run = <A>(
  operation: Operation.Operation,
  of: PaymentProvider.Service,
  call: Effect.Effect<A, PaymentError.PaymentError>,
) => Effect.flatMap(surroundings, (around) => ended(Call.run(operation, of, around)(call)))

/** How often an operation is tried that ends like this each time. */
const triesOf = (operation: Operation.Operation, of: PaymentProvider.Service, error: PaymentError.PaymentError) =>
  Effect.gen(function* () {
    let tries = 0
    const call = Effect.suspend(() => {
      tries += 1
      return Effect.fail(error)
    })
    assert.isTrue(Result.isFailure(yield* run(operation, of, call)))
    return tries
  })

const test = (title: string, body: Effect.Effect<void, PaymentError.PaymentError, Circuits.Circuits>) =>
  it.effect(title, () => Effect.provide(body, Layer.fresh(Circuits.layer)))

describe("a call that may have happened", () => {
  const [keeping, forgetting] = [provider(true), provider(false)]

  test(
    "is repeated twice where that is safe: looks and ends anywhere, refunds only where keys are kept",
    Effect.gen(function* () {
      for (const operation of ["findSession", "cancelSubscription"] as const) {
        assert.strictEqual(yield* triesOf(operation, forgetting, failed(operation, "unknown")), 3, operation)
      }
      assert.strictEqual(yield* triesOf("refund", keeping, failed("refund", "unknown")), 3)
      assert.strictEqual(yield* triesOf("refund", forgetting, failed("refund", "unknown")), 1)
    }),
  )

  test(
    "is repeated anyway when it was not sent, and never when it was refused",
    Effect.gen(function* () {
      assert.strictEqual(yield* triesOf("refund", forgetting, failed("refund", "not_sent")), 3)
      assert.strictEqual(yield* triesOf("refund", keeping, refused("refund")), 1)
      assert.strictEqual(yield* triesOf("findSession", keeping, refused("findSession")), 1)
    }),
  )

  test(
    "is not repeated for an error that is no provider's",
    Effect.gen(function* () {
      let tries = 0
      const call = Effect.suspend(() => {
        tries += 1
        return Effect.fail("a bad signature")
      })
      const around = yield* surroundings
      yield* ended(Call.unguarded("verifyWebhook", keeping, around)(call))
      assert.strictEqual(tries, 1)
    }),
  )
})

describe("a call that is held back", () => {
  const trip = (operation: Operation.Operation, of: PaymentProvider.Service) =>
    Effect.replicateEffect(run(operation, of, Effect.fail(failed(operation, "unknown"))), 3)
  const failure = <A, E>(result: Result.Result<A, E>): E =>
    Result.isFailure(result) ? result.failure : assert.fail("it was let through")
  const answers = Effect.succeed("found")

  test(
    "says that it was not sent, and when to come again where somebody knows",
    Effect.gen(function* () {
      const of = provider(true)
      yield* trip("findSession", of)
      // The open time is over by now: one call is the probe, and nobody knows how long it will take.
      const around = yield* surroundings
      const end = yield* Deferred.make<void>()
      const probe = yield* Effect.forkChild(Call.run("findSession", of, around)(Deferred.await(end)), {
        startImmediately: true,
      })
      const beside = failure(
        yield* Effect.result(Call.run("findSession", of, { ...around, bounds: Bounds.make(1) })(answers)),
      )
      assert.deepInclude(beside, { reason: "circuit_open", outcome: "not_sent" })
      assert.isFalse("retryAfterMillis" in beside)
      const full = failure(yield* Effect.result(Call.run("findSession", of, around)(answers)))
      assert.deepInclude(full, { reason: "overloaded", outcome: "not_sent", retryAfterMillis: 1_000 })
      yield* Deferred.succeed(end, undefined)
      yield* Fiber.join(probe)
      assert.deepStrictEqual(yield* run("findSession", of, answers), Result.succeed("found"))
    }),
  )

  test(
    "is so, too, while no token can be had, whatever it is for",
    Effect.gen(function* () {
      const of = provider(true, Effect.succeed(true))
      const around = yield* surroundings
      const outage = Effect.andThen(
        Effect.map(PaymentProvider.CallPhase, (phase) => void (phase.current = "token")),
        Effect.fail(failed("findSession", "unknown")),
      )
      for (const laneClass of ["read", "reversing", "inert"] as const) {
        yield* around.circuits.guard(Lane.make(name, laneClass), () => outage, { needsToken: Effect.succeed(true) })
      }
      const held = failure(yield* Effect.result(Call.run("findSession", of, around)(answers)))
      assert.deepInclude(held, { reason: "circuit_open", retryAfterMillis: 5_000 })
    }),
  )
})
