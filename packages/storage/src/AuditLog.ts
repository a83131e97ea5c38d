/** `AuditLog` on SQL. */
import { Tracing } from "@payment-orchestrator/domain"
import { AuditLog } from "@payment-orchestrator/payments"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"

/** Over a database that was migrated. */
export const layer: Layer.Layer<AuditLog.AuditLog, never, SqlClient.SqlClient> = Layer.effect(
  AuditLog.AuditLog,
  Effect.map(SqlClient.SqlClient, (sql) =>
    AuditLog.AuditLog.of({
      record: (entry) => Tracing.span("AuditLog.record")(Failure.storing("audit")(AuditRows.insert(sql, entry))),
      list: (query) => Tracing.span("AuditLog.list")(Failure.storing("read the audit log")(AuditRows.page(sql, query))),
    }),
  ),
)
