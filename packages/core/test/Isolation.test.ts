import { assert, describe, it } from "@effect/vitest"
import { PaymentError, type ProviderName } from "@payment-orchestrator/domain"
import { Duration, Effect, Fiber, Layer, Option, Result } from "effect"
import { TestClock } from "effect/testing"
import { Obstacles, PaymentOrchestrator, type Settings } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const request = { amount: "99.99", currency: "USD" } as const

const over = (fakes: ReadonlyArray<Fake.Fake>, settings: Partial<Settings.Settings> = {}) =>
  PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings })

const open = (preferred: ProviderName.ProviderName) =>
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    return yield* orchestrator.createCheckoutSession({ ...request, preferredProvider: preferred })
  })

/** Counts who is inside. */
const counter = () => {
  const seen = { now: 0, most: 0 }
  const wrap = <A, E>(call: Effect.Effect<A, E>) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        seen.now += 1
        seen.most = Math.max(seen.most, seen.now)
      }),
      () => call,
      () => Effect.sync(() => void (seen.now -= 1)),
    )
  return { seen, wrap }
}

const failing = (reason: "http" | "rate_limited", fake: { readonly name: ProviderName.ProviderName }) =>
  Effect.fail(
    new PaymentError.TransientPaymentError({
      provider: fake.name,
      operation: "findSession",
      reason,
      outcome: "unknown",
      status: 503,
    }),
  )

describe("500 calls that hang at one provider", () => {
  it.effect("take no more than its slots, are skipped as overloaded above them, and cost the others nothing", () =>
    Effect.gen(function* () {
      const { seen, wrap } = counter()
      const paypal = Fake.make("paypal", ["hang"], { wrap })
      const polar = Fake.make("polar", ["ok"], { delay: 0.2 })
      yield* Effect.gen(function* () {
        const hanging = yield* Effect.forEach(Array.from({ length: 500 }), () => Effect.forkChild(open(paypal.name)))
        yield* TestClock.adjust("200 millis")
        assert.strictEqual(seen.most, 256)
        assert.lengthOf(polar.calls, 244)
        const orchestrator = yield* PaymentOrchestrator
        const [status] = yield* orchestrator.availableProviders
        assert.deepStrictEqual(status?.reason, Option.some("overloaded"))

        const other = yield* Effect.forkChild(open(polar.name))
        yield* TestClock.adjust("200 millis")
        const { attempts } = yield* Fiber.join(other)
        assert.strictEqual(attempts[0]?.durationMs, 200)

        yield* TestClock.adjust("60 seconds")
        const opened = yield* Effect.forEach(hanging, Fiber.join)
        assert.isTrue(opened.every(({ provider }) => provider === polar.name))
        const reasons = opened.map(({ attempts }) => attempts[0]?.reason)
        assert.strictEqual(reasons.filter((reason) => reason === "overloaded").length, 244)
        assert.strictEqual(reasons.filter((reason) => reason === "timeout").length, 256)
        assert.strictEqual(seen.now, 0)
      }).pipe(Effect.provide(over([paypal, polar])))
    }),
  )

  it.effect("are answered with when to come again once every candidate is full", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["hang"]), Fake.make("polar", ["hang"])]
      const stripe = Fake.make("stripe", [], { configured: false })
      yield* Effect.gen(function* () {
        yield* Effect.forEach([paypal, polar], ({ name }) => Effect.forkChild(open(name)))
        yield* TestClock.adjust("1 second")
        const error = yield* Effect.flip(open(paypal.name))
        assert.strictEqual(error._tag, "AllProvidersFailed")
        if (error._tag !== "AllProvidersFailed") return
        assert.deepStrictEqual(
          error.attempts.map(({ reason }) => reason),
          ["overloaded", "overloaded", "not_configured"],
        )
        assert.strictEqual(error.retryAfterMillis, 1_000)
      }).pipe(Effect.provide(over([paypal, polar, stripe], { concurrency: 1 })))
    }),
  )

  it.effect("hold their slot until they have really ended, not only until nobody waits for them", () =>
    Effect.gen(function* () {
      const stubborn = Fake.make("paypal", ["ok"], {
        wrap: (call) => Effect.uninterruptible(Effect.delay(call, "50 seconds")),
      })
      const polar = Fake.make("polar", ["ok"])
      const settings = { concurrency: 1, hedgeAfter: Option.some(Duration.seconds(1)) }
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(open(stubborn.name))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(first)).provider, polar.name)
        assert.strictEqual((yield* open(stubborn.name)).attempts[0]?.reason, "overloaded")
        yield* TestClock.adjust("50 seconds")
        const later = yield* Effect.forkChild(open(stubborn.name))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(later)).attempts[0]?.result, "superseded")
      }).pipe(Effect.provide(over([stubborn, polar], settings)))
    }),
  )

  it.effect("do not keep money waiting, nor does money keep openings waiting", () =>
    Effect.gen(function* () {
      const name = Fake.make("paypal", []).name
      let captured = 0
      const paypal = Fake.make("paypal", ["hang"], {
        operations: {
          findSession: () => Effect.never,
          withdraw: () => Effect.sync(() => ((captured += 1), "withdrawn" as const)),
        },
      })
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        yield* Effect.forkChild(open(name))
        yield* Effect.forkChild(orchestrator.findSession({ provider: "paypal", sessionId: "1" }))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* orchestrator.withdraw({ provider: "paypal", sessionId: "1" }), "withdrawn")
        const held = yield* Effect.flip(orchestrator.findSession({ provider: "paypal", sessionId: "2" }))
        assert.deepInclude(held, { reason: "overloaded", outcome: "not_sent", retryAfterMillis: 1_000 })
        assert.strictEqual(captured, 1)
      }).pipe(Effect.provide(over([paypal], { concurrency: 1 })))
    }),
  )

  it.effect("F13: stay within their slots in panic too", () =>
    Effect.gen(function* () {
      const { seen, wrap } = counter()
      const paypal = Fake.make(
        "paypal",
        ["reset", "reset", "reset", "reset", "reset", "reset", "reset", "reset", "reset", "hang"],
        { wrap },
      )
      yield* Effect.gen(function* () {
        for (let i = 0; i < 3; i++) {
          const failing = yield* Effect.forkChild(Effect.flip(open(paypal.name)))
          yield* TestClock.adjust("1600 millis")
          yield* Fiber.join(failing)
        }
        const panicking = yield* Effect.forEach(Array.from({ length: 50 }), () =>
          Effect.forkChild(Effect.flip(open(paypal.name))),
        )
        yield* TestClock.adjust("1 second")
        assert.strictEqual(seen.now, 10)
        yield* TestClock.adjust("2 minutes")
        yield* Effect.forEach(panicking, Fiber.join)
        assert.strictEqual(seen.most, 10)
      }).pipe(Effect.provide(over([paypal], { concurrency: 10 })))
    }),
  )
})

describe("an operation at the provider that holds the money", () => {
  /** PayPal whose look-ups fail until it is mended. */
  const broken = () => {
    const state = { isDown: true, calls: 0 }
    const fake: Fake.Fake = Fake.make("paypal", ["ok"], {
      operations: {
        findSession: () =>
          Effect.suspend(() => {
            state.calls += 1
            return state.isDown ? failing("http", fake) : Effect.succeedNone
          }),
        verifyWebhook: () => Effect.succeed([]),
      },
    })
    return { fake, state }
  }

  const look = Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const fiber = yield* Effect.forkChild(
      Effect.result(orchestrator.findSession({ provider: "paypal", sessionId: "1" })),
    )
    yield* TestClock.adjust("1600 millis")
    return yield* Fiber.join(fiber)
  })

  it.effect(
    "fails at once as not sent while its circuit is open, gets through as the probe, and is never given up",
    () =>
      Effect.gen(function* () {
        const { fake, state } = broken()
        yield* Effect.gen(function* () {
          for (let i = 0; i < 3; i++) yield* look
          assert.strictEqual(state.calls, 9)
          const held = yield* look
          assert.isTrue(Result.isFailure(held))
          if (Result.isFailure(held)) {
            assert.deepInclude(held.failure, { reason: "circuit_open", outcome: "not_sent" })
            assert.match(held.failure.message, /^PayPal failed repeatedly and is given time to recover$/)
          }
          assert.strictEqual(state.calls, 9)
          state.isDown = false
          yield* TestClock.adjust("5 seconds")
          assert.isTrue(Result.isSuccess(yield* look))
        }).pipe(Effect.provide(over([fake])))
      }),
  )

  it.effect("leaves the opening of sessions and the checking of webhooks as they are", () =>
    Effect.gen(function* () {
      const { fake } = broken()
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 4; i++) yield* look
        assert.strictEqual((yield* open(fake.name)).provider, fake.name)
        const webhook = { provider: "paypal", headers: {}, body: new Uint8Array() }
        assert.deepStrictEqual(yield* orchestrator.verifyWebhook(webhook), [])
      }).pipe(Effect.provide(over([fake])))
    }),
  )

  it.effect("waits at most 15 seconds more for a look, however long its provider was down", () =>
    Effect.gen(function* () {
      const { fake, state } = broken()
      yield* Effect.gen(function* () {
        for (let i = 0; i < 200; i++) yield* look
        state.isDown = false
        yield* TestClock.adjust("15 seconds")
        assert.isTrue(Result.isSuccess(yield* look))
      }).pipe(Effect.provide(over([fake])))
    }),
  )
})

describe("what others know of providers", () => {
  const told = (service: Obstacles.Service) => Layer.succeed(Obstacles.Obstacles, service)

  const say = (
    entries: ReadonlyArray<readonly [ProviderName.ProviderName, "drained" | "health_down"]>,
  ): Obstacles.Service => ({
    obstacles: Effect.succeed(new Map(entries)),
  })

  it.effect("keeps a provider out of routing, and makes it not available", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"])]
      const knowing = Obstacles.all([say([[paypal.name, "health_down"]]), say([[paypal.name, "drained"]])])
      yield* Effect.gen(function* () {
        const { attempts, provider } = yield* open(paypal.name)
        assert.strictEqual(provider, polar.name)
        assert.strictEqual(attempts[0]?.reason, "drained")
        const orchestrator = yield* PaymentOrchestrator
        const [status] = yield* orchestrator.availableProviders
        assert.isFalse(status?.available)
        assert.deepStrictEqual(status?.reason, Option.some("drained"))
        assert.strictEqual(status?.circuit, "closed")
      }).pipe(Effect.provide(Layer.provide(over([paypal, polar]), told(knowing))))
    }),
  )

  it.effect(
    "F13: asks a provider that fails its health check when nobody else is left, but not one that is drained",
    () =>
      Effect.gen(function* () {
        const [paypal, polar] = [Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"])]
        const knowing = say([
          [paypal.name, "drained"],
          [polar.name, "health_down"],
        ])
        yield* Effect.gen(function* () {
          const { attempts } = yield* open(paypal.name)
          assert.deepStrictEqual(
            attempts.map(({ reason, result }) => reason ?? result),
            ["drained", "opened"],
          )
          assert.lengthOf(paypal.calls, 0)
        }).pipe(Effect.provide(Layer.provide(over([paypal, polar]), told(knowing))))
      }),
  )
})
