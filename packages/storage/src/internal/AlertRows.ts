/** Alerts as rows, and the events that tell them. */
import { Alert, Id, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { AlertRule } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as EventRows from "./EventRows.ts"

type Sql = SqlClient.SqlClient

/** Alerts are told to the people of the installation, not to a merchant's tenants. */
const tenantId = "default"

const AlertRow = Schema.Struct({
  id: Id.AlertId,
  kind: Alert.AlertKind,
  severity: Alert.Severity,
  provider: Schema.NullOr(ProviderName.ProviderName),
  subject: Schema.NullOr(Schema.String),
  summary: Schema.String,
  details: Schema.fromJsonString(Alert.Details),
  livemode: Schema.Literals([0, 1]),
  raised_at: Timestamp.Millis,
  cleared_at: Schema.NullOr(Timestamp.Millis),
})

const decode = Schema.decodeUnknownEffect(Schema.Array(AlertRow))
const encode = Schema.encodeEffect(AlertRow)

/** Out of the rows of a `select *`, or of `returning *`. */
export const read = (rows: ReadonlyArray<unknown>) =>
  Effect.map(decode(rows), (all) =>
    all.map(({ cleared_at, livemode, raised_at, ...rest }): Alert.Alert => ({
      ...rest,
      livemode: livemode === 1,
      raisedAt: raised_at,
      clearedAt: cleared_at,
    })),
  )

/** Writes one, unless one of the same key is open. Answers whether it did. */
export const insert = Effect.fnUntraced(function* (sql: Sql, key: string, alert: Alert.Alert) {
  const { clearedAt, livemode, raisedAt, ...rest } = alert
  const row = yield* encode({ ...rest, livemode: livemode ? 1 : 0, raised_at: raisedAt, cleared_at: clearedAt })
  const inserted = yield* sql`
    insert into alerts ${sql.insert({ ...row, key })}
    on conflict (key) where cleared_at is null do nothing returning id`
  return inserted.length > 0
})

const encodeAlert = Schema.encodeEffect(Schema.fromJsonString(Alert.AlertJson))
const encodeState = Schema.encodeEffect(Schema.fromJsonString(Alert.ProviderState))

/** A provider that went down or came up is told as such too. */
const tellProvider = Effect.fnUntraced(function* (sql: Sql, alert: Alert.Alert, at: number) {
  const { clearedAt, id, livemode, provider, summary } = alert
  if (alert.kind !== "provider_down" || provider === null) return
  const isUp = clearedAt !== null
  yield* EventRows.tell(sql, {
    type: isUp ? "provider.up" : "provider.down",
    scope: id,
    key: isUp ? "provider.up" : "provider.down",
    objectId: provider,
    tenantId,
    provider,
    livemode,
    data: yield* encodeState({ provider, state: isUp ? "up" : "down", reason: isUp ? null : summary, since: at }),
  })
})

/**
 * Tells an alert as it stands: once when it is raised, once for each step by which it has become worse, once when it is
 * cleared. The endpoint that it is about is not told that it takes no events.
 */
export const tell = Effect.fnUntraced(function* (sql: Sql, alert: Alert.Alert) {
  const { clearedAt, details, id, livemode, provider, raisedAt, severity, subject } = alert
  yield* EventRows.tell(sql, {
    type: clearedAt === null ? "alert.raised" : "alert.cleared",
    scope: id,
    key: clearedAt === null ? `alert.raised:${severity}:${AlertRule.percentOf(details)}` : "alert.cleared",
    objectId: id,
    tenantId,
    provider,
    livemode,
    data: yield* encodeAlert(alert),
    ...(subject === null ? {} : { except: subject }),
  })
  yield* tellProvider(sql, alert, clearedAt ?? raisedAt)
})
