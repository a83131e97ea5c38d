import { assert, it } from "@effect/vitest"
import { EventLog, Traces } from "@payment-orchestrator/payments"
import { Backlog, Retention, type Storage } from "@payment-orchestrator/storage"
import { Effect, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

/** One that collects, as far as this is seen from inside. */
const collecting = Tracer.make({ span: (options) => new Tracer.NativeSpan(options) })

const kept = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql<{ readonly object_id: string }>`select object_id from traces`,
)

/** The traces that a span of this name is linked to, once a thing was looked up in it. */
const linkedTo = (id: string) =>
  Effect.gen(function* () {
    yield* (yield* Traces.Traces).link(id)
    const span = yield* Effect.orDie(Effect.currentSpan)
    return span.links.map((link) => link.span.traceId)
  }).pipe(Effect.withSpan("later", { root: true }))

onEachBackend("traces", ({ empty }) => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(body, empty, { local: true }))

  test(
    "lead from a checkout, its attempt and its events back to the request that began it",
    Effect.gen(function* () {
      const traces = yield* Traces.Traces
      const { checkout, traceId } = yield* Effect.gen(function* () {
        const checkout = yield* Sample.shown()
        yield* traces.remember(checkout.id)
        return { checkout, traceId: (yield* Effect.orDie(Effect.currentSpan)).traceId }
      }).pipe(Effect.withSpan("request"))
      const sql = yield* SqlClient.SqlClient
      const [attempt] = yield* sql<{ readonly attempt_id: string }>`
        select attempt_id from attempts where checkout_id = ${checkout.id} and attempt_id is not null`
      const [event] = yield* (yield* EventLog.EventLog).list({ objectId: checkout.id, limit: 1 })
      for (const id of [checkout.id, attempt?.attempt_id ?? "", event?.id ?? ""]) {
        assert.include(yield* linkedTo(id), traceId, id)
      }
      assert.deepStrictEqual(yield* linkedTo("co_unknown"), [])

      yield* TestClock.adjust("29 days")
      assert.strictEqual(yield* Retention.sweepTraces, 0)
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* Retention.sweepTraces, 2)
      assert.deepStrictEqual(yield* kept, [])
    }).pipe(Effect.withTracer(collecting)),
  )

  test(
    "are not written while nobody collects them",
    Effect.gen(function* () {
      const checkout = yield* Effect.withSpan(Sample.shown(), "request")
      yield* Effect.withSpan((yield* Traces.Traces).remember(checkout.id), "request")
      assert.deepStrictEqual(yield* kept, [])
    }),
  )

  test(
    "and the backlog tells how late the oldest job of each kind is",
    Effect.gen(function* () {
      const before = yield* Backlog.read(300_000)
      assert.deepStrictEqual(Object.values(before.late), [0, 0, 0, 0, 0, 0])
      yield* Sample.shown()
      yield* TestClock.adjust("1 hour")
      const { late, unknown } = yield* Backlog.read(300_000)
      assert.isAbove(late.session, 60_000)
      assert.isAtMost(late.session, 3_600_000)
      assert.strictEqual(late.refund, 0)
      assert.deepStrictEqual(unknown, [])
    }),
  )
})
