import { assert, it } from "@effect/vitest"
import type { Drill } from "@payment-orchestrator/domain"
import { AuditLog, DrillStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Retention } from "@payment-orchestrator/storage"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const report: Drill.Report = { checkouts: [], opened: 5, failovers: 3, longestWaitMs: 120, alerts: [] }

onEachBackend("drills", ({ empty }) => {
  const test = <E>(
    name: string,
    body: (store: DrillStore.Service) => Effect.Effect<void, E, AuditLog.AuditLog | SqlClient.SqlClient>,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(DrillStore.DrillStore, body), empty, { local: true }))

  test("are kept with their report, newest first, and their beginning is audited", (store) =>
    Effect.gen(function* () {
      const first = yield* Sample.drill
      assert.isTrue(yield* store.begin(first, 60_000))
      yield* TestClock.adjust("10 seconds")
      yield* store.end(first.id, report)
      const second = yield* Sample.drill
      assert.isTrue(yield* store.begin(second, 70_000))
      assert.deepStrictEqual(
        yield* store.find(first.id),
        Option.some({ ...first, status: "done", endedAt: 10_000, report }),
      )
      assert.deepStrictEqual(
        (yield* store.list({ limit: 10 })).map(({ id, status }) => [id, status]),
        [
          [second.id, "running"],
          [first.id, "done"],
        ],
      )
      const audit = yield* AuditLog.AuditLog
      assert.lengthOf(yield* audit.list({ limit: 10, action: "drill.start", target: first.id }), 1)
    }))

  test("run one at a time, however many begin at once", (store) =>
    Effect.gen(function* () {
      const begun = yield* Effect.forEach(
        Array.from({ length: 5 }),
        () => Effect.flatMap(Sample.drill, (drill) => store.begin(drill, 60_000)),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(begun.filter(Boolean).length, 1)
    }))

  test("of a process that died are over when their time is", (store) =>
    Effect.gen(function* () {
      const drill = yield* Sample.drill
      yield* store.begin(drill, 60_000)
      yield* TestClock.adjust("1 minute")
      const found = Option.getOrThrow(yield* store.find(drill.id))
      assert.deepInclude(found, { status: "interrupted", report: null })
      assert.isTrue(yield* Effect.flatMap(Sample.drill, (next) => store.begin(next, 120_000)))
    }))

  test("that came to no end do not keep another from beginning", (store) =>
    Effect.gen(function* () {
      const drill = yield* Sample.drill
      yield* store.begin(drill, 60_000)
      yield* store.interrupt(drill.id)
      assert.isTrue(yield* Effect.flatMap(Sample.drill, (next) => store.begin(next, 60_000)))
      assert.strictEqual(Option.getOrThrow(yield* store.find(drill.id)).status, "interrupted")
    }))

  test("and alerts that are over are forgotten after 400 days", (store) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.flatMap(Sample.drill, (drill) => store.begin(drill, 1))
      const alert = { kind: "clock_skew", severity: "warning", summary: "", details: "{}", livemode: 0, raised_at: 0 }
      yield* sql`insert into alerts ${sql.insert([
        { ...alert, id: "alr_1", key: "a", cleared_at: 1 },
        { ...alert, id: "alr_2", key: "b", cleared_at: null },
      ])}`
      yield* TestClock.adjust("399 days")
      assert.strictEqual(yield* Retention.sweepHistory, 0)
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* Retention.sweepHistory, 2)
      const left = yield* sql<{ readonly id: string }>`select id from alerts`
      assert.deepStrictEqual(left, [{ id: "alr_2" }])
    }))
})
