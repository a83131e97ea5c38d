import { assert, describe, it } from "@effect/vitest"
import { Circuit } from "@payment-orchestrator/core"
import { Duration, Effect, Exit, Schema, Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import { TestClock } from "effect/testing"

const minute = 60_000
const failure = { outcome: "Failure", failures: 3, openForMillis: 5_000 } as const

/** A circuit on which these steps were made one after the other. */
const after = (...steps: ReadonlyArray<(circuit: Circuit.Circuit) => Circuit.Circuit>): Circuit.Circuit =>
  steps.reduce((circuit, step) => step(circuit), Circuit.initial)

const fail =
  (now: number, openForMillis = 5_000) =>
  (circuit: Circuit.Circuit) =>
    Circuit.record(circuit, { ...failure, openForMillis, generation: circuit.generation }, now)

const succeed = (now: number) => (circuit: Circuit.Circuit) =>
  Circuit.record(circuit, { ...failure, outcome: "Success", generation: circuit.generation }, now)

const admit = (now: number) => (circuit: Circuit.Circuit) => Circuit.admit(circuit, now)[1]

const opened = after(fail(0), fail(0), fail(0))

describe("a circuit", () => {
  it("opens after three failures in a row, and a success in between begins anew", () => {
    assert.strictEqual(after(fail(0), fail(1), succeed(2), fail(3), fail(4)).state, "closed")
    assert.strictEqual(opened.state, "open")
  })

  it("forgets a streak 60 minutes after its last failure", () => {
    const twoFailures = after(fail(0), fail(59 * minute))
    assert.strictEqual(fail(118 * minute)(twoFailures).state, "open")
    assert.strictEqual(fail(119 * minute)(twoFailures).state, "closed")
  })

  it("is the same when a success changes nothing, so that nothing has to be written", () => {
    assert.strictEqual(succeed(7)(Circuit.initial), Circuit.initial)
    assert.strictEqual(admit(7)(Circuit.initial), Circuit.initial)
  })

  it("F56: lets one probe through when its open time is over, and a second only when the first one's process died", () => {
    assert.deepInclude(Circuit.admit(opened, 4_999)[0], { _tag: "Open", retryAfterMillis: 1 })
    const [admission, probing] = Circuit.admit(opened, 5_000)
    assert.deepInclude(admission, { _tag: "Admitted", probe: true })
    assert.strictEqual(Circuit.admit(probing, 5_001)[0]._tag, "Probing")
    const renewed = Circuit.renew(probing, probing.generation, 15_000)
    assert.strictEqual(Circuit.admit(renewed, 29_999)[0]._tag, "Probing")
    assert.deepInclude(Circuit.admit(renewed, 30_000)[0], { _tag: "Admitted", probe: true })
  })

  it("F56: ignores what began before its last change, and a renewal that comes too late", () => {
    const late = { ...failure, generation: Circuit.initial.generation, outcome: "Success" } as const
    assert.strictEqual(Circuit.record(opened, late, 1), opened)
    const probing = admit(5_000)(opened)
    assert.strictEqual(Circuit.record(probing, late, 5_001), probing)
    const ignored = Circuit.record(probing, { ...late, generation: probing.generation, outcome: "Ignored" }, 5_001)
    assert.strictEqual(Circuit.renew(ignored, probing.generation, 5_002), ignored)
    assert.deepInclude(Circuit.admit(ignored, 5_002)[0], { _tag: "Admitted", probe: true })
  })

  it("counts openings in a row until it has stayed closed as long as it was open", () => {
    const reopened = after(() => opened, admit(5_000), fail(5_000, 10_000))
    assert.strictEqual(reopened.openings, 2)
    const closed = after(() => reopened, admit(15_000), succeed(15_000))
    assert.strictEqual(after(() => closed, fail(15_001), fail(15_001), fail(15_001)).openings, 3)
    assert.strictEqual(after(() => closed, fail(25_000), fail(25_000), fail(25_000)).openings, 1)
  })

  it("may be probed early when its provider was seen to answer, but is not closed by that", () => {
    const hurried = Circuit.endOpenTime(opened, 1_000)
    assert.strictEqual(hurried.state, "open")
    assert.deepInclude(Circuit.admit(hurried, 1_000)[0], { _tag: "Admitted", probe: true })
    assert.strictEqual(Circuit.endOpenTime(Circuit.initial, 1_000), Circuit.initial)
    assert.strictEqual(Circuit.endOpenTime(opened, 5_000), opened, "its time is over")
    const probing = { ...admit(5_000)(opened), openUntil: 9_000 }
    assert.strictEqual(Circuit.endOpenTime(probing, 6_000), probing, "its probe is on its way")
  })

  it("has another generation after each change, higher than any before", () => {
    const probing = admit(5_000)(opened)
    const ignored = Circuit.record(probing, { ...failure, outcome: "Ignored", generation: probing.generation }, 5_001)
    const again = admit(5_002)(ignored)
    const life = [Circuit.initial, opened, probing, ignored, again, succeed(5_003)(again), fail(5_003)(again)]
    assert.deepStrictEqual(
      life.map(({ generation }) => generation),
      [0, 1, 2, 3, 4, 5, 5],
    )
  })

  it("has no turn to renew but that of its probe", () => {
    assert.strictEqual(Circuit.renew(Circuit.initial, 0, 1), Circuit.initial)
    assert.strictEqual(Circuit.renew(opened, opened.generation, 1), opened)
  })

  it("says how long a call would wait: not at all, until its open time is over, or for a probe, which nobody knows", () => {
    assert.deepStrictEqual(Circuit.blocked(Circuit.initial, 0), { isBlocked: false, millis: 0 })
    assert.deepStrictEqual(Circuit.blocked(opened, 1_000), { isBlocked: true, millis: 4_000 })
    assert.deepStrictEqual(Circuit.blocked(opened, 5_000), { isBlocked: false, millis: 0 })
    assert.deepStrictEqual(Circuit.blocked(admit(5_000)(opened), 5_001), { isBlocked: true, millis: 0 })
  })

  it("that was probed without a verdict is open for a probe at once, and one that succeeded for everybody", () => {
    const probing = admit(5_000)(opened)
    const closed = succeed(5_001)(probing)
    assert.deepInclude(closed, { state: "closed", streak: 0, leaseUntil: 0, resetAt: 10_001 })
    assert.deepStrictEqual(Circuit.admit(closed, 5_002), [
      { _tag: "Admitted", generation: closed.generation, probe: false, openings: 1, moved: false },
      closed,
    ])
    assert.deepInclude(Circuit.admit(opened, 5_000)[0], { moved: true })
    const ignored = Circuit.record(probing, { ...failure, outcome: "Ignored", generation: probing.generation }, 5_001)
    assert.deepInclude(Circuit.admit(ignored, 5_002)[0], { probe: true, moved: false })
  })

  it("F59: stays open for no longer when the clock is set back, and bears clocks that are a little apart", () => {
    const later = after(fail(600 * minute), fail(600 * minute), fail(600 * minute))
    assert.deepInclude(Circuit.admit(later, 0)[0], { _tag: "Admitted", probe: true })
    assert.strictEqual(Circuit.admit(later, 600 * minute - 30_000)[0]._tag, "Open")
    assert.strictEqual(Circuit.admit(admit(5_000)(opened), 4_000)[0]._tag, "Probing")
  })
})

/** Failures are likelier than chance would have it, so that circuits open often. */
const Outcome = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
const outcomeOf = (n: number) => (n < 6 ? "Failure" : n < 9 ? "Success" : "Ignored")

const Step = Schema.Union([
  Schema.Struct({ _tag: Schema.tag("Admit") }),
  Schema.Struct({
    _tag: Schema.tag("Record"),
    which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
    outcome: Outcome,
    openForMillis: Schema.Literals([5_000, 10_000, 120_000]),
  }),
  Schema.Struct({
    _tag: Schema.tag("Wait"),
    millis: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30_000 })),
  }),
])

describe("the steps of a circuit", () => {
  it.effect.prop(
    "come to what Effect's own store comes to",
    [Schema.Array(Step).check(Schema.isMinLength(30), Schema.isMaxLength(80))],
    ([steps]) =>
      Effect.gen(function* () {
        const store = yield* CircuitBreaker.CircuitBreakerStore
        const scope = yield* Effect.scope
        let circuit = Circuit.initial
        let now = 0
        const admitted: Array<{ readonly theirs: number; readonly ours: number }> = []
        for (const step of steps) {
          switch (step._tag) {
            case "Wait": {
              now += step.millis
              yield* TestClock.adjust(Duration.millis(step.millis))
              // The probe that runs goes on renewing its turn.
              for (const { ours } of admitted) circuit = Circuit.renew(circuit, ours, now)
              break
            }
            case "Admit": {
              const theirs = yield* Effect.exit(Scope.provide(store.admit("k"), scope))
              const [ours, next] = Circuit.admit(circuit, now)
              circuit = next
              assert.strictEqual(ours._tag === "Admitted", Exit.isSuccess(theirs))
              if (ours._tag === "Admitted" && Exit.isSuccess(theirs)) {
                assert.strictEqual(ours.probe, theirs.value.probe)
                assert.strictEqual(ours.moved, theirs.value.transition !== undefined)
                admitted.push({ theirs: theirs.value.generation, ours: ours.generation })
              }
              break
            }
            case "Record": {
              const call = admitted[step.which % Math.max(1, admitted.length)]
              if (call === undefined) break
              const { openForMillis } = step
              const outcome = outcomeOf(step.outcome)
              const before = circuit.state
              circuit = Circuit.record(circuit, { generation: call.ours, outcome, failures: 3, openForMillis }, now)
              const moved = yield* store.record({
                key: "k",
                generation: call.theirs,
                outcome,
                tripPolicy: CircuitBreaker.consecutive(3),
                openFor: Duration.millis(openForMillis),
              })
              assert.strictEqual(moved === undefined ? before : moved.to.toLowerCase(), circuit.state)
              admitted.splice(admitted.indexOf(call), 1)
              break
            }
          }
          const state = yield* store.state("k")
          const label = { Closed: "closed", Open: "open", HalfOpen: "half_open" } as const
          assert.strictEqual(label[state._tag], circuit.state)
          const { isBlocked, millis } = Circuit.blocked(circuit, now)
          if (state._tag === "Open") assert.strictEqual(millis, Duration.toMillis(state.retryAfter))
          if (state._tag === "HalfOpen") assert.strictEqual(isBlocked, state.probing)
        }
      }).pipe(
        Effect.provide(CircuitBreaker.layerStoreMemory({ idleTimeToLive: "9999 days" }), { local: true }),
        Effect.scoped,
      ),
    { arbitrary: { runs: 1_000 }, timeout: 60_000 },
  )
})
