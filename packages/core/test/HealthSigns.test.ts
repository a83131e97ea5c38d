import { assert, describe, it } from "@effect/vitest"
import { type Attempt, PaymentError, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import { Clock, Context, Effect, Fiber, Layer, Logger, Metric, Option, Stream } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { Circuits, Health, Lane } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const paypal = ProviderName.ProviderName.make("paypal")

/** What a check hears: all is well, nobody there (and why, or not), or that our credentials are refused. */
type Say = "well" | "gone" | "gone, nobody knows why" | "refused" | "gone and refused"

const answers: { readonly [say in Say]: PaymentProvider.Availability } = {
  well: { configured: true, reachable: true, credentials: "accepted", reason: Option.none() },
  gone: { configured: true, reachable: false, credentials: "unknown", reason: Option.some("PayPal network failure") },
  "gone, nobody knows why": { configured: true, reachable: false, credentials: "unknown", reason: Option.none() },
  refused: { configured: true, reachable: true, credentials: "refused", reason: Option.some("PayPal refuses us") },
  "gone and refused": { configured: true, reachable: false, credentials: "refused", reason: Option.none() },
}

/** A provider that says so when it is asked how it is, after so many milliseconds, and when that was. */
const patient = (configured = true, name = paypal) => {
  const made: { says: Say; takes: number; asked: Array<number> } = { says: "well", takes: 0, asked: [] }
  const service = PaymentProvider.make({
    ...PaymentProvider.notConfigured(name, Fake.usual),
    configured,
    checkAvailability: Effect.flatMap(Clock.currentTimeMillis, (now) => {
      made.asked.push(now)
      return Effect.delay(Effect.succeed(answers[made.says]), made.takes)
    }),
  })
  return { made, service }
}

/** Whoever watches these, and what is logged of it. */
const watch = Effect.fnUntraced(function* (...services: ReadonlyArray<PaymentProvider.Service>) {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
  const context = yield* Layer.build(
    Layer.fresh(Health.Health.layer({ providers: services }).pipe(Layer.provideMerge(Circuits.layer))),
  )
  const health = Context.get(context, Health.Health)
  const circuits = Context.get(context, Circuits.Circuits)
  /** One check, however long it takes. */
  const check = Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(health.check(paypal).pipe(Effect.provide(Logger.layer([logger]))))
    yield* TestClock.adjust("5 seconds")
    yield* Fiber.join(fiber)
  })
  const trip = Effect.replicateEffect(
    circuits.guard(Lane.make(paypal, "inert"), () =>
      Effect.fail(
        new PaymentError.TransientPaymentError({
          provider: paypal,
          operation: "createCheckoutSession",
          reason: "network",
          outcome: "unknown",
        }),
      ),
    ),
    3,
  )
  const state = circuits.state({ name: paypal })
  return { health, circuits, check, trip, state, lines, of: health.of(paypal) }
})

/** Twelve buyers of whom four got a page. */
const unwell = Effect.fnUntraced(function* (health: Health.Service) {
  const startedAt = yield* Clock.currentTimeMillis
  const opened: Attempt.Attempt = { provider: paypal, result: "opened", startedAt, durationMs: 300, tries: 1 }
  for (let i = 0; i < 12; i++) {
    yield* health.observe(i % 3 === 0 ? opened : { ...opened, result: "transient_error", reason: "http_503" })
  }
})

describe("one check", () => {
  it.effect("asks up to three times while nobody is there, and once where somebody is", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { check } = yield* watch(service)
      const askedFor = Effect.fnUntraced(function* (say: Say) {
        made.says = say
        made.asked = []
        const began = yield* Clock.currentTimeMillis
        yield* check
        return made.asked.map((at) => at - began)
      })
      assert.deepStrictEqual(yield* askedFor("gone"), [0, 250, 750])
      assert.deepStrictEqual(yield* askedFor("well"), [0])
      assert.deepStrictEqual(yield* askedFor("refused"), [0])
      assert.deepStrictEqual(yield* askedFor("gone and refused"), [0])
    }),
  )

  it.effect("asks again only with a second left of its four", () =>
    Effect.gen(function* () {
      const cases: ReadonlyArray<readonly [takes: number, asked: Array<number>]> = [
        [2_750, [0, 3_000]],
        [2_751, [0]],
      ]
      for (const [takes, asked] of cases) {
        const { made, service } = patient()
        const { check } = yield* watch(service)
        const began = yield* Clock.currentTimeMillis
        Object.assign(made, { says: "gone", takes })
        yield* check
        assert.deepStrictEqual(
          made.asked.map((at) => at - began),
          asked,
        )
      }
    }),
  )

  it.effect("is of the provider that was named, if it is one that takes part and has credentials", () =>
    Effect.gen(function* () {
      const [one, two, three] = [
        patient(),
        patient(true, ProviderName.ProviderName.make("polar")),
        patient(false, ProviderName.ProviderName.make("stripe")),
      ]
      const { health } = yield* watch(one.service, two.service, three.service)
      yield* health.check(two.service.name)
      yield* health.check(three.service.name)
      yield* health.check(ProviderName.ProviderName.make("acme"))
      assert.deepStrictEqual(
        [one, two, three].map(({ made }) => made.asked.length),
        [0, 1, 0],
      )
      assert.deepInclude(yield* health.of(three.service.name), { active: "unknown", credentials: "unknown" })
    }),
  )
})

describe("checks", () => {
  it.effect("come every 18 to 20 seconds from one beginning to the next, and not to those without credentials", () =>
    Effect.gen(function* () {
      const [one, none] = [patient(), patient(false, ProviderName.ProviderName.make("polar"))]
      const { health } = yield* watch(one.service, none.service)
      yield* Effect.forkScoped(health.run, { startImmediately: true })
      one.made.takes = 3_000
      yield* TestClock.adjust("1 hour")
      const waits = one.made.asked.slice(1).map((at, i) => at - (one.made.asked[i] ?? 0))
      assert.isAbove(waits.length, 100)
      assert.isAtLeast(Math.min(...waits), 18_000)
      assert.isAtMost(Math.max(...waits), 20_000)
      assert.isAbove(Math.max(...waits) - Math.min(...waits), 1_000)
      assert.deepStrictEqual(none.made.asked, [])
    }),
  )

  it.effect("come every five seconds while the circuit is not closed", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { health, trip } = yield* watch(service)
      yield* Effect.forkScoped(health.run, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      yield* trip
      made.asked = []
      yield* TestClock.adjust("1 minute")
      assert.isAtLeast(made.asked.length, 12)
      assert.isAtMost(made.asked.length, 15)
    }),
  )
})

describe("what has become of a provider", () => {
  it.effect("is told once: that it fails, that it is back, that it refuses us", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { check, health, lines } = yield* watch(service)
      const changed: Array<string> = []
      yield* Effect.forkScoped(
        Stream.runForEach(health.changes, (name) => Effect.sync(() => void changed.push(name))),
        { startImmediately: true },
      )
      const up = Effect.map(
        PrometheusMetrics.format(),
        (text) => /payment_provider_up\{provider="paypal"\} (.+)/.exec(text)?.[1],
      )
      /** What a check that hears this makes of it: what is logged, how many have been told, and the gauge. */
      const heard = Effect.fnUntraced(function* (say: Say) {
        made.says = say
        yield* check
        return [...lines.splice(0), changed.length, yield* up]
      })
      assert.deepStrictEqual(yield* heard("well"), [1, "1"])
      assert.deepStrictEqual(yield* heard("gone"), [1, "1"])
      assert.deepStrictEqual(yield* heard("gone"), [
        "Warn PayPal fails its health check: PayPal network failure",
        2,
        "0",
      ])
      assert.deepStrictEqual(yield* heard("gone"), [2, "0"])
      assert.deepStrictEqual(yield* heard("well"), ["Info PayPal passes its health check again", 3, "1"])
      assert.deepStrictEqual(yield* heard("well"), [3, "1"])
      const refused = "Error PayPal REFUSES OUR CREDENTIALS, so no checkout is sent there"
      assert.deepStrictEqual(yield* heard("refused"), [refused, 4, "0"])
      assert.deepStrictEqual(yield* heard("refused"), [4, "0"])
      assert.deepStrictEqual(yield* heard("well"), ["Info PayPal passes its health check again", 5, "1"])
      yield* heard("gone, nobody knows why")
      assert.deepStrictEqual(yield* heard("gone, nobody knows why"), [
        "Warn PayPal fails its health check: no reason given",
        6,
        "0",
      ])
      // Down already, and now it refuses us as well.
      assert.deepStrictEqual(yield* heard("gone and refused"), [refused, 6, "0"])
      assert.deepStrictEqual(
        changed,
        Array.from({ length: 6 }, () => "paypal"),
      )
    }).pipe((test) => Effect.suspend(() => Effect.provideService(test, Metric.MetricRegistry, new Map()))),
  )

  it.effect(
    "is said in words while something is wrong: the check's before the buyers', and those before webhooks",
    () =>
      Effect.gen(function* () {
        const { made, service } = patient()
        const { check, health, of } = yield* watch(service)
        const reason = Effect.map(of, (seen) => Option.getOrNull(seen.reason))
        assert.strictEqual(yield* reason, null)
        yield* check
        assert.strictEqual(yield* reason, null)
        yield* unwell(health)
        assert.strictEqual(yield* reason, "only 33 % of the last checkouts got a page at PayPal")
        made.says = "gone, nobody knows why"
        yield* check
        yield* check
        assert.strictEqual(yield* reason, "it fails its health check")
        made.says = "gone"
        yield* check
        assert.strictEqual(yield* reason, "PayPal network failure")
      }),
  )

  it.effect("F9: keeps it out by its own name when it refuses us", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { check, health } = yield* watch(service)
      made.says = "refused"
      yield* check
      assert.deepStrictEqual(yield* health.obstacles.obstacles, new Map([[paypal, "credentials_refused"]]))
    }),
  )
})

describe("a recovery", () => {
  it.effect("that a check has seen is the end of what buyers met before it", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { check, health, of } = yield* watch(service)
      yield* check
      yield* unwell(health)
      assert.strictEqual((yield* of).passive, "down")
      yield* check
      assert.strictEqual((yield* of).passive, "down", "it was up before")
      made.says = "gone"
      yield* check
      yield* check
      made.says = "well"
      yield* check
      assert.strictEqual((yield* of).passive, "unknown")
      assert.strictEqual((yield* health.obstacles.obstacles).size, 0)
    }),
  )

  it.effect("that only a probe on its way could show is none yet", () =>
    Effect.gen(function* () {
      const { service } = patient()
      const { circuits, health, of, state, trip } = yield* watch(service)
      yield* Effect.forkScoped(health.run, { startImmediately: true })
      yield* TestClock.adjust("1 minute")
      yield* unwell(health)
      yield* trip
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.forkChild(
        circuits.guard(Lane.make(paypal, "inert"), () => Effect.sleep("1 second")),
        { startImmediately: true },
      )
      yield* TestClock.adjust("500 millis")
      assert.strictEqual((yield* state).circuit, "half_open")
      assert.strictEqual((yield* of).passive, "down")
      yield* TestClock.adjust("500 millis")
      yield* Fiber.join(probe)
      assert.strictEqual((yield* state).circuit, "closed")
      assert.strictEqual((yield* of).passive, "unknown")
    }),
  )

  it.effect("lets a buyer through an open circuit at once; a check that only goes on as before does not", () =>
    Effect.gen(function* () {
      const { made, service } = patient()
      const { check, state, trip } = yield* watch(service)
      const long = Effect.gen(function* () {
        // Four openings in a row, so that the wait outlasts what follows.
        for (const wait of ["0 seconds", "5 seconds", "10 seconds", "20 seconds"] as const) {
          yield* TestClock.adjust(wait)
          yield* trip
        }
      })
      yield* check
      yield* long
      assert.strictEqual((yield* state).obstacle, "circuit_open")
      yield* check
      assert.strictEqual((yield* state).obstacle, "circuit_open", "it passed before and passes now")
      made.says = "gone"
      yield* check
      yield* check
      assert.strictEqual((yield* state).obstacle, "circuit_open", "it failed before and fails now")
      made.says = "well"
      yield* check
      assert.deepInclude(yield* state, { circuit: "open", obstacle: undefined, retryAfterMillis: 0 })
    }),
  )
})

describe("since when a provider is well", () => {
  it.effect(
    "is not known before a check, nor while buyers fare badly, a check fails or its circuit is not closed",
    () =>
      Effect.gen(function* () {
        const { made, service } = patient()
        const { check, circuits, health, of, trip } = yield* watch(service)
        const wellSince = Effect.map(of, (seen) => Option.getOrNull(seen.wellSince))
        const now = Clock.currentTimeMillis
        assert.strictEqual(yield* wellSince, null)
        yield* check
        const first = yield* now
        assert.strictEqual(yield* wellSince, first)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* wellSince, first, "it goes on")

        yield* unwell(health)
        assert.strictEqual(yield* wellSince, null)
        yield* TestClock.adjust("6 minutes")
        assert.strictEqual(yield* wellSince, yield* now)

        made.says = "gone"
        yield* check
        yield* check
        assert.strictEqual(yield* wellSince, null)
        made.says = "well"
        yield* check
        assert.strictEqual(yield* wellSince, yield* now)

        yield* trip
        assert.strictEqual(yield* wellSince, null)
        yield* TestClock.adjust("5 seconds")
        yield* circuits.guard(Lane.make(paypal, "inert"), () => Effect.void)
        assert.strictEqual(yield* wellSince, yield* now)
      }),
  )
})
