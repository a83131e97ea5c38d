/** `Traces` on SQL. */
import { Traces } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as TraceRows from "./internal/TraceRows.ts"

/** Watching must not hold anything up: what cannot be kept or found is not linked. */
const quietly = Effect.ignore({ log: "Warn" })

/** Over a database that was migrated. */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient> = Layer.effect(
  Traces.Traces,
  Effect.map(SqlClient.SqlClient, (sql) => ({
    remember: (objectId) => quietly(TraceRows.remember(sql, objectId)),
    link: Effect.fnUntraced(function* (objectId) {
      const span = yield* Traces.collected
      if (Option.isNone(span)) return
      const began = yield* TraceRows.find(sql, objectId)
      span.value.addLinks(began.map((other) => ({ span: other, attributes: {} })))
    }, quietly),
  })),
)
