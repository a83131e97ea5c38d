import { assert, describe, it } from "@effect/vitest"
import { type Attempt, CurrencyTable, PaymentError, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option, Random } from "effect"
import { TestClock } from "effect/testing"
import { Circuits, Health, Obstacles, OrchestratorLog, PaymentOrchestrator } from "@payment-orchestrator/core"

const paypal = ProviderName.ProviderName.make("paypal")
const polar = ProviderName.ProviderName.make("polar")

/** What a call does: answers, refuses the connection, hangs, refuses our credentials, or fails one time in five. */
type Mood = "well" | "refuses" | "hangs" | "credentials" | "one in five"

interface Patient {
  readonly service: PaymentProvider.Service
  /** Of the calls that open sessions, and of those that only ask whether it is there. */
  opening: Mood
  asking: Mood
  opened: number
}

const unreachable = (name: ProviderName.ProviderName) =>
  new PaymentError.TransientPaymentError({
    provider: name,
    operation: "createCheckoutSession",
    reason: "network",
    code: "ECONNRESET",
    outcome: "unknown",
  })

const refusal = (name: ProviderName.ProviderName) =>
  new PaymentError.PermanentPaymentError({
    provider: name,
    operation: "createCheckoutSession",
    reason: "credentials_refused",
    outcome: "refused",
    status: 401,
  })

const play = (name: ProviderName.ProviderName, mood: Mood): Effect.Effect<void, PaymentError.PaymentError> => {
  switch (mood) {
    case "well":
      return Effect.void
    case "refuses":
      return Effect.fail(unreachable(name))
    case "hangs":
      return Effect.never
    case "credentials":
      return Effect.fail(refusal(name))
    case "one in five":
      return Effect.flatMap(Random.next, (drawn) => (drawn < 0.2 ? Effect.fail(unreachable(name)) : Effect.void))
  }
}

const patient = (name: ProviderName.ProviderName): Patient => {
  const capabilities = {
    livemode: false,
    currencies: CurrencyTable.make(["USD"]),
    modes: ["payment" as const],
    goods: ["digital" as const],
    idempotentCreate: true,
    idempotentRefund: true,
    fence: { payment: "local", subscription: "local" } as const,
    findByAttempt: true,
    partialRefunds: true,
    cancelAtPeriodEnd: true,
    priceIdPattern: /^price_/,
  }
  const made: Patient = {
    opening: "well",
    asking: "well",
    opened: 0,
    service: PaymentProvider.make({
      ...PaymentProvider.notConfigured(name, capabilities),
      configured: true,
      checkAvailability: Effect.suspend(() => play(name, made.asking)).pipe(
        Effect.as<PaymentProvider.Availability>({
          configured: true,
          reachable: true,
          credentials: "accepted",
          reason: Option.none(),
        }),
        Effect.catch((error) =>
          Effect.succeed<PaymentProvider.Availability>({
            configured: true,
            reachable: error._tag === "PermanentPaymentError",
            credentials: error.reason === "credentials_refused" ? "refused" : "unknown",
            reason: Option.some(error.message),
          }),
        ),
      ),
      createCheckoutSession: (request) =>
        Effect.suspend(() => {
          made.opened += 1
          return play(name, made.opening)
        }).pipe(
          Effect.as({
            provider: name,
            sessionId: request.attemptId,
            url: "https://pay.example",
            expiresAt: Option.none(),
            livemode: false,
            requestId: Option.none(),
            adjusted: [],
          }),
        ),
    }),
  }
  return made
}

const fall = (made: Patient, mood: Mood) =>
  Effect.sync(() => {
    made.opening = mood
    made.asking = mood
  })

/** PayPal and Polar under one orchestrator, watched. */
const ward = Effect.gen(function* () {
  const [one, two] = [patient(paypal), patient(polar)]
  const services = [one.service, two.service]
  const watched = Health.Health.layer({ providers: services }).pipe(Layer.provideMerge(Circuits.layer))
  const log = Layer.effect(
    OrchestratorLog.OrchestratorLog,
    Effect.gen(function* () {
      const inner = yield* OrchestratorLog.OrchestratorLog
      const health = yield* Health.Health
      return {
        ...inner,
        attemptClosed: (_: OrchestratorLog.Subject, attempt: Attempt.Attempt) => health.observe(attempt),
      }
    }),
  ).pipe(Layer.provide(OrchestratorLog.layerMemory))
  const obstacles = Layer.effect(
    Obstacles.Obstacles,
    Effect.map(Health.Health, (health) => health.obstacles),
  )
  const context = yield* Layer.build(
    PaymentOrchestrator.layerNoDeps({
      providers: services.map((service) => Layer.succeed(PaymentProvider.PaymentProvider, service)),
    }).pipe(Layer.provide(log), Layer.provide(obstacles), Layer.provideMerge(watched)),
  )
  const health = Context.get(context, Health.Health)
  const circuits = Context.get(context, Circuits.Circuits)
  const orchestrator = Context.get(context, PaymentOrchestrator)
  yield* Effect.forkScoped(health.run, { startImmediately: true })
  /** Opens one checkout in no time, and tells who got it. */
  const open = Effect.map(orchestrator.createCheckoutSession({ amount: "9.99" }), ({ provider }) => provider)
  return { one, two, health, circuits, orchestrator, open }
})

/** Opens one and moves the clock until it has ended. */
const opened = <A, E>(open: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(open))
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("250 millis")
    return fiber.pollUnsafe()
  })

describe("an outage", () => {
  for (const mood of ["refuses", "hangs"] as const) {
    it.effect(`is seen within 30 s with no buyer there, when the provider ${mood}`, () =>
      Effect.gen(function* () {
        const { health, one } = yield* ward
        // At any moment between two checks.
        for (let began = 0; began < 20; began += 5) {
          yield* fall(one, "well")
          yield* TestClock.adjust(`${60 + began} seconds`)
          assert.strictEqual((yield* health.of(paypal)).active, "up")
          yield* fall(one, mood)
          yield* TestClock.adjust("30 seconds")
          assert.strictEqual((yield* health.of(paypal)).active, "down", `began ${began} s after a check`)
          assert.strictEqual((yield* health.obstacles.obstacles).get(paypal), "health_down")
          assert.strictEqual((yield* health.of(polar)).active, "up")
        }
      }),
    )
  }

  it.effect("keeps buyers from waiting at a provider that hangs, though no buyer has found out yet", () =>
    Effect.gen(function* () {
      const { one, orchestrator } = yield* ward
      yield* TestClock.adjust("1 minute")
      yield* fall(one, "hangs")
      yield* TestClock.adjust("30 seconds")
      const { attempts, provider } = yield* orchestrator.createCheckoutSession({ amount: "9.99" })
      assert.strictEqual(provider, polar)
      assert.deepInclude(attempts[0], { provider: paypal, result: "skipped", reason: "health_down" })
      assert.strictEqual(one.opened, 0)
    }),
  )

  it.effect("does not keep anybody out when nobody else is left: panic asks all the same", () =>
    Effect.gen(function* () {
      const { one, open, two } = yield* ward
      one.asking = "refuses"
      two.asking = "refuses"
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(yield* open, paypal)
    }),
  )

  it.effect("is over by one probe within 15 s of the provider's return, and the check alone closes no circuit", () =>
    Effect.gen(function* () {
      const { circuits, health, one, open } = yield* ward
      yield* TestClock.adjust("1 minute")
      // Many at once find out that it is gone, before the check does.
      one.opening = "refuses"
      yield* opened(
        Effect.all(
          Array.from({ length: 30 }, () => open),
          { concurrency: "unbounded" },
        ),
      )
      assert.strictEqual((yield* health.of(paypal)).passive, "down")
      // Ten minutes of buyers, so that the circuit's open time has grown to its longest.
      for (let i = 0; i < 20; i++) {
        yield* opened(open)
        yield* TestClock.adjust("30 seconds")
      }
      one.asking = "refuses"
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* health.of(paypal)).active, "down")
      assert.strictEqual((yield* circuits.state(one.service)).circuit, "open")
      yield* fall(one, "well")
      const before = one.opened
      yield* TestClock.adjust("15 seconds")
      assert.notStrictEqual((yield* circuits.state(one.service)).circuit, "closed")
      assert.strictEqual(one.opened, before, "nothing but a buyer's checkout probes it")
      assert.strictEqual(yield* open, paypal)
      assert.strictEqual(one.opened, before + 1)
      assert.strictEqual((yield* circuits.state(one.service)).circuit, "closed")
    }),
  )
})

describe("a short outage that no check has seen", () => {
  it.effect("is over as soon as the circuit's probe succeeds, however many buyers it hit", () =>
    Effect.gen(function* () {
      const { circuits, health, one, open } = yield* ward
      yield* TestClock.adjust("1 minute")
      one.opening = "refuses"
      yield* opened(
        Effect.all(
          Array.from({ length: 30 }, () => open),
          { concurrency: "unbounded" },
        ),
      )
      assert.deepInclude(yield* health.of(paypal), { active: "up", passive: "down" })
      one.opening = "well"
      yield* TestClock.adjust("6 seconds")
      assert.strictEqual(yield* open, paypal)
      assert.strictEqual((yield* circuits.state(one.service)).circuit, "closed")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* open, paypal)
    }),
  )
})

describe("the signals", () => {
  it.effect("F57: a check that is green while buyers fail, shown apart; the worse keeps the provider out", () =>
    Effect.gen(function* () {
      const { health, one } = yield* ward
      yield* TestClock.adjust("1 minute")
      const attempt: Attempt.Attempt = {
        provider: paypal,
        result: "opened",
        startedAt: 60_000,
        durationMs: 300,
        tries: 1,
      }
      // Two of three fail, never three in a row, so that no circuit opens.
      for (let i = 0; i < 12; i++) {
        yield* health.observe(i % 3 === 0 ? attempt : { ...attempt, result: "transient_error", reason: "http_503" })
      }
      const seen = yield* health.of(paypal)
      assert.deepInclude(seen, { active: "up", passive: "down", webhooks: "unknown" })
      assert.deepStrictEqual(seen.successRate, Option.some(4 / 12))
      assert.include(Option.getOrNull(seen.reason), "only 33 %")
      assert.strictEqual((yield* health.obstacles.obstacles).get(paypal), "health_down")
      assert.strictEqual(one.opened, 0)
      yield* TestClock.adjust("6 minutes")
      assert.strictEqual((yield* health.obstacles.obstacles).get(paypal), undefined, "tried again in the end")
    }),
  )

  it.effect("F57: and the reverse, buyers who are well while the check fails", () =>
    Effect.gen(function* () {
      const { health, one, open } = yield* ward
      yield* TestClock.adjust("1 minute")
      for (let i = 0; i < 12; i++) assert.strictEqual(yield* open, paypal)
      one.asking = "refuses"
      yield* TestClock.adjust("30 seconds")
      assert.deepInclude(yield* health.of(paypal), { active: "down", passive: "up" })
      assert.strictEqual(yield* open, polar)
    }),
  )

  it.effect("silent webhooks alarm, but keep no provider out", () =>
    Effect.gen(function* () {
      const { health, open } = yield* ward
      yield* TestClock.adjust("1 minute")
      const seen = yield* health.of(paypal)
      assert.deepInclude(seen, { active: "up", webhooks: "silent" })
      assert.include(Option.getOrNull(seen.reason), "webhooks")
      assert.strictEqual(yield* open, paypal)
    }).pipe(Effect.provideService(Health.WebhookSignals, () => Effect.succeed("silent"))),
  )

  it.effect("F9: refused credentials are named as such at once, and asked for again every 30 s", () =>
    Effect.gen(function* () {
      const { health, one, orchestrator, open } = yield* ward
      yield* TestClock.adjust("1 minute")
      yield* fall(one, "credentials")
      yield* TestClock.adjust("20 seconds")
      assert.deepInclude(yield* health.of(paypal), { active: "down", credentials: "refused" })
      const { attempts } = yield* orchestrator.createCheckoutSession({ amount: "9.99" })
      assert.deepInclude(attempts[0], { provider: paypal, result: "skipped", reason: "credentials_refused" })
      yield* fall(one, "well")
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* open, paypal)
    }),
  )
})

describe("a provider that fails one call in five", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    it.effect(`is neither taken for down nor shut off in an hour of buyers and checks (seed ${seed})`, () =>
      Effect.gen(function* () {
        const { circuits, health, one, open } = yield* ward
        yield* fall(one, "one in five")
        for (let i = 0; i < 120; i++) {
          yield* opened(open)
          yield* TestClock.adjust("30 seconds")
          assert.strictEqual((yield* circuits.state(one.service)).circuit, "closed")
          const { active, passive } = yield* health.of(paypal)
          assert.deepStrictEqual([active, passive], ["up", "up"], `in minute ${i / 2}`)
        }
      }).pipe(Random.withSeed(seed)),
    )
  }
})
