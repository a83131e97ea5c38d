/** API keys: who may call, and as whom. */
import { CheckoutRequest, Id, Role, Text, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import * as Page from "./Page.ts"
import { Conflict, Forbidden, NotFound, TryAgain } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const Key = Schema.Struct({
  id: Id.KeyId,
  role: Role.Role,
  /** Null: it sees every tenant's things. */
  tenant_id: Schema.NullOr(Schema.String),
  name: Schema.NullOr(Schema.String),
  /** Null for `key_env`, the key of the environment. */
  created_at: Schema.NullOr(Timestamp.Timestamp),
  /** To a minute or so. Not known of `key_env`. */
  last_used_at: Schema.NullOr(Timestamp.Timestamp),
  revoked_at: Schema.NullOr(Timestamp.Timestamp),
}).annotate({ identifier: "Key" })

/** A key as it is answered once, when it is made. */
export const NewKey = Schema.Struct({
  ...Key.fields,
  /** What goes into `Authorization: Bearer <secret>`. It is shown here and never again. */
  secret: Schema.String,
}).annotate({ identifier: "NewKey" })

export const KeyRequest = Schema.Struct({
  role: Role.Role,
  /** A merchant's is `default` when none is named; a viewer or operator without one sees every tenant's things. */
  tenant_id: Schema.optionalKey(CheckoutRequest.TenantId),
  /** What it is for, in your words. */
  name: Schema.optionalKey(Text.line(100)),
}).check(
  Schema.makeFilter(({ role, tenant_id }) =>
    role === "admin" && tenant_id !== undefined
      ? { path: ["tenant_id"], issue: "must be left out: an admin belongs to no tenant" }
      : undefined,
  ),
)

export class Keys extends HttpApiGroup.make("keys")
  .add(
    HttpApiEndpoint.post("create", "/v1/keys", {
      payload: KeyRequest,
      success: NewKey.pipe(HttpApiSchema.status(201)),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Make a key",
        description:
          "The answer holds the key's `secret`, which is kept nowhere and cannot be shown again. That is also why there is no `Idempotency-Key` here: when the answer is lost, revoke the key and make another.",
      }),
    ),
    HttpApiEndpoint.get("list", "/v1/keys", {
      query: { ...Page.query(Id.KeyId), tenant_id: Schema.optionalKey(CheckoutRequest.TenantId) },
      success: Page.page(Key),
      error: [Forbidden, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Keys, newest first",
        description: "Revoked ones too. The key of the environment, `key_env`, comes last when nothing is filtered.",
      }),
    ),
    HttpApiEndpoint.get("get", "/v1/keys/:id", {
      params: { id: Id.KeyId },
      success: Key,
      error: [Forbidden, NotFound, TryAgain],
    }).annotateMerge(OpenApi.annotations({ summary: "One key" })),
    HttpApiEndpoint.delete("revoke", "/v1/keys/:id", {
      params: { id: Id.KeyId },
      success: Key,
      error: [Forbidden, NotFound, Conflict, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Revoke a key",
        description:
          "For good; within 5 seconds on every replica. Safe to repeat. 409 for `key_env`: change `PAYMENT_API_KEY` and start again.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Keys", description: "Who may call, and as whom." })) {}
