/** The port to the events: what was told, as it is sent; and facts that are told without a checkout's transaction. */
import type { Alert, Event, Id, ProviderName } from "@payment-orchestrator/domain"
import { Context, DateTime, type Effect, type Option, type Queue, type Scope } from "effect"
import type { StorageError } from "./StorageError.ts"

/** An event as it was told. */
export interface StoredEvent {
  readonly id: Id.EventId
  readonly type: Event.EventType
  readonly apiVersion: string
  readonly livemode: boolean
  readonly createdAt: number
  readonly tenantId: string
  readonly objectId: string
  readonly sequence: number
  readonly provider: ProviderName.ProviderName | null
  /** The object as it was then, as JSON text; never read again, so that it is sent as it was told. */
  readonly data: string
}

export interface EventQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly type?: Event.EventType | undefined
  readonly objectId?: string | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.EventId | undefined
  readonly limit: number
}

/** A fact about the installation itself: told to the endpoints of tenant `default`. */
export type Fact = {
  /** What it is about; its events are numbered. */
  readonly objectId: string
  /** The same fact has the same key, and is told once per object. */
  readonly key: string
  readonly provider: ProviderName.ProviderName | null
  readonly livemode: boolean
} & (
  | {
      readonly type: "provider.down" | "provider.up"
      readonly data: typeof Alert.ProviderState.Type
    }
  | { readonly type: "alert.raised" | "alert.cleared"; readonly data: Alert.Alert }
)

/** Where an event stands: by time, then by id. */
export interface Position {
  /** Epoch milliseconds. */
  readonly at: number
  readonly id: string
}

export interface Service {
  /** In the caller's transaction when there is one. False when it was told before. */
  readonly tell: (fact: Fact) => Effect.Effect<boolean, StorageError>
  readonly find: (id: Id.EventId) => Effect.Effect<Option.Option<StoredEvent>, StorageError>
  readonly list: (query: EventQuery) => Effect.Effect<ReadonlyArray<StoredEvent>, StorageError>
  /** Rings in this process when something was told; what others tell is only seen by looking. */
  readonly hear: Effect.Effect<Queue.Dequeue<void>, never, Scope.Scope>
  /**
   * What stands at or after a time (epoch milliseconds). An event has its time before it is committed, so one may appear
   * after a later one, by as much as a transaction lasts: who follows looks back so far, and knows what it has seen.
   */
  readonly recent: (from: number) => Effect.Effect<ReadonlyArray<Position>, StorageError>
  /** These, oldest first. */
  readonly read: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<StoredEvent>, StorageError>
  /** What stands after a position, oldest first; `tenantId` undefined: every tenant's. */
  readonly after: (
    position: Position,
    limit: number,
    tenantId: string | undefined,
  ) => Effect.Effect<ReadonlyArray<StoredEvent>, StorageError>
}

export class EventLog extends Context.Service<EventLog, Service>()("@payment-orchestrator/payments/EventLog") {}

/** The event as JSON text: byte for byte the same in a delivery, in a list and in the live stream. */
export const textOf = (event: StoredEvent): string => {
  const head = JSON.stringify({
    id: event.id,
    type: event.type,
    api_version: event.apiVersion,
    livemode: event.livemode,
    created_at: DateTime.formatIso(DateTime.makeUnsafe(event.createdAt)),
    tenant_id: event.tenantId,
    object_id: event.objectId,
    sequence: event.sequence,
    provider: event.provider,
  })
  return `${head.slice(0, -1)},"data":${event.data}}`
}
