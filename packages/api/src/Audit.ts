/** Who did what. */
import { CheckoutRequest, Id, Role, Text, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Forbidden, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const AuditRecord = Schema.Struct({
  id: Id.AuditId,
  at: Timestamp.Timestamp,
  /** The id of the key that was used; `system` when nobody asked. */
  actor: Schema.String,
  role: Schema.NullOr(Role.Role),
  /** Whose thing the target is; null when it is everybody's. */
  tenant_id: Schema.NullOr(Schema.String),
  /** `refund.create`, `key.revoke`, … What is done at a provider is recorded before it is sent. */
  action: Schema.String,
  /** The id of what it was done to. */
  target: Schema.String,
  reason: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String),
  request_id: Schema.NullOr(Schema.String),
}).annotate({ identifier: "AuditRecord" })

export class Audit extends HttpApiGroup.make("audit")
  .add(
    HttpApiEndpoint.get("list", "/v1/audit", {
      query: {
        ...Page.query(Id.AuditId),
        action: Schema.optionalKey(Text.line(255)),
        actor: Schema.optionalKey(Text.line(255)),
        target: Schema.optionalKey(Text.line(255)),
        tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
      },
      success: Page.page(AuditRecord),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "The audit log, newest first",
        description:
          "Who did what, to what, from where and why. Rows are never changed or deleted. `configuration.changed`: the server was started with another environment than before; `reason` names the variables, with what they held and hold unless they are secrets.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Audit", description: "Who did what, to what, from where and why." })) {}
