import { assert, it } from "@effect/vitest"
import { Id, type Role } from "@payment-orchestrator/domain"
import { AuditLog, Keys, KeyStore, StorageError } from "@payment-orchestrator/payments"
import { Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend, onEachSharedBackend } from "./Backends.ts"

const wish = (role: Role.Role, tenantId?: string): Keys.Wish => ({
  role,
  tenantId: Option.fromUndefinedOr(tenantId),
  name: Option.some("till 3"),
})

const make = (role: Role.Role, tenantId?: string) =>
  Effect.flatMap(Keys.Keys, (keys) => keys.create(wish(role, tenantId)))

const idsOf = (rows: ReadonlyArray<KeyStore.Key>) => rows.map(({ id }) => id)

const alice: AuditLog.Actor = { id: "key_env", role: Option.some("admin") }

onEachBackend("API keys", ({ empty }) => {
  const ports = Keys.Keys.layer.pipe(Layer.provideMerge(empty))

  it.effect("are recognised by their secret, which is in no row", () =>
    Effect.gen(function* () {
      const keys = yield* Keys.Keys
      const { key, secret } = yield* make("merchant", "t1")
      assert.match(Redacted.value(secret), /^sk_[0-9A-HJKMNP-TV-Z]{32}$/)
      assert.deepStrictEqual(yield* keys.recognise(secret), Option.some(key))
      assert.deepStrictEqual(yield* keys.get(key.id), Option.some(key))
      for (const wrong of ["", "sk_", Redacted.value(secret).slice(0, -1), Redacted.value(secret).toLowerCase()]) {
        assert.isTrue(Option.isNone(yield* keys.recognise(Redacted.make(wrong))), wrong)
      }
      const sql = yield* SqlClient.SqlClient
      const rows = JSON.stringify([yield* sql`select * from api_keys`, yield* sql`select * from audit_log`])
      assert.include(rows, Keys.digest(secret))
      assert.notInclude(rows, Redacted.value(secret))
      assert.notInclude(rows, Redacted.value(secret).slice(3, 19))
    }).pipe(Effect.provide(ports, { local: true })),
  )

  it.effect("of a merchant have a tenant, of an admin none, whoever writes them", () =>
    Effect.gen(function* () {
      const store = yield* KeyStore.KeyStore
      assert.deepStrictEqual((yield* make("merchant")).key.tenantId, Option.some("default"))
      assert.deepStrictEqual((yield* make("viewer")).key.tenantId, Option.none())
      assert.deepStrictEqual((yield* make("operator", "t1")).key.tenantId, Option.some("t1"))
      assert.deepStrictEqual((yield* make("admin")).key.tenantId, Option.none())
      const { key } = yield* make("viewer", "t1")
      for (const wrong of [
        { ...key, role: "admin" as const },
        { ...key, role: "merchant" as const, tenantId: Option.none() },
      ]) {
        const id = yield* Id.makeKeyId
        assert.instanceOf(yield* Effect.flip(store.add({ ...wrong, id }, id)), StorageError)
        assert.isTrue(Option.isNone(yield* store.find(id)))
      }
    }).pipe(Effect.provide(ports, { local: true })),
  )

  it.effect("are listed newest first, in pages, revoked ones too, by tenant where one is asked for", () =>
    Effect.gen(function* () {
      const keys = yield* Keys.Keys
      const made: Array<Id.KeyId> = []
      for (const tenant of ["t1", "t2", "t1", undefined, "t1"]) {
        made.unshift((yield* make("viewer", tenant)).key.id)
        yield* TestClock.adjust("1 second")
      }
      const [newest] = made
      assert.isDefined(newest)
      yield* keys.revoke(newest)
      assert.deepStrictEqual(idsOf(yield* keys.list({ limit: 10 })), made)
      const store = yield* KeyStore.KeyStore
      assert.lengthOf(yield* store.digests(10), made.length - 1)
      assert.lengthOf(yield* store.digests(2), 2)
      const first = idsOf(yield* keys.list({ limit: 2 }))
      const second = idsOf(yield* keys.list({ limit: 10, before: first[1] }))
      assert.deepStrictEqual([...first, ...second], made)
      assert.deepStrictEqual(
        idsOf(yield* keys.list({ tenantId: "t1", limit: 10 })),
        [0, 2, 4].flatMap((i) => made[i] ?? []),
      )
      assert.deepStrictEqual(
        idsOf(yield* keys.list({ createdAfter: 1_000, createdBefore: 3_000, limit: 10 })),
        made.slice(2, 4),
      )
    }).pipe(Effect.provide(ports, { local: true })),
  )

  it.effect("are revoked once and for good, each with its row in the audit log", () =>
    Effect.gen(function* () {
      const keys = yield* Keys.Keys
      const audit = yield* AuditLog.AuditLog
      const { key, secret } = yield* make("viewer", "t1")
      yield* TestClock.adjust("1 second")
      const revoked = Option.getOrThrow(yield* keys.revoke(key.id))
      assert.deepStrictEqual(revoked, { ...key, revokedAt: Option.some(1_000) })
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* keys.revoke(key.id), Option.some(revoked))
      assert.isTrue(Option.isNone(yield* keys.recognise(secret)))
      assert.isTrue(Option.isNone(yield* keys.revoke(yield* Id.makeKeyId)))
      const rows = yield* audit.list({ limit: 10 })
      assert.deepStrictEqual(
        rows.map(({ action, actor, at, target, tenantId }) => [action, actor, at, target, Option.getOrNull(tenantId)]),
        [
          ["key.revoke", "key_env", 1_000, key.id, "t1"],
          ["key.create", "key_env", 0, key.id, "t1"],
        ],
      )
    }).pipe(Effect.provideService(AuditLog.CurrentActor, alice), Effect.provide(ports, { local: true })),
  )

  it.effect("are not made without their row in the audit log", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const keys = yield* Keys.Keys
      yield* sql`alter table audit_log rename to audit_log_elsewhere`
      assert.instanceOf(yield* Effect.flip(make("viewer")), StorageError)
      assert.lengthOf(yield* keys.list({ limit: 10 }), 0)
      yield* sql`alter table audit_log_elsewhere rename to audit_log`
    }).pipe(Effect.provide(ports, { local: true })),
  )

  it.effect("are noted as used, once a minute at most", () =>
    Effect.gen(function* () {
      const store = yield* KeyStore.KeyStore
      const { key } = yield* make("viewer")
      const lastUsed = Effect.map(store.find(key.id), (found) =>
        Option.getOrNull(Option.flatMap(found, ({ lastUsedAt }) => lastUsedAt)),
      )
      assert.isNull(yield* lastUsed)
      yield* store.used(key.id, -60_000)
      assert.strictEqual(yield* lastUsed, 0)
      yield* TestClock.adjust("30 seconds")
      yield* store.used(key.id, -30_000)
      assert.strictEqual(yield* lastUsed, 0)
      yield* TestClock.adjust("31 seconds")
      yield* store.used(key.id, 1_000)
      assert.strictEqual(yield* lastUsed, 61_000)
    }).pipe(Effect.provide(ports, { local: true })),
  )
})

onEachSharedBackend("a revocation", ({ another, empty }) => {
  /** A process of its own, with its own memory. */
  const process = (ports: typeof empty) => Layer.fresh(Keys.Keys.layer).pipe(Layer.provideMerge(ports))

  it.effect("is seen by the process that made it at once, and by another within five seconds", () =>
    Effect.gen(function* () {
      const first = yield* Keys.Keys
      const { key, secret } = yield* first.create(wish("merchant"))
      yield* Effect.gen(function* () {
        const second = yield* Keys.Keys
        assert.isTrue(Option.isSome(yield* first.recognise(secret)))
        assert.isTrue(Option.isSome(yield* second.recognise(secret)))
        yield* first.revoke(key.id)
        assert.isTrue(Option.isNone(yield* first.recognise(secret)))
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(Option.isNone(yield* second.recognise(secret)))
      }).pipe(Effect.provide(process(another), { local: true }))
    }).pipe(Effect.provide(process(empty), { local: true })),
  )
})
