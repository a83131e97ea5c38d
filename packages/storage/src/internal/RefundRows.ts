/** Refunds as rows, and what they come to for their payment. */
import { Currency, Id, Money, ProviderName, Refund } from "@payment-orchestrator/domain"
import type { RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Dialect from "../Dialect.ts"
import * as PaymentRows from "./PaymentRows.ts"

type Sql = SqlClient.SqlClient

const RefundRow = Schema.Struct({
  id: Id.RefundId,
  payment_id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  tenant_id: Schema.String,
  provider: ProviderName.ProviderName,
  money_id: Schema.String,
  amount: Money.MinorUnits,
  currency: Currency.Currency,
  reason: Schema.NullOr(Schema.String),
  status: Refund.RefundStatus,
  message: Schema.NullOr(Schema.String),
  provider_refund_id: Schema.NullOr(Schema.String),
  sent_at: Schema.NullOr(Schema.Int),
  tries: Schema.Int,
  origin: Schema.String,
  unseen: Schema.Literals([0, 1]),
  reversal: Schema.Literals([0, 1]),
  livemode: Schema.Literals([0, 1]),
  created_at: Schema.Int,
})

const decode = Schema.decodeUnknownEffect(Schema.Array(RefundRow))

/** The word before the colon says who began it. */
export const originOf = (origin: string): Refund.RefundOrigin =>
  Option.getOrElse(Schema.decodeUnknownOption(Refund.RefundOrigin)(origin.split(":")[0]), () => "request" as const)

const refundOf = (row: typeof RefundRow.Type): RefundStore.Refund => ({
  id: row.id,
  paymentId: row.payment_id,
  checkoutId: row.checkout_id,
  tenantId: row.tenant_id,
  provider: row.provider,
  origin: originOf(row.origin),
  amount: Money.make(row.amount, row.currency),
  reason: row.reason,
  status: row.status,
  message: row.message,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
})

const dueOf = (row: typeof RefundRow.Type): RefundStore.DueRefund => ({
  ...refundOf(row),
  moneyId: row.money_id,
  providerRefundId: Option.fromNullOr(row.provider_refund_id),
  sentAt: Option.fromNullOr(row.sent_at),
  tries: row.tries,
  unseen: row.unseen === 1,
  reversal: row.reversal === 1,
})

/** Refunds out of the rows of a `select *`, as the outside sees them. */
export const read = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), (all) => all.map(refundOf))

/** The same, with what going on with them needs. */
export const readDue = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), (all) => all.map(dueOf))

/** All refunds of a payment, those that only a webhook has named too. */
export const ofPayment = (sql: Sql, paymentId: Id.PaymentId) =>
  Effect.flatMap(sql`select * from refunds where payment_id = ${paymentId} order by id`, readDue)

/** Holds the payment, its checkout first as everybody does who changes its money. None: there is no captured one. */
export const holdPayment = Effect.fnUntraced(function* (sql: Sql, paymentId: Id.PaymentId) {
  yield* sql`
    select id from checkouts where id = (select checkout_id from payments where id = ${paymentId})
    ${Dialect.forUpdate(sql)}`
  return yield* sql`select * from payments where id = ${paymentId} ${Dialect.forUpdate(sql)}`.pipe(
    Effect.flatMap(PaymentRows.decode),
    Effect.map(PaymentRows.captured),
  )
})

export const sum = (refunds: ReadonlyArray<RefundStore.Refund>): number =>
  refunds.reduce((total, { amount }) => total + amount.amount, 0)
