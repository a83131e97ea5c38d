/**
 * The money of checkouts. A session is due to be looked at from `look_at` on; a payment is unique by the provider's own
 * money id, and one checkout has one that counts; an event is told once per checkout and `key`.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`alter table checkouts add column late integer not null default 0 check (late in (0, 1))`
  yield* sql`alter table checkouts add column paid_by text`

  yield* sql`
    create unique index checkouts_order_live on checkouts (tenant_id, order_id)
    where order_id is not null and status in ('open', 'processing')`
  yield* sql`
    create index checkouts_order_paid on checkouts (tenant_id, order_id)
    where order_id is not null and status = 'paid'`

  yield* sql`alter table sessions add column approvals integer not null default 0`
  yield* sql`alter table sessions add column seen_at bigint not null default 0`
  yield* sql`alter table sessions add column looks integer not null default 0`
  yield* sql`alter table sessions add column look_at bigint`
  yield* sql`create index sessions_due on sessions (look_at) where look_at is not null`

  yield* sql`
    create table payments (
      id ${id} primary key not null,
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      provider text not null,
      money_id text not null,
      session_id text not null,
      kind text check (kind in ('initial', 'renewal', 'duplicate', 'mismatched')),
      state text not null check (state in ('pending', 'declined', 'completed', 'partially_refunded', 'refunded')),
      amount bigint not null,
      currency text not null,
      livemode integer not null check (livemode in (0, 1)),
      created_at bigint not null,
      unique (provider, money_id)
    )`
  yield* sql`create unique index payments_primary on payments (checkout_id) where kind = 'initial'`
  yield* sql`create index payments_checkout on payments (checkout_id, id)`
  yield* sql`create index payments_time on payments (created_at, id)`
  yield* sql`create index payments_tenant on payments (tenant_id, created_at, id)`

  yield* sql`
    create table events (
      id ${id} primary key not null,
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      key text not null,
      type text not null,
      provider text not null,
      data text not null,
      created_at bigint not null,
      unique (checkout_id, key)
    )`
  yield* sql`create index events_tenant on events (tenant_id, created_at, id)`

  yield* sql`
    create table inbox (
      provider text not null,
      event_id text not null,
      type text not null,
      body text not null,
      matched integer not null check (matched in (0, 1)),
      received_at bigint not null,
      primary key (provider, event_id)
    )`
  yield* sql`create index inbox_time on inbox (received_at)`
})

export default migration
