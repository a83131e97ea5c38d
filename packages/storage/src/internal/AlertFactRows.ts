/** What the database knows of what alerts are about; each asked from an index, every few seconds. */
import { EndpointUrl, Id, ProviderName, WebhookEndpoint } from "@payment-orchestrator/domain"
import type { AlertFacts, AlertStore } from "@payment-orchestrator/payments"
import { Effect, Schema } from "effect"
import type { SqlClient, Statement } from "effect/sql"

type Sql = SqlClient.SqlClient

const Routing = Schema.Struct({ checkouts: Schema.Int, displaced: Schema.Int })
const decodeRouting = Schema.decodeUnknownEffect(Schema.Tuple([Routing]))

const count = (sql: Sql, chosen: Statement.Fragment) =>
  sql`
    select count(*) as checkouts, cast(coalesce(sum(displaced), 0) as bigint) as displaced
    from (select displaced from checkouts where displaced is not null ${chosen}) as chosen`.pipe(
    Effect.flatMap(decodeRouting),
    Effect.map(([routing]) => routing),
  )

/** The checkouts of the window, or so many of the last ones where those are more. */
const routing = Effect.fnUntraced(function* (sql: Sql, { atLeast, now, windowMillis }: AlertStore.FactsQuery) {
  const recent = yield* count(sql, sql`and created_at > ${now - windowMillis}`)
  if (recent.checkouts >= atLeast) return recent
  return yield* count(sql, sql`order by created_at desc, id desc limit ${atLeast}`)
})

const Waiting = Schema.Array(Schema.Struct({ id: Schema.String, at: Schema.Int }))
const decodeWaiting = Schema.decodeUnknownEffect(Waiting)

/** More are not counted one by one. */
const most = 1_000

/** The operations of one kind, oldest first. */
const unknown = (sql: Sql, what: AlertFacts.Unknown["what"], waiting: Statement.Fragment) =>
  sql`${waiting} limit ${most}`.pipe(
    Effect.flatMap(decodeWaiting),
    Effect.map((rows): ReadonlyArray<AlertFacts.Unknown> => {
      const [oldest] = rows
      return oldest === undefined ? [] : [{ what, count: rows.length, first: oldest.id, oldestAt: oldest.at }]
    }),
  )

const unknowns = Effect.fnUntraced(function* (sql: Sql, { now, unknownAfterMillis }: AlertStore.FactsQuery) {
  const before = now - unknownAfterMillis
  const found = yield* Effect.all([
    // Money that is being taken, and of which the provider has said nothing for so long; what it calls pending is known.
    unknown(
      sql,
      "capture",
      sql`
        select checkout_id as id, seen_at as at from sessions
        where state = 'completing' and seen_at < ${before} order by seen_at`,
    ),
    unknown(
      sql,
      "refund",
      sql`
        select id, sent_at as at from refunds
        where sent_at is not null and provider_refund_id is null and status in ('pending', 'unresolved')
          and sent_at < ${before}
        order by sent_at`,
    ),
    unknown(
      sql,
      "cancellation",
      sql`
        select id, cancel_wished_at as at from subscriptions
        where cancel_wish is not null and cancel_wished_at < ${before} order by cancel_wished_at`,
    ),
    unknown(
      sql,
      "claim",
      sql`select id, claimed_at as at from checkouts where claimed_at < ${before} order by claimed_at, id`,
    ),
  ])
  return found.flat()
})

const MoneyRow = Schema.Struct({
  id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  tenant_id: Schema.String,
  provider: ProviderName.ProviderName,
})
const decodeMoney = Schema.decodeUnknownEffect(Schema.Array(MoneyRow))

const lookBackMillis = 7 * 86_400_000
const mostMoney = 100

/** Payments of a kind that somebody must look at, of which not everything went back. */
const money = (sql: Sql, kind: "duplicate" | "mismatched", now: number) =>
  sql`
    select id, checkout_id, tenant_id, provider from payments
    where kind = ${sql.literal(`'${kind}'`)} and created_at > ${now - lookBackMillis} and amount_refunded < amount
      and state <> 'refunded'
    order by created_at desc, id desc limit ${mostMoney}`.pipe(
    Effect.flatMap(decodeMoney),
    Effect.map((rows) =>
      rows.map(({ checkout_id, id, provider, tenant_id }): AlertFacts.Money => ({
        paymentId: id,
        checkoutId: checkout_id,
        tenantId: tenant_id,
        provider,
      })),
    ),
  )

const DeadRow = Schema.Struct({
  id: Id.EndpointId,
  url: Schema.String,
  failing_since: Schema.NullOr(Schema.Int),
  alerted: Schema.Int,
  disabled_reason: Schema.NullOr(WebhookEndpoint.DisabledReason),
})
const decodeDead = Schema.decodeUnknownEffect(Schema.Array(DeadRow))

const deadOf = ({ alerted, disabled_reason, failing_since, id, url }: typeof DeadRow.Type): AlertFacts.DeadEndpoint => {
  const disabled = disabled_reason === "requested" ? null : disabled_reason
  return {
    id,
    host: EndpointUrl.hostOf(new URL(url)),
    failingSince: failing_since,
    percent: disabled === null ? alerted : 100,
    disabled,
  }
}

/** Endpoints that take no events. One that its owner disabled is not among them. */
const deadEndpoints = (sql: Sql) =>
  sql`
    select id, url, failing_since, alerted, disabled_reason from endpoints
    where (status = 'enabled' and alerted > 0) or (status = 'disabled' and disabled_reason <> 'requested')
    order by id limit ${most}`.pipe(
    Effect.flatMap(decodeDead),
    Effect.map((rows) => rows.map(deadOf)),
  )

export const read = Effect.fnUntraced(function* (sql: Sql, query: AlertStore.FactsQuery) {
  const facts: AlertFacts.StoredFacts = {
    routing: yield* routing(sql, query),
    unknown: yield* unknowns(sql, query),
    secondPayments: yield* money(sql, "duplicate", query.now),
    mismatched: yield* money(sql, "mismatched", query.now),
    deadEndpoints: yield* deadEndpoints(sql),
  }
  return facts
})
