/** `EndpointStore` on SQL. A deleted endpoint leaves a row without secrets, so that its deliveries can be told. */
import { Id, Timestamp, WebhookEndpoint, Tracing } from "@payment-orchestrator/domain"
import { type AuditLog, EndpointStore, StandardWebhooks } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Sending from "./internal/DeliverySending.ts"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Rows from "./internal/EndpointRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Secrets from "./internal/Secrets.ts"

/** Each event of a tenant is a row per endpoint, written by whoever changes the money. */
const most = 50

/** After a rotation the old secret signs for so long. */
const oldSecretMillis = 86_400_000

const encodePatterns = Schema.encodeSync(Schema.fromJsonString(Schema.Array(WebhookEndpoint.EventPattern)))

/** Switching it on or off is named apart from other changes. */
const actionOf = (row: Rows.EndpointRow, { status }: EndpointStore.Change): AuditLog.Action => {
  if (status === undefined || status === row.status) return "endpoint.change"
  return status === "enabled" ? "endpoint.enable" : "endpoint.disable"
}

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets.make

  /** In the transaction of what is done. */
  const audit = (action: AuditLog.Action, { id, tenant_id }: Pick<Rows.EndpointRow, "id" | "tenant_id">) =>
    AuditRows.insert(sql, { action, target: id, tenantId: Option.some(tenant_id), reason: Option.none() })

  const sealed = Effect.fnUntraced(function* (id: Id.EndpointId) {
    const secret = yield* StandardWebhooks.makeSecret
    return { secret, sealed: yield* secrets.seal(id, secret) }
  })

  const insert = (row: Rows.EndpointRow) =>
    Effect.gen(function* () {
      const [found] = yield* sql<{ readonly n: number }>`
        select count(*) as n from endpoints where tenant_id = ${row.tenant_id} and status <> 'deleted'`
      if ((found?.n ?? 0) >= most) return false
      yield* sql`insert into endpoints ${sql.insert({ ...row, events: encodePatterns(row.events), lane_until: 0 })}`
      yield* Rows.setPatterns(sql, row.id, row.tenant_id, row.events)
      yield* audit("endpoint.create", row)
      return true
    }).pipe(Failure.transaction(sql, "create an endpoint"))

  const create: EndpointStore.Service["create"] = Effect.fnUntraced(function* (wanted) {
    const id = yield* Id.makeEndpointId
    const { sealed: text, secret } = yield* sealed(id)
    const row: Rows.EndpointRow = {
      ...Rows.fresh,
      releasing: 0,
      disabled_reason: null,
      id,
      tenant_id: wanted.tenantId,
      url: wanted.url,
      events: wanted.events,
      description: wanted.description,
      status: "enabled",
      secret: text,
      old_secret: null,
      old_secret_until: 0,
      livemode: wanted.livemode ? 1 : 0,
      created_at: yield* Timestamp.now,
    }
    if (!(yield* insert(row))) return yield* new EndpointStore.TooManyEndpoints({ most })
    return { endpoint: Rows.endpointOf(row), secret }
  }, Tracing.span("EndpointStore.create"))

  /** Another URL, and one that is enabled: what waits is sent at once. */
  const startsAnew = (row: Rows.EndpointRow, wanted: EndpointStore.Change): boolean =>
    wanted.status === "enabled" || (wanted.url !== undefined && wanted.url !== row.url)

  const changed = (row: Rows.EndpointRow, wanted: EndpointStore.Change): Rows.EndpointRow => {
    const status = wanted.status ?? row.status
    const next = {
      ...row,
      url: wanted.url ?? row.url,
      events: wanted.events ?? row.events,
      description: wanted.description === undefined ? row.description : wanted.description,
      status,
      disabled_reason: status === "enabled" ? null : (row.disabled_reason ?? "requested"),
    }
    return startsAnew(row, wanted) ? { ...next, ...Rows.fresh, releasing: 1 } : next
  }

  const change: EndpointStore.Service["change"] = (which, wanted) =>
    Effect.gen(function* () {
      const found = yield* Rows.hold(sql, which)
      if (Option.isNone(found)) return Option.none()
      const next = changed(found.value, wanted)
      const { created_at: _, id, tenant_id, ...columns } = next
      yield* sql`update endpoints set ${sql.update({ ...columns, events: encodePatterns(next.events) })} where id = ${id}`
      if (wanted.events !== undefined) yield* Rows.setPatterns(sql, id, tenant_id, next.events)
      yield* audit(actionOf(found.value, wanted), next)
      if (startsAnew(found.value, wanted)) yield* Sending.releaseAnew(sql, id, yield* Timestamp.now)
      return Option.some(Rows.endpointOf(next))
    }).pipe(Failure.transaction(sql, "change an endpoint"))

  const remove: EndpointStore.Service["remove"] = (which) =>
    Effect.gen(function* () {
      const found = yield* Rows.hold(sql, which)
      if (Option.isNone(found)) return false
      const { id, tenant_id } = found.value
      yield* sql`update endpoints set status = 'deleted', secret = '', old_secret = ${null} where id = ${id}`
      yield* Rows.setPatterns(sql, id, tenant_id, [])
      yield* audit("endpoint.remove", found.value)
      return true
    }).pipe(Failure.transaction(sql, "delete an endpoint"))

  const replaceSecret = (which: EndpointStore.Which, text: string) =>
    Effect.gen(function* () {
      const found = yield* Rows.hold(sql, which)
      if (Option.isNone(found)) return Option.none()
      const until = (yield* Timestamp.now) + oldSecretMillis
      yield* sql`
        update endpoints set secret = ${text}, old_secret = ${found.value.secret}, old_secret_until = ${until}
        where id = ${which.id}`
      yield* audit("endpoint.rotate", found.value)
      return Option.some(Rows.endpointOf(found.value))
    }).pipe(Failure.transaction(sql, "rotate a secret"))

  return EndpointStore.EndpointStore.of({
    create,
    change: (which, wish) => Tracing.span("EndpointStore.change")(change(which, wish)),
    remove: (which) => Tracing.span("EndpointStore.remove")(remove(which)),
    rotate: Effect.fnUntraced(function* (which) {
      const { sealed: text, secret } = yield* sealed(which.id)
      return Option.map(yield* replaceSecret(which, text), (endpoint) => ({ endpoint, secret }))
    }, Tracing.span("EndpointStore.rotate")),
    find: ({ id, tenantId }) =>
      sql`select * from endpoints where id = ${id} and status <> 'deleted'`.pipe(
        Effect.flatMap(Rows.decode),
        Effect.map(Array.head),
        Effect.map(Option.map(Rows.endpointOf)),
        Effect.map(Option.filter((endpoint) => tenantId === undefined || endpoint.tenantId === tenantId)),
        Failure.storing("read an endpoint"),
      ),
    list: ({ tenantId, ...page }) =>
      sql`
        select * from endpoints ${Keyset.page(
          sql,
          { name: "endpoints", time: "created_at" },
          page,
          { tenant_id: tenantId },
          [sql`status <> 'deleted'`],
        )}`.pipe(
        Effect.flatMap(Rows.decode),
        Effect.map((rows) => rows.map(Rows.endpointOf)),
        Failure.storing("list endpoints"),
      ),
  })
})

/** Over a database that was migrated. Secrets are sealed with `Encryption` as it is when this is built. */
export const layer: Layer.Layer<EndpointStore.EndpointStore, never, SqlClient.SqlClient> = Layer.effect(
  EndpointStore.EndpointStore,
  make,
)
