/** People's sign-in: an API key turned into a cookie that scripts cannot read. */
import { Id, Role, Timestamp } from "@payment-orchestrator/domain"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authorization } from "./Authorization.ts"
import { Forbidden, RateLimited, TryAgain, Unauthorized } from "./Problem.ts"
import { RequestFaults } from "./Requests.ts"

export const SessionRequest = Schema.Struct({
  /** Of role viewer, operator or admin. */
  api_key: Schema.RedactedFromValue(Schema.String.check(Schema.isMaxLength(512, { message: "is too long for a key" }))),
})

export const Session = Schema.Struct({
  key_id: Id.KeyId,
  /** What the key is for, in the words of who made it. */
  name: Schema.NullOr(Schema.String),
  role: Role.Role,
  /** Null: it sees every tenant's things. */
  tenant_id: Schema.NullOr(Schema.String),
  /** What every change must bear in `x-csrf-token`; null when a key was sent, and no cookie. */
  csrf_token: Schema.NullOr(Schema.String),
  /** Null when a key was sent, and no cookie. It ends 30 minutes after the last use, too. */
  expires_at: Schema.NullOr(Timestamp.Timestamp),
  /** Whether money is real at any configured provider. */
  livemode: Schema.Boolean,
}).annotate({ identifier: "Session" })

/** Signing in needs no key but the one in the body, and anybody may ask whether somebody is signed in. */
export class SignIn extends HttpApiGroup.make("signIn")
  .add(
    HttpApiEndpoint.post("begin", "/v1/session", {
      payload: SessionRequest,
      success: Session.pipe(HttpApiSchema.status(201)),
      error: [Unauthorized, Forbidden, RateLimited, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Sign in",
        description:
          "Sets a cookie that stands for the key: 12 hours, 30 minutes without use, no longer than the key itself. From a page of this server only; five tries a minute and address. Over plain http only on this machine itself.",
      }),
    ),
    HttpApiEndpoint.get("get", "/v1/session", {
      /** 204: nobody is signed in. */
      success: [Session, HttpApiSchema.NoContent],
      error: [Unauthorized, Forbidden, RateLimited, TryAgain],
    }).annotateMerge(
      OpenApi.annotations({
        summary: "Who am I",
        description:
          "By the cookie, or by the key where one is sent. 204 when there is neither, or the cookie's time is over.",
      }),
    ),
  )
  .middleware(RequestFaults)
  .annotateMerge(
    OpenApi.annotations({
      title: "Sign-in",
      description: "A key becomes the cookie of somebody who works with the dashboard.",
    }),
  ) {}

export class SessionGroup extends HttpApiGroup.make("session")
  .add(
    HttpApiEndpoint.delete("end", "/v1/session", { success: HttpApiSchema.NoContent, error: TryAgain }).annotateMerge(
      OpenApi.annotations({ summary: "Sign out", description: "Safe to repeat. A key that was sent stays as it is." }),
    ),
  )
  .middleware(RequestFaults)
  .middleware(Authorization)
  .annotateMerge(OpenApi.annotations({ title: "Session", description: "Ends that." })) {}
