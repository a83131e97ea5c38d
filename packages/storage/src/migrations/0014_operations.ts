/**
 * What the people on call work with: alerts, drains, drills, and what is asked often to find out whether something is
 * wrong. `displaced`: the checkout was kept from its first candidate by that provider's state (null: nothing recorded).
 * `state_at`: when a session's state last changed. `cancel_wished_at`: when the cancellation of a subscription was asked for.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`alter table checkouts add column displaced integer check (displaced in (0, 1))`
  yield* sql`create index checkouts_displaced on checkouts (created_at, id, displaced) where displaced is not null`
  yield* sql`alter table sessions add column state_at bigint`
  yield* sql`create index sessions_completing on sessions (seen_at) where state = 'completing'`
  yield* sql`
    create index refunds_unseen on refunds (sent_at)
    where sent_at is not null and provider_refund_id is null and status in ('pending', 'unresolved')`
  yield* sql`alter table subscriptions add column cancel_wished_at bigint`
  yield* sql`create index subscriptions_wished on subscriptions (cancel_wished_at) where cancel_wish is not null`
  yield* sql`create index payments_mismatched on payments (created_at, id) where kind = 'mismatched'`

  yield* sql`
    create table alerts (
      id ${id} primary key not null,
      key text not null,
      kind text not null,
      severity text not null check (severity in ('warning', 'critical')),
      provider text,
      subject text,
      summary text not null,
      details text not null,
      livemode integer not null check (livemode in (0, 1)),
      raised_at bigint not null,
      cleared_at bigint
    )`
  yield* sql`create unique index alerts_open on alerts (key) where cleared_at is null`
  yield* sql`create index alerts_time on alerts (raised_at, id)`
  yield* sql`create index alerts_open_time on alerts (raised_at, id) where cleared_at is null`
  yield* sql`create index alerts_past_time on alerts (raised_at, id) where cleared_at is not null`

  yield* sql`
    create table leases (
      name text primary key not null,
      holder text not null,
      until bigint not null
    )`

  yield* sql`
    create table drains (
      provider text primary key not null,
      reason text not null,
      actor text not null,
      drained_at bigint not null,
      expires_at bigint
    )`

  yield* sql`
    create table drills (
      id ${id} primary key not null,
      provider text not null,
      fault text not null check (fault in ('down', 'slow', 'error')),
      checkouts integer not null,
      actor text not null,
      livemode integer not null check (livemode in (0, 1)),
      started_at bigint not null,
      due_at bigint not null,
      ended_at bigint,
      report text
    )`
  yield* sql`create index drills_time on drills (started_at, id)`
})

export default migration
