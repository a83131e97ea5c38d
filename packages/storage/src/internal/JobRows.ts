/** Jobs as rows: offered, leased for a while, and gone when they are done. */
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"

type Sql = SqlClient.SqlClient

export interface Offer {
  /** What is to be done, e.g. `capture`. */
  readonly kind: string
  /** What it is to be done to; one job per kind and key. */
  readonly key: string
  /** What the handler gets besides; JSON text, no secret. */
  readonly payload: string
  /** Epoch milliseconds. */
  readonly runAt: number
  /** What the job waits for, e.g. a provider's name; `wake` finds it by that. */
  readonly group: Option.Option<string>
}

const LeasedRow = Schema.Struct({
  kind: Schema.String,
  key: Schema.String,
  payload: Schema.String,
  revision: Schema.Int,
  attempt: Schema.Int,
  lease: Schema.String,
})
/** A job that this process may run as long as the lease stands. */
export type Leased = typeof LeasedRow.Type

const decode = Schema.decodeUnknownEffect(Schema.Array(LeasedRow))

/**
 * Makes a job, or makes the one that is there due again: it counts as new, and is not done by a run that began before.
 * It runs at the earlier of both times, unless it is running now.
 */
export const offer = (sql: Sql, { group, key, kind, payload, runAt }: Offer, now: number) =>
  sql`
    insert into jobs ${sql.insert({
      kind,
      key,
      payload,
      wake_group: Option.getOrNull(group),
      run_at: runAt,
      leased_until: 0,
      lease: null,
      revision: 1,
      attempt: 0,
      last_error: null,
      created_at: now,
    })}
    on conflict (kind, key) do update set
      payload = excluded.payload,
      wake_group = excluded.wake_group,
      run_at = case
        when jobs.leased_until <= ${now} and jobs.run_at < excluded.run_at then jobs.run_at else excluded.run_at end,
      revision = jobs.revision + 1,
      attempt = 0`

/** Takes the job that has been due longest, if there is one: in one statement, so that no two can take it. */
export const take = (sql: Sql, kind: string, lease: string, now: number, until: number) =>
  Effect.map(
    Effect.flatMap(
      sql`
        update jobs set lease = ${lease}, leased_until = ${until}, attempt = attempt + 1
        where (kind, key) = (
          select kind, key from jobs where kind = ${kind} and run_at <= ${now} and leased_until <= ${now}
          order by run_at, key limit 1 ${Dialect.forUpdateSkipLocked(sql)}
        )
        returning kind, key, payload, revision, attempt, lease`,
      decode,
    ),
    Array.head,
  )

/** True as long as nobody else took it. */
export const renew = (sql: Sql, { key, kind, lease }: Leased, until: number) =>
  Effect.map(
    sql`
      update jobs set leased_until = ${until} where kind = ${kind} and key = ${key} and lease = ${lease} returning key`,
    (rows) => rows.length > 0,
  )

/** Lets it go as it stands: due again at once, or when it was last offered for. */
export const free = (sql: Sql, { key, kind, lease }: Leased) =>
  sql`update jobs set lease = null, leased_until = 0 where kind = ${kind} and key = ${key} and lease = ${lease}`

/** Ends it; one that was offered again meanwhile is due again instead. */
export const finish = Effect.fnUntraced(function* (sql: Sql, job: Leased) {
  const { key, kind, lease, revision } = job
  yield* sql`
    delete from jobs where kind = ${kind} and key = ${key} and lease = ${lease} and revision = ${revision}`
  yield* free(sql, job)
})

/** Puts it off; one that was offered again meanwhile keeps the time of the offer. */
export const postpone = Effect.fnUntraced(function* (sql: Sql, job: Leased, runAt: number, error: string | null) {
  const { key, kind, lease, revision } = job
  yield* sql`
    update jobs set lease = null, leased_until = 0, run_at = ${runAt}, last_error = ${error}
    where kind = ${kind} and key = ${key} and lease = ${lease} and revision = ${revision}`
  yield* free(sql, job)
})

/** Which waiting jobs are meant. */
export type Which =
  | { readonly kind: string }
  | { readonly kind: string; readonly key: string }
  | { readonly group: string }

/** Makes waiting jobs due now; answers how many. */
export const wake = (sql: Sql, which: Which, now: number) =>
  Effect.map(
    sql`
      update jobs set run_at = ${now} where ${sql.and([
        ...("group" in which ? [sql`wake_group = ${which.group}`] : [sql`kind = ${which.kind}`]),
        ...("key" in which ? [sql`key = ${which.key}`] : []),
        sql`run_at > ${now}`,
        sql`leased_until <= ${now}`,
      ])} returning key`,
    (rows) => rows.length,
  )
