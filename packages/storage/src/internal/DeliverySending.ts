/** Which deliveries are due, and who sends them. */
import { DeliverySchedule, Id, Timestamp } from "@payment-orchestrator/domain"
import type { DeliveryStore } from "@payment-orchestrator/payments"
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as Bell from "./Bell.ts"
import * as DeliveryRows from "./DeliveryRows.ts"
import * as EndpointRows from "./EndpointRows.ts"
import * as EventRows from "./EventRows.ts"

type Sql = SqlClient.SqlClient
type Lane = DeliveryStore.Lane

/** Rows that one transaction changes at most, so that nobody waits long for it. */
export const batch = 500

/** Enabled endpoints that nobody serves, with something due. */
export const ready = (sql: Sql, now: number) => sql`
  select e.id from endpoints e
  where e.status = 'enabled' and e.lane_until <= ${now} and e.paused_until <= ${now} and (
    e.releasing = 1 or
    exists (select 1 from deliveries d where d.endpoint_id = e.id and d.due_at <= ${now}))`

/** In one statement, so that no two can take a lane. */
export const enter = (sql: Sql, { endpointId, holder }: Lane, now: number, until: number) =>
  Effect.map(
    sql`
      update endpoints set lane = ${holder}, lane_until = ${until}
      where id = ${endpointId} and status = 'enabled' and paused_until <= ${now}
        and (lane_until <= ${now} or lane = ${holder})
      returning id`,
    (rows) => rows.length > 0,
  )

export const leave = (sql: Sql, { endpointId, holder }: Lane) =>
  sql`update endpoints set lane_until = 0 where id = ${endpointId} and lane = ${holder}`

const decodeIds = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ delivery_id: Id.DeliveryId })))

/**
 * Of each object the earliest event that is due: a later one waits while an earlier one is on its first try, or due as
 * well; one that waits for its retry holds nobody up.
 */
const due = (sql: Sql, endpointId: Id.EndpointId, now: number, limit: number) => sql`
  select d.id as delivery_id, v.* from deliveries d join events v on v.id = d.event_id
  where d.endpoint_id = ${endpointId} and d.due_at <= ${now} and not exists (
    select 1 from deliveries f
    where f.endpoint_id = ${endpointId} and f.object_id = d.object_id and f.sequence < d.sequence
      and f.due_at is not null and (f.tries = 0 or f.due_at <= ${now}))
  order by d.due_at, d.event_id limit ${limit}`

/** None when the lane is not this holder's any more, or nothing may be sent there now. */
export const load = Effect.fnUntraced(function* (sql: Sql, { endpointId, holder }: Lane, now: number, limit: number) {
  const [endpoint] = yield* sql`
    select * from endpoints
    where id = ${endpointId} and lane = ${holder} and lane_until > ${now} and status = 'enabled'
      and paused_until <= ${now}`.pipe(Effect.flatMap(EndpointRows.decode))
  if (endpoint === undefined) return Option.none()
  const rows = yield* due(sql, endpointId, now, limit)
  const deliveries = yield* decodeIds(rows)
  const events = yield* EventRows.read(rows)
  return Option.some({
    endpoint,
    due: Array.zipWith(deliveries, events, ({ delivery_id }, event) => ({ id: delivery_id, event })),
  })
})

/** From here on doubling a gap once more makes it no number of 32 bits. */
const mostDoublings = 20

/** When a delivery may be tried again at the soonest (`DeliverySchedule.gap`); `longest` after its last try at most. */
const soonest = (sql: Sql, longest: number) => {
  const { perTry, steadyTries } = DeliverySchedule.gap
  const [steady, last, most] = [steadyTries, steadyTries + 2 * mostDoublings, longest / perTry].map((n) =>
    sql.literal(String(n)),
  )
  const tries = sql`case
    when tries < ${steady} then tries
    when tries < ${last} then ${steady} << ((tries - ${steady}) / 2)
    else ${most} end`
  return sql`coalesce(last_try_at, 0) + ${perTry} * case when ${tries} < ${most} then ${tries} else ${most} end`
}

type After = keyof typeof DeliverySchedule.longestGap

/** Of a failing endpoint's deliveries so many are looked at when a hiccup ends: those that would be due next. */
const nearest = 1_000

/** Makes some of what waits due; answers how many. */
const makeDue = Effect.fnUntraced(function* (sql: Sql, endpointId: Id.EndpointId, now: number, after: After) {
  const at = soonest(sql, DeliverySchedule.longestGap[after])
  const waiting = sql`
    select id, event_id, due_at, tries, last_try_at from deliveries where endpoint_id = ${endpointId} and due_at > ${now}`
  const looked = after === "hiccup" ? sql`${waiting} order by due_at limit ${nearest}` : waiting
  const rows = yield* sql`
    update deliveries set due_at = case when ${at} > ${now} then ${at} else ${now} end
    where id in (select id from (${looked}) as waiting where due_at > ${at} order by due_at, event_id limit ${batch})
    returning id`
  return rows.length
})

/** Makes some of what waits due, after an outage. The endpoint is held first, as by whoever records tries. */
export const release = Effect.fnUntraced(function* (sql: Sql, endpointId: Id.EndpointId) {
  yield* sql`select id from endpoints where id = ${endpointId} ${Dialect.forUpdate(sql)}`
  const released = yield* makeDue(sql, endpointId, yield* Timestamp.now, "outage")
  if (released === batch) return
  yield* sql`update endpoints set releasing = 0 where id = ${endpointId}`
})

/** Makes what failed in a hiccup due: a few. */
export const releaseHiccup = (sql: Sql, endpointId: Id.EndpointId, now: number) =>
  makeDue(sql, endpointId, now, "hiccup")

/** Makes the next of what waits due at once, whatever came of it; `release` has the rest. */
export const releaseAnew = (sql: Sql, endpointId: Id.EndpointId, now: number) => makeDue(sql, endpointId, now, "anew")

const Left = Schema.Struct({ id: Id.EndpointId, status: Schema.Literals(["disabled", "deleted"]) })
const decodeLeft = Schema.decodeUnknownEffect(Schema.Array(Left))

/** Ends what waits for endpoints that get nothing any more. */
export const settle = Effect.fnUntraced(function* (sql: Sql) {
  const left = yield* sql`
    select e.id, e.status from endpoints e
    where e.status in ('disabled', 'deleted')
      and exists (select 1 from deliveries d where d.endpoint_id = e.id and d.due_at is not null)
    limit 1`.pipe(Effect.flatMap(decodeLeft))
  let ended = 0
  for (const { id, status } of left) {
    const rows = yield* sql`
      update deliveries set status = ${status === "disabled" ? "failed" : "canceled"}, due_at = ${null},
        last_error = coalesce(last_error, 'endpoint_disabled')
      where id in (
        select id from deliveries where endpoint_id = ${id} and due_at is not null order by event_id limit ${batch})
      returning id`
    ended += rows.length
  }
  return ended
})

/** Makes some of what failed pending again; answers how many. */
export const again = Effect.fnUntraced(function* (sql: Sql, endpointId: Id.EndpointId, since: number, now: number) {
  const rows = yield* sql`
    update deliveries set ${DeliveryRows.again(sql, now)}
    where id in (
      select id from deliveries
      where endpoint_id = ${endpointId} and status <> 'succeeded' and status = 'failed' and created_at >= ${since}
      order by created_at, id limit ${batch})
    returning id`
  yield* Bell.ring(sql, [endpointId])
  return rows.length
})
