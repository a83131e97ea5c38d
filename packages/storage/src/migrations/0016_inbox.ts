/**
 * What providers told us, with what was made of it: a parked event is due to be matched again at `match_at`. How far the
 * providers' own lists of events have been read. When a session was last asked for by a reader (`asked_at`).
 */
import { Id } from "@payment-orchestrator/domain"
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

const Before = Schema.Struct({
  provider: Schema.String,
  event_id: Schema.String,
  type: Schema.String,
  body: Schema.String,
  matched: Schema.Literals([0, 1]),
  received_at: Schema.Int,
})
const decode = Schema.decodeUnknownEffect(Schema.Array(Before))

/** What was kept before: what it was about was not written down, so that it is not matched again. */
const carryOver = Effect.fnUntraced(function* (sql: SqlClient.SqlClient) {
  const rows = yield* Effect.flatMap(sql`select * from inbox_before`, decode)
  for (const { matched, ...row } of rows) {
    yield* sql`insert into inbox ${sql.insert({
      ...row,
      id: yield* Id.makeInboxId,
      subject: "unknown",
      origin: "webhook",
      state: matched === 1 ? "applied" : "ignored",
      clues: "[]",
      awaits: "session",
      tries: 0,
    })}`
  }
})

const migration = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const id = Dialect.idType(sql)

  yield* sql`drop index inbox_time`
  yield* sql`alter table inbox rename to inbox_before`
  yield* sql`
    create table inbox (
      id ${id} primary key not null,
      provider text not null,
      event_id text not null,
      type text not null,
      subject text not null
        check (subject in ('session', 'payment', 'refund', 'subscription', 'dispute', 'unknown')),
      origin text not null check (origin in ('webhook', 'backfill')),
      state text not null check (state in ('parked', 'due', 'applied', 'ignored')),
      clues text not null,
      awaits text not null check (awaits in ('session', 'refund', 'dispute')),
      checkout_id ${id},
      tries integer not null,
      body text not null,
      received_at bigint not null,
      occurred_at bigint,
      match_at bigint,
      applied_at bigint,
      unique (provider, event_id)
    )`
  yield* carryOver(sql)
  yield* sql`drop table inbox_before`
  yield* sql`create index inbox_time on inbox (received_at, id)`
  yield* sql`create index inbox_provider on inbox (provider, received_at, id)`
  yield* sql`create index inbox_state on inbox (state, received_at, id)`
  yield* sql`create index inbox_checkout on inbox (checkout_id, received_at, id) where checkout_id is not null`
  yield* sql`create index inbox_due on inbox (checkout_id) where state = 'due'`
  yield* sql`create index inbox_parked on inbox (match_at) where match_at is not null`
  yield* sql`create index inbox_heard on inbox (provider, origin, received_at)`
  yield* sql`create index inbox_missed on inbox (provider, occurred_at) where origin = 'backfill'`

  yield* sql`
    create table backfills (
      provider text primary key not null,
      since bigint not null,
      due_at bigint not null
    )`
  yield* sql`create index payments_provider on payments (provider, created_at)`
  yield* sql`alter table sessions add column asked_at bigint not null default 0`
})

export default migration
