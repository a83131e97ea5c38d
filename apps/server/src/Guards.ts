/** What stands before the handlers: who calls, how often, and whether the request has the form of the contract. */
import { Authorization, Requests } from "@payment-orchestrator/api"
import { FieldErrors } from "@payment-orchestrator/core"
import { AuditLog, SignIns } from "@payment-orchestrator/payments"
import { Context, Duration, Effect, Layer, Option } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import { RateLimiter } from "effect/persistence"
import * as Problems from "./Problems.ts"
import { ServerConfig } from "./ServerConfig.ts"
import * as SignedIn from "./SignedIn.ts"

const authorization = Layer.effect(
  Authorization.Authorization,
  Effect.gen(function* () {
    const signedIn = yield* SignedIn.SignedIn
    const { rateLimit } = yield* ServerConfig
    const limiter = yield* RateLimiter.RateLimiter

    const spend = (key: string) =>
      rateLimit === 0
        ? Effect.void
        : limiter
            .consume({ key, limit: rateLimit, window: "1 minute", algorithm: "fixed-window", onExceeded: "fail" })
            .pipe(
              Effect.catchTag("RateLimiterError", ({ reason }) =>
                reason._tag === "RateLimitExceeded"
                  ? Problems.rateLimited(
                      Duration.toMillis(reason.retryAfter),
                      "this key has used up its requests for this minute",
                    )
                  : Effect.void,
              ),
            )

    /** People do not use up what their key may do. */
    const purseOf = ({ caller, current }: SignedIn.Recognised): string =>
      Option.match(current, {
        onNone: () => caller.keyId,
        onSome: ({ token }) => `sign-in:${SignIns.csrfOf(token)}`,
      })

    return {
      apiKey: Effect.fnUntraced(function* (httpEffect, { credential }) {
        const recognised = yield* signedIn.identify(credential)
        yield* spend(purseOf(recognised))
        const { caller, current } = recognised
        return yield* Effect.updateContext(httpEffect, (context: Context.Context<never>) =>
          context.pipe(
            Context.add(Authorization.CurrentCaller, caller),
            Context.add(SignedIn.CurrentSignIn, current),
            Context.add(AuditLog.CurrentActor, { id: caller.keyId, role: Option.some(caller.role) }),
          ),
        )
      }),
    }
  }),
)

const requestFaults = HttpApiMiddleware.layerSchemaErrorTransform(Requests.RequestFaults, (error) =>
  error.kind === "Body" || error.kind === "ResponseHeaders"
    ? Effect.die(error)
    : Effect.fail(Problems.invalid(FieldErrors.fromSchemaError(error.cause))),
)

export const layer = Layer.mergeAll(authorization, requestFaults).pipe(
  Layer.provide(RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory))),
)
