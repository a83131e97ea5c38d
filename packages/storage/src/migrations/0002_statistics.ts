/** The failover log, and counters that are spread over shards, so that replicas do not wait for one row. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table failovers (
      id ${id} primary key not null,
      at bigint not null,
      checkout_id ${id} not null references checkouts (id),
      tenant_id text not null,
      from_provider text not null,
      to_provider text not null,
      reason text not null,
      message text not null,
      request_id text
    )`
  yield* sql`create index failovers_time on failovers (at, id)`
  yield* sql`create index failovers_tenant on failovers (tenant_id, at)`
  yield* sql`create index failovers_checkout on failovers (checkout_id)`

  yield* sql`
    create table stats (
      tenant_id text not null,
      kind text not null check (kind in ('request', 'failover', 'shown')),
      provider text not null,
      shard integer not null,
      n bigint not null,
      primary key (tenant_id, kind, provider, shard)
    )`
})

export default migration
