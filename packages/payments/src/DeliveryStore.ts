/**
 * The port to what is to be sent where. One process at a time serves an endpoint: it holds the endpoint's lane, a lease
 * that ends by itself. What is due there stays due until its result is recorded, so nothing is lost with a process.
 */
import type { Delivery as DomainDelivery, DeliverySchedule, Id } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option, type Queue, type Redacted, Schema, type Scope } from "effect"
import type { StoredEvent } from "./EventLog.ts"
import type { StorageError } from "./StorageError.ts"

export type Delivery = DomainDelivery.Delivery

/** Who holds a lane, and until when (epoch milliseconds). */
export interface Lane {
  readonly endpointId: Id.EndpointId
  readonly holder: string
}

/** A delivery whose time has come. */
export interface Due {
  readonly id: Id.DeliveryId
  readonly event: StoredEvent
}

/** What an endpoint is to be sent now. */
export interface Load {
  readonly url: string
  /** Each signs. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** Since when nothing succeeds, in epoch milliseconds. */
  readonly failingSince: Option.Option<number>
  /** It works again, and what waits is not yet all due: `release` makes more of it so. */
  readonly releasing: boolean
  /** Of each object the first that is due, oldest first. */
  readonly due: ReadonlyArray<Due>
}

/** The secret of an endpoint cannot be decrypted, so nothing can be signed for it. */
export class SecretUnreadable extends Schema.TaggedError<SecretUnreadable>()("SecretUnreadable", {
  detail: Schema.String,
}) {
  override get message(): string {
    return this.detail
  }
}

/** What came of sending one. */
export interface Try {
  readonly id: Id.DeliveryId
  readonly endpointId: Id.EndpointId
  /** Epoch milliseconds. */
  readonly startedAt: number
  readonly durationMs: number
  readonly result: DeliverySchedule.Result
  /** The answer's; null when there was none. */
  readonly status: number | null
  /** Why it did not succeed, for people. */
  readonly error: string | null
}

/** What became of an endpoint. */
export interface Turn {
  readonly endpointId: Id.EndpointId
  readonly url: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly signal: DeliverySchedule.Signal
}

export interface DeliveryQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly endpointId?: Id.EndpointId | undefined
  readonly eventId?: Id.EventId | undefined
  readonly status?: DomainDelivery.DeliveryStatus | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.DeliveryId | undefined
  readonly limit: number
}

export interface Service {
  /** Endpoints to which something has become due in this process, as it happens; some may be missed, `ready` knows all. */
  readonly hear: Effect.Effect<Queue.Dequeue<Id.EndpointId>, never, Scope.Scope>
  /** Endpoints that have something due and that nobody serves. */
  readonly ready: Effect.Effect<ReadonlyArray<Id.EndpointId>, StorageError>
  /** Takes the lane, or keeps it, for so long; false when another process has it, or nothing may be sent there now. */
  readonly enter: (lane: Lane, leaseMillis: number) => Effect.Effect<boolean, StorageError>
  /** At most `limit` that are due; none when the lane is lost or the endpoint was disabled. */
  readonly load: (lane: Lane, limit: number) => Effect.Effect<Option.Option<Load>, SecretUnreadable | StorageError>
  /** Lets others have the lane. */
  readonly leave: (lane: Lane) => Effect.Effect<void, StorageError>
  /** Writes what came of tries, and what follows for their endpoints, in one transaction. */
  readonly record: (tries: ReadonlyArray<Try>) => Effect.Effect<ReadonlyArray<Turn>, StorageError>
  /** Makes some more of what waits for an endpoint due, oldest first. */
  readonly release: (endpointId: Id.EndpointId) => Effect.Effect<void, StorageError>
  /** Parks what waits for disabled endpoints as `failed`, and cancels what waits for deleted ones; answers how many. */
  readonly settle: Effect.Effect<number, StorageError>
  readonly list: (query: DeliveryQuery) => Effect.Effect<ReadonlyArray<Delivery>, StorageError>
  /**
   * Sends an event again: to every endpoint of its tenant that is enabled and wants its type, or to the one that is
   * named. Answers to how many. None: there is no such event, or no such enabled endpoint of its tenant.
   */
  readonly redeliver: (
    eventId: Id.EventId,
    tenantId: string | undefined,
    to: Id.EndpointId | undefined,
  ) => Effect.Effect<Option.Option<number>, StorageError>
  /** Sends everything again that failed at an enabled endpoint and was told since then (epoch milliseconds). */
  readonly redeliverFailed: (endpointId: Id.EndpointId, since: number) => Effect.Effect<number, StorageError>
  /** Tells `endpoint.test` to an enabled endpoint alone. */
  readonly test: (endpointId: Id.EndpointId) => Effect.Effect<Option.Option<Delivery>, StorageError>
}

export class DeliveryStore extends Context.Service<DeliveryStore, Service>()(
  "@payment-orchestrator/payments/DeliveryStore",
) {}
