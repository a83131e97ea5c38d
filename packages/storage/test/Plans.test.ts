/** No list and no look-up goes through a whole table: the database itself says how it would answer each statement. */
import { assert, it } from "@effect/vitest"
import { CircuitStore, OrchestratorLog } from "@payment-orchestrator/core"
import { Id } from "@payment-orchestrator/domain"
import {
  type AlertRule,
  AlertStore,
  AuditLog,
  BackfillStore,
  CheckoutStore,
  ConfigurationStore,
  DisputeStore,
  DrainStore,
  DrillStore,
  ExplanationStore,
  Idempotency,
  InboxStore,
  KeyStore,
  LedgerStore,
  MoveStore,
  RefundStore,
  RejectionStore,
  SignInStore,
  StatsStore,
  SubscriptionStore,
} from "@payment-orchestrator/payments"
import { Backlog, Retention } from "@payment-orchestrator/storage"
import { Effect, Option, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as DeliveryStatements from "./DeliveryStatements.ts"
import * as Merchants from "./Merchants.ts"
import * as Sample from "./Sample.ts"

/** Collects the text of every statement that an effect runs. */
const statementsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const texts = new Set<string>()
    const tracer = Tracer.make({
      span(options) {
        const span = new Tracer.NativeSpan(options)
        const attribute = span.attribute.bind(span)
        span.attribute = (key, value) => {
          if (key === "db.query.text") texts.add(String(value))
          attribute(key, value)
        }
        return span
      },
    })
    yield* Effect.withTracer(effect, tracer)
    return Array.from(texts, (text) => text.trim()).filter((text) => /^(with|select|update|delete)\b/i.test(text))
  })

/** The first page, the next, and one of a time. */
const pagesAfter = <I>(before: I) => [{}, { before }, { createdAfter: 1, createdBefore: 2, before }]
/** The same of what is followed by itself, and of refunds that began at a provider. */
const subscriptionsAndDisputes = Effect.gen(function* () {
  const subscriptions = yield* SubscriptionStore.SubscriptionStore
  const disputes = yield* DisputeStore.DisputeStore
  const refunds = yield* RefundStore.RefundStore
  const checkouts = yield* CheckoutStore.CheckoutStore
  const checkoutId = Id.CheckoutId.make(`co_${"0".repeat(26)}`)
  const subscriptionId = Id.SubscriptionId.make(`sub_${"0".repeat(26)}`)
  const disputeId = Id.DisputeId.make(`dp_${"0".repeat(26)}`)
  const paymentId = Id.PaymentId.make(`pay_${"0".repeat(26)}`)
  const opening = yield* Sample.opening({ mode: "subscription" })
  const request = { ...opening.request, mode: "subscription", priceId: "gold", customerId: "user_1" } as const
  yield* checkouts.claim({ ...opening, request }, Option.none(), 0)

  yield* subscriptions.transact(subscriptionId, (state) => ({ state, events: [], commands: [] }))
  yield* subscriptions.takeDue(10, 1)
  yield* subscriptions.take(subscriptionId, 1)
  yield* subscriptions.rivals(subscriptionId, 1)
  yield* subscriptions.endSecond({ stays: subscriptionId, ends: subscriptionId })
  yield* subscriptions.find(subscriptionId)
  yield* subscriptions.findAt("polar", "s")
  const paging = [{}, { before: subscriptionId }, { createdAfter: 1, createdBefore: 2 }]
  const filters = [{}, { status: "active" }, { provider: Sample.polar }, { customerId: "c" }, { checkoutId }] as const
  for (const page of paging) {
    for (const filter of filters) {
      yield* subscriptions.list({ ...filter, ...page, limit: 20 })
      yield* subscriptions.list({ ...filter, ...page, tenantId: "default", limit: 20 })
    }
  }

  yield* disputes.takeDue(10, 1)
  yield* disputes.find(disputeId)
  yield* disputes.forget(disputeId)
  for (const filter of [{}, { paymentId }, { status: "open" }, { tenantId: "default" }] as const) {
    yield* disputes.list({ ...filter, limit: 20 })
  }

  yield* refunds.duplicates("all", 1, 8)
  yield* refunds.duplicates("ended", 1, 8)
})

/** The same of what providers tell. */
const inbox = Effect.gen(function* () {
  const store = yield* InboxStore.InboxStore
  const backfills = yield* BackfillStore.BackfillStore
  const ids = { sessionId: "c", moneyId: "m", subscriptionId: "s", refundId: "r", disputeId: "d" }
  const attemptId = Id.AttemptId.make(`att_${"0".repeat(26)}`)
  const checkoutId = Id.CheckoutId.make(`co_${"0".repeat(26)}`)
  yield* Sample.told({ ...ids, attemptId }, { eventId: "evt_plans" })
  yield* Sample.told({ ...ids, attemptId }, { eventId: "evt_plans", origin: "backfill" })
  yield* store.rematch(8, 1_000)
  yield* store.pulse(Sample.polar, 1)
  for (const page of pagesAfter(Id.InboxId.make(`inb_${"0".repeat(26)}`))) {
    for (const filter of [{}, { provider: Sample.polar }, { state: "parked" }, { checkoutId }] as const) {
      yield* store.list({ ...filter, ...page, limit: 20 })
    }
  }
  const rejections = yield* RejectionStore.RejectionStore
  yield* rejections.add([yield* Sample.rejected()])
  for (const page of pagesAfter(yield* Id.makeRejectionId)) {
    for (const filter of [{}, { provider: Sample.polar }]) yield* rejections.list({ ...filter, ...page, limit: 20 })
  }
  yield* Retention.sweepRejections
  yield* backfills.take(Sample.polar, 1)
  yield* backfills.done(Sample.polar, 1, 2)
  yield* TestClock.adjust("10 seconds")
  yield* store.rematch(8, 1_000)
})

/** Every list with every filter, every look-up, and everything that is swept. */
const everything = Effect.gen(function* () {
  const store = yield* CheckoutStore.CheckoutStore
  const keys = yield* Idempotency.Idempotency
  const log = yield* OrchestratorLog.OrchestratorLog
  const claimant = Sample.claimant()

  const opening = yield* Sample.opening()
  yield* store.claim(opening, Option.some(claimant), Sample.takeOverAfterMillis)
  yield* store.commit(yield* Sample.failed(opening, { claimant }))
  const again = yield* Sample.opening()
  yield* store.claim(again, Option.some(claimant), Sample.takeOverAfterMillis)
  yield* store.commit(yield* Sample.failedOver({ ...again, checkout: { ...again.checkout, id: opening.checkout.id } }))
  const left = yield* Sample.claim({ orderId: "o1" })
  yield* store.abandon({ checkoutId: left.checkout.id, claimedAt: 0, attempts: left.attempts }, [])
  yield* store.openClaims(1)
  yield* store.find(opening.checkout.id)
  yield* store.findByLink(opening.linkToken)

  const { id } = opening.checkout
  const moves = yield* MoveStore.MoveStore
  yield* moves.pages(id)
  yield* moves.request(id)
  for (const session of [Option.none<CheckoutStore.ShownSession>(), yield* Sample.page]) {
    const { attempts: planned } = yield* Sample.opening()
    const begun = yield* moves.begin(id, planned, Sample.takeOverAfterMillis)
    if (begun._tag !== "Begun") return yield* Effect.die(begun._tag)
    const { round } = begun
    const outcome = { checkoutId: id, round, planned, attempts: [], failovers: [], secondPage: "compensate" } as const
    yield* moves.commit({ ...outcome, session })
    yield* moves.release(id, round)
  }

  const filters = [
    {},
    { status: "open" },
    { provider: Sample.polar },
    { reference: "r" },
    { orderId: "o" },
    { customerId: "c" },
    { search: "s" },
  ] as const
  for (const page of pagesAfter(id)) {
    for (const filter of filters) {
      yield* store.list({ ...filter, ...page, limit: 20 })
      yield* store.list({ ...filter, ...page, tenantId: "default", limit: 20 })
    }
  }

  const ledger = yield* LedgerStore.LedgerStore
  const refunds = yield* RefundStore.RefundStore
  const audit = yield* AuditLog.AuditLog
  const apiKeys = yield* KeyStore.KeyStore
  const keyId = yield* Id.makeKeyId
  const acts = [{ action: "key.create" }, { actor: "a" }, { target: "t" }, { actor: "a", target: "t", action: "k" }]
  for (const tenantId of [undefined, "default"]) {
    for (const page of pagesAfter(yield* Id.makeFailoverId)) yield* log.failovers({ ...page, tenantId, limit: 20 })
    for (const page of pagesAfter(yield* Id.makePaymentId)) {
      for (const of of [{}, { checkoutId: id }]) yield* ledger.listPayments({ ...page, ...of, tenantId, limit: 20 })
    }
    for (const page of pagesAfter(yield* Id.makeRefundId)) yield* refunds.list({ ...page, tenantId, limit: 20 })
    for (const page of pagesAfter(keyId)) yield* apiKeys.list({ ...page, tenantId, limit: 20 })
    for (const page of pagesAfter(yield* Id.makeAuditId)) {
      for (const act of [{}, ...acts]) yield* audit.list({ ...page, ...act, tenantId, limit: 20 })
    }
    yield* log.stats({ tenantId })
    yield* log.stats({ tenantId, windowMillis: 300_000 })
  }

  yield* apiKeys.find(keyId)
  yield* apiKeys.findByDigest("digest")
  yield* apiKeys.digests(20)
  yield* apiKeys.used(keyId, 0)
  yield* apiKeys.revoke(keyId)
  yield* subscriptionsAndDisputes

  yield* keys.claim({ ...claimant, key: "other" }, 0)
  yield* keys.release({ ...claimant, key: "other" })
  yield* keys.settle(claimant, "answer")
  yield* Retention.sweepRetention
  yield* DeliveryStatements.everything

  const circuits = yield* CircuitStore.CircuitStore
  yield* circuits.load
  yield* circuits.change("paypal:inert", (row) => [undefined, { ...row }])
  yield* (yield* LedgerStore.LedgerStore).hurry(Sample.polar)
  yield* (yield* RefundStore.RefundStore).hurry(Sample.polar)

  yield* TestClock.adjust("1 minute")
  yield* ledger.takeDue(8, 1_000)
  for (const of of [{ checkoutId: id }, { attemptId: yield* Id.makeAttemptId }]) yield* ledger.takeAsked(of, 1, 1)
  yield* ledger.makeDue({ provider: Sample.polar, sessionId: "c" })
  yield* ledger.leave({ provider: Sample.polar, sessionId: "c" })
})

/** The same of what the people on call work with. */
const operations = Effect.gen(function* () {
  const alerts = yield* AlertStore.AlertStore
  const drains = yield* DrainStore.DrainStore
  const drills = yield* DrillStore.DrillStore
  const explanations = yield* ExplanationStore.ExplanationStore
  const { checkoutId } = yield* Sample.paid
  yield* explanations.read(checkoutId, undefined)

  yield* alerts.lead("a", 1_000)
  yield* alerts.facts({ now: 0, windowMillis: 300_000, atLeast: 20, unknownAfterMillis: 600_000 })
  yield* alerts.open
  const reading: AlertRule.Reading = {
    key: "clock_skew",
    kind: "clock_skew",
    state: "raised",
    severity: "critical",
    provider: Sample.paypal,
    subject: null,
    summary: "",
    details: {},
  }
  const [raised] = yield* alerts.change("a", { _tag: "Raise", reading }, false)
  yield* alerts.change("a", { _tag: "Worsen", reading }, false)
  yield* alerts.change("a", { _tag: "Clear", key: "clock_skew" }, false)
  const alert = yield* Effect.fromNullishOr(raised)
  yield* alerts.record("database_unreachable", { ...alert, id: yield* Id.makeAlertId, clearedAt: 1 })
  for (const page of pagesAfter(alert.id)) {
    for (const open of [undefined, true, false]) yield* alerts.list({ ...page, open, limit: 20 })
  }

  const drain = { provider: Sample.paypal, reason: "r", actor: "a", drainedAt: 0, expiresAt: Option.none() }
  yield* drains.drain(drain, Option.some([Sample.polar]))
  yield* drains.restore(Sample.paypal, "r")

  const drill = yield* Sample.drill
  yield* drills.begin(drill, 0)
  yield* drills.end(drill.id, { checkouts: [], opened: 0, failovers: 0, longestWaitMs: 0, alerts: [] })
  yield* drills.interrupt(drill.id)
  yield* drills.find(drill.id)
  for (const page of pagesAfter(drill.id)) yield* drills.list({ ...page, limit: 20 })
  yield* Retention.sweepHistory
  yield* Retention.sweepTraces
  yield* Backlog.read(300_000)
})

/** The same of what only the dashboard needs. */
const dashboard = Effect.gen(function* () {
  const configuration = yield* ConfigurationStore.ConfigurationStore
  const variable = { name: "A", value: "1", digest: null }
  for (const since of [Option.none<number>(), Option.some(1)]) {
    yield* configuration.write({ since, put: [variable], removed: ["B"], entry: Option.none() })
  }
  yield* configuration.read(["A", "B"])
  const signIns = yield* SignInStore.SignInStore
  const times = { createdAt: 0, usedAt: 0, expiresAt: 1 }
  yield* signIns.add({ digest: "d", keyId: yield* Id.makeKeyId, proof: "", ...times })
  yield* signIns.find("d")
  yield* signIns.used("d", 1)
  yield* signIns.remove("d")
  yield* Retention.sweepSignIns
  const stats = yield* StatsStore.StatsStore
  for (const tenantId of [undefined, "default"]) {
    yield* stats.series({ tenantId, from: 0, to: 60_000, stepMillis: 1_000 })
    yield* stats.rescued({ tenantId, from: 0, to: 60_000 })
  }
})

onEachBackend("every statement", ({ dialect, empty }) => {
  /** The plan, line by line, for whatever values may come. */
  const planOf = (text: string) =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      if (dialect === "sqlite") {
        const rows = yield* sql.unsafe<{ readonly detail: string }>(`explain query plan ${text}`)
        return rows.map(({ detail }) => detail)
      }
      const parameters = new Set(text.match(/\$\d+/g)).size
      const values = parameters === 0 ? "" : `(${Array.from({ length: parameters }, () => "null").join(", ")})`
      return yield* sql.withTransaction(
        Effect.gen(function* () {
          // Small tables are always scanned; and the plan must not depend on the values.
          yield* sql`set local enable_seqscan = off`
          yield* sql`set local plan_cache_mode = force_generic_plan`
          yield* sql.unsafe(`prepare looked_at as ${text}`)
          const rows = yield* sql.unsafe<{ readonly "QUERY PLAN": string }>(`explain execute looked_at${values}`)
          yield* sql.unsafe("deallocate looked_at")
          return rows.map((row) => row["QUERY PLAN"])
        }),
      )
    })

  /** Of few rows, however much is sold: some for each provider, and in `stats` for each tenant. */
  const small = new Set(["backfills", "circuits", "drains", "stats"])

  /** So many rows have the same value that an index by these alone is as long as a part of the table. */
  const coarse = new Set(["tenant_id", "provider", "status", "state", "kind", "origin", "livemode", "result"])

  interface Schema {
    readonly tables: ReadonlySet<string>
    /** Indexes of some rows alone, such as those that are still open. */
    readonly partial: ReadonlySet<string>
  }

  /** Along a whole index too, unless it stops after so many rows, or the index is of what is open alone. */
  const isFullScan = (line: string, statement: string, { partial, tables }: Schema): boolean => {
    if (dialect === "pg") return /\bSeq Scan\b/.test(line)
    const [, scanned = "", index] = /^SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?$/.exec(line) ?? []
    if (!tables.has(scanned) || small.has(scanned)) return false
    return index === undefined || !(partial.has(index) || /\blimit\b/.test(statement))
  }

  /**
   * All rows of a provider or a tenant, one after the other, unless that stops or the index is of what is open alone. The
   * first or the last one out of a whole index is one row.
   */
  const isCoarse = (line: string, statement: string, { partial, tables }: Schema): boolean => {
    const stops = /\blimit\b/.test(statement) || (/\b(?:max|min)\(/.test(statement) && line.includes("COVERING"))
    if (dialect === "pg" || stops) return false
    const [, searched = "", index = "", terms = ""] =
      /^SEARCH (\w+) USING (?:COVERING )?INDEX (\w+) \((.*)\)$/.exec(line) ?? []
    if (!tables.has(searched) || small.has(searched) || partial.has(index)) return false
    return terms.split(" AND ").every((term) => coarse.has(term.replace(/=\?$/, "")))
  }

  it.effect("is answered from an index, never by reading a whole table", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* dialect === "pg"
        ? sql<{ readonly name: string }>`select tablename as name from pg_tables where schemaname = 'public'`
        : sql<{ readonly name: string }>`select name from sqlite_master where type = 'table'`
      const partial = yield* dialect === "pg"
        ? Effect.succeed([])
        : sql<{ readonly name: string }>`select name from sqlite_master where type = 'index' and sql like '% where %'`
      const schema = {
        tables: new Set(rows.map(({ name }) => name)),
        partial: new Set(partial.map(({ name }) => name)),
      }
      const statements = yield* statementsOf(Effect.all([everything, inbox, operations, dashboard], { discard: true }))
      assert.isAbove(statements.length, 50)
      for (const statement of statements) {
        const plan = yield* planOf(statement)
        assert.isNotEmpty(plan, statement)
        const explained = `${statement}\n${plan.join("\n")}`
        for (const line of plan) {
          assert.isFalse(isFullScan(line, statement, schema) || isCoarse(line, statement, schema), explained)
        }
      }
    }).pipe(Effect.provide(Merchants.withKey(empty), { local: true })),
  )
})
