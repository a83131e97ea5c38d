import { Authorization } from "@payment-orchestrator/api"
import { Effect, Redacted } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import { PrometheusMetrics } from "effect/observability"
import * as Access from "../Access.ts"
import * as Address from "../Address.ts"
import { ApiKeys } from "../ApiKeys.ts"
import * as BacklogGauges from "../BacklogGauges.ts"

/** Anybody on this machine; from elsewhere a key that may see everybody's numbers, since these are. */
const mayRead = Effect.gen(function* () {
  if (yield* Address.isLocal) return
  const { headers } = yield* HttpServerRequest.HttpServerRequest
  const keys = yield* ApiKeys
  const key = /^Bearer (.+)$/.exec(headers["authorization"] ?? "")?.[1] ?? ""
  const caller = yield* keys.identify(Redacted.make(key))
  yield* Effect.provideService(Access.requireAll("read"), Authorization.CurrentCaller, caller)
})

/** Prometheus text. */
export const layer = HttpRouter.add(
  "GET",
  "/metrics",
  mayRead.pipe(
    Effect.andThen(BacklogGauges.refresh),
    Effect.andThen(PrometheusMetrics.format()),
    Effect.map((text) => HttpServerResponse.text(text, { contentType: "text/plain; version=0.0.4; charset=utf-8" })),
    Effect.catch(HttpServerRespondable.toResponse),
  ),
)
