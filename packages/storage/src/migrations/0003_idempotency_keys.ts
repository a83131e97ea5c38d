/** Who asked for what, and the first final answer; kept for 24 hours. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table idempotency_keys (
      tenant_id text not null,
      key text not null,
      fingerprint text not null,
      state text not null check (state in ('running', 'released', 'answered')),
      checkout_id ${Dialect.idType(sql)},
      answer text,
      claimed_at bigint not null,
      created_at bigint not null,
      primary key (tenant_id, key)
    )`
  yield* sql`create index idempotency_keys_time on idempotency_keys (created_at)`
  yield* sql`create index idempotency_keys_checkout on idempotency_keys (checkout_id) where checkout_id is not null`
})

export default migration
