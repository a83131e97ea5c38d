import { assert, describe, it } from "@effect/vitest"
import { CheckoutRequest } from "@payment-orchestrator/domain"
import { Cause, Duration, Effect, Exit, Fiber, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { type OpenedCheckout, PaymentOrchestrator, type Settings } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const request: CheckoutRequest.CheckoutRequestInput = { amount: "99.99", currency: "USD" }

/** Opens one checkout over these providers, moving the clock until it ends. */
const open = (
  fakes: ReadonlyArray<Fake.Fake>,
  settings: Partial<Settings.Settings> = {},
  input: CheckoutRequest.CheckoutRequestInput = request,
) =>
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const fiber = yield* Effect.forkChild(Effect.exit(orchestrator.createCheckoutSession(input)))
    yield* TestClock.adjust("10 minutes")
    const exit = yield* Fiber.join(fiber)
    return { exit, stats: yield* orchestrator.getStats }
  }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings })))

const opened = <E>(exit: Exit.Exit<OpenedCheckout, E>): OpenedCheckout => {
  assert.isTrue(Exit.isSuccess(exit), `expected a session, got ${String(exit)}`)
  return Exit.isSuccess(exit) ? exit.value : assert.fail("no session")
}

const failure = <A, E>(exit: Exit.Exit<A, E>): E => {
  const error = Exit.isFailure(exit) ? exit.cause.reasons.find(Cause.isFailReason)?.error : undefined
  return error ?? assert.fail(`expected a typed failure, got ${String(exit)}`)
}

const collect = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn") lines.push(Array.isArray(message) ? message.join(" ") : String(message))
  })
  return { lines, layer: Logger.layer([logger]) }
}

describe("opening a checkout", () => {
  it.effect("goes to the first provider when it works, and asks nobody else", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"])]
      const { exit, stats } = yield* open([paypal, polar])
      assert.strictEqual(opened(exit).provider, paypal.name)
      assert.lengthOf(polar.calls, 0)
      assert.deepStrictEqual(stats, { totalRequests: 1, failovers: 0, providerUsage: { paypal: 1 }, failoverRate: 0 })
    }),
  )

  it.effect("retries a 503 twice under the same attempt id, then moves on", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["http_503"]), Fake.make("polar", ["ok"])]
      const { exit, stats } = yield* open([paypal, polar])
      const session = opened(exit)
      assert.strictEqual(session.provider, polar.name)
      assert.lengthOf(paypal.calls, 3)
      assert.strictEqual(new Set(paypal.calls.map(({ attemptId }) => attemptId)).size, 1)
      assert.deepStrictEqual(
        session.attempts.map(({ outcome, provider, reason, result, tries }) => ({
          outcome,
          provider,
          reason,
          result,
          tries,
        })),
        [
          { provider: paypal.name, result: "transient_error", reason: "http_503", outcome: "unknown", tries: 3 },
          { provider: polar.name, result: "opened", reason: undefined, outcome: undefined, tries: 1 },
        ],
      )
      assert.deepStrictEqual(stats, { totalRequests: 1, failovers: 1, providerUsage: { polar: 1 }, failoverRate: 1 })
    }),
  )

  it.effect("never offers a refused payment to another provider", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["http_400"]), Fake.make("polar", ["ok"])]
      const { exit, stats } = yield* open([paypal, polar])
      assert.strictEqual(failure(exit)._tag, "PermanentPaymentError")
      assert.lengthOf(paypal.calls, 1)
      assert.lengthOf(polar.calls, 0)
      assert.strictEqual(stats.failovers, 0)
    }),
  )

  it.effect("F1: moves on at once from a refused connection while another provider is left", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["refused_connection"]), Fake.make("polar", ["ok"])]
      const { exit } = yield* open([paypal, polar])
      assert.strictEqual(opened(exit).provider, polar.name)
      assert.lengthOf(paypal.calls, 1)
    }),
  )

  it.effect("F2: gives the session of another provider after a time-out, and asks the first one nothing more", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["hang"]), Fake.make("polar", ["ok"])]
      const { exit } = yield* open([paypal, polar])
      const [first] = opened(exit).attempts
      assert.strictEqual(first?.outcome, "unknown")
      assert.strictEqual(first?.reason, "timeout")
      assert.lengthOf(paypal.calls, 1)
    }),
  )

  it.effect("F6: skips a provider that asked to wait until the time is over, without calling it an outage", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["rate_limited_wait", "ok"]), Fake.make("polar", ["ok"])]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        const first = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(first.provider, polar.name)
        const second = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(second.attempts[0]?.reason, "throttled")
        assert.lengthOf(paypal.calls, 1)
        const [status] = yield* orchestrator.availableProviders
        assert.strictEqual(status?.circuit, "closed")
        yield* TestClock.adjust("21 seconds")
        const third = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(third.provider, paypal.name)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [paypal.layer, polar.layer] })))
    }),
  )

  it.effect("F6: honours Retry-After at the last provider while it fits", () =>
    Effect.gen(function* () {
      const paypal = Fake.make("paypal", ["rate_limited_wait", "ok"])
      const { exit } = yield* open([paypal])
      const { attempts } = opened(exit)
      assert.isAtLeast(attempts[0]?.durationMs ?? 0, 20_000)
    }),
  )

  it.effect("is at its last provider, too, where those after it cannot be asked, and gives it all the time", () =>
    Effect.gen(function* () {
      const off = Fake.make("stripe", ["ok"], { configured: false })
      const waiting = yield* open([Fake.make("paypal", ["rate_limited_wait", "ok"]), off])
      assert.isAtLeast(opened(waiting.exit).attempts[0]?.durationMs ?? 0, 20_000)
      const [hanging, polar] = [Fake.make("paypal", ["hang"]), Fake.make("polar", ["ok"], { configured: false })]
      const { exit } = yield* open([hanging, polar, off], { timeout: Duration.seconds(59) })
      const error = failure(exit)
      assert.strictEqual(error._tag === "AllProvidersFailed" ? error.attempts[0]?.durationMs : error._tag, 59_000)
    }),
  )

  it.effect("tells the provider's id of the request that opened it, where there is one", () =>
    Effect.gen(function* () {
      const named = yield* open([Fake.make("paypal", ["ok"], { requestId: "req_1" })])
      assert.strictEqual(opened(named.exit).attempts[0]?.requestId, "req_1")
      const nameless = yield* open([Fake.make("paypal", ["ok"])])
      assert.isFalse("requestId" in (opened(nameless.exit).attempts[0] ?? {}))
    }),
  )

  it.effect("says to come again when the first of them may be asked, and soon when one may be asked now", () =>
    Effect.gen(function* () {
      const after = (...scripts: ReadonlyArray<Fake.Outcome>) =>
        Effect.map(
          open(
            scripts.map((outcome, i) => Fake.make(`provider-${i}`, [outcome])),
            { maxRetries: 0 },
          ),
          ({ exit }) => {
            const error = failure(exit)
            return error._tag === "AllProvidersFailed" ? error.retryAfterMillis : error._tag
          },
        )
      assert.strictEqual(yield* after("rate_limited_wait"), 20_000)
      assert.strictEqual(yield* after("rate_limited_wait", "rate_limited_soon"), 8_000)
      assert.strictEqual(yield* after("rate_limited_wait", "http_503"), 5_000)
    }),
  )

  it.effect("F6: does not wait at the last provider for a time beyond the deadline", () =>
    Effect.gen(function* () {
      const paypal = Fake.make("paypal", ["rate_limited_wait", "ok"])
      const { exit } = yield* open([paypal], { deadline: Duration.seconds(15) })
      assert.strictEqual(failure(exit)._tag, "AllProvidersFailed")
      assert.lengthOf(paypal.calls, 1)
    }),
  )

  it.effect("F7: waits for an answer that is no verdict, with the same key and without counting retries", () =>
    Effect.gen(function* () {
      const script: ReadonlyArray<Fake.Outcome> = ["in_progress", "in_progress", "in_progress", "in_progress", "ok"]
      const [paypal, polar] = [Fake.make("paypal", script), Fake.make("polar", ["ok"])]
      const { exit } = yield* open([paypal, polar])
      assert.strictEqual(opened(exit).provider, paypal.name)
      assert.strictEqual(new Set(paypal.calls.map(({ attemptId }) => attemptId)).size, 1)
    }),
  )

  it.effect("F7: moves on when the first call is still running at the end of the provider's share", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["in_progress"]), Fake.make("polar", ["ok"])]
      const { exit } = yield* open([paypal, polar])
      const { attempts, provider } = opened(exit)
      assert.strictEqual(provider, polar.name)
      assert.strictEqual(attempts[0]?.reason, "in_progress")
      assert.strictEqual(attempts[0]?.outcome, "unknown")
      assert.isAtMost(attempts[0]?.durationMs ?? Infinity, 30_000)
      // At 0, 0.5, 1.25, 2.4, 4.1, 6.6, 10.4, 15.4, 20.4 and 25.4 s.
      assert.lengthOf(paypal.calls, 10)
    }),
  )

  it.effect("F13: asks providers in order although every circuit is open, and fails honestly when none answers", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["reset"]), Fake.make("polar", ["reset"])]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        const attempt = Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(Effect.flip(orchestrator.createCheckoutSession(request)))
          yield* TestClock.adjust("4 seconds")
          return yield* Fiber.join(fiber)
        })
        for (let i = 0; i < 3; i++) yield* attempt
        const states = yield* orchestrator.availableProviders
        assert.deepStrictEqual(
          states.map(({ circuit }) => circuit),
          ["open", "open"],
        )
        const before = paypal.calls.length
        const error = yield* attempt
        assert.strictEqual(error._tag, "AllProvidersFailed")
        assert.isAbove(paypal.calls.length, before)
        if (error._tag === "AllProvidersFailed") assert.isAbove(error.retryAfterMillis, 0)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [paypal.layer, polar.layer] })))
    }),
  )

  it.effect("says when to come again though nobody has credentials now", () =>
    Effect.gen(function* () {
      const { exit } = yield* open([Fake.make("paypal", ["ok"], { configured: false })])
      const error = failure(exit)
      assert.strictEqual(error._tag === "AllProvidersFailed" ? error.retryAfterMillis : error._tag, 5_000)
    }),
  )

  it.effect("F14: does not start a provider with less than a second left", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["slow_ok"]), Fake.make("polar", ["ok"])]
      const { exit } = yield* open([paypal, polar], { deadline: Duration.millis(900) })
      const error = failure(exit)
      assert.strictEqual(error._tag, "AllProvidersFailed")
      assert.lengthOf([...paypal.calls, ...polar.calls], 0)
      if (error._tag === "AllProvidersFailed") {
        assert.deepStrictEqual(
          error.attempts.map(({ reason }) => reason),
          ["out_of_time", "out_of_time"],
        )
      }
    }),
  )

  it.effect("with the defaults a hanging first provider leaves the second its 30 seconds", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["hang"]), Fake.make("polar", ["slow_ok"])]
      const { exit } = yield* open([paypal, polar])
      const { attempts, provider } = opened(exit)
      assert.strictEqual(provider, polar.name)
      assert.strictEqual(attempts[0]?.message, "PayPal timeout after 30 s")
      assert.strictEqual(attempts[0]?.durationMs, 30_000)
    }),
  )

  it.effect("logs a failover in the words of the product", () =>
    Effect.gen(function* () {
      const log = collect()
      const providers = [
        Fake.make("paypal", ["http_503", "http_503", "http_503", "hang", "refused_connection"]),
        Fake.make("polar", ["ok"]),
      ]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 3; i++) {
          const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
          yield* TestClock.adjust("2 minutes")
          yield* Fiber.join(fiber)
        }
      }).pipe(
        Effect.provide([PaymentOrchestrator.layer({ providers: providers.map(({ layer }) => layer) }), log.layer]),
      )
      assert.deepStrictEqual(log.lines, [
        "PAYMENT FAILOVER: paypal -> polar | Reason: PayPal 503 Service Unavailable | Total failovers: 1",
        "PAYMENT FAILOVER: paypal -> polar | Reason: PayPal timeout after 30 s | Total failovers: 2",
        "PAYMENT FAILOVER: paypal -> polar | Reason: PayPal network ECONNREFUSED | Total failovers: 3",
      ])
    }).pipe(Effect.provideService(References.MinimumLogLevel, "Info")),
  )

  it.effect("skips a hanging provider ten seconds into its third turn, and comes back with one probe", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["hang", "hang", "hang", "ok"]), Fake.make("polar", ["ok"])]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 2; i++) {
          const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
          yield* TestClock.adjust("30 seconds")
          assert.strictEqual((yield* Fiber.join(fiber)).provider, polar.name)
        }
        const third = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
        yield* TestClock.adjust("10 seconds")
        const skipping = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(skipping.attempts[0]?.reason, "circuit_open")
        assert.lengthOf(paypal.calls, 3)
        yield* TestClock.adjust("5 seconds")
        const probing = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(probing.provider, paypal.name)
        yield* TestClock.adjust("15 seconds")
        assert.strictEqual((yield* Fiber.join(third)).attempts[0]?.reason, "timeout")
        const [status] = yield* orchestrator.availableProviders
        assert.strictEqual(status?.circuit, "closed")
        assert.strictEqual((yield* orchestrator.getStats).failovers, 3)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [paypal.layer, polar.layer] })))
    }),
  )

  it.effect("never counts permanent errors and 429 against the circuit", () =>
    Effect.gen(function* () {
      const script: ReadonlyArray<Fake.Outcome> = [
        "http_400",
        "rate_limited",
        "http_400",
        "rate_limited",
        "http_400",
        "ok",
      ]
      const [paypal, polar] = [Fake.make("paypal", script), Fake.make("polar", ["ok"])]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 5; i++) yield* Effect.exit(orchestrator.createCheckoutSession(request))
        assert.strictEqual((yield* orchestrator.createCheckoutSession(request)).provider, paypal.name)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [paypal.layer, polar.layer] })))
    }),
  )

  it.effect("F9: skips a provider that refused our credentials, and tries it again after 30 seconds", () =>
    Effect.gen(function* () {
      const [paypal, polar] = [Fake.make("paypal", ["credentials_refused", "ok"]), Fake.make("polar", ["ok"])]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        const error = yield* Effect.flip(orchestrator.createCheckoutSession(request))
        assert.strictEqual(error._tag, "PermanentPaymentError")
        assert.lengthOf(polar.calls, 0)
        const next = yield* orchestrator.createCheckoutSession(request)
        assert.strictEqual(next.provider, polar.name)
        assert.strictEqual(next.attempts[0]?.reason, "credentials_refused")
        yield* TestClock.adjust("31 seconds")
        assert.strictEqual((yield* orchestrator.createCheckoutSession(request)).provider, paypal.name)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [paypal.layer, polar.layer] })))
    }),
  )
})

describe("what a request must be", () => {
  const faults = (input: unknown) =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const error = yield* Effect.flip(
        orchestrator.createCheckoutSession(input as CheckoutRequest.CheckoutRequestInput),
      )
      return error._tag === "InvalidRequest"
        ? [error.code, ...error.errors.map(({ path }) => path)]
        : assert.fail(error._tag)
    }).pipe(
      Effect.provide(
        PaymentOrchestrator.layer({
          providers: [Fake.make("paypal", ["ok"]).layer],
          catalog: { gold: { amount: "20.00", currency: "USD", interval: "month", paypal: "P-1" } },
          settings: { maxAmounts: new Map([["USD", 100_000]]) },
        }),
      ),
    )

  it.effect("names every fault by its path", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* faults({ amount: "1.00", currency: "usd", mode: "gift", colour: 1 }), [
        "invalid_request",
        "colour",
        "currency",
        "mode",
      ])
      assert.deepStrictEqual(yield* faults({ amount: "1.001", currency: "USD" }), ["invalid_request", "amount"])
      assert.deepStrictEqual(yield* faults({ amount: "1.5", currency: "JPY" }), ["invalid_request", "amount"])
      assert.deepStrictEqual(yield* faults({ amount: "0.00" }), ["invalid_request", "amount"])
      assert.deepStrictEqual(yield* faults({}), ["invalid_request", "amount"])
      assert.deepStrictEqual(yield* faults({ mode: "subscription" }), ["invalid_request", "priceId"])
      assert.deepStrictEqual(yield* faults({ mode: "subscription", priceId: "nobody" }), ["unknown_price", "priceId"])
      assert.deepStrictEqual(yield* faults({ mode: "subscription", priceId: "gold", amount: "19.99" }), [
        "amount_mismatch",
        "amount",
      ])
      assert.deepStrictEqual(yield* faults({ amount: "1000.01" }), ["invalid_request", "amount"])
      assert.deepStrictEqual(yield* faults({ amount: "1.00", preferredProvider: "stripe" }), [
        "invalid_request",
        "preferredProvider",
      ])
    }),
  )

  it.effect(
    "F11: skips a provider that cannot serve the request, and says the merchant is mistaken when none can",
    () =>
      Effect.gen(function* () {
        const digital = Fake.make("polar", ["ok"], { capabilities: { goods: ["digital"] } })
        const both = Fake.make("paypal", ["ok"])
        const off = Fake.make("stripe", ["ok"], { configured: false })
        yield* Effect.gen(function* () {
          const orchestrator = yield* PaymentOrchestrator
          const session = yield* orchestrator.createCheckoutSession({ ...request, goods: "physical" })
          assert.deepStrictEqual(
            session.attempts.map(({ provider, reason }) => [provider, reason]),
            [
              [digital.name, "goods_unsupported"],
              [both.name, undefined],
            ],
          )
          const error = yield* Effect.flip(orchestrator.createCheckoutSession({ amount: "5.00", currency: "GBP" }))
          assert.strictEqual(error._tag, "NoProviderFits")
          assert.strictEqual((yield* orchestrator.getStats).totalRequests, 1)
          assert.lengthOf(digital.calls, 0)
        }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [digital.layer, both.layer, off.layer] })))
      }),
  )

  it.effect("puts the preferred provider first and keeps the order of the rest", () =>
    Effect.gen(function* () {
      const fakes = ["paypal", "polar", "stripe"].map((name) => Fake.make(name, ["refused_connection"]))
      const { exit } = yield* open(fakes, {}, { ...request, preferredProvider: "polar" })
      const error = failure(exit)
      assert.deepStrictEqual(
        error._tag === "AllProvidersFailed" ? error.attempts.map(({ provider }) => String(provider)) : [],
        ["polar", "paypal", "stripe"],
      )
    }),
  )
})
