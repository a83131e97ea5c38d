/** The port to the pages of a checkout, and to moving its buyer on; every method is one short transaction. */
import type { OrchestratorLog } from "@payment-orchestrator/core"
import type { Attempt, Capabilities, CheckoutRequest, Id, Ledger, ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { PlannedAttempt, ShownSession } from "./CheckoutStore.ts"
import type { StorageError } from "./StorageError.ts"

/** A page that a buyer was shown. */
export interface Page {
  readonly provider: ProviderName.ProviderName
  readonly sessionId: string
  readonly url: string
  readonly status: Ledger.SessionStatus
  readonly fence: Capabilities.Fence
  /** A verified webhook said that the buyer had acted there, and nobody has looked since. */
  readonly hinted: boolean
  /** When its own time is over, in epoch milliseconds, where the provider says so. */
  readonly expiresAt: Option.Option<number>
}

/** The pages of a checkout, oldest first. */
export interface Pages {
  /** Providers are being asked for a further page. */
  readonly asking: boolean
  readonly pages: ReadonlyArray<Page>
}

/**
 * `Begun`: nobody else may ask providers for this checkout until the outcome of this round. `Running`: somebody does.
 * `NotNow`: it must not be shown another page any more.
 */
export type Begun =
  | { readonly _tag: "Begun"; readonly round: number }
  | { readonly _tag: "Running" }
  | { readonly _tag: "NotNow" }

/** What is written once the providers have answered. */
export interface MoveOutcome {
  readonly checkoutId: Id.CheckoutId
  readonly round: number
  /** The candidates, as they were claimed. */
  readonly planned: ReadonlyArray<PlannedAttempt>
  readonly attempts: ReadonlyArray<Attempt.Attempt>
  /** The page that is to be shown, if one was opened. */
  readonly session: Option.Option<ShownSession>
  readonly failovers: ReadonlyArray<OrchestratorLog.Failover>
  readonly secondPage: Ledger.SecondPage
}

export interface Service {
  readonly pages: (checkoutId: Id.CheckoutId) => Effect.Effect<Pages, StorageError>
  /** What the merchant asked for. */
  readonly request: (
    checkoutId: Id.CheckoutId,
  ) => Effect.Effect<Option.Option<CheckoutRequest.CheckoutRequest>, StorageError>
  /** Claims the checkout for a move and writes one attempt row per candidate. A claim older than this is taken over. */
  readonly begin: (
    checkoutId: Id.CheckoutId,
    attempts: ReadonlyArray<PlannedAttempt>,
    takeOverAfterMillis: number,
  ) => Effect.Effect<Begun, StorageError>
  /** Lets go of a claim under which nobody was asked. */
  readonly release: (checkoutId: Id.CheckoutId, round: number) => Effect.Effect<void, StorageError>
  /**
   * Ends the claim: closed attempts, failover rows, counters; and, if the ledger lets it be shown, the next page with the
   * withdrawal of those before and `checkout.moved`. False when no page is shown by it.
   */
  readonly commit: (outcome: MoveOutcome) => Effect.Effect<boolean, StorageError>
}

export class MoveStore extends Context.Service<MoveStore, Service>()("@payment-orchestrator/payments/MoveStore") {}
