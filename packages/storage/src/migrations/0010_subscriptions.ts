/**
 * Subscriptions and disputes. Each row is its job: it is due to be looked at from `look_at` on. Of a subscription,
 * `cancel_wish` is what was asked of us and is not confirmed, `runs_out` that its provider has ended it before the paid
 * period was over, `second` that it is a second one. A dispute has no status, and a refund is `unseen`, as long as only a
 * webhook has named it.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table subscriptions (
      id ${id} primary key not null,
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      provider text not null,
      provider_subscription_id text not null,
      session_id text not null,
      status text not null
        check (status in ('incomplete', 'trialing', 'active', 'past_due', 'paused', 'canceled', 'expired')),
      price_id text,
      customer_id text,
      customer_email text,
      order_id text,
      amount bigint,
      currency text,
      cancel_at_period_end integer not null check (cancel_at_period_end in (0, 1)),
      cancel_wish text check (cancel_wish in ('now', 'period_end')),
      cancel_reason text,
      runs_out integer not null check (runs_out in (0, 1)),
      current_period_end bigint,
      canceled_at bigint,
      second integer not null check (second in (0, 1)),
      duplicate_of ${id},
      metadata text not null,
      seen_at bigint not null,
      looks integer not null,
      look_at bigint,
      livemode integer not null check (livemode in (0, 1)),
      created_at bigint not null,
      unique (provider, provider_subscription_id)
    )`
  yield* sql`create index subscriptions_session on subscriptions (provider, session_id)`
  yield* sql`create index subscriptions_due on subscriptions (look_at) where look_at is not null`
  yield* sql`create index subscriptions_time on subscriptions (created_at, id)`
  yield* sql`create index subscriptions_tenant on subscriptions (tenant_id, created_at, id)`
  yield* sql`create index subscriptions_status on subscriptions (status, created_at, id)`
  yield* sql`create index subscriptions_tenant_status on subscriptions (tenant_id, status, created_at, id)`
  yield* sql`create index subscriptions_provider on subscriptions (provider, created_at, id)`
  yield* sql`create index subscriptions_checkout on subscriptions (checkout_id, created_at, id)`
  yield* sql`
    create index subscriptions_customer on subscriptions (customer_id, created_at, id) where customer_id is not null`
  yield* sql`
    create index subscriptions_email on subscriptions (customer_email, tenant_id, price_id)
    where customer_email is not null`
  yield* sql`create index subscriptions_order on subscriptions (order_id, tenant_id) where order_id is not null`
  yield* sql`create index subscriptions_second on subscriptions (checkout_id) where second = 1`

  yield* sql`
    create table disputes (
      id ${id} primary key not null,
      payment_id ${id} not null references payments (id),
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      provider text not null,
      provider_dispute_id text not null,
      status text check (status in ('open', 'won', 'lost', 'closed')),
      amount bigint,
      currency text,
      reason text,
      respond_by bigint,
      seen_at bigint not null,
      look_at bigint,
      livemode integer not null check (livemode in (0, 1)),
      created_at bigint not null,
      unique (provider, provider_dispute_id)
    )`
  yield* sql`create index disputes_payment on disputes (payment_id, created_at, id)`
  yield* sql`create index disputes_due on disputes (look_at) where look_at is not null`
  yield* sql`create index disputes_time on disputes (created_at, id)`
  yield* sql`create index disputes_tenant on disputes (tenant_id, created_at, id)`
  yield* sql`create index disputes_status on disputes (status, created_at, id)`

  yield* sql`alter table payments add column tax bigint`
  yield* sql`alter table payments add column fee bigint`
  yield* sql`alter table payments add column net bigint`
  yield* sql`alter table payments add column disputed integer not null default 0 check (disputed in (0, 1))`
  yield* sql`alter table payments add column reversed integer not null default 0 check (reversed in (0, 1))`

  yield* sql`alter table refunds add column unseen integer not null default 0 check (unseen in (0, 1))`
  yield* sql`alter table refunds add column reversal integer not null default 0 check (reversal in (0, 1))`
})

export default migration
