/**
 * People at the dashboard: an API key is turned into a token that lives for 12 hours, 30 minutes without use, and no
 * longer than its key. The tokens' digests are in the database, so that a restart and other replicas know them.
 */
import { Id, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import type { Key } from "./KeyStore.ts"
import { Keys } from "./Keys.ts"
import { type SignIn, SignInStore } from "./SignInStore.ts"
import type { StorageError } from "./StorageError.ts"

/** The key of the environment: it is no row, and ends with its secret. */
export interface RootKey {
  readonly id: Id.KeyId
  readonly digest: string
}

/** Whose sign-in a token is. `key` is none for the key of the environment. */
export interface Known {
  readonly signIn: SignIn
  readonly key: Option.Option<Key>
}

export interface Service {
  /** Signs in with a key that was recognised; the token is told here and never again. */
  readonly begin: (
    keyId: Id.KeyId,
  ) => Effect.Effect<{ readonly token: Redacted.Redacted; readonly expiresAt: number }, StorageError>
  /**
   * None when the token is not known, its time is over, it was not used for too long, or its key was revoked or changed.
   * `attended`: a person is there, so that the time without use begins anew.
   */
  readonly recognise: (token: Redacted.Redacted, attended: boolean) => Effect.Effect<Option.Option<Known>, StorageError>
  /** Ends a sign-in. Safe to repeat. */
  readonly end: (token: Redacted.Redacted) => Effect.Effect<void, StorageError>
}

export const lifetimeMillis = 12 * 3_600_000
export const idleMillis = 30 * 60_000
/** That a person is there is noted at most so often. */
const notedEveryMillis = 60_000

const sha256 = (...parts: ReadonlyArray<string>): string => createHash("sha256").update(parts.join("\n")).digest("hex")

const digestOf = (token: Redacted.Redacted): string => sha256("sign-in", Redacted.value(token))

/** What a page must send with every change, and only one of ours can know: it is told to whoever holds the cookie. */
export const csrfOf = (token: Redacted.Redacted): string => sha256("csrf", Redacted.value(token))

const isEqual = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

const make = (root: RootKey) =>
  Effect.gen(function* () {
    const store = yield* SignInStore
    const keys = yield* Keys

    const proofOf = (keyId: Id.KeyId, token: Redacted.Redacted) =>
      keyId === root.id ? sha256("proof", Redacted.value(token), root.digest) : ""

    const keyBehind = Effect.fnUntraced(function* (signIn: SignIn, token: Redacted.Redacted) {
      if (signIn.keyId === root.id) {
        return isEqual(signIn.proof, proofOf(root.id, token))
          ? Option.some<Known>({ signIn, key: Option.none() })
          : Option.none<Known>()
      }
      const key = Option.filter(yield* keys.get(signIn.keyId), ({ revokedAt }) => Option.isNone(revokedAt))
      return Option.map(key, (found): Known => ({ signIn, key: Option.some(found) }))
    })

    return SignIns.of({
      begin: Effect.fnUntraced(function* (keyId) {
        const token = Redacted.make(yield* Id.makeLinkToken)
        const now = yield* Timestamp.now
        const expiresAt = now + lifetimeMillis
        yield* store.add({
          digest: digestOf(token),
          keyId,
          proof: proofOf(keyId, token),
          createdAt: now,
          usedAt: now,
          expiresAt,
        })
        return { token, expiresAt }
      }, Tracing.span("SignIns.begin")),
      recognise: Effect.fnUntraced(function* (token, attended) {
        const now = yield* Timestamp.now
        const found = Option.filter(
          yield* store.find(digestOf(token)),
          ({ expiresAt, usedAt }) => now < expiresAt && now < usedAt + idleMillis,
        )
        if (Option.isNone(found)) return Option.none()
        const known = yield* keyBehind(found.value, token)
        if (attended && Option.isSome(known) && found.value.usedAt + notedEveryMillis <= now) {
          yield* store.used(found.value.digest, now)
        }
        return known
      }, Tracing.span("SignIns.recognise")),
      end: (token) => Tracing.span("SignIns.end")(store.remove(digestOf(token))),
    })
  })

export class SignIns extends Context.Service<SignIns, Service>()("@payment-orchestrator/payments/SignIns") {
  static readonly layer = (root: RootKey): Layer.Layer<SignIns, never, SignInStore | Keys> =>
    Layer.effect(SignIns, make(root))
}
