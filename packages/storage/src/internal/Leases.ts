/** Rights that one process at a time holds, as rows. */
import type { SqlClient } from "effect/sql"
import { Effect } from "effect"
import * as Dialect from "../Dialect.ts"

type Sql = SqlClient.SqlClient

/** Takes or renews it; false while another holds it. Times are epoch milliseconds. */
export const take = (sql: Sql, name: string, holder: string, now: number, until: number) =>
  Effect.map(
    sql`
      insert into leases ${sql.insert({ name, holder, until })}
      on conflict (name) do update set holder = excluded.holder, until = excluded.until
      where leases.holder = excluded.holder or leases.until <= ${now}
      returning name`,
    (rows) => rows.length > 0,
  )

/** Whether it is still this one's, the row held to the end of the transaction. */
export const hold = (sql: Sql, name: string, holder: string) =>
  Effect.map(
    sql`select name from leases where name = ${name} and holder = ${holder} ${Dialect.forUpdate(sql)}`,
    (rows) => rows.length > 0,
  )

/** Whoever does this waits until everybody before has committed. */
export const queue = (sql: Sql, name: string) =>
  sql`
    insert into leases ${sql.insert({ name, holder: "", until: 0 })}
    on conflict (name) do update set until = excluded.until`
