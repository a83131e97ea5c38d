/**
 * What must still happen. A job may be taken from `run_at` on, unless it is leased (`leased_until` in the future);
 * `revision` tells whether it was offered again while it ran.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`
    create table jobs (
      kind text not null,
      key text not null,
      payload text not null,
      wake_group text,
      run_at bigint not null,
      leased_until bigint not null,
      lease text,
      revision integer not null,
      attempt integer not null,
      last_error text,
      created_at bigint not null,
      primary key (kind, key)
    )`
  yield* sql`create index jobs_due on jobs (kind, run_at, key)`
  yield* sql`create index jobs_group on jobs (wake_group, kind, key) where wake_group is not null`
})

export default migration
