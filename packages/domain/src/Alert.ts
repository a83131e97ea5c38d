/** What the people on call are told: raised once, cleared once it has really passed. */
import { Schema } from "effect"
import { AlertId } from "./Id.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * `failover_rate`: many checkouts do not reach their first candidate. `outcome_unknown`: nobody knows for 10 minutes
 * whether money moved. `second_payment`, `mismatched_payment`: money that somebody must look at. `webhooks_silent`: a
 * provider has stopped telling us. `endpoint_dead`: a merchant's endpoint takes no events. `price_drift`:
 * a provider sells a price otherwise than the catalog says. The others say it themselves.
 */
export const AlertKind = Schema.Literals([
  "failover_rate",
  "provider_down",
  "credentials_refused",
  "outcome_unknown",
  "second_payment",
  "mismatched_payment",
  "webhooks_silent",
  "endpoint_dead",
  "price_drift",
  "clock_skew",
  "database_unreachable",
]).annotate({ identifier: "AlertKind" })
export type AlertKind = typeof AlertKind.Type

export const Severity = Schema.Literals(["warning", "critical"]).annotate({ identifier: "Severity" })
export type Severity = typeof Severity.Type

/** The numbers and ids behind a sentence. Never a secret. */
export const Details = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite]))
export type Details = typeof Details.Type

export const Alert = Schema.Struct({
  id: AlertId,
  kind: AlertKind,
  /** Only rises while the alert is open. */
  severity: Severity,
  provider: Schema.NullOr(ProviderName),
  /** What it is about, where that is one object: a payment's id, an endpoint's. */
  subject: Schema.NullOr(Schema.String),
  /** One sentence for people. */
  summary: Schema.String,
  details: Details,
  livemode: Schema.Boolean,
  raisedAt: Timestamp,
  /** Null while it is open. */
  clearedAt: Schema.NullOr(Timestamp),
})
export type Alert = typeof Alert.Type

/** An alert as the HTTP contract writes it. */
export const AlertJson = Alert.pipe(Schema.encodeKeys({ raisedAt: "raised_at", clearedAt: "cleared_at" })).annotate({
  identifier: "Alert",
})

/** What `provider.down` and `provider.up` tell. */
export const ProviderState = Schema.Struct({
  provider: ProviderName,
  state: Schema.Literals(["down", "up"]),
  /** Why it is down; null when it is up again. */
  reason: Schema.NullOr(Schema.String),
  since: Timestamp,
}).annotate({ identifier: "ProviderState" })
