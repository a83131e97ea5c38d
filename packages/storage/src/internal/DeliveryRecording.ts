/** What came of tries, written with everything that follows from it for their deliveries and endpoints. */
import { Alert, DeliverySchedule, Id } from "@payment-orchestrator/domain"
import type { DeliveryStore } from "@payment-orchestrator/payments"
import { Effect, Option, Random, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as EndpointRows from "./EndpointRows.ts"
import * as EventRows from "./EventRows.ts"

type Sql = SqlClient.SqlClient
type Try = DeliveryStore.Try

const ProgressRow = Schema.Struct({ step: Schema.Int, retry_at: Schema.Int })
const decodeProgress = Schema.decodeUnknownEffect(Schema.Array(ProgressRow))

const endOf = ({ durationMs, startedAt }: Try) => startedAt + durationMs

/** The columns that every try writes. */
const seen = (sql: Sql, one: Try) => sql`
  tries = tries + 1, last_try_at = ${one.startedAt}, last_status = ${one.status}, last_error = ${one.error},
  last_duration_ms = ${one.durationMs}`

const succeed = (sql: Sql, one: Try) => sql`
  update deliveries set status = 'succeeded', due_at = ${null}, ${seen(sql, one)}
  where id = ${one.id} and status = 'pending'`

/** By its own schedule, or given up when that is over. */
const fail = Effect.fnUntraced(function* (sql: Sql, one: Try) {
  const [row] = yield* Effect.flatMap(
    sql`select step, retry_at from deliveries where id = ${one.id} and status = 'pending' ${Dialect.forUpdate(sql)}`,
    decodeProgress,
  )
  if (row === undefined) return
  const next = DeliverySchedule.afterFailure(
    { step: row.step, retryAt: row.retry_at },
    { startedAt: one.startedAt, now: endOf(one), random: yield* Random.next },
  )
  const columns = Option.match(next, {
    onNone: () => ({ status: "failed", due_at: null }),
    onSome: ({ retryAt, step }) => ({ step, retry_at: retryAt, due_at: retryAt }),
  })
  yield* sql`update deliveries set ${sql.update(columns)}, ${seen(sql, one)} where id = ${one.id}`
})

/** While an endpoint fails, the oldest that waits for it is tried at least every five minutes. */
const probe = Effect.fnUntraced(function* (sql: Sql, endpointId: Id.EndpointId, now: number) {
  const at = now + Math.round(DeliverySchedule.probeEvery * (1 - 0.1 * (yield* Random.next)))
  yield* sql`
    update deliveries set due_at = ${at}
    where due_at > ${at} and id = (
      select id from deliveries where endpoint_id = ${endpointId} and due_at is not null order by event_id limit 1)`
})

const encodeAlert = Schema.encodeEffect(Schema.fromJsonString(Alert.AlertJson))

interface Notice {
  readonly type: "alert.raised" | "alert.cleared"
  readonly severity: Alert.Severity
  readonly summary: string
  readonly key: string
}

const hours = (millis: number): number => Math.round(millis / 3_600_000)

/** What people are told of a turn; undefined when nothing. */
const noticeOf = ({ at, signal, url }: DeliveryStore.Turn): Notice | undefined => {
  const lasted = `${hours(at - signal.since)} hours`
  switch (signal._tag) {
    case "Recovered":
      return signal.cleared
        ? {
            type: "alert.cleared",
            severity: "warning",
            summary: `${url} takes events again, after ${lasted}`,
            key: `cleared:${signal.since}`,
          }
        : undefined
    case "Alert":
      return {
        type: "alert.raised",
        severity: signal.percent >= 90 ? "critical" : "warning",
        summary: `${url} has not taken an event for ${lasted}; it is disabled after ${hours(DeliverySchedule.disableAfter)}`,
        key: `raised:${signal.since}:${signal.percent}`,
      }
    case "Disable":
      return {
        type: "alert.raised",
        severity: "critical",
        summary: signal.reason === "gone" ? `${url} answered 410 Gone` : `${url} has not taken an event for ${lasted}`,
        key: `raised:${signal.since}:${at}`,
      }
  }
}

/** An endpoint has one alert, from its first failure to its next success. */
const alertOf = (endpointId: Id.EndpointId) => Id.AlertId.make(endpointId.replace(/^whe_/, "alr_"))

const tell = Effect.fnUntraced(function* (sql: Sql, turn: DeliveryStore.Turn, livemode: boolean) {
  const notice = noticeOf(turn)
  if (notice === undefined) return
  const { key, severity, summary, type } = notice
  const id = alertOf(turn.endpointId)
  yield* EventRows.tell(sql, {
    type,
    scope: id,
    key,
    objectId: id,
    tenantId: "default",
    provider: null,
    livemode,
    data: yield* encodeAlert({
      id,
      kind: "endpoint_dead",
      severity,
      provider: null,
      subject: turn.endpointId,
      summary,
      details: { endpoint_id: turn.endpointId },
      livemode,
      raisedAt: turn.signal.since,
      clearedAt: type === "alert.cleared" ? turn.at : null,
    }),
  })
})

/** The endpoint after its tries, in the order in which they ended. */
const judged = (row: EndpointRows.EndpointRow, tries: ReadonlyArray<Try>) => {
  let health = EndpointRows.healthOf(row)
  const turns: Array<DeliveryStore.Turn> = []
  for (const one of tries.toSorted((a, b) => endOf(a) - endOf(b))) {
    const at = endOf(one)
    const verdict = DeliverySchedule.judge(health, one.result, at)
    health = verdict.health
    turns.push(...verdict.signals.map((signal) => ({ endpointId: row.id, url: row.url, at, signal })))
  }
  return { health, turns }
}

const isSame = (a: DeliverySchedule.Health, b: DeliverySchedule.Health) =>
  a.alerted === b.alerted &&
  Option.getOrNull(a.failingSince) === Option.getOrNull(b.failingSince) &&
  Option.getOrNull(a.pausedUntil) === Option.getOrNull(b.pausedUntil)

/** Writes the endpoint as its tries left it; answers what became of it. */
const judge = Effect.fnUntraced(function* (sql: Sql, row: EndpointRows.EndpointRow, tries: ReadonlyArray<Try>) {
  const { health, turns } = judged(row, tries)
  if (turns.length === 0 && isSame(EndpointRows.healthOf(row), health)) return []
  const disabled = turns.findLast(({ signal }) => signal._tag === "Disable")?.signal
  const recovered = turns.some(({ signal }) => signal._tag === "Recovered" && signal.release)
  const works = Option.isNone(health.failingSince)
  yield* sql`
    update endpoints set ${sql.update({
      ...EndpointRows.health(health),
      releasing: works && (recovered || row.releasing === 1) ? 1 : 0,
      ...(disabled?._tag === "Disable" ? { status: "disabled", disabled_reason: disabled.reason } : {}),
    })}
    where id = ${row.id}`
  yield* Effect.forEach(turns, (turn) => tell(sql, turn, row.livemode === 1), { discard: true })
  return turns
})

/** Inside a transaction. */
export const write = Effect.fnUntraced(function* (sql: Sql, tries: ReadonlyArray<Try>) {
  const ids = [...new Set(tries.map(({ endpointId }) => endpointId))].toSorted()
  const rows = yield* sql`
    select * from endpoints where ${sql.in("id", ids)} and status = 'enabled' order by id ${Dialect.forUpdate(sql)}`.pipe(
    Effect.flatMap(EndpointRows.decode),
  )
  for (const one of tries) yield* one.result._tag === "Succeeded" ? succeed(sql, one) : fail(sql, one)
  const turns: Array<DeliveryStore.Turn> = []
  for (const row of rows) {
    const own = tries.filter(({ endpointId }) => endpointId === row.id)
    turns.push(...(yield* judge(sql, row, own)))
    const failures = own.filter(({ result }) => result._tag === "Failed")
    if (failures.length > 0) yield* probe(sql, row.id, Math.max(...failures.map(endOf)))
  }
  return turns
})
