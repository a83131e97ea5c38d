/** What may be forgotten is, in small batches, so that nobody waits long for a row. */
import { Timestamp } from "@payment-orchestrator/domain"
import type { StorageError } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Keys from "./internal/Keys.ts"

const batch = 500

const dayMillis = 86_400_000
/** What a provider sent is kept for 30 days, and that it was sent for 400. */
const bodyMillis = 30 * dayMillis
const eventMillis = 400 * dayMillis

/** Empties old deliveries, and forgets those that nobody can send again; answers how many rows. */
const forgetDeliveries = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, now: number) {
  const emptied = yield* sql`
    update inbox set body = '' where (provider, event_id) in (
      select provider, event_id from inbox where received_at < ${now - bodyMillis} and body <> '' limit ${batch})
    returning event_id`
  const deleted = yield* sql`
    delete from inbox where (provider, event_id) in (
      select provider, event_id from inbox where received_at < ${now - eventMillis} limit ${batch})
    returning event_id`
  return emptied.length + deleted.length
})

/** Forgets old deliveries of webhooks; answers how many rows. To be run from time to time. */
export const sweepInbox: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Timestamp.now
  let forgotten = 0
  for (;;) {
    const n = yield* Failure.transaction(sql, "forget old webhooks")(forgetDeliveries(sql, now))
    forgotten += n
    if (n < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepInbox"))

/** Forgets idempotency keys that are older than 24 hours; answers how many. To be run from time to time. */
export const sweepRetention: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const before = (yield* Timestamp.now) - Keys.lifetimeMillis
  let forgotten = 0
  for (;;) {
    const n = yield* Failure.transaction(sql, "forget old keys")(Keys.forget(sql, before, batch))
    forgotten += n
    if (n < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepRetention"))

const deliveryMillis = 30 * dayMillis

/**
 * Forgets deliveries that are over and older than 30 days; answers how many. Events stay, like the money they tell of:
 * they are how it is known what was told.
 */
export const sweepDeliveries: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const before = (yield* Timestamp.now) - deliveryMillis
  let forgotten = 0
  for (;;) {
    const rows = yield* sql`
      delete from deliveries where id in (
        select id from deliveries where created_at < ${before} and due_at is null order by created_at, id limit ${batch})
      returning id`.pipe(Failure.storing("forget old deliveries"))
    forgotten += rows.length
    if (rows.length < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepDeliveries"))

/** Forgets sign-ins whose time is over; answers how many. To be run from time to time. */
export const sweepSignIns: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Timestamp.now
  const rows = yield* sql`delete from sign_ins where expires_at < ${now} returning digest`.pipe(
    Failure.storing("forget old sign-ins"),
  )
  return rows.length
}).pipe(Effect.withSpan("Retention.sweepSignIns"))

/** Forgets what traces began with after 30 days, as long as a delivery may be sent; answers how many rows. */
export const sweepTraces: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const before = (yield* Timestamp.now) - deliveryMillis
  let forgotten = 0
  for (;;) {
    const rows = yield* sql`
      delete from traces where object_id in (
        select object_id from traces where at < ${before} order by at limit ${batch})
      returning object_id`.pipe(Failure.storing("forget old traces"))
    forgotten += rows.length
    if (rows.length < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepTraces"))

/** Alerts that are over and drills are kept for 400 days; what is open stays. */
const historyMillis = 400 * dayMillis

const forgetHistory = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, before: number) {
  const alerts = yield* sql`
    delete from alerts where id in (
      select id from alerts where cleared_at is not null and raised_at < ${before} limit ${batch}) returning id`
  const drills = yield* sql`
    delete from drills where id in (select id from drills where started_at < ${before} limit ${batch}) returning id`
  return alerts.length + drills.length
})

/** Forgets old alerts and drills; answers how many rows. To be run from time to time. */
export const sweepHistory: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const before = (yield* Timestamp.now) - historyMillis
  let forgotten = 0
  for (;;) {
    const n = yield* Failure.transaction(sql, "forget old alerts")(forgetHistory(sql, before))
    forgotten += n
    if (n < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepHistory"))

const rejectionMillis = 7 * dayMillis

/** Forgets refused webhooks after seven days; answers how many rows. To be run from time to time. */
export const sweepRejections: Effect.Effect<number, StorageError, SqlClient.SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const before = (yield* Timestamp.now) - rejectionMillis
  let forgotten = 0
  for (;;) {
    const rows = yield* sql`
      delete from webhook_rejections where id in (
        select id from webhook_rejections where first_at < ${before} order by first_at, id limit ${batch})
      returning id`.pipe(Failure.storing("forget refused webhooks"))
    forgotten += rows.length
    if (rows.length < batch) return forgotten
  }
}).pipe(Effect.withSpan("Retention.sweepRejections"))
