/** The one place where an error of the inside becomes an answer of the HTTP contract. */
import { Problem } from "@payment-orchestrator/api"
import type { OrchestratorError } from "@payment-orchestrator/core"
import type { PaymentError } from "@payment-orchestrator/domain"
import type { Checkouts, StorageError } from "@payment-orchestrator/payments"
import { Effect } from "effect"
import * as Idempotent from "./Idempotent.ts"
import * as RetryAfter from "./RetryAfter.ts"

/** `priceId` → `price_id`: paths are spelt as the body spells them. */
const snakeCase = (path: string): string => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

type FieldErrors = OrchestratorError.InvalidRequest["errors"]

export const invalid = (errors: FieldErrors, code: Problem.InvalidRequest["code"] = "invalid_request") => {
  const spelt = errors.map(({ message, path }) => ({ path: snakeCase(path), message }))
  return new Problem.InvalidRequest({
    code,
    errors: spelt,
    detail: spelt.map(({ message, path }) => `${path} ${message}`.trim()).join("; "),
  })
}

export const fromOpenError = (error: Checkouts.OpenError) => {
  switch (error._tag) {
    case "InvalidRequest":
      return invalid(error.errors, error.code)
    case "AllProvidersFailed":
      return new Problem.AllProvidersFailed({
        checkout_id: error.checkoutId,
        attempts: error.attempts,
        detail: error.message,
      })
    case "KeyRunning":
      return Idempotent.running
    case "KeyReused":
      return Idempotent.reused
    case "OrderTaken":
      return new Problem.OrderTaken({
        code: error.checkout.status === "paid" ? "order_already_paid" : "order_in_progress",
        checkout: error.checkout,
        detail: error.message,
      })
    case "AlreadySubscribed":
      return new Problem.AlreadySubscribed({ subscription: error.subscription, detail: error.message })
    case "StorageError":
      return storage(error)
  }
}

/** The database cannot be reached: the same request again, with the same key. */
export const storage = (error: StorageError) =>
  new Problem.TryAgain({ detail: `${error.message}; send the same request again, with the same Idempotency-Key` })

export const noProviderFits = (error: OrchestratorError.NoProviderFits) =>
  new Problem.NoProviderFits({ attempts: error.attempts, detail: error.message })

export const rejected = (
  error: PaymentError.PermanentPaymentError,
  attempts: Problem.ProviderRejected["attempts"],
  retryable: boolean,
) =>
  new Problem.ProviderRejected({
    provider: error.provider,
    provider_code: error.code ?? null,
    attempts,
    retryable,
    detail: error.message,
  })

/** `what` names the object: `payment pay_1`. */
export const notFound = (what: string) => new Problem.NotFound({ code: "not_found", detail: `there is no ${what}` })

/** An operation at one provider that failed. */
export const fromPaymentError = (error: PaymentError.PaymentError) => {
  if (error._tag === "TransientPaymentError" || error.reason === "not_configured") {
    return new Problem.TryAgain({ detail: error.message })
  }
  return error.reason === "not_found"
    ? new Problem.NotFound({ code: "not_found", detail: error.message })
    : rejected(error, [], false)
}

export const unknownProvider = (error: OrchestratorError.UnknownProvider) =>
  new Problem.NotFound({ code: "unknown_provider", detail: error.message })

/** Too many: fails, and says in `Retry-After` after how many milliseconds to come again. */
export const rateLimited = (millis: number, detail: string) =>
  Effect.andThen(RetryAfter.set(millis), Effect.fail(new Problem.RateLimited({ detail })))
