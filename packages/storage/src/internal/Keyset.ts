/** Pages, newest first: after the last row of the page before, by time and id, so that an index serves every page. */
import type { SqlClient, Statement } from "effect/sql"

export interface Page {
  /** The id of the last row of the page before. */
  readonly before?: string | undefined
  /** Epoch milliseconds, included. */
  readonly createdAfter?: number | undefined
  /** Epoch milliseconds, not included. */
  readonly createdBefore?: number | undefined
  readonly limit: number
}

export interface Table {
  readonly name: string
  /** Its column of time. */
  readonly time: string
}

/** The conditions of a page and what else is asked for (undefined: not asked for), then its order and length. */
export const page = (
  sql: SqlClient.SqlClient,
  { name, time }: Table,
  { before, createdAfter, createdBefore, limit }: Page,
  equal: { readonly [column: string]: string | number | undefined } = {},
  also: ReadonlyArray<Statement.Fragment> = [],
): Statement.Fragment => {
  const conditions = [
    ...also,
    ...Object.entries(equal).flatMap(([column, value]) =>
      value === undefined ? [] : [sql`${sql(column)} = ${value}`],
    ),
    ...(createdAfter === undefined ? [] : [sql`${sql(time)} >= ${createdAfter}`]),
    ...(createdBefore === undefined ? [] : [sql`${sql(time)} < ${createdBefore}`]),
    ...(before === undefined
      ? []
      : [sql`(${sql(time)}, id) < ((select ${sql(time)} from ${sql(name)} where id = ${before}), ${before})`]),
  ]
  return sql`${conditions.length === 0 ? sql`` : sql`where ${sql.and(conditions)}`} order by ${sql(time)} desc, id desc limit ${limit}`
}
