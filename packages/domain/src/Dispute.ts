/** A buyer who disputes a payment at the bank or the provider: what the merchant sees of it, and what becomes of it. */
import { Effect, Option, Schema, SchemaGetter } from "effect"
import { Currency } from "./Currency.ts"
import type { EventType } from "./Event.ts"
import { CheckoutId, DisputeId, PaymentId } from "./Id.ts"
import * as Money from "./Money.ts"
import { ProviderName } from "./ProviderName.ts"
import { Timestamp } from "./Timestamp.ts"

/** `lost`: the money went back to the buyer. `closed`: it ended without a verdict that the provider names. */
export const DisputeState = Schema.Literals(["open", "won", "lost", "closed"]).annotate({ identifier: "DisputeStatus" })
export type DisputeState = typeof DisputeState.Type

/** What the provider says of a dispute now. */
export interface DisputeSnapshot {
  readonly provider: ProviderName
  readonly disputeId: string
  readonly state: DisputeState
  readonly amount: Option.Option<Money.Money>
  /** The provider's own id of the money it is about. */
  readonly moneyId: Option.Option<string>
  /** The provider's own word. */
  readonly reason: Option.Option<string>
  /** Until when the merchant can answer, in epoch milliseconds. */
  readonly respondBy: Option.Option<number>
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  readonly rawState: string
}

const fields = {
  id: DisputeId,
  paymentId: PaymentId,
  checkoutId: CheckoutId,
  provider: ProviderName,
  /** The provider's own id; answer the dispute there. */
  providerDisputeId: Schema.String,
  status: DisputeState,
  reason: Schema.NullOr(Schema.String),
  respondBy: Schema.NullOr(Timestamp),
  tenantId: Schema.String,
  livemode: Schema.Boolean,
  createdAt: Timestamp,
}

/** A dispute, as the merchant sees it. */
export const Dispute = Schema.toType(Schema.Struct({ ...fields, amount: Schema.NullOr(Money.Money) }))
export type Dispute = typeof Dispute.Type

const DisputeWire = Schema.Struct({
  ...fields,
  amount: Schema.NullOr(Money.Decimal),
  currency: Schema.NullOr(Currency),
}).pipe(
  Schema.encodeKeys({
    paymentId: "payment_id",
    checkoutId: "checkout_id",
    providerDisputeId: "provider_dispute_id",
    respondBy: "respond_by",
    tenantId: "tenant_id",
    createdAt: "created_at",
  }),
)

/** A dispute as the HTTP contract writes it: snake_case keys, the amount as decimal text, times as ISO 8601. */
export const DisputeJson = DisputeWire.pipe(
  Schema.decodeTo(Dispute, {
    decode: SchemaGetter.transformEffect(({ amount, currency, ...rest }: typeof DisputeWire.Type) =>
      Effect.map(Money.fromParts(amount, currency), (money) => ({ ...rest, amount: money })),
    ),
    encode: SchemaGetter.transform(({ amount, ...rest }: Dispute) => ({ ...rest, ...Money.toParts(amount) })),
  }),
).annotate({ identifier: "Dispute" })

/** Whether refunds of the payment have to wait, or come too late. */
export const blocksRefunds = (state: DisputeState): boolean => state === "open" || state === "lost"

/** What is known of a dispute; `status` is null until the provider was asked. */
export interface State {
  readonly status: DisputeState | null
  readonly amount: Option.Option<Money.Money>
  readonly reason: Option.Option<string>
  readonly respondBy: Option.Option<number>
  /** When the fetch of the last applied snapshot started, in epoch milliseconds; 0 before the first. */
  readonly seenAt: number
}

type DisputeEvent = Extract<EventType, `dispute.${string}` | "payment.reversed">

const changed = <A>(a: Option.Option<A>, b: Option.Option<A>, same: (a: A, b: A) => boolean): boolean =>
  Option.isSome(a) !== Option.isSome(b) || Option.exists(Option.all([a, b]), ([one, other]) => !same(one, other))

const differ = (a: State, b: State): boolean =>
  a.status !== b.status ||
  changed(a.amount, b.amount, Money.equals) ||
  changed(a.reason, b.reason, Object.is) ||
  changed(a.respondBy, b.respondBy, Object.is)

/** What a change of the dispute tells: that it was opened is told also when it is first seen closed. */
const told = (before: State, after: State): ReadonlyArray<DisputeEvent> => {
  const opened: ReadonlyArray<DisputeEvent> = before.status === null ? ["dispute.opened"] : []
  if (before.status === after.status) return ["dispute.updated"]
  if (after.status === "open") return before.status === null ? opened : ["dispute.updated"]
  return [...opened, "dispute.closed", ...(after.status === "lost" ? (["payment.reversed"] as const) : [])]
}

/** Level-triggered: what the provider said last is so. An outdated snapshot, and one that says nothing new, tell nothing. */
export const apply = (
  state: State,
  snapshot: DisputeSnapshot,
): { readonly state: State; readonly events: ReadonlyArray<DisputeEvent> } => {
  if (snapshot.fetchStartedAt < state.seenAt) return { state, events: [] }
  const next: State = {
    status: snapshot.state,
    amount: Option.orElse(snapshot.amount, () => state.amount),
    reason: Option.orElse(snapshot.reason, () => state.reason),
    respondBy: snapshot.respondBy,
    seenAt: snapshot.fetchStartedAt,
  }
  return { state: next, events: differ(state, next) ? told(state, next) : [] }
}
