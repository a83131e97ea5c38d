/**
 * Money that goes back. A refund's row is its job: it is due to be gone on with from `due_at` on. `sent_at` is written
 * before it is sent; `origin` makes two wishes one.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`alter table payments add column amount_refunded bigint not null default 0`
  yield* sql`create index payments_duplicate on payments (created_at, id) where kind = 'duplicate'`

  yield* sql`
    create table refunds (
      id ${id} primary key not null,
      payment_id ${id} not null references payments (id),
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      provider text not null,
      money_id text not null,
      amount bigint not null,
      currency text not null,
      reason text,
      status text not null check (status in ('pending', 'succeeded', 'failed', 'unresolved')),
      message text,
      provider_refund_id text,
      origin text not null unique,
      sent_at bigint,
      due_at bigint,
      tries integer not null,
      livemode integer not null check (livemode in (0, 1)),
      created_at bigint not null
    )`
  yield* sql`create index refunds_payment on refunds (payment_id, created_at, id)`
  yield* sql`create index refunds_time on refunds (created_at, id)`
  yield* sql`create index refunds_tenant on refunds (tenant_id, created_at, id)`
  yield* sql`create index refunds_due on refunds (due_at) where due_at is not null`
  yield* sql`
    create index refunds_provider on refunds (provider, provider_refund_id) where provider_refund_id is not null`
})

export default migration
