/** What is written of subscriptions: that one is to be followed, and one step of its life with what it tells. */
import {
  Currency,
  Id,
  type Ledger,
  Money,
  Subscription,
  SubscriptionLife,
  Timestamp,
} from "@payment-orchestrator/domain"
import type { SubscriptionStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as EventRows from "./EventRows.ts"
import type * as Failure from "./Failure.ts"
import * as PaymentRows from "./PaymentRows.ts"
import * as Rows from "./SubscriptionRows.ts"

type Sql = SqlClient.SqlClient

/** A subscription with its checkout and its own row held to the end of the transaction, as whoever changes it does. */
export const hold = Effect.fnUntraced(function* (sql: Sql, id: Id.SubscriptionId) {
  yield* sql`
    select id from checkouts where id = (select checkout_id from subscriptions where id = ${id})
    ${Dialect.forUpdate(sql)}`
  const held = yield* sql`select * from subscriptions where id = ${id} ${Dialect.forUpdate(sql)}`.pipe(
    Effect.flatMap(Rows.first),
  )
  if (Option.isNone(held)) return Option.none()
  const reported = yield* sql<{ readonly key: string }>`select key from events where scope = ${id}`
  const state = Rows.stateOf(
    held.value,
    reported.map(({ key }) => key),
  )
  return Option.some({ row: held.value, state })
})

/** The charges that became money, as the checkout's ledger has them, oldest first. */
export const charges = (sql: Sql, row: Rows.SubscriptionRow) =>
  Effect.map(PaymentRows.ofCheckout(sql, row.checkout_id, row.session_id), (payments) =>
    payments.flatMap(({ amount, currency, kind, moneyId }): ReadonlyArray<SubscriptionLife.Charge> =>
      kind === null ? [] : [{ moneyId, gross: Money.make(amount, currency), renewal: kind === "renewal" }],
    ),
  )

const encode = Schema.encodeEffect(Schema.fromJsonString(Subscription.SubscriptionJson))

/** Writes what one step changed, and tells it. A wish makes it due at once. */
export const write = Effect.fnUntraced(function* (
  sql: Sql,
  { row, state: before }: { readonly row: Rows.SubscriptionRow; readonly state: SubscriptionLife.State },
  { events, state }: SubscriptionLife.Step,
  duplicateOf: Id.SubscriptionId | null = row.duplicate_of,
): Effect.fn.Return<Subscription.Subscription, Failure.Fault> {
  const wished = Option.exists(
    state.wish,
    ({ when }) => !Option.exists(before.wish, (earlier) => earlier.when === when),
  )
  const fresh = wished || state.status !== before.status
  const columns = Rows.columnsOf(state)
  yield* sql`
    update subscriptions set ${sql.update({ ...columns, duplicate_of: duplicateOf, looks: fresh ? 0 : row.looks })}
    where id = ${row.id}`
  if (wished) {
    const now = yield* Timestamp.now
    yield* sql`update subscriptions set look_at = ${now}, cancel_wished_at = ${now} where id = ${row.id}`
  }
  const subscription: Subscription.Subscription = {
    ...Rows.subscriptionOf(row),
    status: state.status,
    cancelAtPeriodEnd: state.cancelAtPeriodEnd,
    cancelRequested: columns.cancel_wish,
    currentPeriodEnd: columns.current_period_end,
    canceledAt: columns.canceled_at,
    price: Option.getOrNull(state.price),
    duplicateOf,
    checkedAt: state.seenAt === 0 ? null : state.seenAt,
  }
  if (events.length === 0) return subscription
  const data = yield* encode(subscription)
  for (const { key, type } of events) {
    yield* EventRows.tell(sql, {
      type,
      key,
      scope: row.id,
      objectId: row.id,
      tenantId: row.tenant_id,
      provider: row.provider,
      livemode: row.livemode === 1,
      data,
    })
  }
  return subscription
})

const CheckoutColumns = Schema.Struct({
  tenant_id: Schema.String,
  amount: Schema.NullOr(Money.MinorUnits),
  currency: Currency.Currency,
  livemode: Schema.Literals([0, 1]),
  metadata: Schema.String,
  request: CheckoutRow.Request,
})
const decodeCheckouts = Schema.decodeUnknownEffect(Schema.Array(CheckoutColumns))

/** A subscription that a checkout's ledger has met for the first time; the checkout is held. */
const insert = Effect.fnUntraced(function* (sql: Sql, checkoutId: Id.CheckoutId, command: Follow) {
  const [checkout] = yield* sql`
    select tenant_id, amount, currency, livemode, metadata, request from checkouts where id = ${checkoutId}`.pipe(
    Effect.flatMap(decodeCheckouts),
  )
  if (checkout === undefined) return
  const { amount, currency, livemode, metadata, request, tenant_id } = checkout
  const now = yield* Timestamp.now
  const price = Option.map(Option.fromNullOr(amount), (units) => Money.make(units, currency))
  yield* sql`
    insert into subscriptions ${sql.insert({
      ...Rows.columnsOf(SubscriptionLife.fresh(price)),
      id: yield* Id.makeSubscriptionId,
      checkout_id: checkoutId,
      tenant_id,
      provider: command.provider,
      provider_subscription_id: command.subscriptionId,
      session_id: command.sessionId,
      price_id: request.priceId ?? null,
      customer_id: request.customerId ?? null,
      customer_email: Rows.emailOf(request.customerEmail),
      order_id: request.orderId ?? null,
      duplicate_of: null,
      metadata,
      looks: 0,
      look_at: now,
      livemode,
      created_at: now,
    })}
    on conflict (provider, provider_subscription_id) do nothing`
})

type Follow = Extract<Ledger.Command, { readonly _tag: "Follow" }>

/** The subscription of a session. */
const ofSession = (sql: Sql, checkoutId: Id.CheckoutId, sessionId: string) =>
  sql`select * from subscriptions where checkout_id = ${checkoutId} and session_id = ${sessionId}`.pipe(
    Effect.flatMap(Rows.first),
  )

/** Follows what a step of a checkout's ledger has met, in its transaction. A second one is ended. */
export const follow = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  command: Follow,
  paidBy: Option.Option<string>,
) {
  const known = yield* ofSession(sql, checkoutId, command.sessionId)
  if (Option.isNone(known)) yield* insert(sql, checkoutId, command)
  if (!command.second || Option.exists(known, ({ second }) => second === 1)) return
  const row = Option.isSome(known) ? known : yield* ofSession(sql, checkoutId, command.sessionId)
  const stays = Option.isSome(paidBy) ? yield* ofSession(sql, checkoutId, paidBy.value) : Option.none()
  if (Option.isSome(row)) yield* endSecond(sql, row.value.id, Option.getOrNull(Option.map(stays, ({ id }) => id)))
})

/** Writes that a subscription is a second one, once. */
export const endSecond = Effect.fnUntraced(function* (
  sql: Sql,
  id: Id.SubscriptionId,
  stays: Id.SubscriptionId | null,
): Effect.fn.Return<void, Failure.Fault> {
  const held = yield* hold(sql, id)
  if (Option.isNone(held) || held.value.state.second) return
  const now = yield* Timestamp.now
  yield* write(sql, held.value, SubscriptionLife.second(held.value.state, now), stays)
})

/** The one that runs beside this one, and which of both is to end. */
export const rivals = Effect.fnUntraced(function* (sql: Sql, id: Id.SubscriptionId, since: number) {
  const [row] = yield* sql`select * from subscriptions where id = ${id}`.pipe(Effect.flatMap(Rows.read))
  if (row === undefined) return Option.none<SubscriptionStore.Rivals>()
  const all = yield* Rows.running(sql, {
    tenantId: row.tenant_id,
    priceId: row.price_id,
    customerId: row.customer_id,
    customerEmail: row.customer_email,
    orderId: row.order_id,
  })
  const mine = all.findIndex((other) => other.id === id)
  const stays = mine === 0 ? row : all[0]
  const ends = mine === 0 ? all[1] : row
  return mine < 0 || stays === undefined || ends === undefined || ends.created_at < since
    ? Option.none<SubscriptionStore.Rivals>()
    : Option.some({ stays: stays.id, ends: ends.id })
})
