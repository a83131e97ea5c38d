import { Api } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { AuditLog } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"

const shown = (row: AuditLog.Row) => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  role: Option.getOrNull(row.role),
  tenant_id: Option.getOrNull(row.tenantId),
  action: row.action,
  target: row.target,
  reason: Option.getOrNull(row.reason),
  address: Option.getOrNull(row.address),
  request_id: Option.getOrNull(row.requestId),
})

export const layer = HttpApiBuilder.group(
  Api,
  "audit",
  Effect.fn(function* (handlers) {
    const audit = yield* AuditLog.AuditLog
    return handlers.handleAll({
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("read"), query.tenant_id)
        const rows = yield* audit
          .list({
            tenantId,
            action: query.action,
            actor: query.actor,
            target: query.target,
            ...Listing.asked(query),
          })
          .pipe(Effect.mapError(Problems.storage))
        return Listing.answer(rows.map(shown), query)
      }, Tracing.span("Http.listAudit")),
    })
  }),
)
