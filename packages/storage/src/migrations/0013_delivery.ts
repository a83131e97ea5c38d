/**
 * Where events go, and the sending of each to each. A delivery is made in the transaction that tells its event, for every
 * pattern of its tenant that its type matches, and is due from `due_at` on until that is null. It refers to no row by a
 * constraint: an endpoint that is deleted meanwhile must never undo a payment.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`alter table events add column api_version text not null default '1'`

  // `lane`: which process serves it, until `lane_until`.
  yield* sql`
    create table endpoints (
      id ${id} primary key not null,
      tenant_id text not null,
      url text not null,
      events text not null,
      description text,
      status text not null check (status in ('enabled', 'disabled', 'deleted')),
      disabled_reason text,
      secret text not null,
      old_secret text,
      old_secret_until bigint not null,
      failing_since bigint,
      alerted integer not null,
      paused_until bigint not null,
      releasing integer not null check (releasing in (0, 1)),
      lane text,
      lane_until bigint not null,
      livemode integer not null check (livemode in (0, 1)),
      created_at bigint not null
    )`
  yield* sql`create index endpoints_status on endpoints (status, id)`
  yield* sql`create index endpoints_time on endpoints (created_at, id) where status <> 'deleted'`
  yield* sql`create index endpoints_tenant on endpoints (tenant_id, created_at, id) where status <> 'deleted'`

  yield* sql`
    create table endpoint_patterns (
      tenant_id text not null,
      pattern text not null,
      endpoint_id ${id} not null,
      primary key (tenant_id, pattern, endpoint_id)
    )`
  yield* sql`create index endpoint_patterns_endpoint on endpoint_patterns (endpoint_id)`

  // `step` and `retry_at`: how far it has come on its own schedule of retries.
  yield* sql`
    create table deliveries (
      id ${id} primary key not null,
      endpoint_id ${id} not null,
      event_id ${id} not null,
      event_type text not null,
      object_id ${id} not null,
      sequence integer not null,
      tenant_id text not null,
      livemode integer not null check (livemode in (0, 1)),
      status text not null check (status in ('pending', 'succeeded', 'failed', 'canceled')),
      tries integer not null,
      step integer not null,
      retry_at bigint not null,
      due_at bigint,
      last_try_at bigint,
      last_status integer,
      last_error text,
      last_duration_ms integer,
      created_at bigint not null,
      unique (event_id, endpoint_id)
    )`
  yield* sql`create index deliveries_due on deliveries (endpoint_id, due_at, event_id) where due_at is not null`
  yield* sql`create index deliveries_object on deliveries (endpoint_id, object_id, sequence) where due_at is not null`
  yield* sql`create index deliveries_waiting on deliveries (endpoint_id, event_id) where due_at is not null`
  yield* sql`create index deliveries_time on deliveries (created_at, id)`
  yield* sql`create index deliveries_tenant on deliveries (tenant_id, created_at, id)`
  yield* sql`create index deliveries_endpoint on deliveries (endpoint_id, created_at, id)`
  yield* sql`create index deliveries_open on deliveries (created_at, id) where status <> 'succeeded'`
  yield* sql`create index deliveries_open_tenant on deliveries (tenant_id, created_at, id) where status <> 'succeeded'`
  yield* sql`
    create index deliveries_open_endpoint on deliveries (endpoint_id, created_at, id) where status <> 'succeeded'`
})

export default migration
