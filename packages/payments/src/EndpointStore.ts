/** The port to the merchants' endpoints and their secrets. */
import type { Id, WebhookEndpoint } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option, type Redacted, Schema } from "effect"
import type { StorageError } from "./StorageError.ts"

export type Endpoint = WebhookEndpoint.Endpoint

/** Secrets cannot be kept, because there is no key to encrypt them with. */
export class NoEncryptionKey extends Schema.TaggedError<NoEncryptionKey>()("NoEncryptionKey", {}) {
  override get message(): string {
    return "PAYMENT_ENCRYPTION_KEY is not set, so the secret of an endpoint cannot be kept: set it to 32 random bytes in base64 (openssl rand -base64 32) and restart"
  }
}

/** A tenant has as many endpoints as it may have. */
export class TooManyEndpoints extends Schema.TaggedError<TooManyEndpoints>()("TooManyEndpoints", {
  most: Schema.Int,
}) {
  override get message(): string {
    return `a tenant may have ${this.most} endpoints; delete one first`
  }
}

export interface NewEndpoint {
  readonly tenantId: string
  readonly livemode: boolean
  readonly url: string
  readonly events: ReadonlyArray<string>
  readonly description: string | null
}

/** What is to be different; what is left out stays. */
export interface Change {
  readonly url?: string | undefined
  readonly events?: ReadonlyArray<string> | undefined
  readonly description?: string | null | undefined
  readonly status?: WebhookEndpoint.EndpointStatus | undefined
}

export interface EndpointQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.EndpointId | undefined
  readonly limit: number
}

/** Which endpoint: `tenantId` undefined means any tenant's. */
export interface Which {
  readonly id: Id.EndpointId
  readonly tenantId: string | undefined
}

export interface WithSecret {
  readonly endpoint: Endpoint
  /** Not to be had again. */
  readonly secret: Redacted.Redacted
}

export interface Service {
  /** It gets what is told from now on. */
  readonly create: (
    endpoint: NewEndpoint,
  ) => Effect.Effect<WithSecret, NoEncryptionKey | TooManyEndpoints | StorageError>
  readonly find: (which: Which) => Effect.Effect<Option.Option<Endpoint>, StorageError>
  readonly list: (query: EndpointQuery) => Effect.Effect<ReadonlyArray<Endpoint>, StorageError>
  /** Enabling it, and another URL, forget how it has failed. */
  readonly change: (which: Which, change: Change) => Effect.Effect<Option.Option<Endpoint>, StorageError>
  /** Nothing more is sent there, and its secrets are forgotten. False when there is none. */
  readonly remove: (which: Which) => Effect.Effect<boolean, StorageError>
  /** A new secret; the old one signs besides for 24 hours. */
  readonly rotate: (which: Which) => Effect.Effect<Option.Option<WithSecret>, NoEncryptionKey | StorageError>
}

export class EndpointStore extends Context.Service<EndpointStore, Service>()(
  "@payment-orchestrator/payments/EndpointStore",
) {}
