import { Effect, Option, Redacted } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { Problem } from "@payment-orchestrator/api"
import { PrometheusMetrics } from "effect/observability"
import { ApiKeys } from "../ApiKeys.ts"

const isLoopback = (address: string): boolean => address === "::1" || /^(::ffff:)?127\./.test(address)

/** Anybody on this machine, and any known key from elsewhere. */
const mayRead = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  if (Option.exists(request.remoteAddress, isLoopback)) return true
  const keys = yield* ApiKeys
  const key = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1]
  return key !== undefined && Option.isSome(yield* keys.find(Redacted.make(key)))
})

/** Prometheus text. */
export const layer = HttpRouter.add(
  "GET",
  "/metrics",
  Effect.gen(function* () {
    if (!(yield* mayRead)) {
      return yield* HttpServerRespondable.toResponse(
        new Problem.Unauthorized({ detail: "from another machine, send the header Authorization: Bearer <key>" }),
      )
    }
    return HttpServerResponse.text(yield* PrometheusMetrics.format(), {
      contentType: "text/plain; version=0.0.4; charset=utf-8",
    })
  }),
)
