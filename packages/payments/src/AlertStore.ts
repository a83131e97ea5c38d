/** The port to alerts: which are open, who may decide on them, and what the database knows of what they are about. */
import type { Alert, Id } from "@payment-orchestrator/domain"
import { Context, type Effect } from "effect"
import type { StoredFacts } from "./AlertFacts.ts"
import type { Change, Open } from "./AlertRule.ts"
import type { StorageError } from "./StorageError.ts"

export interface FactsQuery {
  /** Epoch milliseconds. */
  readonly now: number
  /** Checkouts of so long ago count, */
  readonly windowMillis: number
  /** and at least so many of the last ones. */
  readonly atLeast: number
  /** An outcome that is not known for so long is told. */
  readonly unknownAfterMillis: number
}

export interface AlertQuery {
  /** Only those that are open, or only those that are over; undefined: both. */
  readonly open?: boolean | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.AlertId | undefined
  readonly limit: number
}

export interface Service {
  /** Takes or renews the right to decide; false while another process holds it. */
  readonly lead: (holder: string, leaseMillis: number) => Effect.Effect<boolean, StorageError>
  readonly facts: (query: FactsQuery) => Effect.Effect<StoredFacts, StorageError>
  readonly open: Effect.Effect<ReadonlyArray<Open>, StorageError>
  /**
   * Writes one change with its events, if this process still leads and the change is still one. Answers the alert as it
   * is then, once: nothing when somebody else has made the same change.
   */
  readonly change: (
    holder: string,
    change: Change,
    livemode: boolean,
  ) => Effect.Effect<ReadonlyArray<Alert.Alert>, StorageError>
  /**
   * Writes an alert that could not be written while it was open, with its events. False when another process has
   * written one of the same time.
   */
  readonly record: (key: string, alert: Alert.Alert) => Effect.Effect<boolean, StorageError>
  readonly list: (query: AlertQuery) => Effect.Effect<ReadonlyArray<Alert.Alert>, StorageError>
}

export class AlertStore extends Context.Service<AlertStore, Service>()("@payment-orchestrator/payments/AlertStore") {}
