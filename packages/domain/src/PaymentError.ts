/**
 * Why a provider did not do what it was asked: one closed union of two members.
 *
 * Transient: worth another try, here or at the next provider. Permanent: the same answer would come again.
 */
import { DateTime, Option, Schema } from "effect"
import { Operation, type EffectClass } from "./Operation.ts"
import * as ProviderName from "./ProviderName.ts"
import { cut } from "./Text.ts"

/**
 * `not_sent`: the request never left. `refused`: the provider answered that it did nothing. `unknown`: it may have
 * happened (a time-out after sending, 5xx, a cut or unreadable answer).
 */
export const Outcome = Schema.Literals(["not_sent", "refused", "unknown"]).annotate({ identifier: "Outcome" })
export type Outcome = typeof Outcome.Type

/**
 * `http`: 5xx, 408 or 425 (see `status`). `timeout`: no whole answer within the deadline. `network`: refused, DNS, TLS,
 * reset. `rate_limited`: 429. `bad_response`: an answer that cannot be read or is not what was asked for.
 * `in_progress`: no verdict yet, the same idempotency key is still running. `circuit_open`, `overloaded`: we did not ask,
 * because the provider is given time to recover, or has as many calls running as are allowed.
 */
export const TransientReason = Schema.Literals([
  "http",
  "timeout",
  "network",
  "rate_limited",
  "bad_response",
  "in_progress",
  "circuit_open",
  "overloaded",
])
export type TransientReason = typeof TransientReason.Type

/**
 * `http`: a 4xx that is none of the others (see `status` and `code`). `credentials_refused`: a 401 with a fresh token, `invalid_client`.
 * `key_reused`: our idempotency key with other parameters, a bug of ours. `not_found`: no such object there.
 * `invalid_arguments`: the request could not be written, so it was not sent. The rest: the provider cannot serve this.
 */
export const PermanentReason = Schema.Literals([
  "http",
  "credentials_refused",
  "key_reused",
  "not_found",
  "invalid_arguments",
  "not_configured",
  "currency_unsupported",
  "amount_unrepresentable",
  "mode_unsupported",
  "goods_unsupported",
  "price_unmapped",
  "not_supported",
])
export type PermanentReason = typeof PermanentReason.Type

const common = {
  provider: ProviderName.ProviderName,
  operation: Operation,
  outcome: Outcome,
  /** The HTTP status of the answer, where there was one. */
  status: Schema.optionalKey(Schema.Int),
  /** The provider's own error code (`INVALID_CURRENCY_CODE`), or the network's (`ECONNREFUSED`). */
  code: Schema.optionalKey(Schema.String),
  /** The provider's own words, at most 300 characters, never with a secret. */
  detail: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(300))),
  /** The provider's id of the request, for its support. */
  requestId: Schema.optionalKey(Schema.String),
}

/** Worth another try, here or at the next provider: 5xx, time-out, network, 408, 425, 429, unreadable answers. */
export class TransientPaymentError extends Schema.TaggedError<TransientPaymentError>()("TransientPaymentError", {
  ...common,
  reason: TransientReason,
  /** How long the provider asked us to wait, in milliseconds; already capped. */
  retryAfterMillis: Schema.optionalKey(Schema.Int),
  /** With `timeout`: the deadline that passed, in milliseconds. */
  timeoutMillis: Schema.optionalKey(Schema.Int),
}) {
  override get message(): string {
    const label = ProviderName.label(this.provider)
    switch (this.reason) {
      case "http":
      case "rate_limited":
        return `${label} ${httpStatus(this.status ?? (this.reason === "rate_limited" ? 429 : 500))}`
      case "timeout":
        return `${label} timeout after ${Math.round((this.timeoutMillis ?? 0) / 100) / 10} s`
      case "network":
        return `${label} network ${this.code ?? "failure"}`
      case "bad_response":
        return `${label} sent an unreadable answer${this.detail === undefined ? "" : `: ${this.detail}`}`
      case "in_progress":
        return `${label} is still working on the same request`
      case "circuit_open":
        return `${label} failed repeatedly and is given time to recover`
      case "overloaded":
        return `${label} has as many calls running as are allowed`
    }
  }
}

/** The same answer would come again: every other 4xx, and what the provider cannot serve at all. Stop at once. */
export class PermanentPaymentError extends Schema.TaggedError<PermanentPaymentError>()("PermanentPaymentError", {
  ...common,
  reason: PermanentReason,
}) {
  override get message(): string {
    const label = ProviderName.label(this.provider)
    const what = this.status === undefined ? this.reason.replaceAll("_", " ") : httpStatus(this.status)
    const code = this.code === undefined ? "" : ` ${this.code}`
    const detail = this.detail === undefined ? "" : `: ${this.detail}`
    return `${label} ${what}${code}${detail}`
  }
}

export const PaymentError = Schema.Union([TransientPaymentError, PermanentPaymentError])
export type PaymentError = typeof PaymentError.Type

export const isPaymentError: (error: unknown) => error is PaymentError = Schema.is(PaymentError)

/** Whether we held the call back ourselves, so that it says nothing about what was to be done. */
export const isHeldBack = (error: PaymentError): boolean =>
  error.reason === "circuit_open" || error.reason === "overloaded"

/** The reason as attempts, logs and metrics spell it: `http_503`, `timeout`, `rate_limited`, `credentials_refused`. */
export const reasonCode = (error: PaymentError): string =>
  error.reason === "http" ? `http_${error.status ?? "error"}` : error.reason

/**
 * What may be done about an error. `move`: another provider may be asked. `retry`: the same provider, the same key,
 * nobody else. `final`: nothing.
 */
export type Disposition = "move" | "retry" | "final"

export const dispositionOf = (error: PaymentError, effectClass: EffectClass): Disposition => {
  switch (error._tag) {
    case "PermanentPaymentError":
      return "final"
    case "TransientPaymentError":
      return effectClass === "inert" ? "move" : "retry"
  }
}

/** The longest wait that a provider's `Retry-After` may ask for: one hour. */
const longestRetryAfterMillis = 3_600_000

/**
 * Reads a `Retry-After` header (seconds or an HTTP date) as milliseconds from `nowMillis`, capped at one hour;
 * undefined when there is none or it makes no sense.
 */
export const retryAfterMillis = (header: string | null | undefined, nowMillis: number): number | undefined => {
  const text = header?.trim() ?? ""
  const wait = /^[0-9]+(\.[0-9]+)?$/.test(text)
    ? Number(text) * 1000
    : Option.match(DateTime.make(text), { onNone: () => -1, onSome: (date) => date.epochMilliseconds - nowMillis })
  return wait >= 0 ? Math.min(Math.ceil(wait), longestRetryAfterMillis) : undefined
}

/** Cuts a provider's words to what an error may carry, never in the middle of a character. */
export const detailOf = (text: string | undefined): { readonly detail?: string } =>
  text === undefined || text === "" ? {} : { detail: cut(text, 300) }

const reasonPhrases: { readonly [status: number]: string | undefined } = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  425: "Too Early",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
}

const httpStatus = (status: number): string => {
  const phrase = reasonPhrases[status]
  return phrase === undefined ? String(status) : `${status} ${phrase}`
}
