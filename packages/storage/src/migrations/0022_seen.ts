/**
 * What is seen at a glance: refused deliveries, counted (a provider nobody has is ''), and the environment the server was
 * last started with. Of a secret only a salted digest is kept.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table webhook_rejections (
      id ${id} primary key not null,
      provider text not null,
      reason text not null,
      detail text,
      address text,
      count integer not null,
      headers text not null,
      delivery_id text,
      body_bytes integer,
      body_sha256 text,
      first_at bigint not null,
      last_at bigint not null
    )`
  yield* sql`create index webhook_rejections_time on webhook_rejections (first_at, id)`
  yield* sql`create index webhook_rejections_provider on webhook_rejections (provider, first_at, id)`

  // `version` goes up with every change: whoever compared with an older one compares again.
  yield* sql`
    create table configuration_version (
      id integer primary key not null check (id = 1),
      version integer not null
    )`
  yield* sql`
    create table configuration (
      name text primary key not null,
      value text,
      digest text
    )`
})

export default migration
