/** `EventLog` on SQL. */
import { Alert, Tracing } from "@payment-orchestrator/domain"
import { EventLog } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Queue, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Bell from "./internal/Bell.ts"
import * as EventRows from "./internal/EventRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"

const encodeAlert = Schema.encodeEffect(Schema.fromJsonString(Alert.AlertJson))
const encodeProvider = Schema.encodeEffect(Schema.fromJsonString(Alert.ProviderState))

const dataOf = ({ data }: EventLog.Fact) => ("state" in data ? encodeProvider(data) : encodeAlert(data))

const positions = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ at: Schema.Int, id: Schema.String })))

/** Nobody holds a row of such an object, so two that tell at once may draw the same number: the later draws again. */
const isSameNumber = (error: Failure.Fault): boolean =>
  error._tag === "SqlError" && error.reason._tag === "UniqueViolation"

const make = Effect.map(SqlClient.SqlClient, (sql) =>
  EventLog.EventLog.of({
    tell: (fact) =>
      Tracing.span("EventLog.tell")(
        Effect.gen(function* () {
          const told = yield* EventRows.told(sql, {
            ...fact,
            scope: fact.objectId,
            tenantId: "default",
            data: yield* dataOf(fact),
          })
          return told._tag === "Some"
        }).pipe(sql.withTransaction, Effect.retry({ times: 5, while: isSameNumber }), Failure.storing("tell a fact")),
      ),
    find: (id) =>
      sql`select * from events where id = ${id}`.pipe(
        Effect.flatMap(EventRows.read),
        Effect.map(Array.head),
        Failure.storing("read an event"),
      ),
    list: ({ objectId, tenantId, type, ...page }) =>
      sql`
        select * from events ${Keyset.page(sql, { name: "events", time: "created_at" }, page, {
          tenant_id: tenantId,
          type,
          object_id: objectId,
        })}`.pipe(Effect.flatMap(EventRows.read), Failure.storing("list events")),
    hear: Effect.gen(function* () {
      const queue = yield* Queue.sliding<void>(1)
      yield* Bell.listen(sql, () => Queue.offerUnsafe(queue, undefined))
      return queue
    }),
    recent: (from) =>
      sql`select created_at as at, id from events where created_at >= ${from} order by created_at, id`.pipe(
        Effect.flatMap(positions),
        Failure.storing("look for new events"),
      ),
    read: (ids) =>
      ids.length === 0
        ? Effect.succeed([])
        : sql`select * from events where ${sql.in("id", ids)} order by created_at, id`.pipe(
            Effect.flatMap(EventRows.read),
            Failure.storing("read events"),
          ),
    after: ({ at, id }, limit, tenantId) =>
      sql`
        select * from events where ${sql.and([
          ...(tenantId === undefined ? [] : [sql`tenant_id = ${tenantId}`]),
          sql`(created_at, id) > (${at}, ${id})`,
        ])} order by created_at, id limit ${limit}`.pipe(
        Effect.flatMap(EventRows.read),
        Failure.storing("read events"),
      ),
  }),
)

/** Over a database that was migrated. */
export const layer: Layer.Layer<EventLog.EventLog, never, SqlClient.SqlClient> = Layer.effect(EventLog.EventLog, make)
