/**
 * Checkouts, the attempts to open them, and the sessions that were shown. `round` counts how often the providers were
 * asked, `routed_at` is when that last began, `claimed_at` the same while it is not ended.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table checkouts (
      id ${id} primary key not null,
      tenant_id text not null,
      status text not null check (status in ('open', 'processing', 'paid', 'expired', 'failed')),
      livemode integer not null check (livemode in (0, 1)),
      mode text not null,
      provider text,
      url text,
      link text not null,
      link_token text not null,
      provider_session_id text,
      amount bigint,
      amount_paid bigint not null,
      amount_refunded bigint not null,
      currency text not null,
      payment_id text,
      subscription_id text,
      order_id text,
      reference text,
      customer_id text,
      metadata text not null,
      success_url text,
      cancel_url text,
      request text not null,
      round integer not null,
      routed_at bigint not null,
      claimed_at bigint,
      created_at bigint not null,
      expires_at bigint not null
    )`
  yield* sql`create unique index checkouts_link on checkouts (link_token)`
  yield* sql`create index checkouts_time on checkouts (created_at, id)`
  yield* sql`create index checkouts_tenant on checkouts (tenant_id, created_at, id)`
  yield* sql`create index checkouts_status on checkouts (status, created_at, id)`
  yield* sql`create index checkouts_tenant_status on checkouts (tenant_id, status, created_at, id)`
  yield* sql`create index checkouts_provider on checkouts (provider, created_at, id) where provider is not null`
  yield* sql`create index checkouts_order on checkouts (order_id, created_at, id) where order_id is not null`
  yield* sql`create index checkouts_reference on checkouts (reference, created_at, id) where reference is not null`
  yield* sql`create index checkouts_customer on checkouts (customer_id, created_at, id) where customer_id is not null`
  yield* sql`create index checkouts_claimed on checkouts (claimed_at, id) where claimed_at is not null`

  yield* sql`
    create table attempts (
      checkout_id ${id} not null references checkouts (id),
      round integer not null,
      position integer not null,
      attempt_id ${id},
      state text not null check (state in ('planned', 'closed', 'quarantined')),
      provider text not null,
      result text,
      reason text,
      message text,
      outcome text,
      request_id text,
      started_at bigint,
      duration_ms bigint,
      tries integer,
      primary key (checkout_id, round, position)
    )`
  yield* sql`create unique index attempts_attempt on attempts (attempt_id) where attempt_id is not null`

  yield* sql`
    create table sessions (
      attempt_id ${id} primary key not null,
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      provider text not null,
      session_id text not null,
      state text not null check (state in ('unexposed', 'payable', 'completing', 'completed', 'withdrawn')),
      url text not null,
      expires_at bigint,
      created_at bigint not null,
      unique (provider, session_id)
    )`
  yield* sql`create index sessions_checkout on sessions (checkout_id)`
  yield* sql`create index sessions_time on sessions (created_at, provider)`
  yield* sql`create index sessions_tenant on sessions (tenant_id, created_at, provider)`
})

export default migration
