/** API keys: made, recognised by their secret, revoked. */
import { Id, type Role, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Cache, Context, Duration, Effect, Exit, Layer, Option, Redacted, type Scope } from "effect"
import { createHash } from "node:crypto"
import { type Key, type KeyQuery, KeyStore } from "./KeyStore.ts"
import type { StorageError } from "./StorageError.ts"

export interface Wish {
  readonly role: Role.Role
  /** None for an admin. A merchant's is `default` when there is none; the others then see every tenant's things. */
  readonly tenantId: Option.Option<string>
  readonly name: Option.Option<string>
}

export interface Service {
  /** Makes a key. Its secret is told here and never again. */
  readonly create: (
    wish: Wish,
  ) => Effect.Effect<{ readonly key: Key; readonly secret: Redacted.Redacted }, StorageError>
  /**
   * The key of a secret; none when it is not known or was revoked. Remembered for 5 seconds, so that a revocation in
   * another process is seen within that time.
   */
  readonly recognise: (secret: Redacted.Redacted) => Effect.Effect<Option.Option<Key>, StorageError>
  /** Whether a secret was right when this process last looked, at its start or later. Asks nobody. */
  readonly wasRight: (secret: Redacted.Redacted) => boolean
  readonly get: (id: Id.KeyId) => Effect.Effect<Option.Option<Key>, StorageError>
  readonly list: (query: KeyQuery) => Effect.Effect<ReadonlyArray<Key>, StorageError>
  /** Ends a key, in this process at once. Safe to repeat. None: there is no such key. */
  readonly revoke: (id: Id.KeyId) => Effect.Effect<Option.Option<Key>, StorageError>
}

const rememberedFor = Duration.seconds(5)
/** How many secrets are remembered, right and wrong ones. */
const remembered = 10_000
/** That a key is used is noted at most so often. */
const notedEveryMillis = 60_000

/** SHA-256 as 64 hexadecimal digits: the only form in which a secret is kept, in memory too. */
export const digest = (secret: Redacted.Redacted): string =>
  createHash("sha256").update(Redacted.value(secret)).digest("hex")

const makeSecret = Effect.map(Id.makeLinkToken, (token) => Redacted.make(`sk_${token}`))

const make: Effect.Effect<Service, StorageError, KeyStore | Scope.Scope> = Effect.gen(function* () {
  const store = yield* KeyStore
  const scope = yield* Effect.scope
  const right = new Set((yield* store.digests(remembered)).toReversed())

  /** The oldest is forgotten when there are too many. */
  const remember = (digested: string, isRight: boolean) => {
    right.delete(digested)
    if (isRight) right.add(digested)
    for (const oldest of right) {
      if (right.size <= remembered) return
      right.delete(oldest)
    }
  }

  const noteUse = Effect.fnUntraced(function* ({ id, lastUsedAt }: Key) {
    const since = (yield* Timestamp.now) - notedEveryMillis
    if (Option.exists(lastUsedAt, (at) => at >= since)) return
    yield* Effect.forkIn(Effect.ignore(store.used(id, since)), scope)
  })

  const lookUp = Effect.fnUntraced(function* (digested: string) {
    const found = Option.filter(yield* store.findByDigest(digested), ({ revokedAt }) => Option.isNone(revokedAt))
    remember(digested, Option.isSome(found))
    if (Option.isSome(found)) yield* noteUse(found.value)
    return found
  }, Tracing.span("Keys.lookUp"))

  const known = yield* Cache.makeWith(lookUp, {
    capacity: remembered,
    timeToLive: (exit) => (Exit.isSuccess(exit) ? rememberedFor : Duration.zero),
  })

  return Keys.of({
    create: Effect.fnUntraced(function* ({ name, role, tenantId }) {
      const secret = yield* makeSecret
      const key: Key = {
        id: yield* Id.makeKeyId,
        role,
        tenantId: role === "merchant" ? Option.orElseSome(tenantId, () => "default") : tenantId,
        name,
        createdAt: yield* Timestamp.now,
        lastUsedAt: Option.none(),
        revokedAt: Option.none(),
      }
      const digested = digest(secret)
      yield* store.add(key, digested)
      remember(digested, true)
      return { key, secret }
    }, Tracing.span("Keys.create")),
    // Whoever measures how long the look-up in memory or on the index takes learns something of digests at best, and
    // cannot choose secrets by their digests: 160 random bits stay to be guessed.
    recognise: (secret) => Cache.get(known, digest(secret)),
    wasRight: (secret) => right.has(digest(secret)),
    get: store.find,
    list: store.list,
    revoke: Effect.fnUntraced(function* (id) {
      const revoked = yield* store.revoke(id)
      yield* Cache.invalidateAll(known)
      return revoked
    }, Tracing.span("Keys.revoke")),
  })
})

export class Keys extends Context.Service<Keys, Service>()("@payment-orchestrator/payments/Keys") {
  static readonly layer: Layer.Layer<Keys, StorageError, KeyStore> = Layer.effect(
    Keys,
    Effect.suspend(() => make),
  )
}
