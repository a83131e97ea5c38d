/** What came of tries, written with everything that follows from it for their deliveries and endpoints. */
import { DeliverySchedule, Id } from "@payment-orchestrator/domain"
import type { DeliveryStore } from "@payment-orchestrator/payments"
import { Effect, Option, Random, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as Sending from "./DeliverySending.ts"
import * as EndpointRows from "./EndpointRows.ts"

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

const OldestRow = Schema.Struct({ id: Id.DeliveryId, tries: Schema.Int })
const decodeOldest = Schema.decodeUnknownEffect(Schema.Array(OldestRow))

/** While an endpoint fails, the oldest that waits for it is tried in between. */
const probe = Effect.fnUntraced(function* (sql: Sql, endpointId: Id.EndpointId, since: number, now: number) {
  const [oldest] = yield* Effect.flatMap(
    sql`
      select id, tries from deliveries where endpoint_id = ${endpointId} and due_at is not null
      order by event_id limit 1`,
    decodeOldest,
  )
  if (oldest === undefined) return
  const at = now + DeliverySchedule.probeAfter(now - since, oldest.tries, yield* Random.next)
  yield* sql`update deliveries set due_at = ${at} where id = ${oldest.id} and due_at > ${at}`
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

/** Writes the endpoint as its tries left it, and what follows for its deliveries; answers what became of it. */
const judge = Effect.fnUntraced(function* (sql: Sql, row: EndpointRows.EndpointRow, tries: ReadonlyArray<Try>) {
  const { health, turns } = judged(row, tries)
  const at = Math.max(...tries.map(endOf))
  const signals = turns.map(({ signal }) => signal)
  const disabled = signals.find((signal) => signal._tag === "Disable")
  const recovered = signals.filter((signal) => signal._tag === "Recovered")
  // A failure while it is released does not undo that: what waits is due all the same.
  const releasing = row.releasing === 1 || recovered.some(({ after }) => after === "outage")
  if (turns.length > 0 || !isSame(EndpointRows.healthOf(row), health)) {
    yield* sql`
      update endpoints set ${sql.update({
        ...EndpointRows.health(health),
        releasing: releasing ? 1 : 0,
        ...(disabled === undefined ? {} : { status: "disabled", disabled_reason: disabled.reason }),
      })}
      where id = ${row.id}`
  }
  if (recovered.length > 0 && !releasing) yield* Sending.releaseHiccup(sql, row.id, at)
  if (Option.isSome(health.failingSince)) yield* probe(sql, row.id, health.failingSince.value, at)
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
  const turns = yield* Effect.forEach(rows, (row) =>
    judge(
      sql,
      row,
      tries.filter(({ endpointId }) => endpointId === row.id),
    ),
  )
  return turns.flat()
})
