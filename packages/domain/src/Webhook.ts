/** What providers send us unasked: a reason to look, never the truth itself. */
import { type Option, Result, Schema } from "effect"
import type { DisputeState } from "./Dispute.ts"
import type { AttemptId } from "./Id.ts"
import type { Money } from "./Money.ts"
import * as ProviderName from "./ProviderName.ts"
import type { RefundState } from "./Refund.ts"
import type { MoneyState, SessionState } from "./Session.ts"
import type { SubscriptionState } from "./Subscription.ts"

/** A delivery as it arrived. Names of headers are in lower case; the body is the raw bytes. */
export interface RawWebhook {
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly body: Uint8Array
  /** Instead of the configured ones; at PayPal the webhook id. */
  readonly secret?: string
}

/** `malformed`: signed, but not what the provider sends. `stale`: outside the replay window. */
export const WebhookRejectedReason = Schema.Literals([
  "missing_header",
  "duplicate_header",
  "bad_signature",
  "stale",
  "malformed",
  "not_configured",
])
export type WebhookRejectedReason = typeof WebhookRejectedReason.Type

/** The delivery is not to be believed, and will not be when it comes again. */
export class WebhookRejected extends Schema.TaggedError<WebhookRejected>()("WebhookRejected", {
  provider: ProviderName.ProviderName,
  reason: WebhookRejectedReason,
  /** What exactly, e.g. the header's name. Never a signature or a secret. */
  detail: Schema.optionalKey(Schema.String),
}) {
  override get message(): string {
    const detail = this.detail === undefined ? "" : ` (${this.detail})`
    return `${ProviderName.label(this.provider)} webhook refused: ${this.reason.replaceAll("_", " ")}${detail}`
  }
}

/** What an event is about, with the ids that help to find our own record. */
export type EventSubject =
  | {
      readonly _tag: "Session"
      readonly sessionId: string
      readonly state: SessionState
      readonly subscriptionId: Option.Option<string>
    }
  | {
      readonly _tag: "Payment"
      readonly moneyId: string
      readonly state: MoneyState
      readonly amount: Option.Option<Money>
      readonly sessionId: Option.Option<string>
      readonly subscriptionId: Option.Option<string>
    }
  | {
      readonly _tag: "Refund"
      readonly providerRefundId: string
      readonly state: RefundState
      readonly amount: Option.Option<Money>
      readonly moneyId: Option.Option<string>
      /** The provider took the money back (a chargeback, a bank's reversal): nobody here gave it. */
      readonly reversal?: true
    }
  | {
      readonly _tag: "Subscription"
      readonly subscriptionId: string
      readonly state: SubscriptionState
      readonly sessionId: Option.Option<string>
    }
  | {
      readonly _tag: "Dispute"
      readonly disputeId: string
      readonly state: DisputeState
      readonly amount: Option.Option<Money>
      readonly moneyId: Option.Option<string>
    }

/** One provider event, verified and understood. */
export interface ProviderEvent {
  readonly provider: ProviderName.ProviderName
  /** The provider's own id of the event: the same over its retries. */
  readonly eventId: string
  /** The provider's own name for the type, e.g. `CHECKOUT.ORDER.APPROVED`. */
  readonly type: string
  /** Epoch milliseconds, where the provider says so. */
  readonly occurredAt: Option.Option<number>
  /** Our attempt id, as the provider carries it. */
  readonly attemptId: Option.Option<AttemptId>
  readonly subject: EventSubject
}

/**
 * The one value of a header that a delivery must have: none is `missing_header`, several are `duplicate_header`, so that
 * no part of a delivery can be ambiguous.
 */
export const header = (
  provider: ProviderName.ProviderName,
  webhook: RawWebhook,
  name: string,
): Result.Result<string, WebhookRejected> => {
  const given = webhook.headers[name]
  const [value, ...more] = typeof given === "string" ? [given] : (given ?? [])
  if (value === undefined || value === "") {
    return Result.fail(new WebhookRejected({ provider, reason: "missing_header", detail: name }))
  }
  return more.length === 0
    ? Result.succeed(value)
    : Result.fail(new WebhookRejected({ provider, reason: "duplicate_header", detail: name }))
}
