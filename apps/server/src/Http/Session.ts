import { Api, Authorization } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { AuditLog, Keys, SignIns } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as AddressLimit from "../AddressLimit.ts"
import * as ApiKeys from "../ApiKeys.ts"
import { Livemode } from "../Livemode.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"
import * as SignedIn from "../SignedIn.ts"
import * as SignInCookie from "../SignInCookie.ts"

/** Keys that one address may try in a minute, right ones too. */
const triesPerMinute = 5

const shown = Effect.fnUntraced(function* (
  { keyId, role, tenantId }: Authorization.Caller,
  current: Option.Option<SignedIn.Current>,
) {
  const keys = yield* Keys.Keys
  const key = yield* keys.get(keyId).pipe(Effect.mapError(Problems.storage))
  return {
    key_id: keyId,
    name: Option.getOrNull(Option.flatMap(key, ({ name }) => name)),
    role,
    tenant_id: tenantId ?? null,
    csrf_token: Option.getOrNull(Option.map(current, ({ token }) => SignIns.csrfOf(token))),
    expires_at: Option.getOrNull(Option.map(current, ({ expiresAt }) => expiresAt)),
    livemode: yield* Livemode,
  }
})

const record = Effect.fnUntraced(function* (
  action: "session.begin" | "session.end",
  { keyId, role, tenantId }: Authorization.Caller,
) {
  const audit = yield* AuditLog.AuditLog
  yield* audit
    .record({ action, target: keyId, tenantId: Option.fromUndefinedOr(tenantId), reason: Option.none() })
    .pipe(
      Effect.provideService(AuditLog.CurrentActor, { id: keyId, role: Option.some(role) }),
      Effect.mapError(Problems.storage),
    )
})

const begin = HttpApiBuilder.group(
  Api,
  "signIn",
  Effect.fn(function* (handlers) {
    const apiKeys = yield* ApiKeys.ApiKeys
    const signIns = yield* SignIns.SignIns
    const signedIn = yield* SignedIn.SignedIn
    const tries = AddressLimit.make({ perMinute: triesPerMinute })
    const context = yield* Effect.context<
      AuditLog.AuditLog | Keys.Keys | ServerConfig | Effect.Services<typeof Livemode>
    >()

    return handlers.handleAll({
      begin: Effect.fnUntraced(
        function* ({ payload }) {
          const origin = yield* SignInCookie.ownOrigin
          yield* SignInCookie.allowed(origin)
          const wait = yield* tries.spend(yield* ApiKeys.group)
          if (Option.isSome(wait)) {
            return yield* Problems.rateLimited(wait.value, `an address may try ${triesPerMinute} keys a minute`)
          }
          const caller = yield* apiKeys.identify(payload.api_key)
          yield* Effect.provideService(Access.require("read"), Authorization.CurrentCaller, caller)
          yield* record("session.begin", caller)
          const { expiresAt, token } = yield* signIns.begin(caller.keyId).pipe(Effect.mapError(Problems.storage))
          yield* SignInCookie.set(origin, token, SignIns.lifetimeMillis / 1000)
          return yield* shown(caller, Option.some({ token, expiresAt }))
        },
        Effect.provide(context),
        Tracing.span("Http.signIn"),
      ),
      get: Effect.fnUntraced(
        function* ({ request }) {
          const key = request.headers["authorization"]
          if (key === undefined && Option.isNone(SignInCookie.read(request))) return
          const recognised = yield* signedIn.identify(Redacted.make(key?.replace(/^bearer /i, "") ?? "")).pipe(
            // A cookie whose time is over is no fault of whoever asks.
            Effect.catchIf(
              (error) => error._tag === "Unauthorized" && key === undefined,
              () => Effect.as(SignInCookie.clear, undefined),
            ),
          )
          if (recognised === undefined) return
          return yield* shown(recognised.caller, recognised.current)
        },
        Effect.provide(context),
        Tracing.span("Http.session"),
      ),
    })
  }),
)

const session = HttpApiBuilder.group(
  Api,
  "session",
  Effect.fn(function* (handlers) {
    const signIns = yield* SignIns.SignIns
    const context = yield* Effect.context<AuditLog.AuditLog>()

    return handlers.handleAll({
      end: Effect.fnUntraced(
        function* () {
          const current = yield* SignedIn.CurrentSignIn
          if (Option.isNone(current)) return
          yield* record("session.end", yield* Authorization.CurrentCaller)
          yield* signIns.end(current.value.token).pipe(Effect.mapError(Problems.storage))
          yield* SignInCookie.clear
        },
        Effect.provide(context),
        Tracing.span("Http.signOut"),
      ),
    })
  }),
)

export const layer = Layer.merge(begin, session)
