/** The numbers of the statistics: over all time from the counters, over a window from the rows by their time. */
import type { OrchestratorLog } from "@payment-orchestrator/core"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import * as Counters from "./Counters.ts"

type Sql = SqlClient.SqlClient

const statsOf = (rows: ReadonlyArray<Counters.CountRow>): OrchestratorLog.Stats => {
  const sum = (kind: Counters.Kind) => rows.reduce((total, row) => (row.kind === kind ? total + row.n : total), 0)
  const totalRequests = sum("request")
  const failovers = sum("failover")
  return {
    totalRequests,
    failovers,
    providerUsage: Object.fromEntries(
      rows.flatMap(({ kind, n, provider }) => (kind === "shown" ? [[provider, n] as const] : [])),
    ),
    failoverRate: totalRequests === 0 ? 0 : failovers / totalRequests,
  }
}

const ofTenant = (sql: Sql, tenantId: string | undefined) =>
  tenantId === undefined ? sql`1 = 1` : sql`tenant_id = ${tenantId}`

/** Since the first start. */
export const total = (sql: Sql, tenantId: string = Counters.everybody) =>
  sql`
    select kind, provider, cast(sum(n) as bigint) as n from stats where tenant_id = ${tenantId}
    group by kind, provider`.pipe(Effect.flatMap(Counters.decode), Effect.map(statsOf))

/**
 * Of what happened after `since` (epoch milliseconds). Grouped by an expression: grouped by the column, SQLite goes
 * through every session by the index that begins with it, however short the time is.
 */
export const window = (sql: Sql, tenantId: string | undefined, since: number) =>
  sql`
    select 'request' as kind, '' as provider, count(*) as n
      from checkouts where ${ofTenant(sql, tenantId)} and created_at > ${since}
    union all
    select 'failover', '', count(*) from failovers where ${ofTenant(sql, tenantId)} and at > ${since}
    union all
    select 'shown', provider || '', count(*) from sessions where ${ofTenant(sql, tenantId)} and created_at > ${since}
      group by 2`.pipe(Effect.flatMap(Counters.decode), Effect.map(statsOf))
