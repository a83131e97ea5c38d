/** `AlertStore` on SQL. */
import { Alert, Id, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { AlertRule, AlertStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Facts from "./internal/AlertFactRows.ts"
import * as AlertRows from "./internal/AlertRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Leases from "./internal/Leases.ts"

const lease = "alerts"

const OpenRow = Schema.Struct({
  key: Schema.String,
  severity: Alert.Severity,
  details: Schema.fromJsonString(Alert.Details),
})
const decodeOpen = Schema.decodeUnknownEffect(Schema.Array(OpenRow))
const encodeDetails = Schema.encodeEffect(Schema.fromJsonString(Schema.Unknown))

const raise = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  reading: AlertRule.Reading,
  livemode: boolean,
  now: number,
) {
  const { key, state: _, ...rest } = reading
  const alert: Alert.Alert = { ...rest, id: yield* Id.makeAlertId, livemode, raisedAt: now, clearedAt: null }
  return (yield* AlertRows.insert(sql, key, alert)) ? [alert] : []
})

const worsen = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, reading: AlertRule.Reading) {
  const { key, severity, summary } = reading
  const details = yield* encodeDetails(reading.details)
  const rows = yield* sql`
    update alerts set severity = ${severity}, summary = ${summary}, details = ${details}
    where key = ${key} and cleared_at is null and (severity <> ${severity} or details <> ${details}) returning *`
  return yield* AlertRows.read(rows)
})

const clear = (sql: SqlClient.SqlClient, key: string, now: number) =>
  sql`update alerts set cleared_at = ${now} where key = ${key} and cleared_at is null returning *`.pipe(
    Effect.flatMap(AlertRows.read),
  )

const changed = Effect.fnUntraced(function* (
  sql: SqlClient.SqlClient,
  holder: string,
  change: AlertRule.Change,
  livemode: boolean,
) {
  if (!(yield* Leases.hold(sql, lease, holder))) return []
  const now = yield* Timestamp.now
  const alerts =
    change._tag === "Raise"
      ? yield* raise(sql, change.reading, livemode, now)
      : change._tag === "Worsen"
        ? yield* worsen(sql, change.reading)
        : yield* clear(sql, change.key, now)
  yield* Effect.forEach(alerts, (alert) => AlertRows.tell(sql, alert), { discard: true })
  return alerts
})

export const layer: Layer.Layer<AlertStore.AlertStore, never, SqlClient.SqlClient> = Layer.effect(
  AlertStore.AlertStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    AlertStore.AlertStore.of({
      lead: (holder, leaseMillis) =>
        Tracing.span("AlertStore.lead")(
          Effect.flatMap(Timestamp.now, (now) => Leases.take(sql, lease, holder, now, now + leaseMillis)).pipe(
            Failure.storing("lead the alerts"),
          ),
        ),
      facts: (query) => Tracing.span("AlertStore.facts")(Failure.storing("gather facts")(Facts.read(sql, query))),
      open: sql`select key, severity, details from alerts where cleared_at is null order by key`.pipe(
        Effect.flatMap(decodeOpen),
        Effect.map((rows) =>
          rows.map(({ details, key, severity }) => ({ key, severity, percent: AlertRule.percentOf(details) })),
        ),
        Failure.storing("read the open alerts"),
      ),
      change: (holder, change, livemode) =>
        Tracing.span("AlertStore.change")(
          Failure.transaction(sql, "change an alert")(changed(sql, holder, change, livemode)),
        ),
      record: (key, alert) =>
        Tracing.span("AlertStore.record")(
          Effect.gen(function* () {
            yield* Leases.queue(sql, `record:${key}`)
            const since = yield* sql`
            select id from alerts where kind = ${alert.kind} and raised_at >= ${alert.raisedAt - 60_000} limit 1`
            if (since.length > 0) return false
            yield* AlertRows.insert(sql, key, alert)
            yield* AlertRows.tell(sql, { ...alert, clearedAt: null })
            if (alert.clearedAt !== null) yield* AlertRows.tell(sql, alert)
            return true
          }).pipe(Failure.transaction(sql, "record an alert")),
        ),
      list: ({ open, ...page }) => {
        const which = open === undefined ? [] : [open ? sql`cleared_at is null` : sql`cleared_at is not null`]
        return sql`select * from alerts ${Keyset.page(sql, { name: "alerts", time: "raised_at" }, page, {}, which)}`.pipe(
          Effect.flatMap(AlertRows.read),
          Failure.storing("list alerts"),
          Tracing.span("AlertStore.list"),
        )
      },
    }),
  ),
)
