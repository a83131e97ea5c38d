import { assert, describe, it } from "@effect/vitest"
import { DeliverySchedule } from "@payment-orchestrator/domain"
import { Option } from "effect"

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

const failedWith = (status: number, retryAfter?: number): DeliverySchedule.Result => ({
  _tag: "Failed",
  status: Option.some(status),
  retryAfter: Option.fromUndefinedOr(retryAfter),
})
const noAnswer: DeliverySchedule.Result = { _tag: "Failed", status: Option.none(), retryAfter: Option.none() }

const judgeAll = (results: ReadonlyArray<readonly [at: number, result: DeliverySchedule.Result]>) =>
  results.reduce<DeliverySchedule.Verdict>(
    ({ health, signals }, [at, result]) => {
      const next = DeliverySchedule.judge(health, result, at)
      return { health: next.health, signals: [...signals, ...next.signals] }
    },
    { health: DeliverySchedule.healthy, signals: [] },
  )

describe("a delivery that fails", () => {
  it("is tried again after 5 s, 5 min, 30 min, 2, 5, 10, 14, 20 and 24 h, then given up: more than 72 h in all", () => {
    let progress = Option.some(DeliverySchedule.begin(0))
    const waits: Array<number> = []
    let now = 0
    while (Option.isSome(progress)) {
      now = progress.value.retryAt
      progress = DeliverySchedule.afterFailure(progress.value, { startedAt: now, now, random: 0 })
      if (Option.isSome(progress)) waits.push(progress.value.retryAt - now)
    }
    assert.deepStrictEqual(waits, [
      5 * second,
      5 * minute,
      30 * minute,
      2 * hour,
      5 * hour,
      10 * hour,
      14 * hour,
      20 * hour,
      24 * hour,
    ])
    assert.isAbove(now, 72 * hour)
  })

  it("waits up to a tenth longer by chance, and never shorter", () => {
    const after = (random: number) =>
      Option.getOrThrow(DeliverySchedule.afterFailure({ step: 3, retryAt: 0 }, { startedAt: 0, now: 100, random }))
        .retryAt
    assert.strictEqual(after(0), 100 + 2 * hour)
    assert.strictEqual(after(1), 100 + 132 * minute)
  })

  it("does not use its schedule up by tries in between", () => {
    const progress = { step: 4, retryAt: 10 * hour }
    assert.deepStrictEqual(
      DeliverySchedule.afterFailure(progress, { startedAt: 9 * hour, now: 9 * hour, random: 0 }),
      Option.some(progress),
    )
  })
})

describe("F53: an endpoint that fails", () => {
  it("is failing since the first failure after the last success, and works again with the first success", () => {
    const { health } = judgeAll([
      [0, { _tag: "Succeeded" }],
      [5, noAnswer],
      [9, failedWith(500)],
    ])
    assert.deepStrictEqual(health.failingSince, Option.some(5))
    const { health: after } = DeliverySchedule.judge(health, { _tag: "Succeeded" }, 20)
    assert.deepStrictEqual(after, DeliverySchedule.healthy)
  })

  it("works again after a hiccup or after an outage, by how long it failed", () => {
    const recovered = (after: number) =>
      judgeAll([
        [0, noAnswer],
        [after, { _tag: "Succeeded" }],
      ]).signals
    assert.deepStrictEqual(recovered(9 * second), [{ _tag: "Recovered", since: 0, after: "hiccup" }])
    assert.deepStrictEqual(recovered(10 * second), [{ _tag: "Recovered", since: 0, after: "outage" }])
    const later = judgeAll([
      [day, noAnswer],
      [day + 9 * second, { _tag: "Succeeded" }],
    ])
    assert.deepStrictEqual(later.signals, [{ _tag: "Recovered", since: day, after: "hiccup" }])
  })

  it("is alerted at 50, 70 and 90 % of five days, and is then disabled; a success in between ends it", () => {
    const every = Array.from({ length: 121 }, (_, i) => [i * hour, noAnswer] as const)
    const alerted = [59, 60, 83, 84, 107, 108, 119].map((i) => judgeAll(every.slice(0, i + 1)).health.alerted)
    assert.deepStrictEqual(alerted, [0, 50, 50, 70, 70, 90, 90])
    assert.deepStrictEqual(judgeAll(every).signals, [{ _tag: "Disable", since: 0, reason: "failing" }])
    const saved = judgeAll([...every.slice(0, 119), [118.5 * hour, { _tag: "Succeeded" }], [120 * hour, noAnswer]])
    assert.deepStrictEqual(saved.signals, [{ _tag: "Recovered", since: 0, after: "outage" }])
    assert.deepInclude(saved.health, { failingSince: Option.some(120 * hour), alerted: 0 })
  })

  it("is alerted at the highest share that it has reached when nobody looked for long", () => {
    const { health } = judgeAll([
      [0, noAnswer],
      [4 * day, noAnswer],
    ])
    assert.strictEqual(health.alerted, 70)
  })

  it("is probed soon at first, and at least every five minutes, whatever chance says", () => {
    const after = (failingFor: number, random = 0, tries = 1) =>
      DeliverySchedule.probeAfter(failingFor, tries, random) / second
    assert.deepStrictEqual(
      [0, 8 * second, 30 * second, 2 * minute, hour, 3 * day].map((failingFor) => after(failingFor)),
      [5, 5, 15, 60, 300, 300],
    )
    assert.strictEqual(after(3 * day, 1), 270)
    // One that was tried often is not hurried.
    assert.deepStrictEqual([after(0, 0, 20), after(0, 0, 500)], [20, 60])
  })

  it("is disabled at once by 410", () => {
    const { signals } = judgeAll([[7, failedWith(410)]])
    assert.deepStrictEqual(signals, [{ _tag: "Disable", since: 7, reason: "gone" }])
  })

  it("is left alone for as long as Retry-After says on 429 and 503, a day at most, and not on other answers", () => {
    const pause = (result: DeliverySchedule.Result) => judgeAll([[100, result]]).health.pausedUntil
    assert.deepStrictEqual(pause(failedWith(429, 30 * second)), Option.some(100 + 30 * second))
    assert.deepStrictEqual(pause(failedWith(503, 400 * day)), Option.some(100 + day))
    assert.deepStrictEqual(pause(failedWith(500, 30 * second)), Option.none())
    assert.deepStrictEqual(pause(failedWith(503)), Option.none())
  })
})
