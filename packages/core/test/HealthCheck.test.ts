import { assert, describe, it } from "@effect/vitest"
import type { Attempt, PaymentProvider } from "@payment-orchestrator/domain"
import { ProviderName } from "@payment-orchestrator/domain"
import { Duration, Option } from "effect"
import { HealthCheck } from "@payment-orchestrator/core"
import * as Traffic from "../src/Traffic.ts"

const paypal = ProviderName.ProviderName.make("paypal")

const well: PaymentProvider.Availability = {
  configured: true,
  reachable: true,
  credentials: "accepted",
  reason: Option.none(),
}
const away: PaymentProvider.Availability = {
  configured: true,
  reachable: false,
  credentials: "unknown",
  reason: Option.some("PayPal 503"),
}
const refused: PaymentProvider.Availability = { ...well, credentials: "refused", reason: Option.some("PayPal 401") }

const run = (...answers: ReadonlyArray<PaymentProvider.Availability>) =>
  answers.reduce((state, answer, at) => HealthCheck.after(state, answer, at + 1), HealthCheck.unchecked)

describe("the active check", () => {
  it("knows nothing before the first, and needs one that passes to say that a provider is up", () => {
    assert.strictEqual(run().signal, "unknown")
    assert.strictEqual(run(away).signal, "unknown")
    assert.strictEqual(run(well).signal, "up")
  })

  it("takes one failed check for no outage, and two in a row for one", () => {
    assert.deepInclude(run(well, well, away), { signal: "up", since: 1 })
    assert.strictEqual(run(well, away, well, away).signal, "up")
    assert.deepInclude(run(well, away, away), { signal: "down", reason: Option.some("PayPal 503"), since: 3 })
    assert.deepInclude(run(well, away, away, well), { signal: "up", reason: Option.none(), since: 4 })
  })

  it("F9: names refused credentials as such at once, also while the provider cannot be reached afterwards", () => {
    assert.deepInclude(run(well, refused), { signal: "down", credentials: "refused" })
    assert.strictEqual(run(well, refused, away).credentials, "refused")
    assert.deepInclude(run(well, refused, well), { signal: "up", credentials: "accepted" })
  })

  it("comes every 20 s, every 5 s while something is wrong, and every 30 s with refused credentials", () => {
    const seconds = (state: HealthCheck.Checked, open = false) => Duration.toSeconds(HealthCheck.interval(state, open))
    assert.strictEqual(seconds(run(well)), 20)
    assert.strictEqual(seconds(run(well, away)), 5)
    assert.strictEqual(seconds(run(well, away, away)), 5)
    assert.strictEqual(seconds(run(well), true), 5)
    assert.strictEqual(seconds(run(well, refused)), 30)
  })
})

const attempt = (at: number, over: Partial<Attempt.Attempt> = {}): Attempt.Attempt => ({
  provider: paypal,
  result: "opened",
  startedAt: at,
  durationMs: 100,
  tries: 1,
  ...over,
})
const failing = (at: number) => attempt(at, { result: "transient_error", reason: "http_503", durationMs: 900 })

const traffic = (attempts: ReadonlyArray<Attempt.Attempt>) => attempts.reduce(Traffic.add, Traffic.none)

describe("how buyers fare", () => {
  const minute = 60_000

  it("says nothing when nobody came", () => {
    assert.deepStrictEqual(Traffic.summary(Traffic.none, 0), {
      signal: "unknown",
      successRate: Option.none(),
      latency: Option.none(),
    })
  })

  it("is the last twenty when five minutes hold fewer, so that five checkouts an hour are seen", () => {
    const slow = traffic(Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? attempt : failing)(i * 12 * minute)))
    const { latency, successRate } = Traffic.summary(slow, 30 * 12 * minute)
    assert.deepStrictEqual(successRate, Option.some(0.5))
    assert.deepStrictEqual(latency, Option.some({ p50: 100, p95: 100 }))
  })

  it("tells the median and the slow end of those that got a page", () => {
    const hundred = traffic(Array.from({ length: 100 }, (_, i) => attempt(i, { durationMs: i + 1 })))
    assert.deepStrictEqual(Traffic.summary(hundred, 200).latency, Option.some({ p50: 50, p95: 95 }))
  })

  it("F57: speaks against a provider at which buyers fail, though no three in a row", () => {
    const pattern = Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? attempt : failing)(i * 1_000))
    assert.strictEqual(Traffic.summary(traffic(pattern), 12_000).signal, "down")
    assert.strictEqual(Traffic.summary(traffic(pattern.slice(0, 9)), 12_000).signal, "unknown", "nine are too few")
  })

  it("forgets after five minutes what spoke against it, so that it is tried again", () => {
    const pattern = Array.from({ length: 12 }, (_, i) => failing(i * 1_000))
    assert.strictEqual(Traffic.summary(traffic(pattern), 5 * minute).signal, "down")
    assert.strictEqual(Traffic.summary(traffic(pattern), 6 * minute).signal, "unknown")
  })

  it("counts neither skips, nor lost hedges, nor being asked to wait, nor the merchant's own mistakes", () => {
    const none = traffic([
      attempt(0, { result: "skipped", reason: "circuit_open" }),
      attempt(0, { result: "superseded" }),
      attempt(0, { result: "transient_error", reason: "rate_limited" }),
      attempt(0, { result: "permanent_error", reason: "http_422" }),
    ])
    assert.deepStrictEqual(none, Traffic.none)
  })

  it("of a busy shop is that of five minutes alone, and of a quiet one that of no more than twenty", () => {
    const at = (from: number, n: number, one: typeof attempt) => Array.from({ length: n }, (_, i) => one(from + i))
    const busy = traffic([...at(0, 30, failing), ...at(10 * minute, 25, attempt)])
    assert.deepStrictEqual(Traffic.summary(busy, 11 * minute).successRate, Option.some(1))
    const quiet = traffic([...at(0, 30, failing), ...at(10 * minute, 10, attempt)])
    assert.deepStrictEqual(Traffic.summary(quiet, 11 * minute).successRate, Option.some(0.5))
  })

  it("leaves out what ended just five minutes ago, or just when the provider was seen to be well again", () => {
    const some = traffic(Array.from({ length: 20 }, () => failing(100)))
    assert.strictEqual(Traffic.signal(some, 5 * minute + 999), "down")
    assert.strictEqual(Traffic.signal(some, 5 * minute + 1_000), "unknown")
    assert.strictEqual(Traffic.signal(some, minute, 999), "down")
    assert.strictEqual(Traffic.signal(some, minute, 1_000), "unknown")
    const later = traffic([
      ...Array.from({ length: 5 }, () => failing(100)),
      ...Array.from({ length: 25 }, () => attempt(2_000)),
    ])
    assert.deepStrictEqual(Traffic.summary(later, 5 * minute + 1_000).successRate, Option.some(1))
  })

  it("speaks against it from ten attempts on of which fewer than four in ten succeed, the last twenty counting", () => {
    const of = (ok: number, failed: number) =>
      traffic([...Array.from({ length: failed }, () => failing(0)), ...Array.from({ length: ok }, () => attempt(0))])
    const signal = (ok: number, failed: number) => Traffic.signal(of(ok, failed), minute)
    assert.deepStrictEqual([signal(0, 9), signal(0, 10)], ["unknown", "down"])
    assert.deepStrictEqual([signal(4, 6), signal(3, 7)], ["up", "down"])
    assert.strictEqual(signal(20, 80), "up")
  })

  it("counts refused credentials as a failure", () => {
    const refused = traffic([attempt(0, { result: "permanent_error", reason: "credentials_refused" })])
    assert.deepStrictEqual(Traffic.summary(refused, minute).successRate, Option.some(0))
  })

  it("tells how long it took, in whatever order long and short ones came", () => {
    const mixed = traffic([300, 9, 20, 1_000].map((durationMs) => attempt(0, { durationMs })))
    assert.deepStrictEqual(Traffic.summary(mixed, minute).latency, Option.some({ p50: 20, p95: 1_000 }))
  })

  it("keeps at most five hundred, however busy the shop is", () => {
    const busy = traffic(Array.from({ length: 3_000 }, (_, i) => attempt(i)))
    assert.deepStrictEqual([busy.length, busy.at(-1)?.at], [500, 3_099])
  })
})
