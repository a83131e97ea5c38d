/**
 * Buyers who are moved on to another page. `first_round` is the round whose attempts are the first to be told. A session
 * is the `nth` page of its checkout; `fence` is how it can be withdrawn, `refused` that its provider will not take the
 * money of the last approval, `hinted_at` when a verified webhook last said that the buyer had acted there.
 */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  yield* sql`alter table checkouts add column first_round integer not null default 1`
  yield* sql`update checkouts set first_round = round`

  yield* sql`alter table sessions add column nth integer not null default 1`
  // Of the pages shown before this it is not known: they are withdrawn only by asking their provider.
  yield* sql`
    alter table sessions add column fence text not null default 'none' check (fence in ('local', 'remote', 'none'))`
  yield* sql`alter table sessions add column refused integer not null default 0 check (refused in (0, 1))`
  yield* sql`alter table sessions add column hinted_at bigint not null default 0`
})

export default migration
