import { assert, it } from "@effect/vitest"
import { LedgerStore } from "@payment-orchestrator/payments"
import { Retention } from "@payment-orchestrator/storage"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

onEachBackend("what providers sent", ({ empty }) => {
  it.effect("is kept for 30 days, and that it was sent for 400", () =>
    Effect.gen(function* () {
      const store = yield* LedgerStore.LedgerStore
      const sql = yield* SqlClient.SqlClient
      const delivery = { provider: Sample.polar, type: "order.paid", body: new Uint8Array([1, 2, 3]) }
      const kept = sql<{
        readonly event_id: string
        readonly body: string
      }>`select event_id, body from inbox order by event_id`
      yield* store.receive({ ...delivery, eventId: "a" }, [])
      yield* TestClock.adjust("29 days")
      yield* store.receive({ ...delivery, eventId: "b" }, [])
      assert.strictEqual(yield* Retention.sweepInbox, 0)
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* Retention.sweepInbox, 1)
      assert.deepStrictEqual(
        (yield* kept).map(({ body, event_id }) => [event_id, body]),
        [
          ["a", ""],
          ["b", "AQID"],
        ],
      )
      yield* TestClock.adjust("400 days")
      yield* Retention.sweepInbox
      assert.lengthOf(yield* kept, 0)
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
