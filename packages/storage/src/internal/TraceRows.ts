/** Which span began a thing, as rows. */
import { Timestamp } from "@payment-orchestrator/domain"
import { Traces } from "@payment-orchestrator/payments"
import { Effect, Option, Schema, Tracer } from "effect"
import type { SqlClient } from "effect/sql"
import * as Sent from "./Sent.ts"

type Sql = SqlClient.SqlClient

/** Watching is not itself watched. */
const unseen = Effect.withTracerEnabled(false)

/** Keeps the current span, where somebody collects it, in the caller's transaction when there is one. */
export const remember = Effect.fnUntraced(function* (sql: Sql, objectId: string) {
  const span = yield* Traces.collected
  if (Option.isNone(span)) return
  const { spanId, traceId } = span.value
  yield* Sent.send(
    sql,
    sql`
      insert into traces ${sql.insert({
        object_id: objectId,
        trace_id: traceId,
        span_id: spanId,
        at: yield* Timestamp.now,
      })} on conflict (object_id) do nothing`,
  ).pipe(unseen)
})

const decode = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ trace_id: Schema.String, span_id: Schema.String })),
)

/** The spans that began a thing; of an event also what it is about, of an attempt its checkout. */
export const find = (sql: Sql, objectId: string) =>
  sql`
    select trace_id, span_id from traces
    where object_id = ${objectId} or object_id = (select scope from events where id = ${objectId})
      or object_id = (select checkout_id from attempts where attempt_id = ${objectId})`.pipe(
    Effect.flatMap(decode),
    unseen,
    Effect.map((rows) =>
      rows.map(({ span_id: spanId, trace_id: traceId }) => Tracer.externalSpan({ spanId, traceId, sampled: true })),
    ),
  )
