/** The port to what providers told us: kept before it is answered, matched with what it is about. */
import type { InboxEntry, Id, ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { Clue } from "./Clue.ts"
import type { DueSession } from "./LedgerStore.ts"
import type { StorageError } from "./StorageError.ts"

/** One event, delivered and verified, or found in the provider's own list. */
export interface Arrival {
  readonly provider: ProviderName.ProviderName
  readonly eventId: string
  readonly type: string
  readonly subject: InboxEntry.InboxSubject
  readonly origin: InboxEntry.InboxOrigin
  /** Epoch milliseconds. */
  readonly occurredAt: Option.Option<number>
  /** As it was delivered; empty when it was not. */
  readonly body: Uint8Array
  /** What it names; none for a type that is not needed. */
  readonly clues: ReadonlyArray<Clue>
}

/** What an event has made due. */
export interface Woken {
  /** Sessions to be looked at, leased to the caller. */
  readonly sessions: ReadonlyArray<DueSession>
  readonly subscriptions: boolean
  readonly refunds: boolean
  readonly disputes: boolean
}

export interface Received extends Woken {
  /** False for an event that came before. */
  readonly fresh: boolean
  readonly state: InboxEntry.InboxState
}

/** What is known of a provider's webhooks; times are epoch milliseconds. */
export interface Pulse {
  /** When the last delivery came that could be verified. */
  readonly heardAt: Option.Option<number>
  /** When the newest event happened that was found only in the provider's list. */
  readonly missedAt: Option.Option<number>
  /** When the newest payment there became known, of those that are so old that its webhook must have come. */
  readonly paidAt: Option.Option<number>
}

export interface InboxQuery {
  readonly provider?: ProviderName.ProviderName | undefined
  readonly state?: InboxEntry.InboxState | undefined
  readonly checkoutId?: Id.CheckoutId | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.InboxId | undefined
  readonly limit: number
}

export interface Service {
  /**
   * Keeps an event, once per provider and event id, and makes what it is about due, in one transaction. Its sessions are
   * leased to the caller for `leaseMillis`, their looks counted anew. A delivery that came before makes due again, since
   * not every signature covers the whole body (F47); an event of a list does not.
   */
  readonly receive: (arrival: Arrival, leaseMillis: number) => Effect.Effect<Received, StorageError>
  /** Matches parked events whose time has come; one that is still about nothing is put off, or given up. */
  readonly rematch: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<Woken>, StorageError>
  /** Its newest payment counts when it became known before `paidBefore` (epoch milliseconds). */
  readonly pulse: (provider: ProviderName.ProviderName, paidBefore: number) => Effect.Effect<Pulse, StorageError>
  readonly list: (query: InboxQuery) => Effect.Effect<ReadonlyArray<InboxEntry.InboxEntry>, StorageError>
}

export class InboxStore extends Context.Service<InboxStore, Service>()("@payment-orchestrator/payments/InboxStore") {}
