/** What stands before the handlers: who calls, how often, and whether the request has the form of the contract. */
import { Authorization, Problem, Requests } from "@payment-orchestrator/api"
import { FieldErrors } from "@payment-orchestrator/core"
import { Duration, Effect, Layer, Option, Redacted } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApiMiddleware } from "effect/http-api"
import { RateLimiter } from "effect/persistence"
import { ApiKeys } from "./ApiKeys.ts"
import * as Idempotent from "./Idempotent.ts"
import * as Problems from "./Problems.ts"
import { ServerConfig } from "./ServerConfig.ts"

const unauthorized = (detail: string) => Effect.fail(new Problem.Unauthorized({ detail }))

const limited = (retryAfter: Duration.Duration) =>
  Effect.andThen(
    HttpEffect.appendPreResponseHandler((_request, response) =>
      Effect.succeed(
        HttpServerResponse.setHeader(
          response,
          "retry-after",
          String(Math.max(1, Math.ceil(Duration.toSeconds(retryAfter)))),
        ),
      ),
    ),
    Effect.fail(new Problem.RateLimited({ detail: "this key has used up its requests for this minute" })),
  )

const authorization = Layer.effect(
  Authorization.Authorization,
  Effect.gen(function* () {
    const keys = yield* ApiKeys
    const { rateLimit } = yield* ServerConfig
    const limiter = yield* RateLimiter.RateLimiter

    const spend = (key: Redacted.Redacted) =>
      rateLimit === 0
        ? Effect.void
        : limiter
            .consume({
              key: Idempotent.fingerprint("key", Redacted.value(key)),
              limit: rateLimit,
              window: "1 minute",
              algorithm: "fixed-window",
              onExceeded: "fail",
            })
            .pipe(
              Effect.catchTag("RateLimiterError", ({ reason }) =>
                reason._tag === "RateLimitExceeded" ? limited(reason.retryAfter) : Effect.void,
              ),
            )

    return {
      apiKey: (httpEffect, { credential }) =>
        Effect.gen(function* () {
          if (Redacted.value(credential) === "") {
            return yield* unauthorized("send the header Authorization: Bearer <key>")
          }
          const caller = yield* keys.find(credential)
          if (Option.isNone(caller)) return yield* unauthorized("this key is not known here")
          yield* spend(credential)
          return yield* Effect.provideService(httpEffect, Authorization.CurrentCaller, caller.value)
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
