/**
 * A rehearsal of an outage: what is done to one provider, for the checkouts of the drill alone, and the report of it.
 */
import { Schema } from "effect"
import { Details, Severity, AlertKind } from "./Alert.ts"
import { AttemptJson } from "./Attempt.ts"
import { CheckoutId, DrillId } from "./Id.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/** `down`: refuses connections. `error`: answers 503. `slow`: takes the request and never answers. */
export const DrillFault = Schema.Literals(["down", "slow", "error"]).annotate({
  identifier: "DrillFault",
  message: "must be down, slow or error",
})
export type DrillFault = typeof DrillFault.Type

/** `interrupted`: its process ended before the drill did. */
export const DrillStatus = Schema.Literals(["running", "done", "interrupted"]).annotate({ identifier: "DrillStatus" })
export type DrillStatus = typeof DrillStatus.Type

/** What became of a page that was opened for a drill. `failed`: the provider could not be asked. */
export const Withdrawal = Schema.Literals(["withdrawn", "being_paid", "cannot", "failed"])
export type Withdrawal = typeof Withdrawal.Type

/** One checkout of a drill. No buyer ever gets its page. */
export const DrilledCheckout = Schema.Struct({
  id: CheckoutId,
  result: Schema.Literals(["opened", "refused", "failed"]),
  /** Whose page a buyer would have got. */
  provider: Schema.NullOr(ProviderName),
  /** How long a buyer would have waited for it, or for the failure. */
  waitMs: Schema.Natural,
  attempts: Schema.Array(AttemptJson),
  sessionId: Schema.NullOr(Schema.String),
  /** Until when the page exists at the provider, where that is known and it could not be withdrawn. */
  expiresAt: Schema.NullOr(Timestamp),
  withdrawal: Schema.NullOr(Withdrawal),
}).pipe(Schema.encodeKeys({ waitMs: "wait_ms", sessionId: "session_id", expiresAt: "expires_at" }))
export type DrilledCheckout = typeof DrilledCheckout.Type

/** An alert that the same thing would raise in real traffic. */
export const WouldAlert = Schema.Struct({
  kind: AlertKind,
  severity: Severity,
  summary: Schema.String,
  details: Details,
})

export const Report = Schema.Struct({
  checkouts: Schema.Array(DrilledCheckout),
  /** How many got a page. */
  opened: Schema.Natural,
  failovers: Schema.Natural,
  /** The longest wait of a buyer. */
  longestWaitMs: Schema.Natural,
  alerts: Schema.Array(WouldAlert),
}).pipe(Schema.encodeKeys({ longestWaitMs: "longest_wait_ms" }))
export type Report = typeof Report.Type

export const Drill = Schema.Struct({
  id: DrillId,
  provider: ProviderName,
  fault: DrillFault,
  checkouts: Schema.Natural,
  status: DrillStatus,
  /** Who asked for it. */
  actor: Schema.String,
  livemode: Schema.Boolean,
  startedAt: Timestamp,
  endedAt: Schema.NullOr(Timestamp),
  /** Null until it is done. */
  report: Schema.NullOr(Report),
})
export type Drill = typeof Drill.Type

/** A drill as the HTTP contract writes it. */
export const DrillJson = Drill.pipe(Schema.encodeKeys({ startedAt: "started_at", endedAt: "ended_at" })).annotate({
  identifier: "Drill",
})
