/**
 * The port to the audit log: who did what, to what, from where and why. It only grows.
 *
 * What is done in our own database is recorded in the same transaction: a store's method writes the row itself, or its
 * caller runs `record` inside the transaction. What is done at a provider is recorded before it is sent, so that nothing
 * is done without its row; such a row says what was asked for. Who asks, from where and why is not handed through: it comes
 * from the references below, which are set around each request.
 */
import type { Id, Role } from "@payment-orchestrator/domain"
import { Context, type Effect, Option } from "effect"
import type { StorageError } from "./StorageError.ts"

/** What is audited. */
export type Action =
  | "checkout.expire"
  | "configuration.changed"
  | "drill.start"
  | "endpoint.change"
  | "endpoint.create"
  | "endpoint.disable"
  | "endpoint.enable"
  | "endpoint.redeliver"
  | "endpoint.remove"
  | "endpoint.rotate"
  | "endpoint.test"
  | "event.redeliver"
  | "key.create"
  | "key.revoke"
  | "provider.drain"
  | "provider.restore"
  | "refund.create"
  | "session.begin"
  | "session.end"
  | "subscription.cancel"

/** An action, as whoever does it tells it. */
export interface Entry {
  readonly action: Action
  /** The id of what it is done to. */
  readonly target: string
  /** Whose thing that is; none when it is everybody's. */
  readonly tenantId: Option.Option<string>
  /** In the words of who asked for it. */
  readonly reason: Option.Option<string>
}

/** Who acts: a key, or `system` when nobody asked. */
export interface Actor {
  readonly id: string
  readonly role: Option.Option<Role.Role>
}

/** Set around each request whose key is known; where nobody set it, the service acts by itself. */
export const CurrentActor = Context.Reference<Actor>("@payment-orchestrator/payments/AuditLog/CurrentActor", {
  defaultValue: () => ({ id: "system", role: Option.none() }),
})

/** Where a request came from. */
export interface Origin {
  readonly requestId: Option.Option<string>
  /** The client's, as trusted proxies tell it. */
  readonly address: Option.Option<string>
}

/** Set around each request. */
export const CurrentOrigin = Context.Reference<Origin>("@payment-orchestrator/payments/AuditLog/CurrentOrigin", {
  defaultValue: () => ({ requestId: Option.none(), address: Option.none() }),
})

/**
 * Why, where a request says so and nothing between it and the row has use for it. An entry's own reason goes before it.
 */
export const CurrentReason = Context.Reference<Option.Option<string>>(
  "@payment-orchestrator/payments/AuditLog/CurrentReason",
  { defaultValue: () => Option.none() },
)

/** A row of the log. */
export interface Row extends Origin {
  readonly id: Id.AuditId
  /** Epoch milliseconds. */
  readonly at: number
  readonly actor: string
  readonly role: Option.Option<Role.Role>
  readonly tenantId: Option.Option<string>
  readonly action: string
  readonly target: string
  readonly reason: Option.Option<string>
}

export interface Query {
  /** Undefined: every tenant's, and what is everybody's. */
  readonly tenantId?: string | undefined
  readonly action?: string | undefined
  readonly actor?: string | undefined
  readonly target?: string | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.AuditId | undefined
  readonly limit: number
}

export interface Service {
  /** Adds a row for whoever acts. Inside a caller's transaction it is part of that. */
  readonly record: (entry: Entry) => Effect.Effect<void, StorageError>
  readonly list: (query: Query) => Effect.Effect<ReadonlyArray<Row>, StorageError>
}

export class AuditLog extends Context.Service<AuditLog, Service>()("@payment-orchestrator/payments/AuditLog") {}
