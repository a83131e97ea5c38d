/** `KeyStore` on SQL. Making and revoking a key write their audit row in the same transaction. */
import { Id, Role, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { type AuditLog, KeyStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as AuditRows from "./internal/AuditRows.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"

const KeyRow = Schema.Struct({
  id: Id.KeyId,
  role: Role.Role,
  tenant_id: Schema.NullOr(Schema.String),
  name: Schema.NullOr(Schema.String),
  created_at: Timestamp.Millis,
  last_used_at: Schema.NullOr(Timestamp.Millis),
  revoked_at: Schema.NullOr(Timestamp.Millis),
})

const decode = Schema.decodeUnknownEffect(Schema.Array(KeyRow))
const decodeDigests = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({ digest: Schema.String })))

const keyOf = (row: typeof KeyRow.Type): KeyStore.Key => ({
  id: row.id,
  role: row.role,
  tenantId: Option.fromNullOr(row.tenant_id),
  name: Option.fromNullOr(row.name),
  createdAt: row.created_at,
  lastUsedAt: Option.fromNullOr(row.last_used_at),
  revokedAt: Option.fromNullOr(row.revoked_at),
})

const read = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), (all) => all.map(keyOf))
const first = (rows: ReadonlyArray<unknown>) => Effect.map(read(rows), ([key]) => Option.fromUndefinedOr(key))

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  // Everything but the digest.
  const columns = sql.literal("id, role, tenant_id, name, created_at, last_used_at, revoked_at")

  const byId = (id: Id.KeyId) => Effect.flatMap(sql`select ${columns} from api_keys where id = ${id}`, first)

  const audit = (action: AuditLog.Action, { id, tenantId }: KeyStore.Key) =>
    AuditRows.insert(sql, { action, target: id, tenantId, reason: Option.none() })

  return KeyStore.KeyStore.of({
    add: (key, digest) =>
      Tracing.span("KeyStore.add")(
        Effect.gen(function* () {
          yield* sql`
          insert into api_keys ${sql.insert({
            id: key.id,
            tenant_id: Option.getOrNull(key.tenantId),
            role: key.role,
            name: Option.getOrNull(key.name),
            digest,
            created_at: key.createdAt,
          })}`
          yield* audit("key.create", key)
        }).pipe(Failure.transaction(sql, "keep a key")),
      ),
    findByDigest: (digest) =>
      Tracing.span("KeyStore.findByDigest")(
        sql`select ${columns} from api_keys where digest = ${digest}`.pipe(
          Effect.flatMap(first),
          Failure.storing("look up a key"),
        ),
      ),
    digests: (limit) =>
      Tracing.span("KeyStore.digests")(
        sql`
        select digest from api_keys where revoked_at is null order by created_at desc, id desc limit ${limit}`.pipe(
          Effect.flatMap(decodeDigests),
          Effect.map((rows) => rows.map(({ digest }) => digest)),
          Failure.storing("read the digests of keys"),
        ),
      ),
    find: (id) => Tracing.span("KeyStore.find")(Failure.storing("read a key")(byId(id))),
    list: ({ tenantId, ...page }) =>
      Tracing.span("KeyStore.list")(
        sql`
        select ${columns} from api_keys ${Keyset.page(sql, { name: "api_keys", time: "created_at" }, page, {
          tenant_id: tenantId,
        })}`.pipe(Effect.flatMap(read), Failure.storing("list keys")),
      ),
    revoke: (id) =>
      Tracing.span("KeyStore.revoke")(
        Effect.gen(function* () {
          const now = yield* Timestamp.now
          const revoked = yield* sql`
          update api_keys set revoked_at = ${now} where id = ${id} and revoked_at is null
          returning ${columns}`.pipe(Effect.flatMap(first))
          if (Option.isNone(revoked)) return yield* byId(id)
          yield* audit("key.revoke", revoked.value)
          return revoked
        }).pipe(Failure.transaction(sql, "revoke a key")),
      ),
    used: (id, since) =>
      Tracing.span("KeyStore.used")(
        Effect.gen(function* () {
          const now = yield* Timestamp.now
          yield* sql`
          update api_keys set last_used_at = ${now}
          where id = ${id} and (last_used_at is null or last_used_at < ${since})`
        }).pipe(Failure.storing("note the use of a key")),
      ),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<KeyStore.KeyStore, never, SqlClient.SqlClient> = Layer.effect(KeyStore.KeyStore, make)
