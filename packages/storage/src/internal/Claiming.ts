/** What is written before any provider is asked: the key, the checkout and its candidates, in one commit. */
import { CheckoutRequest, Id, Timestamp } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as AttemptRows from "./AttemptRows.ts"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as Counters from "./Counters.ts"
import * as Keys from "./Keys.ts"
import * as Reading from "./Reading.ts"
import * as SubscriptionRows from "./SubscriptionRows.ts"

type Sql = SqlClient.SqlClient

const encodeCheckout = Schema.encodeEffect(CheckoutRow.CheckoutRow)

/** The order's other checkout, when one stands in the way. */
const taken = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, own: Id.CheckoutId) {
  const { orderId, tenantId } = opening.checkout
  if (orderId === null) return Option.none<CheckoutStore.OrderTaken>()
  const [row] = yield* sql<{ readonly id: string; readonly request: string }>`
    select id, request, 0 as rank from checkouts
    where tenant_id = ${tenantId} and order_id = ${orderId} and status = 'paid' and id <> ${own}
    union all
    select id, request, 1 as rank from checkouts
    where tenant_id = ${tenantId} and order_id = ${orderId} and status in ('open', 'processing') and id <> ${own}
    order by rank limit 1`
  if (row === undefined) return Option.none<CheckoutStore.OrderTaken>()
  const found = yield* Reading.byId(sql, Id.CheckoutId.make(row.id))
  const request = yield* CheckoutRequest.toText(opening.request)
  return Option.map(found, ({ checkout }) => ({
    _tag: "OrderTaken" as const,
    checkout,
    equal: row.request === request,
  }))
})

/** The customer's subscription to the same price that runs (F39). */
const subscribed = Effect.fnUntraced(function* (sql: Sql, { checkout, request }: CheckoutStore.Opening) {
  if (request.mode !== "subscription") return Option.none<CheckoutStore.Subscribed>()
  const [row] = yield* SubscriptionRows.running(sql, {
    tenantId: checkout.tenantId,
    priceId: request.priceId ?? null,
    customerId: request.customerId ?? null,
    customerEmail: SubscriptionRows.emailOf(request.customerEmail),
    orderId: null,
  })
  return Option.map(Option.fromUndefinedOr(row), (found) => ({
    _tag: "Subscribed" as const,
    subscription: SubscriptionRows.subscriptionOf(found),
  }))
})

/** What stands in the way of a checkout. */
const obstacle = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, own: Id.CheckoutId) {
  const other = yield* taken(sql, opening, own)
  const subscription = yield* subscribed(sql, opening)
  return Option.firstSomeOf<CheckoutStore.OrderTaken | CheckoutStore.Subscribed>([other, subscription])
})

/** A checkout's first round. */
const begin = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, now: number) {
  const { cancelUrl, checkout, linkToken, successUrl } = opening
  const other = yield* obstacle(sql, opening, checkout.id)
  if (Option.isSome(other)) return other.value
  const inserted = yield* sql`
    insert into checkouts ${sql.insert({
      ...(yield* encodeCheckout({ ...checkout, cancelUrl, linkToken, successUrl })),
      request: yield* CheckoutRequest.toText(opening.request),
      customer_email: SubscriptionRows.emailOf(opening.request.customerEmail),
      round: 1,
      routed_at: now,
      claimed_at: now,
    })}
    on conflict do nothing returning id`
  if (inserted.length === 0) {
    // Somebody claimed the order between the look and the insert, and has committed since.
    const first = yield* taken(sql, opening, checkout.id)
    return yield* Effect.orDie(Effect.fromOption(first))
  }
  yield* AttemptRows.plan(sql, { checkoutId: checkout.id, round: 1 }, opening.attempts)
  yield* Counters.add(sql, [{ tenantId: checkout.tenantId, kind: "request", n: 1 }])
  return { _tag: "Fresh" } as const
})

const FirstRow = Schema.Struct({ round: Schema.Int, link_token: Schema.String, created_at: Schema.Int })
const decodeFirst = Schema.decodeUnknownEffect(Schema.Array(FirstRow))

/** One more round of a checkout that is there; it is not counted again. */
const beginAgain = Effect.fnUntraced(function* (
  sql: Sql,
  checkoutId: Id.CheckoutId,
  opening: CheckoutStore.Opening,
  now: number,
) {
  const [first] = yield* Effect.flatMap(
    sql`select round, link_token, created_at from checkouts where id = ${checkoutId} ${Dialect.forUpdate(sql)}`,
    decodeFirst,
  )
  if (first === undefined) return yield* begin(sql, opening, now)
  const other = yield* obstacle(sql, opening, checkoutId)
  if (Option.isSome(other)) return other.value
  const round = first.round + 1
  yield* AttemptRows.quarantine(sql, checkoutId)
  yield* sql`
    update checkouts set ${sql.update({
      status: "open",
      expires_at: opening.checkout.expiresAt,
      request: yield* CheckoutRequest.toText(opening.request),
      customer_email: SubscriptionRows.emailOf(opening.request.customerEmail),
      round,
      first_round: round,
      routed_at: now,
      claimed_at: now,
    })}
    where id = ${checkoutId}`
  yield* AttemptRows.plan(sql, { checkoutId, round }, opening.attempts)
  return { _tag: "Again", checkoutId, linkToken: first.link_token, createdAt: first.created_at } as const
})

/** Claims, inside a transaction. */
export const claim = Effect.fnUntraced(function* (
  sql: Sql,
  opening: CheckoutStore.Opening,
  claimant: Option.Option<CheckoutStore.Claimant>,
  takeOverAfterMillis: number,
) {
  const now = yield* Timestamp.now
  if (Option.isNone(claimant)) return yield* begin(sql, opening, now)
  const checkoutId = opening.checkout.id
  const key = yield* Keys.claim(sql, { claimant: claimant.value, takeOverAfterMillis, now, checkoutId })
  if (key._tag !== "Fresh" && key._tag !== "Again") return key
  const begun =
    key._tag === "Fresh"
      ? yield* begin(sql, opening, now)
      : yield* beginAgain(sql, key.checkoutId ?? checkoutId, opening, now)
  if (begun._tag === "OrderTaken" || begun._tag === "Subscribed") yield* Keys.release(sql, claimant.value)
  return begun
})
