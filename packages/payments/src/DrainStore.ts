/** The port to providers that an operator took out of routing. */
import type { ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Drain {
  readonly provider: ProviderName.ProviderName
  /** In the operator's words. */
  readonly reason: string
  /** Who did it. */
  readonly actor: string
  /** Epoch milliseconds. */
  readonly drainedAt: number
  /** When it ends by itself, in epoch milliseconds; none: not before it is restored. */
  readonly expiresAt: Option.Option<number>
}

/** Whether it is still drained at that moment (epoch milliseconds). */
export const isStanding = ({ expiresAt }: Drain, now: number): boolean =>
  Option.match(expiresAt, { onNone: () => true, onSome: (end) => end > now })

export interface Service {
  /** Those that stand, and perhaps some that are over. */
  readonly all: Effect.Effect<ReadonlyArray<Drain>, StorageError>
  /**
   * Drains a provider, or drains it anew, unless it would be the last: `others` are those that can be asked otherwise,
   * and one of them must not be drained. False: then nothing was done. One at a time, so that two operators do not drain
   * the last two.
   */
  readonly drain: (
    drain: Drain,
    others: Option.Option<ReadonlyArray<ProviderName.ProviderName>>,
  ) => Effect.Effect<boolean, StorageError>
  /** Puts it back into routing; false when it was not drained. */
  readonly restore: (provider: ProviderName.ProviderName, reason: string) => Effect.Effect<boolean, StorageError>
}

export class DrainStore extends Context.Service<DrainStore, Service>()("@payment-orchestrator/payments/DrainStore") {}
