/** The audit log as rows. There is no statement that changes or deletes one, and the database would refuse it. */
import { Id, Role, Timestamp } from "@payment-orchestrator/domain"
import { AuditLog } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Keyset from "./Keyset.ts"

type Sql = SqlClient.SqlClient

const AuditRow = Schema.Struct({
  id: Id.AuditId,
  at: Timestamp.Millis,
  actor: Schema.String,
  role: Schema.NullOr(Role.Role),
  tenant_id: Schema.NullOr(Schema.String),
  action: Schema.String,
  target: Schema.String,
  reason: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String),
  request_id: Schema.NullOr(Schema.String),
})

const decode = Schema.decodeUnknownEffect(Schema.Array(AuditRow))

const rowOf = (row: typeof AuditRow.Type): AuditLog.Row => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  role: Option.fromNullOr(row.role),
  tenantId: Option.fromNullOr(row.tenant_id),
  action: row.action,
  target: row.target,
  reason: Option.fromNullOr(row.reason),
  address: Option.fromNullOr(row.address),
  requestId: Option.fromNullOr(row.request_id),
})

/** Adds a row for whoever acts, in the caller's transaction where there is one. */
export const insert = Effect.fnUntraced(function* (sql: Sql, { action, reason, target, tenantId }: AuditLog.Entry) {
  const actor = yield* AuditLog.CurrentActor
  const origin = yield* AuditLog.CurrentOrigin
  const asked = yield* AuditLog.CurrentReason
  const why = Option.orElse(reason, () => asked)
  yield* sql`
    insert into audit_log ${sql.insert({
      id: yield* Id.makeAuditId,
      at: yield* Timestamp.now,
      actor: actor.id,
      role: Option.getOrNull(actor.role),
      tenant_id: Option.getOrNull(tenantId),
      action,
      target,
      reason: Option.getOrNull(why),
      address: Option.getOrNull(origin.address),
      request_id: Option.getOrNull(origin.requestId),
    })}`
})

/** Newest first. */
export const page = (sql: Sql, { action, actor, target, tenantId, ...page }: AuditLog.Query) =>
  sql`
    select * from audit_log ${Keyset.page(sql, { name: "audit_log", time: "at" }, page, {
      tenant_id: tenantId,
      action,
      actor,
      target,
    })}`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) => rows.map(rowOf)),
  )
