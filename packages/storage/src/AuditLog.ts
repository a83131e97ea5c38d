/** `AuditLog` on SQL. */
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
      record: Effect.fn("AuditLog.record")((entry) => Failure.storing("audit")(AuditRows.insert(sql, entry))),
      list: Effect.fn("AuditLog.list")((query) => Failure.storing("read the audit log")(AuditRows.page(sql, query))),
    }),
  ),
)
