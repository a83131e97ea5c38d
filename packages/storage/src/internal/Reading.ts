/** Checkouts out of their rows, each with the attempts that led to its pages, by one statement. */
import { type Checkout, Id, ProviderName } from "@payment-orchestrator/domain"
import type { CheckoutStore } from "@payment-orchestrator/payments"
import { Array, Effect, Record, Schema } from "effect"
import type { SqlClient, SqlError, Statement } from "effect/sql"
import * as CheckoutRow from "./CheckoutRow.ts"
import * as Keyset from "./Keyset.ts"

type Sql = SqlClient.SqlClient
type Row = { readonly [column: string]: unknown }

const attemptPrefix = "attempt_"

const checkoutColumns = `id, tenant_id, status, late, livemode, mode, provider, url, link, link_token, provider_session_id, amount,
  amount_paid, amount_refunded, currency, payment_id, subscription_id, order_id, reference, customer_id, metadata,
  success_url, cancel_url, round, first_round, claimed_at, created_at, expires_at`

const attemptColumns = [
  "provider",
  "result",
  "reason",
  "message",
  "outcome",
  "request_id",
  "started_at",
  "duration_ms",
  "tries",
]
  .map((column) => `a.${column} as ${attemptPrefix}${column}`)
  .join(", ")

const decodeCheckout = Schema.decodeUnknownEffect(CheckoutRow.CheckoutRow)

const attemptOf = (row: Row) =>
  CheckoutRow.decodeAttempt(
    Object.fromEntries(
      Object.entries(row).flatMap(([column, value]) =>
        column.startsWith(attemptPrefix) ? [[column.slice(attemptPrefix.length), value]] : [],
      ),
    ),
  )

/** One checkout out of its rows: one for each attempt, or one without. */
const storedOf = Effect.fnUntraced(function* (rows: Array.NonEmptyReadonlyArray<Row>) {
  const { cancelUrl, linkToken, successUrl, ...checkout } = yield* decodeCheckout(rows[0])
  const attempts = yield* Effect.forEach(
    rows.filter((row) => row[`${attemptPrefix}result`] !== null),
    attemptOf,
  )
  const stored: CheckoutStore.StoredCheckout = { checkout: { ...checkout, attempts }, linkToken, successUrl, cancelUrl }
  return stored
})

/** The checkouts that a condition, order and limit choose, newest first. */
const select = (
  sql: Sql,
  chosen: Statement.Fragment,
): Effect.Effect<ReadonlyArray<CheckoutStore.StoredCheckout>, SqlError.SqlError | Schema.SchemaError> =>
  Effect.flatMap(
    sql<Row & { readonly id: string }>`
      select c.*, ${sql.literal(attemptColumns)}
      from (select ${sql.literal(checkoutColumns)} from checkouts ${chosen}) c
      left join attempts a on a.checkout_id = c.id and a.round >= c.first_round and a.result is not null
      order by c.created_at desc, c.id desc, a.round, a.position`,
    (rows) => Effect.forEach(Object.values(Array.groupBy(rows, ({ id }) => id)), storedOf),
  )

const one = (sql: Sql, chosen: Statement.Fragment) => Effect.map(select(sql, chosen), Array.head)

export const byId = (sql: Sql, id: Id.CheckoutId) => one(sql, sql`where id = ${id}`)

export const byLink = (sql: Sql, linkToken: string) => one(sql, sql`where link_token = ${linkToken}`)

/** More than this many of one kind are no search. */
const mostFound = 1_000

/** The checkouts that something somebody has at hand belongs to. */
const found = (sql: Sql, text: string): Statement.Fragment => {
  const newest = (column: string, value: string) => sql`
    select id from (select id from checkouts where ${sql(column)} = ${value}
      order by created_at desc, id desc limit ${mostFound}) as by_${sql.literal(column)}`
  return sql`id in (
    select id from checkouts where id = ${text}
    union all ${newest("reference", text)}
    union all ${newest("order_id", text)}
    union all ${newest("customer_id", text)}
    union all ${newest("customer_email", text.trim().toLowerCase())}
    union all select checkout_id from sessions where session_id = ${text}
    union all select checkout_id from payments where money_id = ${text})`
}

export const page = (
  sql: Sql,
  { customerId, orderId, provider, reference, search, status, tenantId, ...page }: CheckoutStore.ListQuery,
): Effect.Effect<ReadonlyArray<Checkout.Checkout>, SqlError.SqlError | Schema.SchemaError> =>
  Effect.map(
    select(
      sql,
      Keyset.page(
        sql,
        { name: "checkouts", time: "created_at" },
        page,
        {
          tenant_id: tenantId,
          status,
          provider,
          reference,
          order_id: orderId,
          customer_id: customerId,
        },
        search === undefined ? [] : [found(sql, search)],
      ),
    ),
    Array.map(({ checkout }) => checkout),
  )

const OpenRow = Schema.Struct({
  id: Id.CheckoutId,
  claimed_at: Schema.Int,
  attempt_id: Schema.NullOr(Id.AttemptId),
  provider: Schema.NullOr(ProviderName.ProviderName),
  position: Schema.NullOr(Schema.Int),
})
type OpenRow = typeof OpenRow.Type
const decodeOpen = Schema.decodeUnknownEffect(Schema.Array(OpenRow))

const openClaimOf = (rows: Array.NonEmptyReadonlyArray<OpenRow>): CheckoutStore.OpenClaim => ({
  checkoutId: rows[0].id,
  claimedAt: rows[0].claimed_at,
  attempts: rows.flatMap(({ attempt_id, position, provider }) =>
    attempt_id === null || position === null || provider === null
      ? []
      : [{ attemptId: attempt_id, provider, position }],
  ),
})

/** Claims without an outcome that began before this, oldest first. */
export const openClaims = (sql: Sql, before: number, atMost: number) =>
  Effect.map(
    Effect.flatMap(
      sql`
        select c.id, c.claimed_at, a.attempt_id, a.provider, a.position
        from (
          select id, claimed_at, round from checkouts where claimed_at < ${before} order by claimed_at, id limit ${atMost}
        ) c
        left join attempts a on a.checkout_id = c.id and a.round = c.round and a.state = 'planned'
        order by c.claimed_at, c.id, a.position`,
      decodeOpen,
    ),
    (rows) => Record.values(Array.groupBy(rows, ({ id }) => id)).map(openClaimOf),
  )
