/** The port to where checkouts are kept. Storage implements it on SQL; every method is one short transaction. */
import type { OrchestratorLog } from "@payment-orchestrator/core"
import type {
  Attempt,
  Capabilities,
  Checkout,
  CheckoutRequest,
  Id,
  ProviderName,
  Subscription,
} from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

/** A checkout with what the outside does not see of it. */
export interface StoredCheckout {
  readonly checkout: Checkout.Checkout
  /** The random part of the buyer's stable link. */
  readonly linkToken: string
  /** Where the merchant wants the buyer back. */
  readonly successUrl: Option.Option<string>
  readonly cancelUrl: Option.Option<string>
}

/** An attempt whose id is drawn before anybody is asked, so that a lost answer can be matched. */
export interface PlannedAttempt {
  readonly attemptId: Id.AttemptId
  readonly provider: ProviderName.ProviderName
  /** Its place in the plan, from 0. */
  readonly position: number
}

/** Whose request it is: `Idempotency-Key`, per tenant. */
export interface Claimant {
  readonly tenantId: string
  readonly key: string
  readonly fingerprint: string
}

/** What is written before any provider is asked. */
export interface Opening extends StoredCheckout {
  /** Kept, so that the claim of a process that died can be resolved. */
  readonly request: CheckoutRequest.CheckoutRequest
  readonly attempts: ReadonlyArray<PlannedAttempt>
}

/**
 * What a claim finds. `Fresh`: the opening stands, under its own id. `Again`: the key was let go after an answer that
 * was not final, or its process died: the opening stands under the first request's checkout id and link.
 */
export type Claimed =
  | { readonly _tag: "Fresh" }
  | {
      readonly _tag: "Again"
      readonly checkoutId: Id.CheckoutId
      readonly linkToken: string
      /** When the first request came, in epoch milliseconds. */
      readonly createdAt: number
    }
  | { readonly _tag: "Replay"; readonly answer: string }
  | { readonly _tag: "Running" }
  | { readonly _tag: "OtherBody" }
  | OrderTaken
  | Subscribed

/**
 * Another checkout of the same tenant and `order_id` is open, processing or paid, so that this one does not stand and
 * its key is let go. `equal`: it was asked for with the same words.
 */
export interface OrderTaken {
  readonly _tag: "OrderTaken"
  readonly checkout: Checkout.Checkout
  readonly equal: boolean
}

/**
 * The customer has a subscription to this price that runs, so that another is not opened (F39) and the key is let go.
 * The customer is known by `customer_id`, or by the e-mail address where one of both sides has none.
 */
export interface Subscribed {
  readonly _tag: "Subscribed"
  readonly subscription: Subscription.Subscription
}

/** The session that is shown. */
export interface ShownSession {
  readonly attemptId: Id.AttemptId
  readonly provider: ProviderName.ProviderName
  readonly sessionId: string
  readonly url: string
  /** How it can be withdrawn. */
  readonly fence: Capabilities.Fence
  /** Epoch milliseconds. */
  readonly expiresAt: Option.Option<number>
}

/** What is written once the providers have answered. */
export interface Outcome {
  /** As it stands now; its attempts are the closed ones, in order. */
  readonly checkout: Checkout.Checkout
  /** The candidates, as they were claimed. */
  readonly planned: ReadonlyArray<PlannedAttempt>
  readonly session: Option.Option<ShownSession>
  readonly failovers: ReadonlyArray<OrchestratorLog.Failover>
  /** The answer to keep under the claimant's key; none lets the key go. */
  readonly claimant: Option.Option<{ readonly claimant: Claimant; readonly answer: Option.Option<string> }>
}

export interface ListQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly status?: Checkout.CheckoutStatus | undefined
  readonly provider?: ProviderName.ProviderName | undefined
  readonly reference?: string | undefined
  readonly orderId?: string | undefined
  readonly customerId?: string | undefined
  /**
   * Exactly this, as the checkout's own id, reference, `order_id`, customer's id or e-mail address, as the provider's id
   * of a page of it, or of money that came.
   */
  readonly search?: string | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.CheckoutId | undefined
  readonly limit: number
}

/** A claim whose process may have died: nothing was recorded after it. Of an opening, or of a move. */
export interface OpenClaim {
  readonly checkoutId: Id.CheckoutId
  readonly claimedAt: number
  readonly attempts: ReadonlyArray<PlannedAttempt>
}

export interface Service {
  /**
   * Idempotency row, checkout row and one attempt row per candidate, in one transaction. A running claim older than
   * `takeOverAfterMillis` may be taken over (`Again`).
   */
  readonly claim: (
    opening: Opening,
    claimant: Option.Option<Claimant>,
    takeOverAfterMillis: number,
  ) => Effect.Effect<Claimed, StorageError>
  /** Checkout, session, closed attempts, failover rows, counters and the kept answer, in one transaction. */
  readonly commit: (outcome: Outcome) => Effect.Effect<void, StorageError>
  readonly find: (id: Id.CheckoutId) => Effect.Effect<Option.Option<StoredCheckout>, StorageError>
  readonly findByLink: (linkToken: string) => Effect.Effect<Option.Option<StoredCheckout>, StorageError>
  readonly list: (query: ListQuery) => Effect.Effect<ReadonlyArray<Checkout.Checkout>, StorageError>
  /** Claims without an outcome that are older than this (epoch milliseconds), oldest first, at most 100. */
  readonly openClaims: (before: number) => Effect.Effect<ReadonlyArray<OpenClaim>, StorageError>
  /**
   * Ends a claim whose process died: its attempts are quarantined with this outcome, the key is let go, and a checkout
   * that was never shown fails. False when somebody recorded an outcome meanwhile.
   */
  readonly abandon: (claim: OpenClaim, attempts: ReadonlyArray<Attempt.Attempt>) => Effect.Effect<boolean, StorageError>
}

export class CheckoutStore extends Context.Service<CheckoutStore, Service>()(
  "@payment-orchestrator/payments/CheckoutStore",
) {}
