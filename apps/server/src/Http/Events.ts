import { Api, Problem } from "@payment-orchestrator/api"
import { Tracing } from "@payment-orchestrator/domain"
import { AuditLog, DeliveryStore, EventLog, SignIns } from "@payment-orchestrator/payments"
import { Effect, Option, Stream } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import { LiveFeed } from "../LiveFeed.ts"
import * as Listing from "../Listing.ts"
import * as Problems from "../Problems.ts"
import * as SignedIn from "../SignedIn.ts"

/** Events are answered as they were told, without being read again. */
const json = (text: string) => HttpServerResponse.text(text, { contentType: "application/json" })

export const layer = HttpApiBuilder.group(
  Api,
  "events",
  Effect.fn(function* (handlers) {
    const log = yield* EventLog.EventLog
    const deliveries = yield* DeliveryStore.DeliveryStore
    const feed = yield* LiveFeed
    const signIns = yield* SignIns.SignIns
    return handlers
      .handleAll({
        list: Effect.fnUntraced(function* ({ query }) {
          const tenantId = yield* Access.scopeOf(yield* Access.require("own"), query.tenant_id)
          const rows = yield* log
            .list({
              tenantId,
              type: query.type,
              objectId: query.object_id,
              ...Listing.asked(query),
            })
            .pipe(Effect.mapError(Problems.storage))
          const { data, next_cursor } = Listing.answer(rows, query)
          return json(`{"data":[${data.map(EventLog.textOf).join(",")}],"next_cursor":${JSON.stringify(next_cursor)}}`)
        }, Tracing.span("Http.listEvents")),
        get: Effect.fnUntraced(function* ({ params }) {
          const { tenantId } = yield* Access.require("own")
          const found = yield* log.find(params.id).pipe(Effect.mapError(Problems.storage))
          const mine = Option.filter(found, (event) => tenantId === undefined || event.tenantId === tenantId)
          return yield* Option.match(mine, {
            onNone: () => Effect.fail(Problems.notFound(`event ${params.id}`)),
            onSome: (event) => Effect.succeed(json(EventLog.textOf(event))),
          })
        }, Tracing.span("Http.getEvent")),
        redeliver: Effect.fnUntraced(function* ({ params, payload, query }) {
          const { tenantId } = yield* Access.require("act")
          const sent = yield* deliveries
            .redeliver(params.id, tenantId, query.endpoint_id)
            .pipe(
              Effect.provideService(AuditLog.CurrentReason, Option.fromUndefinedOr(payload?.reason)),
              Effect.mapError(Problems.storage),
            )
          const what =
            query.endpoint_id === undefined ? "" : `, or no enabled endpoint ${query.endpoint_id} of its tenant`
          return yield* Option.match(sent, {
            onNone: () => Effect.fail(Problems.notFound(`event ${params.id}${what}`)),
            onSome: (count) => Effect.succeed({ deliveries: count }),
          })
        }, Tracing.span("Http.redeliverEvent")),
      })
      .handleRaw(
        "live",
        Effect.fnUntraced(function* ({ headers }) {
          const { tenantId } = yield* Access.require("read")
          const stream = yield* feed.follow({ tenantId, after: Option.fromUndefinedOr(headers["last-event-id"]) }).pipe(
            Effect.catchTags({
              StorageError: (error) => Effect.fail(Problems.storage(error)),
              UnknownEvent: () =>
                Effect.fail(Problems.invalid([{ path: "last-event-id", message: "is not the id of an event" }])),
              TooManyReaders: ({ message }) => Effect.fail(new Problem.TryAgain({ detail: message })),
            }),
          )
          // A stream does not outlive the sign-in that it was asked for with.
          const over = SignedIn.over.pipe(
            Effect.provideService(SignIns.SignIns, signIns),
            Effect.provideService(SignedIn.CurrentSignIn, yield* SignedIn.CurrentSignIn),
          )
          return HttpServerResponse.stream(Stream.interruptWhen(stream, over), {
            contentType: "text/event-stream",
            headers: { "x-accel-buffering": "no" },
          })
        }, Tracing.span("Http.live")),
      )
  }),
)
