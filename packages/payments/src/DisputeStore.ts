/** The port to disputes: what is known of each, and when to look at it next. */
import type { Dispute, Id, ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

/** A dispute that somebody has taken to look at it. */
export interface DueDispute {
  readonly id: Id.DisputeId
  readonly paymentId: Id.PaymentId
  readonly checkoutId: Id.CheckoutId
  readonly provider: ProviderName.ProviderName
  readonly disputeId: string
  /** Whether the provider was asked before; until then only a webhook has named it. */
  readonly known: boolean
  /** When it was first named, in epoch milliseconds. */
  readonly createdAt: number
  /** Until when it belongs to the taker, in epoch milliseconds. */
  readonly leasedUntil: number
}

export interface DisputeQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly paymentId?: Id.PaymentId | undefined
  readonly status?: Dispute.DisputeState | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.DisputeId | undefined
  readonly limit: number
}

export interface Service {
  /** Disputes whose time has come, each given to one caller only, put off by `leaseMillis`. */
  readonly takeDue: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<DueDispute>, StorageError>
  /** Applies what the provider says, with the payment and the events, in one transaction, the checkout held meanwhile. */
  readonly apply: (id: Id.DisputeId, snapshot: Dispute.DisputeSnapshot) => Effect.Effect<void, StorageError>
  /** When to look again (epoch milliseconds); none: never. What made it due since it was taken stands. */
  readonly lookAgain: (taken: DueDispute, at: Option.Option<number>) => Effect.Effect<void, StorageError>
  /** The provider has no such dispute, and was never seen to have it: refunds no longer wait for it. */
  readonly forget: (id: Id.DisputeId) => Effect.Effect<void, StorageError>
  /** Those that the provider was seen to have. */
  readonly find: (id: Id.DisputeId) => Effect.Effect<Option.Option<Dispute.Dispute>, StorageError>
  readonly list: (query: DisputeQuery) => Effect.Effect<ReadonlyArray<Dispute.Dispute>, StorageError>
}

export class DisputeStore extends Context.Service<DisputeStore, Service>()(
  "@payment-orchestrator/payments/DisputeStore",
) {}
