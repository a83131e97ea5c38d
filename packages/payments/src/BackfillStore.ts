/** The port to how far the providers' own lists of events have been read. */
import type { ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Service {
  /**
   * Since when a provider's list is to be read (epoch milliseconds), if its time has come; then it is the caller's until
   * `leaseMillis` have passed. The first time it is since the oldest page that may still be paid was shown.
   */
  readonly take: (
    provider: ProviderName.ProviderName,
    leaseMillis: number,
  ) => Effect.Effect<Option.Option<number>, StorageError>
  /** The list was read: where to begin next time, and when that is (epoch milliseconds). */
  readonly done: (provider: ProviderName.ProviderName, since: number, at: number) => Effect.Effect<void, StorageError>
}

export class BackfillStore extends Context.Service<BackfillStore, Service>()(
  "@payment-orchestrator/payments/BackfillStore",
) {}
