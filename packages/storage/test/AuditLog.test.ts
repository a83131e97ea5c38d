import { assert, it } from "@effect/vitest"
import { Ledger } from "@payment-orchestrator/domain"
import { AuditLog, CheckoutStore, LedgerStore, RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const entry = (over: Partial<AuditLog.Entry> = {}): AuditLog.Entry => ({
  action: "subscription.cancel",
  target: "paypal/I-ABC123",
  tenantId: Option.none(),
  reason: Option.some("Customer request"),
  ...over,
})

const as = (id: string, role: "merchant" | "admin") =>
  Effect.provideService(AuditLog.CurrentActor, { id, role: Option.some(role) })

onEachBackend("the audit log", ({ dialect, empty }) => {
  it.effect("says who did what to what, from where, when and why", () =>
    Effect.gen(function* () {
      const audit = yield* AuditLog.AuditLog
      yield* TestClock.adjust("1 second")
      yield* audit.record(entry({ tenantId: Option.some("t1") })).pipe(
        as("key_1", "merchant"),
        Effect.provideService(AuditLog.CurrentOrigin, {
          requestId: Option.some("req_1"),
          address: Option.some("203.0.113.7"),
        }),
      )
      yield* TestClock.adjust("1 second")
      yield* audit.record(entry({ reason: Option.none() }))
      const [bySystem, byKey] = yield* audit.list({ limit: 10 })
      assert.isDefined(byKey)
      assert.match(byKey.id, /^aud_/)
      assert.deepStrictEqual(byKey, {
        id: byKey.id,
        at: 1_000,
        actor: "key_1",
        role: Option.some("merchant"),
        tenantId: Option.some("t1"),
        action: "subscription.cancel",
        target: "paypal/I-ABC123",
        reason: Option.some("Customer request"),
        address: Option.some("203.0.113.7"),
        requestId: Option.some("req_1"),
      })
      assert.deepInclude(bySystem, { actor: "system", role: Option.none(), address: Option.none() })
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("is read newest first in pages, by tenant, action, actor, target and time", () =>
    Effect.gen(function* () {
      const audit = yield* AuditLog.AuditLog
      for (let i = 0; i < 6; i++) {
        yield* audit
          .record(
            entry({
              action: i % 2 === 0 ? "refund.create" : "checkout.expire",
              target: `thing_${i}`,
              tenantId: Option.fromUndefinedOr(["t1", "t2", undefined][i % 3]),
            }),
          )
          .pipe(as(i < 3 ? "key_1" : "key_2", "admin"))
        yield* TestClock.adjust("1 second")
      }
      const targets = (query: Partial<AuditLog.Query>) =>
        Effect.map(audit.list({ limit: 10, ...query }), (rows) => rows.map(({ target }) => Number(target.slice(6))))
      assert.deepStrictEqual(yield* targets({}), [5, 4, 3, 2, 1, 0])
      const first = yield* audit.list({ limit: 4 })
      assert.deepStrictEqual(yield* targets({ before: first.at(-1)?.id }), [1, 0])
      assert.deepStrictEqual(yield* targets({ tenantId: "t1" }), [3, 0])
      assert.deepStrictEqual(yield* targets({ action: "refund.create" }), [4, 2, 0])
      assert.deepStrictEqual(yield* targets({ actor: "key_2", action: "refund.create" }), [4])
      assert.deepStrictEqual(yield* targets({ target: "thing_2" }), [2])
      assert.deepStrictEqual(yield* targets({ createdAfter: 2_000, createdBefore: 4_000 }), [3, 2])
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("is changed and shortened by nobody: the database refuses", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* AuditLog.AuditLog
      yield* audit.record(entry())
      const before = yield* audit.list({ limit: 10 })
      for (const change of [
        sql`update audit_log set actor = 'somebody else'`,
        sql`delete from audit_log`,
        sql`delete from audit_log where id = ${before[0]?.id ?? ""}`,
      ]) {
        const { reason } = yield* Effect.flip(change)
        assert.match(reason.cause instanceof Error ? reason.cause.message : "", /audit_log is append-only/, dialect)
      }
      assert.lengthOf(before, 1)
      assert.deepStrictEqual(yield* audit.list({ limit: 10 }), before)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("has no row of what a caller's transaction undid", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const audit = yield* AuditLog.AuditLog
      const undone = yield* Effect.flip(
        sql.withTransaction(Effect.andThen(audit.record(entry()), Effect.fail("no" as const))),
      )
      assert.strictEqual(undone, "no")
      assert.lengthOf(yield* audit.list({ limit: 10 }), 0)
      yield* sql.withTransaction(audit.record(entry()))
      assert.lengthOf(yield* audit.list({ limit: 10 }), 1)
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("has a refund from the moment its amount is set aside, once however often it is asked for", () =>
    Effect.gen(function* () {
      const audit = yield* AuditLog.AuditLog
      const refunds = yield* RefundStore.RefundStore
      const { payment } = yield* Sample.paid
      const wish = {
        paymentId: payment.id,
        amount: Option.none(),
        reason: Option.some("did not fit"),
        origin: "o",
        despiteDispute: false,
      }
      const reserved = yield* refunds.reserve(wish, 1_000).pipe(as("key_1", "merchant"))
      yield* refunds.reserve(wish, 1_000).pipe(as("key_1", "merchant"))
      yield* refunds.reserve({ ...wish, origin: "more than is left" }, 1_000).pipe(as("key_1", "merchant"))
      assert.isTrue(reserved._tag === "Fresh")
      const rows = yield* audit.list({ limit: 10 })
      assert.deepStrictEqual(
        rows.map(({ action, actor, reason, target }) => [action, actor, Option.getOrNull(reason), target]),
        [["refund.create", "key_1", "did not fit", reserved._tag === "Fresh" ? reserved.refund.id : ""]],
      )
    }).pipe(Effect.provide(empty, { local: true })),
  )

  it.effect("has the expiry that somebody asked for, once, and none of those that time brought", () =>
    Effect.gen(function* () {
      const audit = yield* AuditLog.AuditLog
      const ledger = yield* LedgerStore.LedgerStore
      const [asked, timed] = [yield* Sample.shown({ tenantId: "t1" }), yield* Sample.shown()]
      yield* ledger.transact(timed.id, Ledger.expire)
      for (let i = 0; i < 2; i++) yield* ledger.transact(asked.id, Ledger.expire, { askedFor: "checkout.expire" })
      const rows = yield* audit.list({ limit: 10 })
      assert.deepStrictEqual(
        rows.map(({ action, target, tenantId }) => [action, target, Option.getOrNull(tenantId)]),
        [["checkout.expire", asked.id, "t1"]],
      )
      const store = yield* CheckoutStore.CheckoutStore
      const status = Option.map(yield* store.find(asked.id), ({ checkout }) => checkout.status)
      assert.deepStrictEqual(status, Option.some("expired"))
    }).pipe(Effect.provide(empty, { local: true })),
  )
})
