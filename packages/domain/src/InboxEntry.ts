/** A provider's event as it is kept: a reason to look at something, never the truth itself. */
import { Schema } from "effect"
import { CheckoutId, InboxId } from "./Id.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/**
 * `parked`: about nothing that is known yet, and matched again for three days. `due`: what it is about is to be looked at.
 * `applied`: it was looked at since. `ignored`: of a type that is not needed, or about nothing of ours.
 */
export const InboxState = Schema.Literals(["parked", "due", "applied", "ignored"]).annotate({
  identifier: "InboxState",
})
export type InboxState = typeof InboxState.Type

/** `webhook`: the provider delivered it. `backfill`: it was found in the provider's own list of events. */
export const InboxOrigin = Schema.Literals(["webhook", "backfill"]).annotate({ identifier: "InboxOrigin" })
export type InboxOrigin = typeof InboxOrigin.Type

/** What an event is about; `unknown` when its type is not needed. */
export const InboxSubject = Schema.Literals([
  "session",
  "payment",
  "refund",
  "subscription",
  "dispute",
  "unknown",
]).annotate({ identifier: "InboxSubject" })
export type InboxSubject = typeof InboxSubject.Type

export const InboxEntry = Schema.Struct({
  id: InboxId,
  provider: ProviderName,
  /** The provider's own id of the event; `sha256:…` of the body where it is not known. */
  eventId: Schema.String,
  /** The provider's own name for the type. */
  type: Schema.String,
  subject: InboxSubject,
  origin: InboxOrigin,
  state: InboxState,
  checkoutId: Schema.NullOr(CheckoutId),
  /** How often it was matched in vain. */
  tries: Schema.Natural,
  receivedAt: Timestamp,
  /** When the provider says that it happened. */
  occurredAt: Schema.NullOr(Timestamp),
  /** When it is matched again; null unless it is parked. */
  matchAt: Schema.NullOr(Timestamp),
  appliedAt: Schema.NullOr(Timestamp),
})
export type InboxEntry = typeof InboxEntry.Type

const keys = {
  eventId: "event_id",
  checkoutId: "checkout_id",
  receivedAt: "received_at",
  occurredAt: "occurred_at",
  matchAt: "match_at",
  appliedAt: "applied_at",
} as const

/** An entry as the HTTP contract writes it. */
export const InboxEntryJson = Schema.Struct({ ...InboxEntry.fields, livemode: Schema.Boolean })
  .pipe(Schema.encodeKeys(keys))
  .annotate({ identifier: "InboxEntry" })
