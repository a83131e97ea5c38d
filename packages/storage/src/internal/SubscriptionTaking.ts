/** Who looks at a subscription next: leases, and what makes one due at once. */
import { Capabilities, Id, ProviderName, Subscription, Timestamp } from "@payment-orchestrator/domain"
import type { Clue, SubscriptionStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as Sent from "./Sent.ts"

type Sql = SqlClient.SqlClient

const TakenRow = Schema.Struct({
  id: Id.SubscriptionId,
  checkout_id: Id.CheckoutId,
  provider: ProviderName.ProviderName,
  provider_subscription_id: Schema.String,
  session_id: Schema.String,
  status: Subscription.SubscriptionState,
  looks: Schema.Int,
  state: Schema.Literals(["payable", "completing", "completed", "withdrawn"]),
  approvals: Schema.Int,
  session_looks: Schema.Int,
  session_look_at: Schema.NullOr(Schema.Int),
  fence: Capabilities.Fence,
  shown_at: Schema.Int,
  session_expires_at: Schema.NullOr(Schema.Int),
  expires_at: Schema.Int,
})
const decode = Schema.decodeUnknownEffect(Schema.Array(TakenRow))

const takenOf =
  (leasedUntil: number) =>
  (row: typeof TakenRow.Type): SubscriptionStore.DueSubscription => ({
    id: row.id,
    checkoutId: row.checkout_id,
    provider: row.provider,
    subscriptionId: row.provider_subscription_id,
    session: {
      checkoutId: row.checkout_id,
      provider: row.provider,
      sessionId: row.session_id,
      mode: "subscription",
      status: row.state,
      approvals: row.approvals,
      looks: row.session_looks,
      fence: row.fence,
      hinted: false,
      shownAt: row.shown_at,
      expiresAt: Option.fromNullOr(row.session_expires_at),
      checkoutExpiresAt: row.expires_at,
      dueAt: Option.fromNullOr(row.session_look_at),
    },
    status: row.status,
    looks: row.looks,
    leasedUntil,
  })

/** Puts off the chosen ones, which are held, and reads what going on with them needs. */
const lease = Effect.fnUntraced(function* (sql: Sql, chosen: Statement.Fragment, leaseMillis: number) {
  const now = yield* Timestamp.now
  const rows = yield* sql`
    select b.id, b.checkout_id, b.provider, b.provider_subscription_id, b.session_id, b.status, b.looks, s.state, s.approvals,
      s.looks as session_looks, s.look_at as session_look_at, s.fence, s.created_at as shown_at, s.expires_at as session_expires_at, c.expires_at
    from (${chosen}) b
    join sessions s on s.provider = b.provider and s.session_id = b.session_id
    join checkouts c on c.id = b.checkout_id`.pipe(Effect.flatMap(decode))
  for (const { id } of rows) yield* sql`update subscriptions set look_at = ${now + leaseMillis} where id = ${id}`
  return rows.map(takenOf(now + leaseMillis))
})

/** Those whose time has come, the longest due first. */
export const due = Effect.fnUntraced(function* (sql: Sql, limit: number, leaseMillis: number) {
  const now = yield* Timestamp.now
  return yield* lease(
    sql,
    sql`
      select * from subscriptions where look_at is not null and look_at <= ${now}
      order by look_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`,
    leaseMillis,
  )
})

export const one = (sql: Sql, id: Id.SubscriptionId, leaseMillis: number) =>
  Effect.map(
    lease(sql, sql`select * from subscriptions where id = ${id} ${Dialect.forUpdate(sql)}`, leaseMillis),
    ([taken]) => Option.fromUndefinedOr(taken),
  )

const Poked = Schema.Array(Schema.Struct({ checkout_id: Id.CheckoutId }))
const decodePoked = Schema.decodeUnknownEffect(Poked)

/**
 * Sends what makes a subscription due at once that is named by the provider's id of it, of its session or of money of
 * it, or by our attempt id, and answers what waits for its checkout; none when it is not known.
 */
export const poke = (
  sql: Sql,
  provider: ProviderName.ProviderName,
  { attemptId, moneyId, sessionId, subscriptionId }: Clue.Clue,
  now: number,
) =>
  Effect.map(
    Sent.send(
      sql,
      sql`
        update subscriptions set look_at = ${now}
        where id in (
          select id from subscriptions
            where provider = ${provider} and provider_subscription_id = ${subscriptionId ?? ""}
          union select id from subscriptions where provider = ${provider} and session_id = ${sessionId ?? ""}
          union select b.id from sessions s join subscriptions b on b.provider = s.provider and b.session_id = s.session_id
            where s.attempt_id = ${attemptId ?? ""} and s.provider = ${provider}
          union select b.id from payments p join subscriptions b on b.provider = p.provider and b.session_id = p.session_id
            where p.provider = ${provider} and p.money_id = ${moneyId ?? ""})
        returning checkout_id`,
    ),
    (rows) =>
      Effect.map(Effect.flatMap(rows, decodePoked), ([first]) =>
        Option.map(Option.fromUndefinedOr(first), ({ checkout_id }) => checkout_id),
      ),
  )
