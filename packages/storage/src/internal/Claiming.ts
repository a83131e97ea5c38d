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
import * as Sent from "./Sent.ts"
import * as SubscriptionRows from "./SubscriptionRows.ts"

type Sql = SqlClient.SqlClient

const encodeCheckout = Schema.encodeEffect(CheckoutRow.CheckoutRow)

interface OtherRow {
  readonly id: string
  readonly request: string
}

/** Sends the question for the order's other checkout that stands in the way. */
const askOther = (sql: Sql, { checkout: { orderId, tenantId } }: CheckoutStore.Opening, own: Id.CheckoutId) =>
  orderId === null
    ? Effect.succeed(Effect.succeed<ReadonlyArray<OtherRow>>([]))
    : Sent.ask(
        sql,
        sql<OtherRow>`
          select id, request, 0 as rank from checkouts
          where tenant_id = ${tenantId} and order_id = ${orderId} and status = 'paid' and id <> ${own}
          union all
          select id, request, 1 as rank from checkouts
          where tenant_id = ${tenantId} and order_id = ${orderId} and status in ('open', 'processing') and id <> ${own}
          order by rank limit 1`,
      )

/** What was asked for by `askOther`. */
type Other = Effect.Success<ReturnType<typeof askOther>>

/** The order's other checkout, when one stands in the way. */
const taken = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, asked: Other) {
  const [row] = yield* asked
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
const obstacle = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, asked: Other) {
  const other = yield* taken(sql, opening, asked)
  const subscription = yield* subscribed(sql, opening)
  return Option.firstSomeOf<CheckoutStore.OrderTaken | CheckoutStore.Subscribed>([other, subscription])
})

/** A checkout's first round. Who claimed the order since that was asked has it: the transaction is undone and begins anew. */
const begin = Effect.fnUntraced(function* (sql: Sql, opening: CheckoutStore.Opening, now: number, asked: Other) {
  const { cancelUrl, checkout, linkToken, successUrl } = opening
  const other = yield* obstacle(sql, opening, asked)
  if (Option.isSome(other)) return other.value
  yield* Sent.send(
    sql,
    sql`
      insert into checkouts ${sql.insert({
        ...(yield* encodeCheckout({ ...checkout, cancelUrl, linkToken, successUrl })),
        request: yield* CheckoutRequest.toText(opening.request),
        customer_email: SubscriptionRows.emailOf(opening.request.customerEmail),
        round: 1,
        routed_at: now,
        claimed_at: now,
      })}`,
  )
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
  const asked = yield* askOther(sql, opening, checkoutId)
  if (first === undefined) return yield* begin(sql, opening, now, asked)
  const other = yield* obstacle(sql, opening, asked)
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

/**
 * Claims, inside a transaction. `hopeful`: where nothing else has to be asked, a key is taken for new, so that nothing is
 * waited for but the commit; one that is there after all is a `UniqueViolation`.
 */
export const claim = Effect.fnUntraced(function* (
  sql: Sql,
  opening: CheckoutStore.Opening,
  claimant: Option.Option<CheckoutStore.Claimant>,
  takeOverAfterMillis: number,
  hopeful: boolean,
) {
  const now = yield* Timestamp.now
  const checkoutId = opening.checkout.id
  const asked = yield* askOther(sql, opening, checkoutId)
  if (Option.isNone(claimant)) return yield* begin(sql, opening, now, asked)
  const wish = { claimant: claimant.value, takeOverAfterMillis, now, checkoutId }
  const key = hopeful && opening.checkout.orderId === null ? yield* Keys.hope(sql, wish) : yield* Keys.claim(sql, wish)
  if (key._tag !== "Fresh" && key._tag !== "Again") return key
  const begun =
    key._tag === "Fresh"
      ? yield* begin(sql, opening, now, asked)
      : yield* beginAgain(sql, key.checkoutId ?? checkoutId, opening, now)
  if (begun._tag === "OrderTaken" || begun._tag === "Subscribed") yield* Keys.release(sql, claimant.value)
  return begun
})
