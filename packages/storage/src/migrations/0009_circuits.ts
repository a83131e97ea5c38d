/**
 * What is known of each lane of a provider (`paypal:inert`): its circuit, and until when the provider is held back. Only
 * the few lanes that ever failed have a row; times are epoch milliseconds, 0 is never.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table circuits (
      lane ${Dialect.idType(sql)} primary key not null,
      state text not null check (state in ('closed', 'open', 'half_open')),
      generation bigint not null,
      streak integer not null,
      streak_at bigint not null,
      open_until bigint not null,
      open_for bigint not null,
      openings integer not null,
      reset_at bigint not null,
      lease_until bigint not null,
      throttled_until bigint not null,
      refused_until bigint not null
    )`
})

export default migration
