/**
 * API keys, of which only a digest is kept, and the audit log, which only grows. A key without a tenant sees every
 * tenant's things; an audit row without one is about the whole installation.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table api_keys (
      id ${id} primary key not null,
      tenant_id text,
      role text not null check (role in ('merchant', 'viewer', 'operator', 'admin')),
      name text,
      digest text not null unique,
      created_at bigint not null,
      last_used_at bigint,
      revoked_at bigint,
      check (role <> 'merchant' or tenant_id is not null),
      check (role <> 'admin' or tenant_id is null)
    )`
  yield* sql`create index api_keys_time on api_keys (created_at, id)`
  yield* sql`create index api_keys_tenant on api_keys (tenant_id, created_at, id) where tenant_id is not null`

  yield* sql`
    create table audit_log (
      id ${id} primary key not null,
      at bigint not null,
      actor text not null,
      role text,
      tenant_id text,
      action text not null,
      target text not null,
      reason text,
      address text,
      request_id text
    )`
  yield* sql`create index audit_log_time on audit_log (at, id)`
  yield* sql`create index audit_log_tenant on audit_log (tenant_id, at, id) where tenant_id is not null`
  yield* sql`create index audit_log_action on audit_log (action, at, id)`
  yield* sql`create index audit_log_actor on audit_log (actor, at, id)`
  yield* sql`create index audit_log_target on audit_log (target, at, id)`
  for (const statement of Dialect.appendOnly(sql, "audit_log")) yield* statement

  yield* sql`create index failovers_tenant_page on failovers (tenant_id, at, id)`
  yield* sql`drop index failovers_tenant`
})

export default migration
