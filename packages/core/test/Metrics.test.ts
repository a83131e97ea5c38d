import { assert, describe, it } from "@effect/vitest"
import { Attempt, Id, PaymentError, PaymentProvider, ProviderName, Webhook } from "@payment-orchestrator/domain"
import { Effect, Fiber, Metric, Option } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { Circuits, Lane, Metered, PaymentOrchestrator, Series } from "@payment-orchestrator/core"
import * as Metrics from "../src/Metrics.ts"
import * as Fake from "./FakeProvider.ts"

const paypal = ProviderName.ProviderName.make("paypal")
const usd = { amount: "99.99", currency: "USD" } as const

const sorted = (labels: string) => labels.split(",").toSorted().join(",")

/** The series of one metric as Prometheus reads them, with their labels in order: `{provider="paypal"} 1`. */
const seriesOf = (metric: string) =>
  Effect.map(PrometheusMetrics.format(), (text) =>
    text
      .split("\n")
      .flatMap((line) => (/^\w+/.exec(line)?.[0] === metric ? [line.slice(metric.length)] : []))
      .map((line) => line.replace(/(?<=\{).+(?=\})/, sorted)),
  )

const summed = (metric: string) =>
  Effect.all({ count: seriesOf(`${metric}_count`), seconds: seriesOf(`${metric}_sum`) })

/** Counts from nothing. */
const anew = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.suspend(() => Effect.provideService(effect, Metric.MetricRegistry, new Map()))

const over = (...fakes: ReadonlyArray<Fake.Fake>) =>
  Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer) }))

const opened = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const fiber = yield* Effect.forkChild(Effect.result(orchestrator.createCheckoutSession(usd)))
  yield* TestClock.adjust("10 minutes")
  return yield* Fiber.join(fiber)
})

describe("what is counted", () => {
  it.effect("stands there from the start with zeros, so that a rate never begins with a gap", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* seriesOf("payment_requests_total"), [" 0"])
      assert.sameMembers(yield* seriesOf("payment_sessions_total"), ['{provider="paypal"} 0', '{provider="polar"} 0'])
      assert.sameMembers(yield* seriesOf("payment_failovers_total"), [
        '{from="paypal",to="polar"} 0',
        '{from="polar",to="paypal"} 0',
      ])
      const attempts = yield* seriesOf("payment_attempts_total")
      assert.sameMembers(
        attempts,
        ["paypal", "polar"].flatMap((provider) =>
          Attempt.AttemptResult.literals.map((result) => `{provider="${provider}",reason="none",result="${result}"} 0`),
        ),
      )
      const circuits = yield* seriesOf("payment_circuit_open")
      assert.sameMembers(
        circuits,
        ["paypal", "polar"].flatMap((provider) =>
          Lane.classes.map((laneClass) => `{class="${laneClass}",provider="${provider}"} 0`),
        ),
      )
    }).pipe(over(Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"])), anew),
  )

  it.effect("is each request, each turn by what came of it, each page and each failover", () =>
    Effect.gen(function* () {
      yield* opened
      assert.deepStrictEqual(yield* seriesOf("payment_requests_total"), [" 1"])
      const attempts = yield* seriesOf("payment_attempts_total")
      assert.sameMembers(
        attempts.filter((line) => !line.endsWith(" 0")),
        [
          '{provider="drained",reason="not_configured",result="skipped"} 1',
          '{provider="paypal",reason="http_503",result="transient_error"} 1',
          '{provider="polar",reason="none",result="opened"} 1',
        ],
      )
      const failovers = yield* seriesOf("payment_failovers_total")
      assert.deepStrictEqual(
        failovers.filter((line) => !line.endsWith(" 0")),
        ['{from="paypal",to="polar"} 1'],
      )
      const sessions = yield* seriesOf("payment_sessions_total")
      assert.deepStrictEqual(
        sessions.filter((line) => !line.endsWith(" 0")),
        ['{provider="polar"} 1'],
      )
    }).pipe(
      over(
        Fake.make("drained", ["ok"], { configured: false }),
        Fake.make("paypal", ["http_503"]),
        Fake.make("polar", ["ok"]),
      ),
      anew,
    ),
  )

  it.effect("of time is seconds, of turns that were had", () =>
    Effect.gen(function* () {
      yield* Metrics.attemptClosed(paypal, "opened", undefined, 1_500)
      yield* Metrics.attemptClosed(paypal, "transient_error", "timeout", 30_000)
      yield* Metrics.attemptClosed(paypal, "skipped", "circuit_open", 0)
      assert.deepStrictEqual(yield* summed("payment_attempt_duration_seconds"), {
        count: ['{provider="paypal"} 2'],
        seconds: ['{provider="paypal"} 31.5'],
      })
    }).pipe(anew),
  )

  it.effect("has no label of its own for a status that hardly comes", () =>
    Effect.gen(function* () {
      const reasons = [
        ["http_500", "http_500"],
        ["http_502", "http_502"],
        ["http_503", "http_503"],
        ["http_504", "http_504"],
        ["http_507", "http_5xx"],
        ["http_418", "http_4xx"],
        ["http_400", "http_4xx"],
        ["http_error", "http_error"],
        ["rate_limited", "rate_limited"],
        [undefined, "none"],
      ] as const
      for (const [reason, label] of reasons) {
        yield* anew(
          Effect.gen(function* () {
            yield* Metrics.attemptClosed(paypal, "transient_error", reason, 1)
            assert.deepStrictEqual(yield* seriesOf("payment_attempts_total"), [
              `{provider="paypal",reason="${label}",result="transient_error"} 1`,
            ])
          }),
        )
      }
    }),
  )

  it.effect("of circuits is whether each is open, half open or closed", () =>
    Effect.gen(function* () {
      const circuits = yield* Circuits.Circuits
      const lane = Lane.make(paypal, "inert")
      const ask = (turn: Effect.Effect<string, PaymentError.PaymentError>) => circuits.guard(lane, () => turn)
      const down = Effect.fail(
        new PaymentError.TransientPaymentError({
          provider: paypal,
          operation: "createCheckoutSession",
          reason: "http",
          status: 503,
          outcome: "unknown",
        }),
      )
      const gauge = seriesOf("payment_circuit_open")
      yield* Effect.replicateEffect(ask(down), 3)
      assert.deepStrictEqual(yield* gauge, ['{class="inert",provider="paypal"} 1'])
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.forkChild(ask(Effect.delay(Effect.succeed("page"), "1 second")), {
        startImmediately: true,
      })
      assert.deepStrictEqual(yield* gauge, ['{class="inert",provider="paypal"} 0.5'])
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(probe)
      assert.deepStrictEqual(yield* gauge, ['{class="inert",provider="paypal"} 0'])
    }).pipe(Effect.provide(Circuits.layer), anew),
  )
})

describe("calls to a provider", () => {
  const base = PaymentProvider.notConfigured(paypal, Fake.usual)
  const lost = new PaymentError.TransientPaymentError({
    provider: paypal,
    operation: "findPrice",
    reason: "network",
    outcome: "unknown",
  })

  it.effect("are measured, whoever makes them, by what is asked and what came of it", () =>
    Effect.gen(function* () {
      const provider = Metered.wrap({
        ...base,
        getSubscription: () => Effect.delay(Effect.succeedNone, "2 seconds"),
        findSession: () => Effect.delay(Effect.fail(lost), "250 millis"),
        verifyWebhook: () => Effect.fail(new Webhook.WebhookRejected({ provider: paypal, reason: "bad_signature" })),
        findDispute: () => Effect.never,
      })
      const refund = yield* Effect.forkChild(Effect.flip(provider.withdraw({ sessionId: "s", mode: "payment" })))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(refund)
      const others = yield* Effect.forkChild(
        Effect.all([
          provider.getSubscription("sub_1"),
          Effect.flip(provider.findSession({ _tag: "BySessionId", sessionId: "s", mode: "payment" })),
          Effect.flip(provider.verifyWebhook({ headers: {}, body: new Uint8Array() })),
        ]),
      )
      const hanging = yield* Effect.forkChild(provider.findDispute("dp_1"))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(others)
      yield* Fiber.interrupt(hanging)
      const { count, seconds } = yield* summed("payment_provider_call_duration_seconds")
      const of = (operation: string, result: string, value: number) =>
        `{operation="${operation}",provider="paypal",result="${result}"} ${value}`
      assert.sameMembers(count, [
        of("withdraw", "permanent", 1),
        of("getSubscription", "ok", 1),
        of("findSession", "transient", 1),
        of("verifyWebhook", "rejected", 1),
        of("findDispute", "interrupted", 1),
      ])
      assert.sameMembers(seconds, [
        of("withdraw", "permanent", 0),
        of("getSubscription", "ok", 2),
        of("findSession", "transient", 0.25),
        of("verifyWebhook", "rejected", 0),
        of("findDispute", "interrupted", 3),
      ])
    }).pipe(anew),
  )

  it.effect("are measured in every operation", () =>
    Effect.gen(function* () {
      const provider = Metered.wrap(base)
      const session = { sessionId: "s", mode: "payment" } as const
      const refund = { refundId: yield* Id.makeRefundId, moneyId: "m", amount: Option.none(), reason: Option.none() }
      yield* provider.checkAvailability
      const calls: ReadonlyArray<Effect.Effect<unknown, PaymentError.PaymentError>> = [
        provider.complete({ ...session, approval: 1 }),
        provider.cancelSubscription({ subscriptionId: "s", reason: Option.none(), atPeriodEnd: false }),
        provider.refund(refund),
        provider.findRefund({ ...refund, providerRefundId: Option.none() }),
        provider.findPrice("x"),
      ]
      for (const call of calls) yield* Effect.flip(Effect.asVoid(call))
      const { count } = yield* summed("payment_provider_call_duration_seconds")
      assert.sameMembers(
        count,
        ["complete", "cancelSubscription", "refund", "findRefund", "findPrice"]
          .map((operation) => `{operation="${operation}",provider="paypal",result="permanent"} 1`)
          .concat('{operation="checkAvailability",provider="paypal",result="ok"} 1'),
      )
    }).pipe(anew),
  )
})

describe("the series of a metric", () => {
  const metric = Metric.counter("a_counter")

  it("are made once for each set of labels", () => {
    const of = Series.series(metric)
    assert.strictEqual(of({ from: "paypal", to: "polar" }), of({ from: "paypal", to: "polar" }))
  })

  it("are not taken for each other, though their labels read alike in a row", () => {
    const of = Series.series(metric)
    assert.notStrictEqual(of({ from: "pay", to: "pal" }), of({ from: "payp", to: "al" }))
  })
})
