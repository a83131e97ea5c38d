import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { PaymentOrchestrator, type Settings } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const request = { amount: "99.99", currency: "USD", mode: "payment", metadata: {} } as const

/** A provider's answers, and how long each takes. */
type Answer = readonly [seconds: number, outcome: Fake.Outcome]
const names = ["paypal", "polar", "stripe", "acme"]

const hedged = (seconds: number): Partial<Settings.Settings> => ({ hedgeAfter: Option.some(Duration.seconds(seconds)) })

/** Opens one checkout at providers that answer once each after so many seconds; hedged after two. */
const open = (answers: ReadonlyArray<Answer>, settings: Partial<Settings.Settings> = { ...hedged(2), maxRetries: 0 }) =>
  Effect.gen(function* () {
    const fakes = answers.map(([seconds, outcome], i) => Fake.make(names[i] ?? "", [outcome], { delay: seconds }))
    return yield* Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const fiber = yield* Effect.forkChild(Effect.flatMap(Effect.orDie(orchestrator.plan(request)), orchestrator.open))
      yield* TestClock.adjust("3 hours")
      const { attempts, failovers, verdict } = yield* Fiber.join(fiber)
      const { failoverRate: _, ...stats } = yield* orchestrator.getStats
      return {
        verdict:
          verdict._tag === "Opened"
            ? `opened by ${verdict.session.provider}`
            : verdict._tag === "Rejected"
              ? `refused by ${verdict.error.provider}${verdict.afterOutage ? " after an outage" : ""}`
              : "failed",
        attempts: attempts.map(({ outcome, provider, result }) =>
          [provider, result, ...(outcome === undefined ? [] : [outcome])].join(" "),
        ),
        /** When each was asked, in seconds after the first. */
        asked: attempts.map(({ startedAt }) => (startedAt - (attempts[0]?.startedAt ?? 0)) / 1000),
        waited: Math.max(
          ...attempts.map(({ durationMs, startedAt }) => startedAt + durationMs - (attempts[0]?.startedAt ?? 0)),
        ),
        failovers: failovers.map(({ from, to }) => `${from} -> ${to}`),
        stats,
      }
    }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings })))
  })

interface Row {
  readonly name: string
  readonly answers: ReadonlyArray<Answer>
  readonly verdict: string
  readonly attempts: ReadonlyArray<string>
  readonly failovers?: ReadonlyArray<string>
  readonly asked: ReadonlyArray<number>
}

const table: ReadonlyArray<Row> = [
  {
    name: "asks nobody else while the first answers in time",
    answers: [
      [1.9, "ok"],
      [0, "ok"],
    ],
    verdict: "opened by paypal",
    attempts: ["paypal opened"],
    asked: [0],
  },
  {
    name: "asks the next as well after that time, and shows its page when it comes first",
    answers: [
      [30, "ok"],
      [0.5, "ok"],
    ],
    verdict: "opened by polar",
    attempts: ["paypal superseded unknown", "polar opened"],
    asked: [0, 2],
  },
  {
    name: "shows the first one's page when that comes first after all",
    answers: [
      [2.5, "ok"],
      [3, "ok"],
    ],
    verdict: "opened by paypal",
    attempts: ["paypal opened", "polar superseded unknown"],
    asked: [0, 2],
  },
  {
    name: "goes on from one that hangs to the next, and from that to the one after it",
    answers: [
      [0, "hang"],
      [0, "hang"],
      [0.5, "ok"],
    ],
    verdict: "opened by stripe",
    attempts: ["paypal superseded unknown", "polar superseded unknown", "stripe opened"],
    asked: [0, 2, 4],
  },
  {
    name: "counts a first that fails meanwhile as given up for the one that is asked already",
    answers: [
      [3, "reset"],
      [4, "ok"],
    ],
    verdict: "opened by polar",
    attempts: ["paypal transient_error unknown", "polar opened"],
    failovers: ["paypal -> polar"],
    asked: [0, 2],
  },
  {
    name: "waits on for the first when the hedge fails and nobody else is left",
    answers: [
      [6, "ok"],
      [1, "reset"],
    ],
    verdict: "opened by paypal",
    attempts: ["paypal opened", "polar transient_error unknown"],
    asked: [0, 2],
  },
  {
    name: "asks the third at once when the hedge fails",
    answers: [
      [30, "ok"],
      [1, "reset"],
      [1, "ok"],
    ],
    verdict: "opened by stripe",
    attempts: ["paypal superseded unknown", "polar transient_error unknown", "stripe opened"],
    failovers: ["polar -> stripe"],
    asked: [0, 2, 3],
  },
  {
    name: "counts the same failovers as one after the other when all fail",
    answers: [
      [5, "reset"],
      [1, "reset"],
      [9, "reset"],
    ],
    verdict: "failed",
    attempts: ["paypal transient_error unknown", "polar transient_error unknown", "stripe transient_error unknown"],
    failovers: ["polar -> stripe", "paypal -> polar"],
    asked: [0, 2, 3],
  },
  {
    name: "ends at once with the first one's refusal, and shows no page of the hedge",
    answers: [
      [3, "http_400"],
      [2, "ok"],
    ],
    verdict: "refused by paypal",
    attempts: ["paypal permanent_error refused", "polar superseded unknown"],
    asked: [0, 2],
  },
  {
    name: "waits for the first when the hedge is refused, and shows its page",
    answers: [
      [6, "ok"],
      [1, "http_400"],
    ],
    verdict: "opened by paypal",
    attempts: ["paypal opened", "polar permanent_error refused"],
    asked: [0, 2],
  },
  {
    name: "ends with the hedge's refusal once the first has failed, and asks nobody after a refusal",
    answers: [
      [6, "reset"],
      [1, "http_400"],
      [0, "ok"],
    ],
    verdict: "refused by polar after an outage",
    attempts: ["paypal transient_error unknown", "polar permanent_error refused"],
    failovers: ["paypal -> polar"],
    asked: [0, 2],
  },
  {
    name: "ends with the first one's refusal when both refuse, whoever came first",
    answers: [
      [6, "http_400"],
      [1, "http_400"],
    ],
    verdict: "refused by paypal",
    attempts: ["paypal permanent_error refused", "polar permanent_error refused"],
    asked: [0, 2],
  },
  {
    name: "stops who was asked after the one that refuses, and waits for who was asked before",
    answers: [
      [9, "ok"],
      [4, "http_400"],
      [4, "ok"],
    ],
    verdict: "opened by paypal",
    attempts: ["paypal opened", "polar permanent_error refused", "stripe superseded unknown"],
    asked: [0, 2, 4],
  },
  {
    name: "does not wait to go on from one that fails at once",
    answers: [
      [0, "reset"],
      [1, "ok"],
    ],
    verdict: "opened by polar",
    attempts: ["paypal transient_error unknown", "polar opened"],
    failovers: ["paypal -> polar"],
    asked: [0, 0],
  },
]

describe("a checkout that is hedged after two seconds", () => {
  for (const { answers, asked, attempts, failovers = [], name, verdict } of table) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const seen = yield* open(answers)
        assert.strictEqual(seen.verdict, verdict)
        assert.deepStrictEqual(seen.attempts, attempts)
        assert.deepStrictEqual(seen.failovers, failovers)
        assert.deepStrictEqual(seen.asked, asked)
        assert.deepStrictEqual(seen.stats, {
          totalRequests: 1,
          failovers: failovers.length,
          providerUsage: verdict.startsWith("opened by ") ? { [verdict.slice(10)]: 1 } : {},
        })
      }),
    )
  }

  it.effect("F14: keeps within the deadline, and asks nobody with less than a second left of it", () =>
    Effect.gen(function* () {
      const settings = { ...hedged(0.5), maxRetries: 0 }
      const seen = yield* open(
        [
          [0, "hang"],
          [0, "ok"],
        ],
        { ...settings, deadline: Duration.seconds(1.4) },
      )
      assert.deepStrictEqual(seen.attempts, ["paypal transient_error unknown", "polar skipped"])
      assert.strictEqual(seen.waited, 700)
      const all = yield* open(
        [
          [0, "hang"],
          [0, "hang"],
          [0, "hang"],
        ],
        { ...settings, deadline: Duration.seconds(9) },
      )
      assert.strictEqual(all.verdict, "failed")
      assert.isAtMost(all.waited, 9_000)
    }),
  )

  it.effect("is off by default", () =>
    Effect.gen(function* () {
      const seen = yield* open(
        [
          [29, "ok"],
          [0, "ok"],
        ],
        {},
      )
      assert.deepStrictEqual(seen.attempts, ["paypal opened"])
    }),
  )

  it.effect(
    "interrupts the one that lost, shows nothing of it, and counts it against its circuit when it was slow",
    () =>
      Effect.gen(function* () {
        let interrupted = 0
        const hanging = Fake.make("paypal", ["ok"], {
          wrap: (call) =>
            Effect.onInterrupt(Effect.delay(call, "9 seconds"), () => Effect.sync(() => void (interrupted += 1))),
        })
        const quick = Fake.make("polar", ["ok"])
        yield* Effect.gen(function* () {
          const orchestrator = yield* PaymentOrchestrator
          const shown = Effect.gen(function* () {
            const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
            yield* TestClock.adjust("2 seconds")
            return yield* Fiber.join(fiber)
          })
          for (let i = 1; i <= 3; i++) {
            const { attempts, provider } = yield* shown
            assert.strictEqual(provider, quick.name)
            assert.strictEqual(attempts[0]?.result, "superseded")
            assert.strictEqual(interrupted, i)
          }
          const after = yield* shown
          assert.strictEqual(after.attempts[0]?.reason, "circuit_open")
          const [, second] = yield* orchestrator.availableProviders
          assert.strictEqual(second?.circuit, "closed")
        }).pipe(
          Effect.provide(PaymentOrchestrator.layer({ providers: [hanging.layer, quick.layer], settings: hedged(2) })),
        )
      }),
  )

  it.effect("does not count a hedge that lost after less than that time", () =>
    Effect.gen(function* () {
      const [slow, hedge] = [Fake.make("paypal", ["ok"], { delay: 3 }), Fake.make("polar", ["ok"], { delay: 30 })]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 5; i++) {
          const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
          yield* TestClock.adjust("3 seconds")
          assert.strictEqual((yield* Fiber.join(fiber)).provider, slow.name)
        }
        const states = yield* orchestrator.availableProviders
        assert.deepStrictEqual(
          states.map(({ circuit }) => circuit),
          ["closed", "closed"],
        )
        assert.lengthOf(hedge.calls, 5)
      }).pipe(Effect.provide(PaymentOrchestrator.layer({ providers: [slow.layer, hedge.layer], settings: hedged(2) })))
    }),
  )

  it.effect("does not count one that another's refusal made needless, however long it took", () =>
    Effect.gen(function* () {
      const [refusing, hedge] = [
        Fake.make("paypal", ["http_400"], { delay: 9 }),
        Fake.make("polar", ["ok"], { delay: 30 }),
      ]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        for (let i = 0; i < 4; i++) {
          const fiber = yield* Effect.forkChild(Effect.flip(orchestrator.createCheckoutSession(request)))
          yield* TestClock.adjust("9 seconds")
          const error = yield* Fiber.join(fiber)
          assert.strictEqual(error._tag, "PermanentPaymentError")
        }
        const [, second] = yield* orchestrator.availableProviders
        assert.strictEqual(second?.circuit, "closed")
        assert.lengthOf(hedge.calls, 4)
      }).pipe(
        Effect.provide(PaymentOrchestrator.layer({ providers: [refusing.layer, hedge.layer], settings: hedged(2) })),
      )
    }),
  )

  it.effect("waits for the one that was asked last, though one before it has failed meanwhile", () =>
    Effect.gen(function* () {
      const fakes = [
        Fake.make("paypal", ["http_503_wait"], { delay: 2.5 }),
        Fake.make("polar", ["ok"], { delay: 1.5 }),
        Fake.make("stripe", ["ok"]),
      ]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
        yield* TestClock.adjust("4 seconds")
        const { attempts } = yield* Fiber.join(fiber)
        assert.deepStrictEqual(
          attempts.map(({ provider, result }) => `${provider} ${result}`),
          ["paypal transient_error", "polar opened"],
        )
        assert.lengthOf(fakes[2]?.calls ?? [], 0)
      }).pipe(
        Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings: hedged(2) })),
      )
    }),
  )

  it.effect("passes by a provider that has an obstacle, and asks the one after it", () =>
    Effect.gen(function* () {
      const [paypal, polar, stripe] = [
        Fake.make("paypal", ["hang"]),
        Fake.make("polar", ["rate_limited_wait"]),
        Fake.make("stripe", ["ok"]),
      ]
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        yield* orchestrator.createCheckoutSession({ ...request, preferredProvider: "polar" }).pipe(Effect.forkChild)
        yield* TestClock.adjust("3 seconds")
        const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
        yield* TestClock.adjust("2 seconds")
        const { attempts, provider } = yield* Fiber.join(fiber)
        assert.strictEqual(provider, stripe.name)
        assert.deepStrictEqual(
          attempts.map(({ reason, result }) => reason ?? result),
          ["superseded", "throttled", "opened"],
        )
        assert.lengthOf(polar.calls, 1)
      }).pipe(
        Effect.provide(
          PaymentOrchestrator.layer({
            providers: [paypal.layer, polar.layer, stripe.layer],
            settings: hedged(2),
          }),
        ),
      )
    }),
  )

  it.effect("lets go of everybody when its caller is gone", () =>
    Effect.gen(function* () {
      let running = 0
      const fakes = ["paypal", "polar"].map((name) =>
        Fake.make(name, ["hang"], {
          wrap: (call) =>
            Effect.acquireUseRelease(
              Effect.sync(() => (running += 1)),
              () => call,
              () => Effect.sync(() => (running -= 1)),
            ),
        }),
      )
      yield* Effect.gen(function* () {
        const orchestrator = yield* PaymentOrchestrator
        const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession(request))
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual(running, 2)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(running, 0)
      }).pipe(
        Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings: hedged(2) })),
      )
    }),
  )
})

const Case = Schema.Struct({
  answers: Schema.Array(
    Schema.Tuple([
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 })),
      Schema.Literals(["ok", "reset", "http_400", "hang", "rate_limited"]),
    ]),
  ).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  hedgeAfter: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })),
})

describe("for every list of answers and every time after which is hedged", () => {
  it.effect.prop(
    "a page stays a page, the rest comes to the same as one after the other, and nobody is asked after a refusal",
    [Case],
    ([{ answers, hedgeAfter }]) =>
      Effect.gen(function* () {
        const usual = { maxRetries: 0, deadline: Duration.hours(2) }
        const alone = yield* open(answers, usual)
        const beside = yield* open(answers, { ...usual, ...hedged(hedgeAfter) })

        if (alone.verdict.startsWith("opened")) assert.match(beside.verdict, /^opened/)
        if (!beside.verdict.startsWith("opened")) assert.strictEqual(beside.verdict, alone.verdict)
        if (beside.verdict === "failed") {
          assert.deepStrictEqual(beside.failovers.toSorted(), alone.failovers.toSorted())
        }
        assert.isAtMost(beside.attempts.filter((attempt) => attempt.includes(" opened")).length, 1)

        const refusals = beside.attempts.flatMap((attempt, i) =>
          attempt.includes("permanent_error") ? [(beside.asked[i] ?? 0) + (answers[i]?.[0] ?? 0)] : [],
        )
        for (const asked of beside.asked) assert.isAtMost(asked, Math.min(Infinity, ...refusals))
        assert.isAtMost(beside.waited, alone.waited + 1)
      }),
    { arbitrary: { runs: 300, size: 12 }, timeout: 60_000 },
  )
})
