/** The port to API keys. A key's secret is never stored, only its digest. */
import type { Id, Role } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Key {
  readonly id: Id.KeyId
  readonly role: Role.Role
  /** None: it sees every tenant's things. */
  readonly tenantId: Option.Option<string>
  readonly name: Option.Option<string>
  /** Epoch milliseconds, like the moments below. */
  readonly createdAt: number
  /** When it was last used, to a minute or so. */
  readonly lastUsedAt: Option.Option<number>
  readonly revokedAt: Option.Option<number>
}

export interface KeyQuery {
  /** Undefined: every tenant's, and those of none. */
  readonly tenantId?: string | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.KeyId | undefined
  readonly limit: number
}

export interface Service {
  /** Keeps a new key, with its row in the audit log. */
  readonly add: (key: Key, digest: string) => Effect.Effect<void, StorageError>
  /** Revoked ones too. */
  readonly findByDigest: (digest: string) => Effect.Effect<Option.Option<Key>, StorageError>
  /** The digests of keys that are not revoked: at most so many, those made last first. */
  readonly digests: (limit: number) => Effect.Effect<ReadonlyArray<string>, StorageError>
  readonly find: (id: Id.KeyId) => Effect.Effect<Option.Option<Key>, StorageError>
  readonly list: (query: KeyQuery) => Effect.Effect<ReadonlyArray<Key>, StorageError>
  /**
   * Ends a key for good, with a row in the audit log. One that was revoked before stays as it is. None: there is no such
   * key.
   */
  readonly revoke: (id: Id.KeyId) => Effect.Effect<Option.Option<Key>, StorageError>
  /** Notes that it is being used, unless that was noted at `since` (epoch milliseconds) or later. */
  readonly used: (id: Id.KeyId, since: number) => Effect.Effect<void, StorageError>
}

export class KeyStore extends Context.Service<KeyStore, Service>()("@payment-orchestrator/payments/KeyStore") {}
