/**
 * What went wrong with one exchange → `PaymentError`: pure and total.
 *
 * The SDK's own error classes are not used: they go by the key `error` in the body and not by the status, so a 503
 * without that key would be a success.
 */
import { type Operation, PaymentError, ProviderName } from "@payment-orchestrator/domain"

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
  /** No connection: the request never left. */
  | { readonly _tag: "NotSent"; readonly code?: string }
  /** The connection broke before the whole answer was there. */
  | { readonly _tag: "Lost"; readonly code?: string; readonly requestId?: string }
  /** The transport's own time-out, in milliseconds. */
  | { readonly _tag: "TimedOut"; readonly millis: number }
  /** The request could not be written. */
  | { readonly _tag: "Unwritable"; readonly detail: string }

/** What is known when an exchange fails: the operation, and the time in epoch milliseconds. */
export interface Circumstances {
  readonly operation: Operation.Operation
  readonly now: number
}

/** Stripe masks keys in its messages; this does not rely on it. */
const withoutSecrets = (text: string): string => text.replace(/\b(?:sk|rk|pk|ek|whsec)_[^\s'"`,;)]*/g, "[redacted]")

/** Codes and ids are short by nature; a body that says otherwise is cut. */
const short = (text: string): string => withoutSecrets(text).slice(0, 100)

const detail = (text: string | undefined) =>
  PaymentError.detailOf(text === undefined ? undefined : withoutSecrets(text.toWellFormed()))

const idOf = (requestId: string | undefined) => (requestId === undefined ? {} : { requestId: short(requestId) })

const codeOf = (code: string | undefined) => (code === undefined || code === "" ? {} : { code: short(code) })

const transient = (
  operation: Operation.Operation,
  fields: Omit<ConstructorParameters<typeof PaymentError.TransientPaymentError>[0], "provider" | "operation">,
) => new PaymentError.TransientPaymentError({ provider, operation, ...fields })

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

const fromClientError = (refusal: Refusal, { operation }: Circumstances): PaymentError.PaymentError => {
  const { status } = refusal
  const known = { status, ...codeOf(refusal.code ?? refusal.type), ...idOf(refusal.requestId) }
  // The message of a 401 repeats part of the key.
  if (status === 401) return permanent(operation, { ...known, reason: "credentials_refused", outcome: "refused" })
  const told = { ...known, ...detail(refusal.message) }
  if (status === 409 && refusal.code === "idempotency_key_in_use") {
    return transient(operation, { ...told, reason: "in_progress", outcome: "unknown" })
  }
  if (refusal.type === "idempotency_error") {
    return permanent(operation, { ...told, reason: "key_reused", outcome: "refused" })
  }
  const reason = status === 404 && asksById(operation) ? "not_found" : "http"
  return permanent(operation, { ...told, reason, outcome: "refused" })
}

const fromRefusal = (refusal: Refusal, circumstances: Circumstances): PaymentError.PaymentError => {
  const { status } = refusal
  const { now, operation } = circumstances
  const wait = PaymentError.retryAfterMillis(refusal.retryAfter, now)
  const told = {
    status,
    ...codeOf(refusal.code ?? refusal.type),
    ...detail(refusal.message),
    ...idOf(refusal.requestId),
    ...(wait === undefined ? {} : { retryAfterMillis: wait }),
  }
  if (status >= 500 && status <= 599) return transient(operation, { ...told, reason: "http", outcome: "unknown" })
  if (status === 429) return transient(operation, { ...told, reason: "rate_limited", outcome: "refused" })
  if (status === 408) return transient(operation, { ...told, reason: "http", outcome: "unknown" })
  if (status === 425) return transient(operation, { ...told, reason: "http", outcome: "refused" })
  if (status >= 400 && status <= 499) return fromClientError(refusal, circumstances)
  return transient(operation, {
    status,
    ...idOf(refusal.requestId),
    reason: "bad_response",
    outcome: "unknown",
    detail: status >= 300 && status <= 399 ? "a redirect" : "an unknown status",
  })
}

/**
 * The one place where a failed exchange becomes an error. A 5xx that Stripe replays for the same key (header
 * `idempotent-replayed`) is the same `http` error as the first time: how often to ask again is the caller's bound.
 */
export const fromFailure = (failure: Failure, circumstances: Circumstances): PaymentError.PaymentError => {
  const { operation } = circumstances
  switch (failure._tag) {
    case "Refusal":
      return fromRefusal(failure, circumstances)
    case "Unreadable":
      return transient(operation, {
        reason: "bad_response",
        outcome: "unknown",
        ...detail(failure.detail),
        ...idOf(failure.requestId),
        ...(failure.status === undefined ? {} : { status: failure.status }),
      })
    case "NotSent":
      return transient(operation, { reason: "network", outcome: "not_sent", ...codeOf(failure.code) })
    case "Lost":
      return transient(operation, {
        reason: "network",
        outcome: "unknown",
        ...codeOf(failure.code),
        ...idOf(failure.requestId),
      })
    case "TimedOut":
      return transient(operation, { reason: "timeout", outcome: "unknown", timeoutMillis: failure.millis })
    case "Unwritable":
      return permanent(operation, { reason: "invalid_arguments", outcome: "not_sent", ...detail(failure.detail) })
  }
}
