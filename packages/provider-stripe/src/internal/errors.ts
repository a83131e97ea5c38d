/**
 * What went wrong with one exchange → `PaymentError`: pure and total.
 *
 * The SDK's own error classes are not used: they go by the key `error` in the body and not by the status, so a 503
 * without that key would be a success.
 */
import { HttpFailure, type Operation, PaymentError, ProviderName } from "@payment-orchestrator/domain"

export const provider = ProviderName.ProviderName.make("stripe")

/** An answer that is not a 2xx, with what its body says of the error. */
export interface Refusal {
  readonly _tag: "Refusal"
  readonly status: number
  readonly requestId?: string
  /** The header `Retry-After`. */
  readonly retryAfter?: string
  /** `error.type`, e.g. `invalid_request_error`. */
  readonly type?: string
  /** `error.code`, e.g. `resource_missing`. */
  readonly code?: string
  readonly message?: string
}

/** How an exchange failed. */
export type Failure =
  | Refusal
  /** A whole answer that is not what was asked for. */
  | { readonly _tag: "Unreadable"; readonly detail: string; readonly status?: number; readonly requestId?: string }
  /** No whole answer: what `fetch` threw, and whether headers had come before. */
  | { readonly _tag: "Thrown"; readonly error: unknown; readonly answered?: { readonly requestId: string | undefined } }
  /** The request could not be written. */
  | { readonly _tag: "Unwritable"; readonly detail: string }

/** What is known when an exchange fails: the operation, and the time in epoch milliseconds. */
export interface Circumstances {
  readonly operation: Operation.Operation
  readonly now: number
}

/** Stripe masks keys in its messages; this does not rely on it. */
const withoutSecrets = (text: string): string => text.replace(/\b(?:sk|rk|pk|ek|whsec)_[^\s'"`,;)]*/g, "[redacted]")

/** A refusal for good: the same answer would come again. */
export const permanent = (
  operation: Operation.Operation,
  fields: Omit<ConstructorParameters<typeof PaymentError.PermanentPaymentError>[0], "provider" | "operation">,
) => new PaymentError.PermanentPaymentError({ provider, operation, ...fields })

/** There is no such object at Stripe, known without asking: what was given is no id of Stripe's. */
export const noSuchObject = (operation: Operation.Operation) =>
  permanent(operation, { reason: "not_found", outcome: "not_sent" })

/** The operations that ask for one object by its id. A session that is opened names others: their absence is a 4xx. */
const asksById = (operation: Operation.Operation): boolean =>
  operation !== "createCheckoutSession" && operation !== "checkAvailability" && operation !== "missedEvents"

const meaningOf = ({ code, status, type }: Refusal, operation: Operation.Operation) => {
  if (status === 409 && code === "idempotency_key_in_use") return "in_progress"
  if (type === "idempotency_error") return "key_reused"
  return status === 404 && asksById(operation) ? "not_found" : undefined
}

const told = (text: string | undefined) => (text === undefined ? undefined : withoutSecrets(text.toWellFormed()))

/**
 * The one place where a failed exchange becomes an error. A 5xx that Stripe replays for the same key (header
 * `idempotent-replayed`) is the same `http` error as the first time: how often to ask again is the caller's bound.
 */
export const fromFailure = (failure: Failure, { now, operation }: Circumstances): PaymentError.PaymentError => {
  const asked = { provider, operation }
  switch (failure._tag) {
    case "Refusal":
      return HttpFailure.refused(
        asked,
        {
          status: failure.status,
          retryAfter: failure.retryAfter,
          code: told(failure.code ?? failure.type),
          detail: told(failure.message),
          requestId: told(failure.requestId),
          means: meaningOf(failure, operation),
        },
        now,
      )
    case "Unreadable":
      return HttpFailure.unreadable(asked, withoutSecrets(failure.detail), failure)
    case "Thrown":
      return HttpFailure.thrown(asked, failure.error, failure.answered)
    case "Unwritable":
      return permanent(operation, {
        reason: "invalid_arguments",
        outcome: "not_sent",
        ...PaymentError.detailOf(withoutSecrets(failure.detail)),
      })
  }
}
