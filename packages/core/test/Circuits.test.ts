import { assert, describe, it } from "@effect/vitest"
import { Circuits, CircuitStore, type Lane } from "@payment-orchestrator/core"
import { PaymentError, PaymentProvider, ProviderName } from "@payment-orchestrator/domain"
import { Cause, Duration, Effect, Exit, Fiber, Layer, Random, Result, Stream } from "effect"
import { TestClock } from "effect/testing"

const paypal = ProviderName.ProviderName.make("paypal")
const opening: Lane.Lane = { provider: paypal, laneClass: "inert" }
const lane = (laneClass: Lane.LaneClass): Lane.Lane => ({ provider: paypal, laneClass })

const transient = (rest: Partial<PaymentError.TransientPaymentError> = {}) =>
  new PaymentError.TransientPaymentError({
    provider: paypal,
    operation: "createCheckoutSession",
    reason: rest.reason ?? "http",
    outcome: "unknown",
    status: rest.status ?? 503,
    ...(rest.retryAfterMillis === undefined ? {} : { retryAfterMillis: rest.retryAfterMillis }),
  })

const permanent = (reason: PaymentError.PermanentReason) =>
  new PaymentError.PermanentPaymentError({
    provider: paypal,
    operation: "createCheckoutSession",
    reason,
    outcome: "refused",
    status: reason === "credentials_refused" ? 401 : 400,
  })

const down = Effect.fail(transient())
const up = Effect.succeed("page")

type Turn = Effect.Effect<string, PaymentError.PaymentError>

/** How a turn under the circuit ended, in a word. */
const ask = (turn: Turn, where = opening, options: Circuits.GuardOptions = {}) =>
  Effect.gen(function* () {
    const circuits = yield* Circuits.Circuits
    const ended = yield* circuits.guard(where, () => turn, options)
    if (Result.isSuccess(ended)) return ended.success
    return typeof ended.failure === "string" ? ended.failure : PaymentError.reasonCode(ended.failure)
  })

const state = (laneClass: Lane.LaneClass = "inert") =>
  Effect.gen(function* () {
    const circuits = yield* Circuits.Circuits
    return yield* circuits.state({ name: paypal }, laneClass)
  })

const circuit = (laneClass: Lane.LaneClass = "inert") => Effect.map(state(laneClass), ({ circuit }) => circuit)

/** Three failures in a row. */
const trip = (where = opening) => Effect.replicateEffect(ask(down, where), 3, { discard: true })

/** One process, with a memory of its own. */
const test = (name: string, body: Effect.Effect<void, never, Circuits.Circuits>) =>
  it.effect(name, () => Effect.provide(body, Layer.fresh(Circuits.layer)))

describe("the circuit of a lane", () => {
  test(
    "opens after three transient failures in a row, and says when it may be probed",
    Effect.gen(function* () {
      assert.strictEqual(yield* ask(down), "http_503")
      assert.strictEqual(yield* ask(up), "page")
      yield* trip()
      assert.strictEqual(yield* ask(up), "circuit_open")
      assert.deepStrictEqual(yield* state(), { circuit: "open", obstacle: "circuit_open", retryAfterMillis: 5_000 })
    }),
  )

  test(
    "never counts permanent errors, 429 and answers that are no verdict",
    Effect.gen(function* () {
      for (const error of [
        permanent("http"),
        transient({ reason: "rate_limited" }),
        transient({ reason: "in_progress" }),
      ])
        yield* Effect.replicateEffect(ask(Effect.fail(error)), 5)
      assert.strictEqual(yield* circuit(), "closed")
    }),
  )

  test(
    "forgets a streak after 60 minutes",
    Effect.gen(function* () {
      yield* ask(down)
      yield* ask(down)
      yield* TestClock.adjust("60 minutes")
      yield* ask(down)
      assert.strictEqual(yield* circuit(), "closed")
    }),
  )

  test(
    "of a provider that stays down is probed by one call at 5, 10, 20 … seconds, at most 2 minutes",
    Effect.gen(function* () {
      yield* trip()
      const waits: Array<number> = []
      for (let i = 0; i < 8; i++) {
        const { retryAfterMillis } = yield* state()
        waits.push(retryAfterMillis / 1000)
        yield* TestClock.adjust(Duration.millis(retryAfterMillis))
        assert.strictEqual(yield* ask(down), "http_503")
      }
      assert.deepStrictEqual(waits, [5, 10, 20, 40, 80, 120, 120, 120])
    }),
  )

  test(
    "grows slower where money or a look at it waits",
    Effect.gen(function* () {
      const longest = (laneClass: Lane.LaneClass) =>
        Effect.gen(function* () {
          yield* trip(lane(laneClass))
          for (let i = 0; i < 6; i++) {
            yield* TestClock.adjust(Duration.millis((yield* state(laneClass)).retryAfterMillis))
            yield* ask(down, lane(laneClass))
          }
          return (yield* state(laneClass)).retryAfterMillis / 1000
        })
      assert.deepStrictEqual(
        [yield* longest("money_moving"), yield* longest("reversing"), yield* longest("read")],
        [30, 30, 15],
      )
    }),
  )

  test(
    "stays open as long as a provider that is down asks for, up to its cap",
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(Effect.fail(transient({ retryAfterMillis: 60_000 }))), 3)
      assert.strictEqual((yield* state()).retryAfterMillis, 60_000)
      yield* TestClock.adjust("60 seconds")
      yield* ask(Effect.fail(transient({ retryAfterMillis: 86_400_000 })))
      assert.strictEqual((yield* state()).retryAfterMillis, 120_000)
    }),
  )

  test(
    "says nothing about the other lanes of its provider, but whoever answers again lets them be probed at once",
    Effect.gen(function* () {
      yield* trip()
      yield* trip(lane("money_moving"))
      assert.strictEqual(yield* ask(up, lane("read")), "page")
      yield* TestClock.adjust("5 seconds")
      yield* ask(down)
      yield* ask(down, lane("money_moving"))
      yield* TestClock.adjust("9 seconds")
      assert.strictEqual(yield* ask(up, lane("money_moving")), "circuit_open")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* ask(up, lane("money_moving")), "page")
      yield* trip(lane("reversing"))
      const circuits = yield* Circuits.Circuits
      yield* circuits.probe(paypal)
      assert.strictEqual(yield* circuit("reversing"), "open")
      assert.strictEqual(yield* ask(up, lane("reversing")), "page")
    }),
  )

  test(
    "F13: is passed by in panic, and nothing that comes of it counts",
    Effect.gen(function* () {
      yield* trip()
      assert.strictEqual(yield* ask(up, opening, { panic: true }), "page")
      assert.strictEqual(yield* circuit(), "open")
      assert.strictEqual((yield* state()).retryAfterMillis, 5_000)
    }),
  )

  test(
    "tells of its changes while they happen",
    Effect.gen(function* () {
      const circuits = yield* Circuits.Circuits
      const seen = yield* circuits.changes.pipe(
        Stream.map(({ from, here, lane, to }) => `${lane.laneClass}: ${from} to ${to}${here ? "" : " elsewhere"}`),
        Stream.take(3),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true }),
      )
      yield* trip()
      yield* TestClock.adjust("5 seconds")
      yield* ask(up)
      assert.deepStrictEqual(Array.from(yield* Fiber.join(seen)), [
        "inert: closed to open",
        "inert: open to half_open",
        "inert: half_open to closed",
      ])
    }),
  )

  test(
    "counts a defect of an adapter, and lets it through",
    Effect.gen(function* () {
      for (let i = 0; i < 3; i++) {
        const exit = yield* Effect.exit(ask(Effect.die("bug")))
        assert.isTrue(exit._tag === "Failure" && Cause.hasDies(exit.cause))
      }
      assert.strictEqual(yield* circuit(), "open")
    }),
  )
})

describe("F56: a circuit that recovers", () => {
  test(
    "lets one of many callers probe, and the others pass when it has succeeded",
    Effect.gen(function* () {
      yield* trip()
      yield* TestClock.adjust("5 seconds")
      const slow = Effect.delay(up, "1 second")
      const callers = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.forkChild(ask(slow)))
      yield* TestClock.adjust("1 second")
      const answers = yield* Effect.forEach(callers, Fiber.join)
      assert.strictEqual(answers.filter((answer) => answer === "page").length, 1)
      assert.strictEqual(answers.filter((answer) => answer === "circuit_open").length, 49)
      assert.strictEqual(yield* ask(up), "page")
    }),
  )

  test(
    "keeps one probe however long it takes, and frees its turn when it is interrupted or says nothing",
    Effect.gen(function* () {
      yield* trip()
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.forkChild(ask(Effect.delay(up, "200 seconds")))
      for (let waited = 0; waited < 100; waited += 5) {
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* ask(up), "circuit_open", `${waited} seconds`)
      }
      yield* Fiber.interrupt(probe)
      assert.strictEqual(yield* circuit(), "half_open")
      assert.strictEqual(yield* ask(Effect.fail(permanent("http"))), "http_400")
      assert.strictEqual(yield* circuit(), "half_open")
      assert.strictEqual(yield* ask(up), "page")
    }),
  )

  test(
    "is not closed, nor opened for longer, by answers to what was asked before it opened",
    Effect.gen(function* () {
      const early = yield* Effect.forEach([Effect.delay(up, "3 seconds"), Effect.delay(down, "3 seconds")], (turn) =>
        Effect.forkChild(ask(turn)),
      )
      yield* TestClock.adjust("1 second")
      yield* trip()
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Effect.forEach(early, Fiber.join), ["page", "http_503"])
      assert.deepStrictEqual(yield* state(), { circuit: "open", obstacle: "circuit_open", retryAfterMillis: 3_000 })
    }),
  )

  test(
    "stays as it was when a failure from before the opening comes during the probe",
    Effect.gen(function* () {
      const early = yield* Effect.forkChild(ask(Effect.delay(down, "6 seconds")))
      yield* trip()
      yield* TestClock.adjust("5 seconds")
      const probe = yield* Effect.forkChild(ask(Effect.delay(up, "2 seconds")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(early)
      assert.strictEqual(yield* circuit(), "half_open")
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(probe)
      assert.strictEqual(yield* circuit(), "closed")
    }),
  )

  it.effect("does not flap under a provider that fails a fifth of what it is asked at random", () =>
    Effect.gen(function* () {
      let [streak, trips, failedProbes, openings, skipped] = [0, 0, 0, 0, 0]
      for (let i = 0; i < 5_000; i++) {
        const isDown = (yield* Random.next) < 0.2
        const before = yield* circuit()
        const answer = yield* ask(isDown ? down : up)
        if (answer === "circuit_open") skipped += 1
        else if (before === "open") failedProbes += isDown ? 1 : 0
        else {
          streak = isDown ? streak + 1 : 0
          if (streak === 3) [streak, trips] = [0, trips + 1]
        }
        if (answer !== "circuit_open" && (yield* circuit()) === "open") openings += 1
        yield* TestClock.adjust("1 second")
      }
      assert.isAbove(trips, 10)
      assert.strictEqual(openings, trips + failedProbes)
      assert.isBelow(skipped, 500)
    }).pipe(Effect.provide(Layer.fresh(Circuits.layer)), Random.withSeed("a fifth")),
  )
})

describe("a call that takes long", () => {
  /** A turn whose one call is seen to be slow after 10 seconds. */
  const hanging = (turn: Turn) =>
    Effect.gen(function* () {
      const circuits = yield* Circuits.Circuits
      const ended = yield* circuits.guard(opening, (slow) =>
        Effect.raceFirst(turn, Effect.delay(slow, "10 seconds").pipe(Effect.andThen(Effect.never))),
      )
      return Result.isSuccess(ended) ? ended.success : String(ended.failure)
    })

  test(
    "counts once, while it still runs, and opens the circuit before any of three has ended",
    Effect.gen(function* () {
      const calls = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(hanging(Effect.delay(down, "30 seconds"))))
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual(yield* circuit(), "closed")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* circuit(), "open")
      yield* TestClock.adjust("20 seconds")
      yield* Effect.forEach(calls, Fiber.join)
      assert.strictEqual((yield* state()).retryAfterMillis, 0)
    }),
  )

  test(
    "F56: has its late result ignored, be it good or bad, though its caller gets it",
    Effect.gen(function* () {
      const good = yield* Effect.forkChild(hanging(Effect.delay(up, "12 seconds")))
      yield* TestClock.adjust("10 seconds")
      yield* ask(down)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(good), "page")
      yield* ask(down)
      assert.strictEqual(yield* circuit(), "open", "the late success ended a streak")
    }),
  )

  test(
    "may be given up by its caller, which counts only when it was slow",
    Effect.gen(function* () {
      const giveUp = (slow: boolean) =>
        Effect.gen(function* () {
          const call = yield* Effect.forkChild(ask(Effect.never, opening, { tooSlow: () => slow }))
          yield* TestClock.adjust("1 second")
          yield* Fiber.interrupt(call)
          return Exit.hasInterrupts(yield* Fiber.await(call))
        })
      for (let i = 0; i < 5; i++) assert.isTrue(yield* giveUp(false))
      assert.strictEqual(yield* circuit(), "closed")
      for (let i = 0; i < 3; i++) assert.isTrue(yield* giveUp(true))
      assert.strictEqual(yield* circuit(), "open")
    }),
  )
})

describe("a turn that is given up while it is being let through", () => {
  /** A memory that takes a while to change. */
  const slowly = Layer.effect(
    CircuitStore.CircuitStore,
    Effect.map(CircuitStore.makeMemory, ({ change, load }) => ({
      load,
      change: (key, step) => Effect.delay(change(key, step), "200 millis"),
    })),
  )

  it.effect("asks nobody, and frees the turn of the probe that it was to be", () =>
    Effect.gen(function* () {
      for (let i = 0; i < 3; i++) {
        const failing = yield* Effect.forkChild(ask(down))
        yield* TestClock.adjust("200 millis")
        yield* Fiber.join(failing)
      }
      yield* TestClock.adjust("5 seconds")
      let asked = 0
      const page = Effect.sync(() => {
        asked += 1
        return "page"
      })
      const first = yield* Effect.forkChild(ask(page))
      yield* TestClock.adjust("100 millis")
      yield* Effect.forkChild(Fiber.interrupt(first))
      yield* TestClock.adjust("400 millis")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(first)))
      assert.strictEqual(asked, 0)
      const second = yield* Effect.forkChild(ask(page))
      yield* TestClock.adjust("400 millis")
      assert.strictEqual(yield* Fiber.join(second), "page")
    }).pipe(Effect.provide(Layer.fresh(Layer.provide(Circuits.layerNoDeps, slowly)))),
  )
})

describe("F10: a provider that fetches a token first", () => {
  const phase = (current: "token" | "operation") =>
    Effect.map(PaymentProvider.CallPhase, (phase) => void (phase.current = current))
  const tokenDown = Effect.andThen(phase("token"), down)
  const tokenUp = Effect.andThen(phase("token"), phase("operation"))
  const cold = { needsToken: Effect.succeed(true) }
  const lanes = ["inert", "read", "money_moving", "reversing"] as const

  const obstacle = (laneClass: Lane.LaneClass, needsToken: Effect.Effect<boolean>) =>
    Effect.flatMap(Circuits.Circuits, (circuits) =>
      Effect.map(circuits.state({ name: paypal, needsToken }, laneClass), ({ obstacle }) => obstacle),
    )

  test(
    "has a circuit of its own for the token, which stops every lane while one is needed, and opens none of theirs",
    Effect.gen(function* () {
      for (const laneClass of ["inert", "read", "money_moving"] as const) yield* ask(tokenDown, lane(laneClass), cold)
      for (const laneClass of lanes) {
        assert.strictEqual(yield* obstacle(laneClass, cold.needsToken), "circuit_open")
        assert.strictEqual(yield* ask(Effect.andThen(tokenUp, up), lane(laneClass), cold), "circuit_open")
      }
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* ask(Effect.andThen(tokenUp, up), opening, cold), "page")
      assert.strictEqual(yield* circuit("token"), "closed")
      assert.strictEqual(yield* ask(Effect.andThen(tokenUp, up), lane("read"), cold), "page")
    }),
  )

  test(
    "goes on where a token is held, though nobody can get a new one",
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(tokenDown, opening, cold), 3)
      assert.strictEqual(yield* circuit("token"), "open")
      for (const laneClass of lanes) {
        assert.isUndefined(yield* obstacle(laneClass, Effect.succeed(false)))
        assert.strictEqual(yield* ask(up, lane(laneClass)), "page")
      }
      assert.strictEqual(yield* circuit("token"), "open", "a call that fetched no token knows nothing of it")
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* ask(up, lane("read")), "page")
      assert.strictEqual(yield* circuit("token"), "open", "nor is it the probe of the token")
    }),
  )

  test(
    "counts each token that could not be had once, and shows the token's circuit until it was probed",
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(tokenDown, opening, cold), 2)
      assert.strictEqual(yield* circuit("token"), "closed")
      yield* ask(tokenDown, opening, cold)
      yield* TestClock.adjust("5 seconds")
      const circuits = yield* Circuits.Circuits
      assert.deepStrictEqual(yield* circuits.state({ name: paypal, needsToken: cold.needsToken }, "read"), {
        circuit: "open",
        obstacle: undefined,
        retryAfterMillis: 0,
      })
      assert.deepInclude(yield* circuits.state({ name: paypal }, "read"), { circuit: "closed" })
    }),
  )

  test(
    "counts a token that was held, refused, and could not be fetched again",
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(tokenDown), 3)
      assert.strictEqual(yield* circuit("token"), "open")
      assert.strictEqual(yield* circuit("inert"), "closed")
    }),
  )

  test(
    "keeps the token's circuit closed while only what comes after the token fails",
    Effect.gen(function* () {
      yield* Effect.replicateEffect(ask(Effect.andThen(tokenUp, down), opening, cold), 3)
      assert.strictEqual(yield* circuit("token"), "closed")
      assert.strictEqual(yield* circuit("inert"), "open")
      assert.strictEqual(yield* ask(Effect.andThen(tokenUp, up), lane("read"), cold), "page")
    }),
  )

  test(
    "that never says that it has its token had it where it did what it was asked",
    Effect.gen(function* () {
      const quiet = Effect.andThen(phase("token"), up)
      yield* Effect.replicateEffect(ask(down), 2)
      assert.strictEqual(yield* ask(quiet, opening, cold), "page")
      yield* Effect.replicateEffect(ask(down), 2)
      assert.strictEqual(yield* circuit(), "closed", "the success has ended the row of failures")
      yield* Effect.replicateEffect(ask(tokenDown, opening, cold), 2)
      yield* ask(quiet, opening, cold)
      yield* Effect.replicateEffect(ask(tokenDown, opening, cold), 2)
      assert.strictEqual(yield* circuit("token"), "closed")
    }),
  )

  test(
    "is not probed by one buyer after the other when the probe gets no token",
    Effect.gen(function* () {
      yield* trip()
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* ask(tokenDown, opening, cold), "http_503")
      assert.strictEqual(yield* ask(tokenDown, opening, cold), "circuit_open")
      assert.strictEqual((yield* state()).retryAfterMillis, 10_000)
    }),
  )
})

describe("F9: a provider that refuses our credentials", () => {
  const refused = Effect.fail(permanent("credentials_refused"))

  test(
    "is tried again after 30 seconds, by one of those who come then",
    Effect.gen(function* () {
      assert.strictEqual(yield* ask(refused), "credentials_refused")
      assert.deepStrictEqual(yield* state(), {
        circuit: "closed",
        obstacle: "credentials_refused",
        retryAfterMillis: 30_000,
      })
      yield* TestClock.adjust("30 seconds")
      const callers = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(ask(Effect.delay(up, "1 second"))),
      )
      yield* TestClock.adjust("1 second")
      const answers = yield* Effect.forEach(callers, Fiber.join)
      assert.strictEqual(answers.filter((answer) => answer === "page").length, 1)
      assert.strictEqual(answers.filter((answer) => answer === "credentials_refused").length, 19)
      assert.strictEqual(yield* ask(up), "page")
    }),
  )

  test(
    "is tried again every 30 seconds while it refuses, and never in panic",
    Effect.gen(function* () {
      yield* ask(refused)
      for (let i = 0; i < 3; i++) {
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual((yield* state()).obstacle, undefined)
        yield* ask(refused)
        assert.strictEqual(yield* ask(up, opening, { panic: true }), "credentials_refused")
      }
    }),
  )

  test(
    "still does everything but opening sessions, and whatever it accepts makes it available",
    Effect.gen(function* () {
      yield* ask(refused)
      assert.strictEqual(yield* ask(up, lane("read")), "page")
      assert.strictEqual((yield* state()).obstacle, undefined)
    }),
  )

  test(
    "is known to do so, or not to, by whoever else asks it",
    Effect.gen(function* () {
      const circuits = yield* Circuits.Circuits
      yield* circuits.credentials(paypal, "refused")
      assert.strictEqual((yield* state()).obstacle, "credentials_refused")
      yield* circuits.credentials(paypal, "accepted")
      assert.strictEqual((yield* state()).obstacle, undefined)
    }),
  )

  test(
    "is not taken for one by a 403, which stops its own checkout alone",
    Effect.gen(function* () {
      assert.strictEqual(yield* ask(Effect.fail(permanent("http"))), "http_400")
      assert.strictEqual((yield* state()).obstacle, undefined)
    }),
  )
})

describe("F6: a provider that asks us to wait", () => {
  const wait = (retryAfterMillis: number) =>
    Effect.fail(transient({ reason: "rate_limited", status: 429, retryAfterMillis }))

  test(
    "is throttled until then, at most an hour, and its circuit stays closed",
    Effect.gen(function* () {
      yield* ask(wait(20_000))
      assert.deepStrictEqual(yield* state(), { circuit: "closed", obstacle: "throttled", retryAfterMillis: 20_000 })
      assert.strictEqual(yield* ask(up), "throttled")
      assert.strictEqual(yield* ask(up, opening, { panic: true }), "page")
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(yield* ask(wait(86_400_000)), "rate_limited")
      assert.strictEqual((yield* state()).retryAfterMillis, 3_600_000)
    }),
  )

  test(
    "is not throttled by a 429 that names no time",
    Effect.gen(function* () {
      yield* ask(Effect.fail(transient({ reason: "rate_limited", status: 429 })))
      assert.strictEqual(yield* ask(up), "page")
    }),
  )
})
