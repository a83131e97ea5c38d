/**
 * What every request and every answer has: an id, a bounded body, headers that protect, one line in the log, and an
 * answer even when something unforeseen happens.
 */
import { Id } from "@payment-orchestrator/domain"
import { AuditLog, StorageError } from "@payment-orchestrator/payments"
import { Cause, Clock, Effect, Layer, Option } from "effect"
import {
  HttpMiddleware,
  HttpRouter,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse,
  ProblemDetails,
} from "effect/http"
import * as Address from "./Address.ts"
import * as Problems from "./Problems.ts"
import * as RequestBody from "./RequestBody.ts"
import { ServerConfig } from "./ServerConfig.ts"

/** What a caller may send as its own request id. */
const callersId = /^[A-Za-z0-9._-]{8,128}$/

/** The path without its query, and without the random part of a buyer's link. */
const loggedPath = (url: string): string => (url.split("?")[0] ?? "").replace(/^\/pay\/[^/]+/, "/pay/…").slice(0, 200)

const problem = (status: number, code: string, title: string, detail: string) =>
  ProblemDetails.toResponse({
    type: `urn:payment-orchestrator:problem:${code}`,
    status,
    title,
    detail,
    code,
    retryable: status >= 500,
  })

const notFound = (request: HttpServerRequest.HttpServerRequest) =>
  problem(404, "not_found", "There is nothing here", `${request.method} ${loggedPath(request.url)} does not exist`)

const unforeseen = problem(
  500,
  "internal_error",
  "Something unforeseen happened",
  "The fault is ours and is in the log under this request's x-request-id. Repeat the request with the same Idempotency-Key.",
)

/** A defect that knows how to answer (a body cut short, an unknown route) does; the rest is ours and is logged. */
const fromDefect = (defect: unknown) => {
  if (defect instanceof StorageError) {
    return Effect.andThen(Effect.logError(defect.message), HttpServerRespondable.toResponse(Problems.storage(defect)))
  }
  return HttpServerRespondable.isRespondable(defect)
    ? HttpServerRespondable.toResponse(defect)
    : Effect.as(Effect.logError("a request failed in an unforeseen way", Cause.die(defect)), unforeseen)
}

const protective = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
}

const enveloped = <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const sent = request.headers["x-request-id"]
    const requestId = sent !== undefined && callersId.test(sent) ? sent : `req_${yield* Id.makeLinkToken}`
    const address = yield* Address.current
    const began = yield* Clock.monotonicTimeNanos
    return yield* Effect.matchEffect(RequestBody.guard(request), {
      onFailure: HttpServerRespondable.toResponse,
      onSuccess: () => app,
    }).pipe(
      Effect.provideService(AuditLog.CurrentOrigin, { requestId: Option.some(requestId), address }),
      Effect.catchDefect(fromDefect),
      Effect.map((response) =>
        HttpServerResponse.setHeaders(response, { ...protective, ...response.headers, "x-request-id": requestId }),
      ),
      Effect.tap((response) =>
        Effect.flatMap(Clock.monotonicTimeNanos, (ended) =>
          Effect.logInfo(`${request.method} ${loggedPath(request.url)} ${response.status}`).pipe(
            Effect.annotateLogs({ status: response.status, duration_ms: Math.round(Number(ended - began) / 1e6) }),
          ),
        ),
      ),
      Effect.annotateLogs({ request_id: requestId }),
    )
  })

/** Around every route. */
const envelope = HttpRouter.middleware(
  Effect.map(ServerConfig, ({ trustedProxies }) =>
    trustedProxies.length === 0
      ? enveloped
      : <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
          HttpMiddleware.xForwardedHeaders({ trustedProxies })(enveloped(app)),
  ),
  { global: true },
)

/** What no other route serves. */
const nothingHere = HttpRouter.add("*", "/*", Effect.map(HttpServerRequest.HttpServerRequest, notFound))

export const layer = Layer.mergeAll(envelope, nothingHere)
