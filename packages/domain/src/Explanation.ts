/**
 * Why a checkout went where it went: everything that is recorded of it, as one list in order, each change of state with
 * its cause. Pure; whoever keeps the rows reads them.
 */
import { type Option, Schema } from "effect"
import { type Attempt, AttemptResult } from "./Attempt.ts"
import type { CheckoutStatus } from "./Checkout.ts"
import { Mode } from "./CheckoutRequest.ts"
import { Currency } from "./Currency.ts"
import { DeliveryStatus } from "./Delivery.ts"
import { EventType } from "./Event.ts"
import { AttemptId, CheckoutId, DeliveryId, EndpointId, EventId, FailoverId, PaymentId, RefundId } from "./Id.ts"
import type * as Money from "./Money.ts"
import { MoneyState, PaymentKind } from "./Payment.ts"
import { Outcome } from "./PaymentError.ts"
import { ProviderName } from "./ProviderName.ts"
import { RefundStatus } from "./Refund.ts"
import { Timestamp } from "./Timestamp.ts"

const Text = Schema.NullOr(Schema.String)
const at = Timestamp

/** What the merchant asked for. */
const Requested = Schema.Struct({
  at,
  kind: Schema.tag("requested"),
  mode: Mode,
  amount: Text,
  currency: Currency,
  priceId: Text,
  preferredProvider: Schema.NullOr(ProviderName),
}).pipe(Schema.encodeKeys({ priceId: "price_id", preferredProvider: "preferred_provider" }))

/** A candidate's place: `round` counts how often the providers were asked, `position` its place in that plan, from 0. */
const place = { round: Schema.Natural, position: Schema.Natural, provider: ProviderName }

/** A provider that was passed over before it was called. */
const Skipped = Schema.Struct({ at, kind: Schema.tag("skipped"), ...place, reason: Text, message: Text })

/** A provider's turn: its first try and its retries. */
const Tried = Schema.Struct({
  at,
  kind: Schema.tag("tried"),
  ...place,
  attemptId: Schema.NullOr(AttemptId),
  result: AttemptResult,
  reason: Text,
  message: Text,
  outcome: Schema.NullOr(Outcome),
  requestId: Text,
  durationMs: Schema.Natural,
  tries: Schema.Natural,
}).pipe(Schema.encodeKeys({ attemptId: "attempt_id", requestId: "request_id", durationMs: "duration_ms" }))

/** A candidate of the plan whose turn did not come, or of which nothing is recorded. */
const NotAsked = Schema.Struct({
  at,
  kind: Schema.tag("not_asked"),
  ...place,
  attemptId: Schema.NullOr(AttemptId),
  cause: Schema.String,
}).pipe(Schema.encodeKeys({ attemptId: "attempt_id" }))

/** A provider given up for the next. */
const FailedOver = Schema.Struct({
  at,
  kind: Schema.tag("failed_over"),
  id: FailoverId,
  from: ProviderName,
  to: ProviderName,
  reason: Schema.String,
  message: Schema.String,
  requestId: Text,
}).pipe(Schema.encodeKeys({ requestId: "request_id" }))

/** How one asking of the providers ended. */
const Decided = Schema.Struct({
  at,
  kind: Schema.tag("decided"),
  round: Schema.Natural,
  verdict: Schema.Literals(["opened", "refused", "nobody", "abandoned"]),
  provider: Schema.NullOr(ProviderName),
  cause: Schema.String,
})

const session = { provider: ProviderName, sessionId: Schema.String }

/** A page the buyer may be sent to. */
const Shown = Schema.Struct({
  at,
  kind: Schema.tag("session_shown"),
  ...session,
  attemptId: AttemptId,
  expiresAt: Schema.NullOr(Timestamp),
}).pipe(Schema.encodeKeys({ sessionId: "session_id", attemptId: "attempt_id", expiresAt: "expires_at" }))

/** What the page is now, and since when: only the last change of its state is kept. */
const SessionState = Schema.Struct({
  at,
  kind: Schema.tag("session_state"),
  ...session,
  state: Schema.Literals(["completing", "completed", "withdrawn"]),
  cause: Schema.String,
}).pipe(Schema.encodeKeys({ sessionId: "session_id" }))

/** A provider told us something about it. */
const Heard = Schema.Struct({
  at,
  kind: Schema.tag("webhook"),
  provider: ProviderName,
  eventId: Schema.String,
  type: Schema.String,
  /** What was made of it. */
  state: Schema.String,
}).pipe(Schema.encodeKeys({ eventId: "event_id" }))

const PaymentSeen = Schema.Struct({
  at,
  kind: Schema.tag("payment"),
  id: PaymentId,
  provider: ProviderName,
  moneyId: Schema.String,
  paymentKind: Schema.NullOr(PaymentKind),
  state: MoneyState,
  amount: Schema.String,
  currency: Currency,
}).pipe(Schema.encodeKeys({ moneyId: "provider_payment_id", paymentKind: "payment_kind" }))

const RefundAsked = Schema.Struct({
  at,
  kind: Schema.tag("refund"),
  id: RefundId,
  paymentId: PaymentId,
  provider: ProviderName,
  status: RefundStatus,
  amount: Schema.String,
  currency: Currency,
  reason: Text,
  message: Text,
}).pipe(Schema.encodeKeys({ paymentId: "payment_id" }))

/** A fact the merchant was told, and what led to it. */
const Told = Schema.Struct({
  at,
  kind: Schema.tag("event"),
  id: EventId,
  type: EventType,
  objectId: Schema.String,
  sequence: Schema.Natural,
  provider: Schema.NullOr(ProviderName),
  cause: Schema.String,
}).pipe(Schema.encodeKeys({ objectId: "object_id" }))

/** The sending of such a fact to one endpoint, as it stands, at its last try; kept for 30 days. */
const Sent = Schema.Struct({
  at,
  kind: Schema.tag("delivery"),
  id: DeliveryId,
  eventId: EventId,
  eventType: EventType,
  endpointId: EndpointId,
  /** Null when the endpoint is not known any more. */
  url: Text,
  status: DeliveryStatus,
  tries: Schema.Natural,
  lastStatus: Schema.NullOr(Schema.Int),
  lastError: Text,
  nextTryAt: Schema.NullOr(Timestamp),
}).pipe(
  Schema.encodeKeys({
    eventId: "event_id",
    eventType: "event_type",
    endpointId: "endpoint_id",
    lastStatus: "last_status",
    lastError: "last_error",
    nextTryAt: "next_try_at",
  }),
)

/** Somebody with a key did something to it. */
const Acted = Schema.Struct({
  at,
  kind: Schema.tag("action"),
  action: Schema.String,
  actor: Schema.String,
  target: Schema.String,
  reason: Text,
})

export const Entry = Schema.Union([
  Requested,
  Skipped,
  Tried,
  NotAsked,
  FailedOver,
  Decided,
  Shown,
  SessionState,
  Heard,
  PaymentSeen,
  RefundAsked,
  Told,
  Sent,
  Acted,
]).annotate({ identifier: "ExplanationEntry" })
export type Entry = typeof Entry.Type

export const Explanation = Schema.Struct({ checkoutId: CheckoutId, data: Schema.Array(Entry) })
  .pipe(Schema.encodeKeys({ checkoutId: "checkout_id" }))
  .annotate({ identifier: "Explanation" })
export type Explanation = typeof Explanation.Type

/** One row of the attempts of all rounds. */
export interface Candidate {
  readonly round: number
  readonly position: number
  readonly provider: ProviderName
  readonly attemptId: AttemptId | null
  /** `planned`: nothing is recorded yet. `quarantined`: nobody will say any more what came of it. */
  readonly state: "planned" | "closed" | "quarantined"
  readonly attempt: Option.Option<Attempt>
}

/** What is recorded of a checkout; each list oldest first. Times are epoch milliseconds. */
export interface Records {
  readonly checkout: {
    readonly id: CheckoutId
    readonly status: CheckoutStatus
    readonly mode: Mode
    readonly asked: Option.Option<Money.Money>
    readonly currency: Currency
    readonly createdAt: number
    readonly expiresAt: number
  }
  readonly wish: { readonly priceId: string | null; readonly preferredProvider: ProviderName | null }
  /** By round and position. */
  readonly candidates: ReadonlyArray<Candidate>
  readonly failovers: ReadonlyArray<Omit<typeof FailedOver.Type, "kind">>
  readonly sessions: ReadonlyArray<
    Omit<typeof Shown.Type, "kind"> & {
      readonly state: "unexposed" | "payable" | (typeof SessionState.Type)["state"]
      /** When its state last changed. */
      readonly stateAt: number
    }
  >
  readonly webhooks: ReadonlyArray<Omit<typeof Heard.Type, "kind">>
  readonly payments: ReadonlyArray<Omit<typeof PaymentSeen.Type, "kind">>
  readonly refunds: ReadonlyArray<Omit<typeof RefundAsked.Type, "kind">>
  readonly events: ReadonlyArray<Omit<typeof Told.Type, "kind" | "cause">>
  readonly deliveries: ReadonlyArray<Omit<typeof Sent.Type, "kind">>
  readonly actions: ReadonlyArray<Omit<typeof Acted.Type, "kind">>
}

export { assemble } from "./internal/Assembly.ts"
