/** `StatsStore` on SQL: each number is counted in an index. */
import { Currency, ProviderName } from "@payment-orchestrator/domain"
import { StatsStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import * as Failure from "./internal/Failure.ts"

type Sql = SqlClient.SqlClient

const CountRow = Schema.Struct({
  kind: Schema.Literals(["checkouts", "failed", "paid", "failovers", "shown"]),
  provider: Schema.String,
  bucket: Schema.Int,
  n: Schema.Int,
})
const decodeCounts = Schema.decodeUnknownEffect(Schema.Array(CountRow))

const TimeRow = Schema.Struct({
  provider: ProviderName.ProviderName,
  bucket: Schema.Int,
  n: Schema.Int,
  total: Schema.Int,
})
const decodeTimes = Schema.decodeUnknownEffect(Schema.Array(TimeRow))

const RescuedRow = Schema.Struct({ currency: Currency.Currency, amount: Schema.Int, checkouts: Schema.Int })
const decodeRescued = Schema.decodeUnknownEffect(Schema.Array(RescuedRow))

const ofTenant = (sql: Sql, tenantId: string | undefined) =>
  tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`

/** The number of the interval that a moment is in. Moments and steps are whole numbers, so that `/` is a whole one. */
const bucketOf = (sql: Sql, time: string, { from, stepMillis }: StatsStore.SeriesQuery) =>
  sql`(${sql.literal(time)} - ${sql.literal(String(Math.trunc(from)))}) / ${sql.literal(String(Math.trunc(stepMillis)))}`

const counts = (sql: Sql, query: StatsStore.SeriesQuery) => {
  const { from, tenantId, to } = query
  const of = (kind: string, table: string, time: string, also: Statement.Fragment) => sql`
    select ${sql.literal(`'${kind}'`)} as kind, '' as provider, ${bucketOf(sql, time, query)} as bucket, count(*) as n
    from ${sql(table)} where ${sql(time)} >= ${from} and ${sql(time)} < ${to} ${also} ${ofTenant(sql, tenantId)}
    group by 3`
  return Effect.flatMap(
    sql`
      ${of("checkouts", "checkouts", "created_at", sql``)}
      union all ${of("failed", "checkouts", "created_at", sql`and status = 'failed'`)}
      union all ${of("paid", "checkouts", "created_at", sql`and status = 'paid'`)}
      union all ${of("failovers", "failovers", "at", sql``)}
      union all
      select 'shown', provider, ${bucketOf(sql, "created_at", query)}, count(*)
      from sessions where created_at >= ${from} and created_at < ${to} ${ofTenant(sql, tenantId)} group by 2, 3`,
    decodeCounts,
  )
}

/** How long opening took. Not by tenant: it is the provider's. */
const times = (sql: Sql, query: StatsStore.SeriesQuery) =>
  Effect.flatMap(
    sql`
      select provider, ${bucketOf(sql, "started_at", query)} as bucket, count(*) as n,
        cast(sum(duration_ms) as bigint) as total
      from attempts where result = 'opened' and started_at >= ${query.from} and started_at < ${query.to}
      group by 1, 2`,
    decodeTimes,
  )

const series = Effect.fnUntraced(function* (sql: Sql, query: StatsStore.SeriesQuery) {
  const counted = yield* counts(sql, query)
  const timed = yield* times(sql, query)
  const buckets = [...new Set([...counted, ...timed].map(({ bucket }) => bucket))].toSorted((a, b) => a - b)
  return buckets.map((bucket): StatsStore.Point => {
    const here = counted.filter((row) => row.bucket === bucket)
    const clocked = timed.filter((row) => row.bucket === bucket)
    const sum = (kind: (typeof CountRow.Type)["kind"]) =>
      here.reduce((total, row) => (row.kind === kind ? total + row.n : total), 0)
    const names = new Set([
      ...here.flatMap(({ kind, provider }) => (kind === "shown" ? [provider] : [])),
      ...clocked.map(({ provider }) => provider),
    ])
    return {
      at: query.from + bucket * query.stepMillis,
      checkouts: sum("checkouts"),
      failed: sum("failed"),
      paid: sum("paid"),
      failovers: sum("failovers"),
      providers: Array.from(names, (name) => {
        const times = clocked.find(({ provider }) => provider === name)
        return {
          provider: ProviderName.ProviderName.make(name),
          shown: here.find(({ kind, provider }) => kind === "shown" && provider === name)?.n ?? 0,
          meanMillis: times === undefined ? null : Math.round(times.total / times.n),
        }
      }),
    }
  })
})

const rescued = (sql: Sql, { from, tenantId, to }: Omit<StatsStore.SeriesQuery, "stepMillis">) =>
  Effect.flatMap(
    sql`
      select currency, cast(sum(amount_paid - amount_refunded) as bigint) as amount, count(*) as checkouts
      from checkouts where id in (
        select checkout_id from failovers where at >= ${from} and at < ${to} ${ofTenant(sql, tenantId)})
        and amount_paid > amount_refunded
      group by currency order by currency`,
    decodeRescued,
  )

/** Over a database that was migrated. */
export const layer: Layer.Layer<StatsStore.StatsStore, never, SqlClient.SqlClient> = Layer.effect(
  StatsStore.StatsStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    StatsStore.StatsStore.of({
      series: Effect.fn("StatsStore.series")((query) => Failure.storing("count over time")(series(sql, query))),
      rescued: Effect.fn("StatsStore.rescued")((query) =>
        Failure.storing("add up what was rescued")(rescued(sql, query)),
      ),
    }),
  ),
)
