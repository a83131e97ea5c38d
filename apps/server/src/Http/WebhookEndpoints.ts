import { Api, Problem } from "@payment-orchestrator/api"
import { EndpointUrl, Tracing } from "@payment-orchestrator/domain"
import { AuditLog, DeliveryStore, EndpointStore } from "@payment-orchestrator/payments"
import { Effect, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import { Livemode } from "../Livemode.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"

const conflict = ({ message }: { readonly message: string }) =>
  Effect.fail(new Problem.Conflict({ code: "conflict", retryable: false, detail: message }))

const storage = {
  StorageError: (error: Parameters<typeof Problems.storage>[0]) => Effect.fail(Problems.storage(error)),
}

const withSecret = ({ endpoint, secret }: EndpointStore.WithSecret) => ({
  ...endpoint,
  secret: Redacted.value(secret),
})

export const layer = HttpApiBuilder.group(
  Api,
  "webhookEndpoints",
  Effect.fn(function* (handlers) {
    const endpoints = yield* EndpointStore.EndpointStore
    const deliveries = yield* DeliveryStore.DeliveryStore
    const livemode = yield* Livemode
    const policy = { allowPrivate: (yield* ServerConfig).allowPrivateEndpoints }

    const checked = (url: string | undefined) => {
      const message = url === undefined ? undefined : EndpointUrl.faultOf(url, policy)
      return message === undefined ? Effect.void : Effect.fail(Problems.invalid([{ path: "url", message }]))
    }

    const known = <A>(which: EndpointStore.Which) =>
      Effect.flatMap((found: Option.Option<A>): Effect.Effect<A, Problem.NotFound> =>
        Option.match(found, {
          onNone: () => Effect.fail(Problems.notFound(`webhook endpoint ${which.id}`)),
          onSome: (value) => Effect.succeed(value),
        }),
      )

    const which = (id: EndpointStore.Which["id"], need: Access.Need) =>
      Effect.map(Access.require(need), ({ tenantId }): EndpointStore.Which => ({ id, tenantId }))

    const find = (one: EndpointStore.Which) => endpoints.find(one).pipe(Effect.catchTags(storage), known(one))

    const enabled = Effect.fnUntraced(function* (one: EndpointStore.Which) {
      const found = yield* find(one)
      if (found.status === "disabled") {
        return yield* conflict({ message: `${one.id} is disabled (${found.disabledReason}): enable it first` })
      }
    })

    return handlers.handleAll({
      create: Effect.fnUntraced(function* ({ payload }) {
        const tenantId = yield* Access.tenantOf(yield* Access.require("open"), payload.tenant_id)
        yield* checked(payload.url)
        const { description = null, events = ["*"], url } = payload
        const created = yield* endpoints
          .create({ tenantId, livemode, url, events, description })
          .pipe(Effect.catchTags({ ...storage, NoEncryptionKey: conflict, TooManyEndpoints: conflict }))
        return withSecret(created)
      }, Tracing.span("Http.createEndpoint")),
      list: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* endpoints.list({ tenantId, ...Listing.asked(query) }).pipe(Effect.catchTags(storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listEndpoints")),
      get: Effect.fnUntraced(function* ({ params }) {
        return yield* find(yield* which(params.id, "own"))
      }, Tracing.span("Http.getEndpoint")),
      change: Effect.fnUntraced(function* ({ params, payload }) {
        const one = yield* which(params.id, "open")
        yield* checked(payload.url)
        return yield* endpoints.change(one, payload).pipe(Effect.catchTags(storage), known(one))
      }, Tracing.span("Http.changeEndpoint")),
      remove: Effect.fnUntraced(function* ({ params }) {
        const one = yield* which(params.id, "open")
        const removed = yield* endpoints.remove(one).pipe(Effect.catchTags(storage))
        if (!removed) return yield* Problems.notFound(`webhook endpoint ${params.id}`)
      }, Tracing.span("Http.removeEndpoint")),
      rotate: Effect.fnUntraced(function* ({ params }) {
        const one = yield* which(params.id, "open")
        const rotated = yield* endpoints
          .rotate(one)
          .pipe(Effect.catchTags({ ...storage, NoEncryptionKey: conflict }), known(one))
        return withSecret(rotated)
      }, Tracing.span("Http.rotateEndpoint")),
      test: Effect.fnUntraced(function* ({ params }) {
        const one = yield* which(params.id, "open")
        yield* enabled(one)
        return yield* deliveries.test(params.id).pipe(Effect.catchTags(storage), known(one))
      }, Tracing.span("Http.testEndpoint")),
      redeliver: Effect.fnUntraced(function* ({ params, payload }) {
        const one = yield* which(params.id, "act")
        yield* enabled(one)
        const count = yield* deliveries
          .redeliverFailed(params.id, payload.since)
          .pipe(
            Effect.provideService(AuditLog.CurrentReason, Option.fromUndefinedOr(payload.reason)),
            Effect.catchTags(storage),
          )
        return { deliveries: count }
      }, Tracing.span("Http.redeliverEndpoint")),
      deliveries: Effect.fnUntraced(function* ({ query }) {
        const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
        const rows = yield* deliveries
          .list({
            tenantId,
            endpointId: query.endpoint_id,
            eventId: query.event_id,
            status: query.status,
            ...Listing.asked(query),
          })
          .pipe(Effect.catchTags(storage))
        return Listing.answer(rows, query)
      }, Tracing.span("Http.listDeliveries")),
    })
  }),
)
