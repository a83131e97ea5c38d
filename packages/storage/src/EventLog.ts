/** `EventLog` on SQL. */
import { EventCatalogue } from "@payment-orchestrator/domain"
import { EventLog } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as EventRows from "./internal/EventRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"

const encodeAlert = Schema.encodeEffect(Schema.fromJsonString(EventCatalogue.AlertJson))
const encodeProvider = Schema.encodeEffect(Schema.fromJsonString(EventCatalogue.ProviderStateJson))

const dataOf = ({ data }: EventLog.Fact) => ("state" in data ? encodeProvider(data) : encodeAlert(data))

/** Nobody holds a row of such an object, so two that tell at once may draw the same number: the later draws again. */
const isSameNumber = (error: Failure.Fault): boolean =>
  error._tag === "SqlError" && error.reason._tag === "UniqueViolation"

const make = Effect.map(SqlClient.SqlClient, (sql) =>
  EventLog.EventLog.of({
    tell: Effect.fn("EventLog.tell")((fact) =>
      Effect.gen(function* () {
        const told = yield* EventRows.tell(sql, {
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
  }),
)

/** Over a database that was migrated. */
export const layer: Layer.Layer<EventLog.EventLog, never, SqlClient.SqlClient> = Layer.effect(EventLog.EventLog, make)
