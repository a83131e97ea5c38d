/**
 * What every request and every answer has: an id, a bounded body, headers that protect, one line in the log, and an
 * answer even when something unforeseen happens.
 */
import type { Problem } from "@payment-orchestrator/api"
import { Series } from "@payment-orchestrator/core"
import { Id } from "@payment-orchestrator/domain"
import { AuditLog, Rejections, StorageError, Traces } from "@payment-orchestrator/payments"
import { Cause, Clock, Effect, Layer, Metric, Option } from "effect"
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
import * as Refusals from "./Refusals.ts"
import * as RequestBody from "./RequestBody.ts"
import { ServerConfig } from "./ServerConfig.ts"

/** What a caller may send as its own request id. */
const callersId = /^[A-Za-z0-9._-]{8,128}$/

/** A URL or path without the random part of a buyer's link. */
export const withoutToken = (url: string): string => url.replace(/\/pay\/[^/?]+/, "/pay/…")

/** The path without its query. */
const loggedPath = (url: string): string => withoutToken(url.split("?")[0] ?? "").slice(0, 200)

const requests = Metric.histogram("http_request_duration_seconds", {
  description: "How long requests took, by method, route and class of status",
  boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
})

const requestsOf = Series.series(requests)

/** Routes and methods are those of the contract, so that there are not more than we know. */
const measure = (method: string, route: string, status: number, millis: number) => {
  const labels = { method: methods.has(method) ? method : "other", route, status: `${Math.floor(status / 100)}xx` }
  return Metric.update(requestsOf(labels), millis / 1000)
}

/** The route of the request that was just served by this fiber; `none` when nothing serves it. */
const routeOf = Effect.map(
  Effect.serviceOption(HttpRouter.RouteContext),
  Option.match({ onNone: () => "none", onSome: ({ route }) => (route.path === "/*" ? "none" : route.path) }),
)

const methods = new Set(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"])

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

/** The reference brings its script along; what it would like to load or ask elsewhere is refused by the browser. */
const referencePolicy = [
  "default-src 'none'",
  "script-src 'unsafe-inline'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ")

const headersOf = (url: string) =>
  loggedPath(url) === "/docs" ? { ...protective, "content-security-policy": referencePolicy } : protective

/** So that a line of the log leads to its trace. */
const traceOf = Effect.map(
  Traces.collected,
  Option.match({ onNone: () => ({}), onSome: ({ traceId }) => ({ trace_id: traceId }) }),
)

/** A provider's delivery whose body is not taken. */
const noteRefused = Effect.fnUntraced(function* ({ _tag, detail }: Problem.TooLarge | Problem.InvalidRequest) {
  const provider = Refusals.providerOf(yield* HttpServerRequest.HttpServerRequest)
  if (Option.isNone(provider)) return
  yield* Refusals.note({ provider: provider.value, reason: _tag === "TooLarge" ? "too_large" : "unreadable", detail })
})

const enveloped = <E, R>(
  app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>,
  rejections: Rejections.Service,
) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const sent = request.headers["x-request-id"]
    const requestId = sent !== undefined && callersId.test(sent) ? sent : `req_${yield* Id.makeLinkToken}`
    const address = yield* Address.current
    const began = yield* Clock.monotonicTimeNanos
    let route = "none"
    const keepRoute = Effect.map(routeOf, (found) => void (route = found))
    return yield* Effect.matchEffect(RequestBody.guard(request), {
      onFailure: (problem) =>
        Effect.andThen(
          Effect.provideService(noteRefused(problem), Rejections.Rejections, rejections),
          HttpServerRespondable.toResponse(problem),
        ),
      onSuccess: () => Effect.tap(app, keepRoute),
    }).pipe(
      Effect.provideService(AuditLog.CurrentOrigin, { requestId: Option.some(requestId), address }),
      Effect.catchDefect(fromDefect),
      Effect.map((response) =>
        HttpServerResponse.setHeaders(response, {
          ...headersOf(request.url),
          ...response.headers,
          "x-request-id": requestId,
        }),
      ),
      Effect.tap(({ status }) =>
        Effect.flatMap(Clock.monotonicTimeNanos, (ended) => {
          const millis = Number(ended - began) / 1e6
          const line = Effect.logInfo(`${request.method} ${loggedPath(request.url)} ${status}`)
          return Effect.andThen(
            measure(request.method, route, status, millis),
            Effect.annotateLogs(line, { status, duration_ms: Math.round(millis) }),
          )
        }),
      ),
      Effect.annotateLogs({ request_id: requestId, ...(yield* traceOf) }),
    )
  })

/** Around every route. */
const envelope = HttpRouter.middleware(
  Effect.gen(function* () {
    const { trustedProxies } = yield* ServerConfig
    const rejections = yield* Rejections.Rejections
    return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => {
      const whole = enveloped(app, rejections)
      return trustedProxies.length === 0 ? whole : HttpMiddleware.xForwardedHeaders({ trustedProxies })(whole)
    }
  }),
  { global: true },
)

/** What no other route serves. */
const nothingHere = HttpRouter.add("*", "/*", Effect.map(HttpServerRequest.HttpServerRequest, notFound))

export const layer = Layer.mergeAll(envelope, nothingHere)
