import { assert, it } from "@effect/vitest"
import { Jobs } from "@payment-orchestrator/storage"
import { Clock, Data, Duration, Effect, Exit, Latch, Ref, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"

const backoff = (attempt: number) => Duration.seconds(2 ** attempt)

/** Gives real work (a database over a socket) the time it needs. */
const pause = TestClock.withLive(Effect.sleep("2 millis"))

/** Lets the test's clock go on by half a second at a time, so that nothing is skipped that wakes in between. */
const tick = Effect.andThen(TestClock.adjust("500 millis"), pause)

/** Waits for a condition while the clock goes on. */
const until = (condition: Effect.Effect<boolean>) =>
  Effect.repeat(Effect.andThen(tick, condition), { until: (yes) => yes })

/** Lets so many seconds go by. */
const pass = (seconds: number) => Effect.repeat(tick, { times: seconds * 2 - 1 })

class Down extends Data.TaggedError("Down")<{ readonly message: string }> {}

onEachBackend("a job", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (jobs: Jobs.Service) => Effect.Effect<void, E, Jobs.Jobs | SqlClient.SqlClient | Scope.Scope>,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(Jobs.Jobs, body), empty, { local: true }))

  /** A handler that writes down its runs and then does what it is told. */
  const recorder = Effect.fnUntraced(function* <E>(result: (job: Jobs.Job) => Effect.Effect<Jobs.Result, E>) {
    const runs = yield* Ref.make<ReadonlyArray<string>>([])
    const count = Effect.map(Ref.get(runs), ({ length }) => length)
    return {
      runs: Ref.get(runs),
      ran: (n: number) => until(Effect.map(count, (made) => made >= n)),
      worker: {
        kind: "capture",
        concurrency: 4,
        backoff,
        handle: (job: Jobs.Job) =>
          Effect.andThen(
            Ref.update(runs, (all) => [...all, `${job.key}#${job.attempt}`]),
            result(job),
          ),
      },
    }
  })

  const left = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<{ readonly key: string; readonly attempt: number; readonly last_error: string | null }>`
      select key, attempt, last_error from jobs order by key`
  })

  const isEmpty = Effect.map(Effect.orDie(left), ({ length }) => length === 0)

  const none = Effect.gen(function* () {
    const context = yield* Effect.context<SqlClient.SqlClient>()
    yield* until(Effect.provideContext(isEmpty, context))
  })

  test("is run when it is offered, and gone when it is done", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.work(worker)
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* jobs.offer({ kind: "refund", key: "not this worker's" })
      yield* ran(1)
      const context = yield* Effect.context<SqlClient.SqlClient>()
      const others = Effect.map(Effect.orDie(left), (rows) => rows.length === 1 && rows[0]?.key === "not this worker's")
      yield* until(Effect.provideContext(others, context))
      assert.deepStrictEqual(yield* runs, ["a#1"])
    }))

  test("is seen by nobody before its transaction commits, and by nobody ever when it does not", (jobs) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { ran, runs, worker } = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.work(worker)
      yield* Effect.flip(
        sql.withTransaction(Effect.andThen(jobs.offer({ kind: "capture", key: "undone" }), Effect.fail("boom"))),
      )
      yield* sql.withTransaction(jobs.offer({ kind: "capture", key: "kept" }))
      yield* ran(1)
      yield* none
      assert.deepStrictEqual(yield* runs, ["kept#1"])
    }))

  test("waits for its time", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.offer({ kind: "capture", key: "later", runAt: 60_000 })
      yield* jobs.offer({ kind: "capture", key: "now" })
      yield* jobs.work(worker)
      yield* ran(1)
      assert.deepStrictEqual(yield* runs, ["now#1"])
      yield* pass(55)
      assert.deepStrictEqual(yield* runs, ["now#1"])
      yield* ran(2)
      assert.deepStrictEqual(yield* runs, ["now#1", "later#1"])
    }))

  test("is tried again without end, after the delays its worker says", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(({ attempt }) =>
        attempt < 12 ? Effect.fail(new Down({ message: "PayPal 503\nsecond line" })) : Effect.succeed(Jobs.done),
      )
      yield* jobs.work({ ...worker, backoff: (attempt) => Duration.seconds(Math.min(attempt, 5)) })
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* ran(11)
      assert.deepStrictEqual(
        (yield* left).map(({ last_error }) => last_error),
        ["PayPal 503"],
      )
      yield* ran(12)
      yield* none
      assert.strictEqual((yield* runs).length, 12)
      assert.isAtLeast(yield* Clock.currentTimeMillis, (1 + 2 + 3 + 4 + 5 * 7) * 1_000)
    }))

  test("may ask for another time without being a failure", (jobs) =>
    Effect.gen(function* () {
      const { ran, worker } = yield* recorder(({ attempt }) =>
        Effect.succeed(attempt === 1 ? Jobs.again("30 seconds") : Jobs.done),
      )
      yield* jobs.work(worker)
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* ran(1)
      const context = yield* Effect.context<SqlClient.SqlClient>()
      yield* until(
        Effect.provideContext(
          Effect.map(Effect.orDie(left), (rows) => rows.length === 1 && rows[0]?.last_error === null),
          context,
        ),
      )
      yield* ran(2)
      yield* none
    }))

  test("is run once more when it was offered while it ran", (jobs) =>
    Effect.gen(function* () {
      const gate = yield* Latch.make(false)
      const { ran, runs, worker } = yield* recorder(() => Effect.as(gate.await, Jobs.done))
      yield* jobs.work(worker)
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* ran(1)
      yield* jobs.offer({ kind: "capture", key: "a" })
      assert.strictEqual((yield* runs).length, 1)
      yield* gate.open
      yield* ran(2)
      yield* none
      assert.strictEqual((yield* runs).length, 2)
    }))

  test("is woken by its kind, its key or its group", (jobs) =>
    Effect.gen(function* () {
      const later = { runAt: 3_600_000 }
      yield* jobs.offer({ kind: "capture", key: "a", group: "paypal", ...later })
      yield* jobs.offer({ kind: "capture", key: "b", group: "polar", ...later })
      yield* jobs.offer({ kind: "capture", key: "c", ...later })
      const { ran, runs, worker } = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.work(worker)
      assert.strictEqual(yield* jobs.wake({ group: "paypal" }), 1)
      yield* ran(1)
      assert.strictEqual(yield* jobs.wake({ kind: "capture", key: "c" }), 1)
      yield* ran(2)
      assert.strictEqual(yield* jobs.wake({ kind: "capture" }), 1)
      yield* ran(3)
      assert.deepStrictEqual(yield* runs, ["a#1", "c#1", "b#1"])
      yield* none
    }))

  test("F58: is taken by one of two workers", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(() => Effect.as(Effect.yieldNow, Jobs.done))
      yield* jobs.work(worker)
      yield* jobs.work(worker)
      for (let i = 0; i < 40; i++) yield* jobs.offer({ kind: "capture", key: `k${i}` })
      yield* ran(40)
      yield* none
      assert.strictEqual(new Set(yield* runs).size, 40)
      assert.strictEqual((yield* runs).length, 40)
    }))

  test("stays with the worker that runs it, however long that takes", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(() => Effect.never)
      yield* jobs.work(worker)
      yield* jobs.work(worker)
      yield* jobs.offer({ kind: "capture", key: "long" })
      yield* ran(1)
      yield* pass(40)
      assert.deepStrictEqual(yield* runs, ["long#1"])
    }))

  test("goes to another process within 30 s when its own is killed", (jobs) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const { ran, runs, worker } = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* sql`update jobs set lease = 'of a process that was killed', leased_until = 15000, attempt = 1`
      yield* jobs.work(worker)
      yield* pass(14)
      assert.deepStrictEqual(yield* runs, [])
      yield* ran(1)
      assert.deepStrictEqual(yield* runs, ["a#2"])
      assert.isBelow(yield* Clock.currentTimeMillis, 30_000)
      yield* none
    }))

  test("is not run on by a process that has lost its lease, nor ended by it", (jobs) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const stopped = yield* Latch.make(false)
      const { ran, worker } = yield* recorder(() => Effect.onInterrupt(Effect.never, () => stopped.open))
      yield* jobs.work(worker)
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* ran(1)
      yield* sql`update jobs set lease = 'of another process', leased_until = 3600000`
      yield* pass(6)
      yield* stopped.await
      assert.deepStrictEqual(
        (yield* sql`select key, lease from jobs`).map((row) => ({ ...row })),
        [{ key: "a", lease: "of another process" }],
      )
    }))

  test("is let go at once by a worker that is stopped in order", (jobs) =>
    Effect.gen(function* () {
      const first = yield* recorder(() => Effect.never)
      const scope = yield* Scope.make()
      yield* Scope.provide(jobs.work(first.worker), scope)
      yield* jobs.offer({ kind: "capture", key: "a" })
      yield* first.ran(1)
      yield* Scope.close(scope, Exit.void)
      const second = yield* recorder(() => Effect.succeed(Jobs.done))
      yield* jobs.work(second.worker)
      yield* second.ran(1)
      yield* none
    }))

  test("runs beside no more than its worker may run at once", (jobs) =>
    Effect.gen(function* () {
      const { ran, runs, worker } = yield* recorder(() => Effect.never)
      for (let i = 0; i < 5; i++) yield* jobs.offer({ kind: "capture", key: `k${i}` })
      yield* jobs.work({ ...worker, concurrency: 2 })
      yield* ran(2)
      yield* pass(3)
      assert.strictEqual((yield* runs).length, 2)
    }))
})
