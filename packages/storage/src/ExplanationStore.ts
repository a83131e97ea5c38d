/** `ExplanationStore` on SQL: what is recorded of one checkout, each part by an index of its own. */
import { Tracing } from "@payment-orchestrator/domain"
import { ExplanationStore } from "@payment-orchestrator/payments"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as ExplanationRows from "./internal/ExplanationRows.ts"
import * as Failure from "./internal/Failure.ts"

export const layer: Layer.Layer<ExplanationStore.ExplanationStore, never, SqlClient.SqlClient> = Layer.effect(
  ExplanationStore.ExplanationStore,
  Effect.map(SqlClient.SqlClient, (sql) =>
    ExplanationStore.ExplanationStore.of({
      read: (id, tenantId) =>
        Tracing.span("ExplanationStore.read")(
          Failure.storing("explain a checkout")(ExplanationRows.read(sql, id, tenantId)),
        ),
    }),
  ),
)
