/**
 * People's sign-ins, of which only a token's digest is kept, and what the dashboard searches and draws: the e-mail address
 * of a checkout, pages and money by the provider's id, how long opening took.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`
    create table sign_ins (
      digest text primary key not null,
      key_id ${id} not null,
      proof text not null,
      created_at bigint not null,
      used_at bigint not null,
      expires_at bigint not null
    )`
  yield* sql`create index sign_ins_expiry on sign_ins (expires_at)`

  yield* sql`alter table checkouts add column customer_email text`
  const email = sql.literal(Dialect.jsonText(sql, "request", "customer_email"))
  yield* sql`update checkouts set customer_email = lower(trim(${email})) where ${email} is not null`
  yield* sql`
    create index checkouts_email on checkouts (customer_email, created_at, id) where customer_email is not null`
  yield* sql`create index sessions_page on sessions (session_id)`
  yield* sql`create index payments_money on payments (money_id)`
  yield* sql`create index attempts_opened on attempts (started_at, provider, duration_ms) where result = 'opened'`
})

export default migration
