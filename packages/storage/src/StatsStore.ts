/** `StatsStore` on SQL: each number is counted in an index. */
import { Currency, ProviderName, Tracing } from "@payment-orchestrator/domain"
import { StatsStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Schema } from "effect"
import { SqlClient, type Statement } from "effect/sql"
import * as Counters from "./internal/Counters.ts"
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

/** A whole number in the text of a statement. */
const whole = (sql: Sql, n: number) => sql.literal(String(Math.trunc(n)))

/**
 * The intervals by their numbers and beginnings, and whoever was ever shown. Counting in an index between two moments
 * takes no sorting, which grouping all rows of the time by their interval would.
 */
const intervals = (sql: Sql, { from, stepMillis, to }: StatsStore.SeriesQuery) => {
  const step = whole(sql, stepMillis)
  return sql`
    with recursive steps (bucket, since) as (
      select 0, cast(${whole(sql, from)} as bigint)
      union all select bucket + 1, since + ${step} from steps where since + ${step} < ${whole(sql, to)}),
    names as (
      select distinct provider from stats where tenant_id = ${Counters.everybody} and kind = 'shown')`
}

/** A row's time lies in the interval. */
const within = (sql: Sql, time: string, { stepMillis, to }: StatsStore.SeriesQuery) =>
  sql`${sql(time)} >= since and ${sql(time)} < since + ${whole(sql, stepMillis)} and ${sql(time)} < ${whole(sql, to)}`

const counts = (sql: Sql, query: StatsStore.SeriesQuery) => {
  const ours = ofTenant(sql, query.tenantId)
  const of = (kind: string, table: string, time: string, also: Statement.Fragment) => sql`
    select ${sql.literal(`'${kind}'`)} as kind, '' as provider, bucket,
      (select count(*) from ${sql(table)} where ${within(sql, time, query)} ${also} ${ours}) as n
    from steps`
  // As an expression: by the column itself, SQLite would take the index that begins with it.
  return Effect.flatMap(
    sql`
      ${intervals(sql, query)}
      ${of("checkouts", "checkouts", "created_at", sql``)}
      union all ${of("failed", "checkouts", "created_at", sql`and status = 'failed'`)}
      union all ${of("paid", "checkouts", "created_at", sql`and status = 'paid'`)}
      union all ${of("failovers", "failovers", "at", sql``)}
      union all
      select 'shown', names.provider, bucket,
        (select count(*) from sessions
          where ${within(sql, "created_at", query)} and sessions.provider || '' = names.provider ${ours})
      from steps cross join names`,
    decodeCounts,
  )
}

/** How long opening took. Not by tenant: it is the provider's. */
const times = (sql: Sql, query: StatsStore.SeriesQuery) => {
  const opened = sql`
    from attempts
    where result = 'opened' and ${within(sql, "started_at", query)} and attempts.provider = names.provider`
  return Effect.flatMap(
    sql`
      ${intervals(sql, query)}
      select names.provider, bucket, (select count(*) ${opened}) as n,
        (select cast(coalesce(sum(duration_ms), 0) as bigint) ${opened}) as total
      from steps cross join names`,
    decodeTimes,
  )
}

const isThere = ({ n }: { readonly n: number }) => n > 0

const series = Effect.fnUntraced(function* (sql: Sql, query: StatsStore.SeriesQuery) {
  const counted = (yield* counts(sql, query)).filter(isThere)
  const timed = (yield* times(sql, query)).filter(isThere)
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
      series: (query) => Tracing.span("StatsStore.series")(Failure.storing("count over time")(series(sql, query))),
      rescued: (query) =>
        Tracing.span("StatsStore.rescued")(Failure.storing("add up what was rescued")(rescued(sql, query))),
    }),
  ),
)
