/** `DeliveryStore` on SQL. */
import { Delivery, Event, Id, Timestamp, WebhookEndpoint, Tracing } from "@payment-orchestrator/domain"
import { type AuditLog, DeliveryStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Bell from "./internal/Bell.ts"
import * as Recording from "./internal/DeliveryRecording.ts"
import * as Rows from "./internal/DeliveryRows.ts"
import * as Sending from "./internal/DeliverySending.ts"
import * as EndpointRows from "./internal/EndpointRows.ts"
import * as EventRows from "./internal/EventRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Secrets from "./internal/Secrets.ts"

const encodeEndpoint = Schema.encodeEffect(Schema.fromJsonString(WebhookEndpoint.EndpointJson))
const ids = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ id: Id.EndpointId })))
const read = (rows: ReadonlyArray<unknown>) => Effect.map(ids(rows), (all) => all.map(({ id }) => id))

/** Rows that did not succeed are few, and have indexes of their own. */
const statusIs = (sql: SqlClient.SqlClient, status: Delivery.DeliveryStatus | undefined) => {
  if (status === undefined) return []
  return status === "succeeded" ? [sql`status = 'succeeded'`] : [sql`status = ${status}`, sql`status <> 'succeeded'`]
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets.make

  /** The enabled endpoints that want an event of this type, or the one that is named. */
  const wanting = (type: Event.EventType, tenantId: string, to: string | undefined) =>
    Effect.flatMap(
      to === undefined
        ? sql`
            select distinct e.id from endpoint_patterns p join endpoints e on e.id = p.endpoint_id
            where p.tenant_id = ${tenantId} and ${sql.in("pattern", WebhookEndpoint.patternsOf(type))}
              and e.status = 'enabled'`
        : sql`select id from endpoints where id = ${to} and tenant_id = ${tenantId} and status = 'enabled'`,
      read,
    )

  const redeliver: DeliveryStore.Service["redeliver"] = (eventId, tenantId, to) =>
    Effect.gen(function* () {
      const [event] = yield* Effect.flatMap(sql`select * from events where id = ${eventId}`, EventRows.read)
      if (event === undefined || (tenantId !== undefined && event.tenantId !== tenantId)) return Option.none()
      const own = event.type === "endpoint.test" ? event.objectId : to
      const endpoints = yield* wanting(event.type, event.tenantId, own)
      if (to !== undefined && !endpoints.some((id) => id === to)) return Option.none()
      const now = yield* Timestamp.now
      yield* Rows.insert(sql, event.id, endpoints, now)
      if (endpoints.length > 0) {
        yield* sql`
          update deliveries set ${Rows.again(sql, now)}
          where event_id = ${eventId} and ${sql.in("endpoint_id", endpoints)}`
      }
      yield* AuditRows.insert(sql, {
        action: "event.redeliver",
        target: eventId,
        tenantId: Option.some(event.tenantId),
        reason: Option.none(),
      })
      yield* Bell.ring(sql, endpoints)
      return Option.some(endpoints.length)
    }).pipe(Failure.transaction(sql, "send an event again"))

  const audited = (action: AuditLog.Action, { id, tenantId }: WebhookEndpoint.Endpoint) =>
    AuditRows.insert(sql, { action, target: id, tenantId: Option.some(tenantId), reason: Option.none() })

  /** Its rows change in several transactions, so that this is written down before the first. */
  const auditRedelivery = (endpointId: Id.EndpointId) =>
    Effect.gen(function* () {
      const found = yield* EndpointRows.hold(sql, { id: endpointId, tenantId: undefined })
      if (Option.isSome(found)) yield* audited("endpoint.redeliver", EndpointRows.endpointOf(found.value))
    }).pipe(Failure.transaction(sql, "audit a redelivery"))

  const test: DeliveryStore.Service["test"] = (endpointId) =>
    Effect.gen(function* () {
      const found = yield* EndpointRows.hold(sql, { id: endpointId, tenantId: undefined })
      if (!Option.exists(found, ({ status }) => status === "enabled")) return Option.none()
      const endpoint = EndpointRows.endpointOf(Option.getOrThrow(found))
      const eventId = yield* EventRows.told(sql, {
        type: "endpoint.test",
        scope: endpointId,
        key: yield* Id.makeLinkToken,
        objectId: endpointId,
        tenantId: endpoint.tenantId,
        provider: null,
        livemode: endpoint.livemode,
        data: yield* encodeEndpoint(endpoint),
        only: endpointId,
      })
      yield* audited("endpoint.test", endpoint)
      const made = yield* sql`select * from deliveries where event_id = ${Option.getOrThrow(eventId)}`
      return Array.head(yield* Rows.read(made))
    }).pipe(Failure.transaction(sql, "test an endpoint"))

  return DeliveryStore.DeliveryStore.of({
    hear: Bell.endpoints(sql),
    ready: Effect.flatMap(Timestamp.now, (now) => Effect.flatMap(Sending.ready(sql, now), read)).pipe(
      Failure.storing("look for deliveries that are due"),
    ),
    enter: (lane, leaseMillis) =>
      Effect.flatMap(Timestamp.now, (now) => Sending.enter(sql, lane, now, now + leaseMillis)).pipe(
        Failure.storing("take a lane"),
      ),
    load: Effect.fnUntraced(function* (lane, limit) {
      const now = yield* Timestamp.now
      const loaded = yield* Failure.storing("read what is due")(Sending.load(sql, lane, now, limit))
      if (Option.isNone(loaded)) return Option.none()
      const { due, endpoint } = loaded.value
      const sealed = [
        endpoint.secret,
        ...(endpoint.old_secret !== null && now < endpoint.old_secret_until ? [endpoint.old_secret] : []),
      ]
      return Option.some({
        url: endpoint.url,
        secrets: due.length === 0 ? [] : yield* Effect.forEach(sealed, (text) => secrets.open(lane.endpointId, text)),
        failingSince: Option.fromNullOr(endpoint.failing_since),
        releasing: endpoint.releasing === 1,
        due,
      })
    }, Tracing.span("DeliveryStore.load")),
    leave: (lane) => Effect.asVoid(Failure.storing("leave a lane")(Sending.leave(sql, lane))),
    record: (tries) =>
      Tracing.span("DeliveryStore.record")(Failure.transaction(sql, "record deliveries")(Recording.write(sql, tries))),
    release: (endpointId) => Failure.transaction(sql, "release deliveries")(Sending.release(sql, endpointId)),
    settle: Failure.transaction(sql, "park deliveries")(Sending.settle(sql)),
    list: ({ endpointId, eventId, status, tenantId, ...page }) =>
      sql`
        select * from deliveries ${Keyset.page(
          sql,
          { name: "deliveries", time: "created_at" },
          page,
          { tenant_id: tenantId, endpoint_id: endpointId, event_id: eventId },
          statusIs(sql, status),
        )}`.pipe(Effect.flatMap(Rows.read), Failure.storing("list deliveries")),
    redeliver: (eventId, tenantId, to) => Tracing.span("DeliveryStore.redeliver")(redeliver(eventId, tenantId, to)),
    redeliverFailed: Effect.fnUntraced(function* (endpointId, since) {
      const now = yield* Timestamp.now
      yield* auditRedelivery(endpointId)
      let all = 0
      for (;;) {
        const n = yield* Failure.transaction(sql, "send what failed again")(Sending.again(sql, endpointId, since, now))
        all += n
        if (n < Sending.batch) return all
      }
    }, Tracing.span("DeliveryStore.redeliverFailed")),
    test: (which) => Tracing.span("DeliveryStore.test")(test(which)),
  })
})

/** Over a database that was migrated. Secrets are opened with `Encryption` as it is when this is built. */
export const layer: Layer.Layer<DeliveryStore.DeliveryStore, never, SqlClient.SqlClient> = Layer.effect(
  DeliveryStore.DeliveryStore,
  make,
)
