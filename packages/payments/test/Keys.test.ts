import { assert, describe, it } from "@effect/vitest"
import { Keys, KeyStore, StorageError } from "@payment-orchestrator/payments"
import { Effect, Fiber, Layer, Option, Redacted, Ref } from "effect"
import { TestClock } from "effect/testing"

/** A store in memory that counts how often it is asked, and fails while it is told to. */
const makeStore = Effect.gen(function* () {
  const rows = new Map<string, KeyStore.Key>()
  const digests = new Map<string, string>()
  const lookUps = yield* Ref.make(0)
  const uses = yield* Ref.make<ReadonlyArray<number>>([])
  const down = yield* Ref.make(false)
  const byId = (id: string) => Option.fromUndefinedOr(rows.get(digests.get(id) ?? ""))
  const change = (id: string, to: Partial<KeyStore.Key>) =>
    Option.map(byId(id), (key) => rows.set(digests.get(id) ?? "", { ...key, ...to }))
  const store = KeyStore.KeyStore.of({
    add: (key, digest) =>
      Effect.sync(() => {
        rows.set(digest, key)
        digests.set(key.id, digest)
      }),
    findByDigest: (digest) =>
      Effect.gen(function* () {
        yield* Ref.update(lookUps, (n) => n + 1)
        if (yield* Ref.get(down)) return yield* new StorageError({ during: "look up a key" })
        const found = Option.fromUndefinedOr(rows.get(digest))
        yield* Effect.yieldNow
        return found
      }),
    digests: (limit) =>
      Effect.sync(() =>
        [...rows].flatMap(([digest, { revokedAt }]) => (Option.isNone(revokedAt) ? [digest] : [])).slice(0, limit),
      ),
    find: (id) => Effect.sync(() => byId(id)),
    list: () => Effect.sync(() => [...rows.values()]),
    revoke: (id) =>
      Effect.sync(() => {
        change(id, { revokedAt: Option.some(1) })
        return byId(id)
      }),
    used: (id, since) =>
      Effect.sync(() => change(id, { lastUsedAt: Option.some(since + 60_000) })).pipe(
        Effect.andThen(Ref.update(uses, (all) => [...all, since + 60_000])),
      ),
  })
  return { store, lookUps, uses, down }
})

const wish: Keys.Wish = { role: "viewer", tenantId: Option.none(), name: Option.none() }

type Store = Effect.Success<typeof makeStore>

const test = <E>(name: string, body: (keys: Keys.Service, store: Store) => Effect.Effect<void, E>) =>
  it.effect(name, () =>
    Effect.gen(function* () {
      const made = yield* makeStore
      const layer = Keys.Keys.layer.pipe(Layer.provide(Layer.succeed(KeyStore.KeyStore, made.store)))
      yield* Effect.provide(
        Effect.flatMap(Keys.Keys, (keys) => body(keys, made)),
        layer,
        { local: true },
      )
    }),
  )

const isKnown = (keys: Keys.Service, secret: Redacted.Redacted) => Effect.map(keys.recognise(secret), Option.isSome)

describe("a key that is used again and again", () => {
  test("is looked up once in five seconds, however many requests come at once", (keys, { lookUps }) =>
    Effect.gen(function* () {
      const { secret } = yield* keys.create(wish)
      const burst = Effect.all(
        Array.from({ length: 100 }, () => isKnown(keys, secret)),
        { concurrency: "unbounded" },
      )
      assert.isTrue((yield* burst).every(Boolean))
      yield* TestClock.adjust("4999 millis")
      assert.isTrue((yield* burst).every(Boolean))
      assert.strictEqual(yield* Ref.get(lookUps), 1)
      yield* TestClock.adjust("1 millis")
      assert.isTrue((yield* burst).every(Boolean))
      assert.strictEqual(yield* Ref.get(lookUps), 2)
    }))

  test("is noted as used once a minute", (keys, { uses }) =>
    Effect.gen(function* () {
      const { secret } = yield* keys.create(wish)
      for (let second = 0; second < 180; second++) {
        yield* keys.recognise(secret)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(yield* Ref.get(uses), [0, 65_000, 130_000])
    }))
})

describe("a key that is revoked", () => {
  test("is refused at once where it was revoked", (keys) =>
    Effect.gen(function* () {
      const { key, secret } = yield* keys.create(wish)
      assert.isTrue(yield* isKnown(keys, secret))
      yield* keys.revoke(key.id)
      assert.isFalse(yield* isKnown(keys, secret))
    }))

  test("is refused within five seconds where nobody told of it", (keys, { store }) =>
    Effect.gen(function* () {
      const { key, secret } = yield* keys.create(wish)
      assert.isTrue(yield* isKnown(keys, secret))
      assert.isTrue(keys.wasRight(secret))
      yield* store.revoke(key.id)
      yield* TestClock.adjust("5 seconds")
      assert.isFalse(yield* isKnown(keys, secret))
      assert.isFalse(keys.wasRight(secret))
    }))

  test("is not known again because an older look-up ends late", (keys) =>
    Effect.gen(function* () {
      const { key, secret } = yield* keys.create(wish)
      const early = yield* Effect.forkChild(isKnown(keys, secret), { startImmediately: true })
      yield* keys.revoke(key.id)
      yield* Fiber.join(early)
      assert.isFalse(yield* isKnown(keys, secret))
    }))
})

describe("a key that cannot be looked up", () => {
  test("is asked for again at the next request; that it was right before is still known", (keys, { down, lookUps }) =>
    Effect.gen(function* () {
      const { secret } = yield* keys.create(wish)
      assert.isTrue(yield* isKnown(keys, secret))
      yield* TestClock.adjust("5 seconds")
      yield* Ref.set(down, true)
      for (let i = 0; i < 3; i++) assert.instanceOf(yield* Effect.flip(keys.recognise(secret)), StorageError)
      assert.strictEqual(yield* Ref.get(lookUps), 4)
      assert.isTrue(keys.wasRight(secret))
      yield* Ref.set(down, false)
      assert.isTrue(yield* isKnown(keys, secret))
    }))
})

describe("a process that starts", () => {
  test("knows at once which secrets are right", (keys, { store }) =>
    Effect.gen(function* () {
      const made = [yield* keys.create(wish), yield* keys.create(wish)] as const
      yield* keys.revoke(made[1].key.id)
      const again = yield* Effect.provide(
        Keys.Keys,
        Layer.fresh(Keys.Keys.layer).pipe(Layer.provide(Layer.succeed(KeyStore.KeyStore, store))),
        { local: true },
      )
      assert.deepStrictEqual(
        made.map(({ secret }) => again.wasRight(secret)),
        [true, false],
      )
    }))
})

describe("secrets that are guessed", () => {
  test("fill no memory: of right ones the latest ten thousand are remembered", (keys) =>
    Effect.gen(function* () {
      const first = yield* keys.create(wish)
      yield* keys.recognise(first.secret)
      for (let i = 0; i < 10_000; i++) yield* keys.recognise((yield* keys.create(wish)).secret)
      assert.isFalse(keys.wasRight(first.secret))
      assert.isTrue(yield* isKnown(keys, first.secret))
      assert.isTrue(keys.wasRight(first.secret))
      for (const guess of ["", "sk_guess"]) assert.isFalse(yield* isKnown(keys, Redacted.make(guess)), guess)
    }))
})
