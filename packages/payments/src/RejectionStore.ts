/** The port to what is remembered of refused deliveries. It is bounded: the newest thousand of a provider, for seven days. */
import type { Id, ProviderName, RejectedWebhook } from "@payment-orchestrator/domain"
import { Context, type Effect } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Query {
  readonly provider?: ProviderName.ProviderName | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.RejectionId | undefined
  readonly limit: number
}

export interface Service {
  /** Adds to what is known under each id: its count is added, the rest is the newest's. All in one transaction. */
  readonly add: (rejections: ReadonlyArray<RejectedWebhook.RejectedWebhook>) => Effect.Effect<void, StorageError>
  /** By when the first of them came. */
  readonly list: (query: Query) => Effect.Effect<ReadonlyArray<RejectedWebhook.RejectedWebhook>, StorageError>
}

export class RejectionStore extends Context.Service<RejectionStore, Service>()(
  "@payment-orchestrator/payments/RejectionStore",
) {}
