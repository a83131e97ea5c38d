/** Subscriptions as rows. */
import {
  CheckoutRequest,
  Currency,
  Id,
  Money,
  ProviderName,
  Subscription,
  type SubscriptionLife,
} from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"

type Sql = SqlClient.SqlClient

const Flag = Schema.Literals([0, 1])

const SubscriptionRow = Schema.Struct({
  id: Id.SubscriptionId,
  checkout_id: Id.CheckoutId,
  tenant_id: Schema.String,
  provider: ProviderName.ProviderName,
  provider_subscription_id: Schema.String,
  session_id: Schema.String,
  status: Subscription.SubscriptionState,
  price_id: Schema.NullOr(Schema.String),
  customer_id: Schema.NullOr(Schema.String),
  customer_email: Schema.NullOr(Schema.String),
  order_id: Schema.NullOr(Schema.String),
  amount: Schema.NullOr(Money.MinorUnits),
  currency: Schema.NullOr(Currency.Currency),
  cancel_at_period_end: Flag,
  cancel_wish: Schema.NullOr(Subscription.CancelWhen),
  cancel_reason: Schema.OptionFromNullOr(Schema.String),
  runs_out: Flag,
  current_period_end: Schema.NullOr(Schema.Int),
  canceled_at: Schema.NullOr(Schema.Int),
  second: Flag,
  duplicate_of: Schema.NullOr(Id.SubscriptionId),
  metadata: Schema.fromJsonString(CheckoutRequest.Metadata),
  seen_at: Schema.Int,
  looks: Schema.Int,
  livemode: Flag,
  created_at: Schema.Int,
})
export type SubscriptionRow = typeof SubscriptionRow.Type

const decode = Schema.decodeUnknownEffect(Schema.Array(SubscriptionRow))

/** Rows of a `select *`. */
export const read = (rows: ReadonlyArray<unknown>) => decode(rows)

export const first = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), ([row]) => Option.fromUndefinedOr(row))

const priceOf = ({ amount, currency }: Pick<SubscriptionRow, "amount" | "currency">) =>
  amount === null || currency === null ? null : Money.make(amount, currency)

export const subscriptionOf = (row: SubscriptionRow): Subscription.Subscription => ({
  id: row.id,
  checkoutId: row.checkout_id,
  provider: row.provider,
  providerSubscriptionId: row.provider_subscription_id,
  status: row.status,
  priceId: row.price_id,
  customerId: row.customer_id,
  price: priceOf(row),
  cancelAtPeriodEnd: row.cancel_at_period_end === 1,
  cancelRequested: row.cancel_wish,
  currentPeriodEnd: row.current_period_end,
  canceledAt: row.canceled_at,
  duplicateOf: row.duplicate_of,
  checkedAt: row.seen_at === 0 ? null : row.seen_at,
  tenantId: row.tenant_id,
  metadata: row.metadata,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
})

/** A row and what of it has been told → what the reducer knows. */
export const stateOf = (row: SubscriptionRow, reported: ReadonlyArray<string>): SubscriptionLife.State => ({
  status: row.status,
  cancelAtPeriodEnd: row.cancel_at_period_end === 1,
  wish: Option.map(Option.fromNullOr(row.cancel_wish), (when) => ({ when, reason: row.cancel_reason })),
  runsOut: row.runs_out === 1,
  currentPeriodEnd: Option.fromNullOr(row.current_period_end),
  canceledAt: Option.fromNullOr(row.canceled_at),
  price: Option.fromNullOr(priceOf(row)),
  second: row.second === 1,
  seenAt: row.seen_at,
  reported,
})

/** The columns that a state decides. */
export const columnsOf = (state: SubscriptionLife.State) => ({
  status: state.status,
  cancel_at_period_end: state.cancelAtPeriodEnd ? 1 : 0,
  cancel_wish: Option.getOrNull(Option.map(state.wish, ({ when }) => when)),
  cancel_reason: Option.getOrNull(Option.flatMap(state.wish, ({ reason }) => reason)),
  runs_out: state.runsOut ? 1 : 0,
  current_period_end: Option.getOrNull(state.currentPeriodEnd),
  canceled_at: Option.getOrNull(state.canceledAt),
  amount: Option.getOrNull(Option.map(state.price, ({ amount }) => amount)),
  currency: Option.getOrNull(Option.map(state.price, ({ currency }) => currency)),
  second: state.second ? 1 : 0,
  seen_at: state.seenAt,
})

/** Whose subscription to what: two that agree in it are one too many. */
export interface Subscriber {
  readonly tenantId: string
  readonly priceId: string | null
  readonly customerId: string | null
  readonly customerEmail: string | null
  readonly orderId: string | null
}

/** How an e-mail address is kept, to be compared. */
export const emailOf = (address: string | undefined): string | null => address?.trim().toLowerCase() ?? null

/**
 * The subscriptions of the same customer to the same price, or of the same order, that run and are not about to end,
 * oldest first. The customer is the same by `customer_id`, or by the e-mail address where one side has no id.
 */
export const running = (sql: Sql, { customerEmail, customerId, orderId, priceId, tenantId }: Subscriber) => {
  const runs = sql`
    tenant_id = ${tenantId} and status in ('trialing', 'active', 'past_due', 'paused')
    and cancel_at_period_end = 0 and cancel_wish is null and second = 0`
  return sql`
    select * from subscriptions where customer_id = ${customerId} and price_id = ${priceId} and ${runs}
    union
    select * from subscriptions where customer_email = ${customerEmail} and price_id = ${priceId} and ${runs}
      ${customerId === null ? sql`` : sql`and customer_id is null`}
    union
    select * from subscriptions where order_id = ${orderId} and ${runs}
    order by created_at, id`.pipe(Effect.flatMap(read))
}
