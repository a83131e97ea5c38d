/** Who calls: the API key of every `/v1` request, and what it may do. */
import { Context, Schema } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, RateLimited, Unauthorized } from "./Problem.ts"

/** What a key may do, from least to most: its own things, read all, act, everything. */
export const Role = Schema.Literals(["merchant", "viewer", "operator", "admin"]).annotate({ identifier: "Role" })
export type Role = typeof Role.Type

/** The caller of a request. A key that belongs to no tenant (`admin`) may name one. */
export interface Caller {
  readonly role: Role
  readonly tenantId: string | undefined
}

export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()(
  "@payment-orchestrator/api/Authorization/CurrentCaller",
) {}

/** `Authorization: Bearer <key>`. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentCaller }>()(
  "@payment-orchestrator/api/Authorization",
  { error: [Unauthorized, Forbidden, RateLimited], security: { apiKey: HttpApiSecurity.bearer } },
) {}
