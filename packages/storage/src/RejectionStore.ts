/** `RejectionStore` on SQL. */
import { Id, ProviderName, RejectedWebhook, Timestamp } from "@payment-orchestrator/domain"
import { RejectionStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"

/** Of each provider so many rows are kept, the newest. */
const most = 1_000

const Names = Schema.fromJsonString(Schema.Array(Schema.String))
const encodeNames = Schema.encodeEffect(Names)

const Row = Schema.Struct({
  id: Id.RejectionId,
  provider: Schema.Union([Schema.Literal(""), ProviderName.ProviderName]),
  reason: RejectedWebhook.RejectionReason,
  detail: Schema.NullOr(Schema.String),
  address: Schema.NullOr(Schema.String),
  count: Schema.Int,
  headers: Names,
  delivery_id: Schema.NullOr(Schema.String),
  body_bytes: Schema.NullOr(Schema.Int),
  body_sha256: Schema.NullOr(Schema.String),
  first_at: Timestamp.Millis,
  last_at: Timestamp.Millis,
})
const decode = Schema.decodeUnknownEffect(Schema.Array(Row))

const rejectionOf = (row: typeof Row.Type): RejectedWebhook.RejectedWebhook => ({
  id: row.id,
  provider: row.provider === "" ? null : row.provider,
  reason: row.reason,
  detail: row.detail,
  address: row.address,
  count: row.count,
  headers: row.headers,
  deliveryId: row.delivery_id,
  bodyBytes: row.body_bytes,
  bodySha256: row.body_sha256,
  firstAt: row.first_at,
  lastAt: row.last_at,
})

const make = Effect.map(SqlClient.SqlClient, (sql) => {
  const put = Effect.fnUntraced(function* (one: RejectedWebhook.RejectedWebhook) {
    yield* sql`
      insert into webhook_rejections ${sql.insert({
        id: one.id,
        provider: one.provider ?? "",
        reason: one.reason,
        detail: one.detail,
        address: one.address,
        count: one.count,
        headers: yield* encodeNames(one.headers),
        delivery_id: one.deliveryId,
        body_bytes: one.bodyBytes,
        body_sha256: one.bodySha256,
        first_at: one.firstAt,
        last_at: one.lastAt,
      })}
      on conflict (id) do update set
        count = webhook_rejections.count + excluded.count,
        detail = excluded.detail,
        address = excluded.address,
        headers = excluded.headers,
        delivery_id = excluded.delivery_id,
        body_bytes = excluded.body_bytes,
        body_sha256 = excluded.body_sha256,
        last_at = excluded.last_at`
  })

  const prune = (provider: string) =>
    sql`
      delete from webhook_rejections where provider = ${provider} and (first_at, id) < (
        select first_at, id from webhook_rejections where provider = ${provider}
        order by first_at desc, id desc limit 1 offset ${most - 1})`

  return RejectionStore.RejectionStore.of({
    add: (rejections) =>
      Effect.gen(function* () {
        yield* Effect.forEach(rejections, put, { discard: true })
        const providers = new Set(rejections.map(({ provider }) => provider ?? ""))
        yield* Effect.forEach(providers, prune, { discard: true })
      }).pipe(Failure.transaction(sql, "count refused webhooks")),
    list: ({ provider, ...page }) =>
      sql`
        select * from webhook_rejections ${Keyset.page(sql, { name: "webhook_rejections", time: "first_at" }, page, {
          provider,
        })}`.pipe(
        Effect.flatMap(decode),
        Effect.map((rows) => rows.map(rejectionOf)),
        Failure.storing("list refused webhooks"),
      ),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<RejectionStore.RejectionStore, never, SqlClient.SqlClient> = Layer.effect(
  RejectionStore.RejectionStore,
  make,
)
