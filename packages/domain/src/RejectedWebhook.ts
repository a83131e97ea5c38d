/**
 * Deliveries that were refused, counted by provider, reason, sender and hour. What they said is not kept: whoever sent
 * them is not known, so that it may be anything.
 */
import { Schema } from "effect"
import { RejectionId } from "./Id.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"
import { WebhookRejectedReason } from "./Webhook.ts"

/**
 * Besides what a provider's own check says. `too_large`: over 1 MiB or nested too deeply. `unreadable`: compressed, or cut
 * short. `rate_limited`: more than an address may send in a minute. `unknown_provider`: sent to a name that nobody has here.
 */
export const RejectionReason = Schema.Literals([
  ...WebhookRejectedReason.literals,
  "too_large",
  "unreadable",
  "rate_limited",
  "unknown_provider",
]).annotate({ identifier: "RejectionReason" })
export type RejectionReason = typeof RejectionReason.Type

export const RejectedWebhook = Schema.Struct({
  id: RejectionId,
  /** Null when it was sent to a name that nobody has here. */
  provider: Schema.NullOr(ProviderName),
  reason: RejectionReason,
  /** What exactly, of the newest. */
  detail: Schema.NullOr(Schema.String),
  /** Where the newest came from; null for those of many senders, which are counted together. */
  address: Schema.NullOr(Schema.String),
  count: Schema.Natural,
  /** The names of the newest one's headers, without what they held. */
  headers: Schema.Array(Schema.String),
  /** The newest one's id, as its sender says; none where the provider's scheme has none. */
  deliveryId: Schema.NullOr(Schema.String),
  /** Of the newest one's body; null when it was not read. */
  bodyBytes: Schema.NullOr(Schema.Natural),
  bodySha256: Schema.NullOr(Schema.String),
  firstAt: Timestamp,
  lastAt: Timestamp,
})
export type RejectedWebhook = typeof RejectedWebhook.Type

/** As the HTTP contract writes it. */
export const RejectedWebhookJson = Schema.Struct({ ...RejectedWebhook.fields, livemode: Schema.Boolean })
  .pipe(
    Schema.encodeKeys({
      deliveryId: "delivery_id",
      bodyBytes: "body_bytes",
      bodySha256: "body_sha256",
      firstAt: "first_at",
      lastAt: "last_at",
    }),
  )
  .annotate({ identifier: "RejectedWebhook" })
