/** One provider's turn for one session: a first try and its retries under one provider-side key, with one outcome. */
import { Schema } from "effect"
import { Outcome, type PaymentError, reasonCode } from "./PaymentError.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/** `superseded` is the loser of a hedge. */
export const AttemptResult = Schema.Literals(["opened", "transient_error", "permanent_error", "skipped", "superseded"])
export type AttemptResult = typeof AttemptResult.Type

/** Why a provider was passed over before it was called. */
export const SkipReason = Schema.Literals([
  "not_configured",
  "currency_unsupported",
  "amount_unrepresentable",
  "mode_unsupported",
  "goods_unsupported",
  "price_unmapped",
  "price_mismatch",
  "drained",
  "circuit_open",
  "health_down",
  "credentials_refused",
  "throttled",
  "overloaded",
  "out_of_time",
])
export type SkipReason = typeof SkipReason.Type

const requestFaults: ReadonlySet<SkipReason> = new Set([
  "currency_unsupported",
  "amount_unrepresentable",
  "mode_unsupported",
  "goods_unsupported",
  "price_unmapped",
  "price_mismatch",
] as const)

/** Whether it is the request itself that keeps a provider out, and not the provider's state. */
export const isRequestFault = (reason: SkipReason): boolean => requestFaults.has(reason)

export const Attempt = Schema.Struct({
  provider: ProviderName,
  result: AttemptResult,
  /** `http_503`, `timeout`, `network`, `rate_limited`, …, or the reason of a skip. */
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String),
  outcome: Schema.optionalKey(Outcome),
  /** The provider's own id of the request. */
  requestId: Schema.optionalKey(Schema.String),
  startedAt: Timestamp,
  durationMs: Schema.Natural,
  /** How many calls were made: 1 and the retries. */
  tries: Schema.Natural,
}).annotate({ identifier: "Attempt" })
export type Attempt = typeof Attempt.Type

export const AttemptJson = Attempt.pipe(
  Schema.encodeKeys({ requestId: "request_id", startedAt: "started_at", durationMs: "duration_ms" }),
)

const skipMessages: { readonly [reason in SkipReason]: string } = {
  not_configured: "has no credentials",
  currency_unsupported: "does not take this currency",
  amount_unrepresentable: "cannot represent this amount exactly, or it is outside its limits",
  mode_unsupported: "does not offer this mode",
  goods_unsupported: "does not sell these goods",
  price_unmapped: "has no mapping for this price",
  price_mismatch: "sells this price otherwise than the catalog says, or no longer",
  drained: "was taken out of routing by an operator",
  circuit_open: "failed repeatedly and is given time to recover",
  health_down: "is presumed down, by its health check or by how buyers fared there",
  credentials_refused: "refuses our credentials",
  throttled: "asked us to wait",
  overloaded: "has as many calls running as are allowed",
  out_of_time: "was not reached before the deadline",
}

export const skipped = (provider: ProviderName, reason: SkipReason, startedAt: number): Attempt => ({
  provider,
  result: "skipped",
  reason,
  message: skipMessages[reason],
  startedAt,
  durationMs: 0,
  tries: 0,
})

export const failed = (
  error: PaymentError,
  timing: { readonly startedAt: number; readonly durationMs: number; readonly tries: number },
): Attempt => ({
  provider: error.provider,
  result: error._tag === "TransientPaymentError" ? "transient_error" : "permanent_error",
  reason: reasonCode(error),
  message: error.message,
  outcome: error.outcome,
  ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
  ...timing,
})

/** An attempt that was given up unanswered, because the checkout was decided elsewhere. It may have made a session. */
export const superseded = (
  provider: ProviderName,
  timing: { readonly startedAt: number; readonly durationMs: number; readonly tries: number },
): Attempt => ({
  provider,
  result: "superseded",
  message: "was asked beside another provider, whose answer came first",
  outcome: timing.tries === 0 ? "not_sent" : "unknown",
  ...timing,
})
