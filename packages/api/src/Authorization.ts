/** Who calls: the API key of every `/v1` request, and what it may do. */
import type { Id, Role } from "@payment-orchestrator/domain"
import { Context } from "effect"
import { HttpApiMiddleware, HttpApiSecurity } from "effect/http-api"
import { Forbidden, RateLimited, TryAgain, Unauthorized } from "./Problem.ts"

/** The caller of a request. A key that belongs to no tenant may name one. */
export interface Caller {
  readonly keyId: Id.KeyId
  readonly role: Role.Role
  readonly tenantId: string | undefined
}

export class CurrentCaller extends Context.Service<CurrentCaller, Caller>()(
  "@payment-orchestrator/api/Authorization/CurrentCaller",
) {}

/** The cookie that stands for a person's key where it travels over https. */
export const sessionCookie = "__Host-payment_session"

/** `Authorization: Bearer <key>`. 503 when the key cannot be looked up right now. */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: CurrentCaller }>()(
  "@payment-orchestrator/api/Authorization",
  { error: [Unauthorized, Forbidden, RateLimited, TryAgain], security: { apiKey: HttpApiSecurity.bearer } },
) {}
