/**
 * The same request twice does the thing once: a claim per tenant and key, kept for 24 hours. The port for requests
 * that make no checkout; those that do claim their key together with it (`CheckoutStore.claim`).
 *
 * The first answer is kept when it is final (2xx and 422); after any other answer the same key tries again.
 */
import { Context, type Effect } from "effect"
import type { Claimant } from "./CheckoutStore.ts"
import type { StorageError } from "./StorageError.ts"

/** What a claim finds. */
export type Claim =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Replay"; readonly answer: string }
  | { readonly _tag: "Running" }
  | { readonly _tag: "OtherBody" }

export interface Service {
  /** A running claim older than `takeOverAfterMillis` may be taken over: its process died. */
  readonly claim: (claimant: Claimant, takeOverAfterMillis: number) => Effect.Effect<Claim, StorageError>
  /** Keeps the final answer. */
  readonly settle: (claimant: Claimant, answer: string) => Effect.Effect<void, StorageError>
  /** Lets the same key try again. */
  readonly release: (claimant: Claimant) => Effect.Effect<void, StorageError>
}

export class Idempotency extends Context.Service<Idempotency, Service>()(
  "@payment-orchestrator/payments/Idempotency",
) {}
