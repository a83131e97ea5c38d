import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Schema } from "effect"
import { TestClock } from "effect/testing"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const Outcome = Schema.Literals([
  "ok",
  "slow_ok",
  "http_503",
  "http_503_wait",
  "refused_connection",
  "reset",
  "hang",
  "rate_limited",
  "rate_limited_wait",
  "bad_response",
  "in_progress",
  "http_400",
  "credentials_refused",
])
const Script = Schema.Array(Outcome).check(Schema.isMinLength(1), Schema.isMaxLength(6))
/** One script per provider, one to four providers, and a number of retries. */
const Case = Schema.Struct({
  scripts: Schema.Array(Script).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  maxRetries: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 })),
  configured: Schema.Array(Schema.Boolean).check(Schema.isMinLength(4), Schema.isMaxLength(4)),
})
const names = ["paypal", "polar", "stripe", "acme"]
const runs = { arbitrary: { runs: 1_000, size: 6 }, timeout: 60_000 }

type Verdict = {
  readonly verdict: "opened" | "rejected" | "failed"
  readonly by: string
  readonly calls: ReadonlyArray<number>
}

/** The rules in a few lines, without time: what must come out when nothing runs against the deadline. */
const model = (scripts: ReadonlyArray<ReadonlyArray<Fake.Outcome>>, maxRetries: number): Verdict => {
  const calls = scripts.map(() => 0)
  for (const [index, script] of scripts.entries()) {
    const last = index === scripts.length - 1
    for (let retries = 0; ;) {
      const outcome = script[Math.min(calls[index] ?? 0, script.length - 1)] ?? "ok"
      calls[index] = (calls[index] ?? 0) + 1
      if (Fake.isOk(outcome)) return { verdict: "opened", by: names[index] ?? "", calls }
      if (Fake.isPermanent(outcome)) return { verdict: "rejected", by: names[index] ?? "", calls }
      if (outcome === "in_progress") continue
      const movesOn = ["hang", "refused_connection", "rate_limited", "rate_limited_wait", "http_503_wait"].includes(
        outcome,
      )
      if ((movesOn && !last) || retries === maxRetries) break
      retries += 1
    }
  }
  return { verdict: "failed", by: "", calls }
}

/** A script that ends in "still running" would go on for the whole share, which the model without time cannot say. */
const decided = (script: ReadonlyArray<Fake.Outcome>): ReadonlyArray<Fake.Outcome> =>
  script.at(-1) === "in_progress" ? [...script, "ok"] : script

const run = (fakes: ReadonlyArray<Fake.Fake>, maxRetries: number, deadline: Duration.Duration) =>
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const fiber = yield* Effect.forkChild(
      Effect.gen(function* () {
        const request = yield* Effect.orDie(
          orchestrator.plan({ amount: "5.00", currency: "USD", mode: "payment", metadata: {} }),
        )
        return yield* orchestrator.open(request)
      }),
    )
    yield* TestClock.adjust("3 hours")
    return { routed: yield* Fiber.join(fiber), stats: yield* orchestrator.getStats }
  }).pipe(
    Effect.provide(
      PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer), settings: { maxRetries, deadline } }),
    ),
  )

describe("for every list of providers and every script of outcomes", () => {
  it.effect.prop(
    "the result and the calls equal those of a ten-line model",
    [Case],
    ([{ maxRetries, scripts: raw }]) =>
      Effect.gen(function* () {
        const scripts = raw.map(decided)
        const fakes = scripts.map((script, index) => Fake.make(names[index] ?? "", script))
        const { routed } = yield* run(fakes, maxRetries, Duration.hours(2))
        const expected = model(scripts, maxRetries)
        const { verdict } = routed
        assert.strictEqual(verdict._tag.toLowerCase(), expected.verdict)
        if (verdict._tag === "Opened") assert.strictEqual(verdict.session.provider as string, expected.by)
        if (verdict._tag === "Rejected") assert.strictEqual(verdict.error.provider as string, expected.by)
        assert.deepStrictEqual(
          fakes.map(({ calls }) => calls.length),
          expected.calls,
        )
      }),
    runs,
  )

  it.effect.prop(
    "nobody is asked after a permanent error, tries stay within the retries, time within the deadline, and the statistics agree with the trace",
    [Case],
    ([{ configured, maxRetries, scripts }]) =>
      Effect.gen(function* () {
        const deadline = Duration.seconds(60)
        const fakes = scripts.map((script, index) =>
          Fake.make(names[index] ?? "", script, { configured: configured[index] ?? true }),
        )
        const { routed, stats } = yield* run(fakes, maxRetries, deadline)
        const { attempts, verdict } = routed
        const called = attempts.filter(({ result }) => result !== "skipped")

        const stop = attempts.findIndex(({ result }) => result === "permanent_error" || result === "opened")
        assert.isTrue(stop === -1 || stop === attempts.length - 1, "somebody was asked after the end")
        for (const [index, fake] of fakes.entries()) {
          const waits =
            scripts[index]?.slice(0, fake.calls.length).filter((outcome) => outcome === "in_progress").length ?? 0
          const repeatsForEver = scripts[index]?.at(-1) === "in_progress"
          if (!repeatsForEver) assert.isAtMost(fake.calls.length - waits, 1 + maxRetries)
          const listed = attempts.find(({ provider }) => provider === fake.name)
          assert.strictEqual(fake.calls.length, listed?.tries ?? 0, "calls and tries differ")
          if (configured[index] === false) assert.lengthOf(fake.calls, 0, "a skipped provider was called")
        }
        const first = attempts[0]
        const last = attempts.at(-1)
        if (first !== undefined && last !== undefined) {
          assert.isAtMost(last.startedAt + last.durationMs - first.startedAt, Duration.toMillis(deadline) + 1)
        }
        assert.deepStrictEqual(stats, {
          totalRequests: 1,
          failovers: Math.max(0, called.length - 1),
          providerUsage: verdict._tag === "Opened" ? { [verdict.session.provider]: 1 } : {},
          failoverRate: Math.max(0, called.length - 1),
        })
      }),
    runs,
  )
})
