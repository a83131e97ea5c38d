/**
 * Events as the merchant gets them: about one object, numbered per object, with the object as it was. An event is told
 * once per `scope` (whose ledger tells it) and `key`.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  // Nobody was told any of the old ones: there was no way to ask for them, and no sender.
  yield* sql`drop table events`
  yield* sql`
    create table events (
      id ${id} primary key not null,
      scope ${id} not null,
      key text not null,
      object_id ${id} not null,
      sequence integer not null,
      type text not null,
      tenant_id text not null,
      provider text,
      livemode integer not null check (livemode in (0, 1)),
      data text not null,
      created_at bigint not null,
      unique (scope, key),
      unique (object_id, sequence)
    )`
  yield* sql`create index events_time on events (created_at, id)`
  yield* sql`create index events_type on events (type, created_at, id)`
  yield* sql`create index events_object on events (object_id, created_at, id)`
  yield* sql`create index events_tenant on events (tenant_id, created_at, id)`
  yield* sql`create index events_tenant_type on events (tenant_id, type, created_at, id)`
})

export default migration
