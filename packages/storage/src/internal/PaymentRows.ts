/** Payments as rows. */
import { Currency, Id, Money, Payment, ProviderName } from "@payment-orchestrator/domain"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"

export const PaymentRow = Schema.Struct({
  id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  tenant_id: Schema.String,
  provider: ProviderName.ProviderName,
  money_id: Schema.String,
  session_id: Schema.String,
  kind: Schema.NullOr(Payment.PaymentKind),
  state: Payment.MoneyState,
  amount: Money.MinorUnits,
  amount_refunded: Money.MinorUnits,
  tax: Schema.NullOr(Money.MinorUnits),
  fee: Schema.NullOr(Money.MinorUnits),
  net: Schema.NullOr(Money.MinorUnits),
  disputed: Schema.Literals([0, 1]),
  reversed: Schema.Literals([0, 1]),
  currency: Currency.Currency,
  livemode: Schema.Literals([0, 1]),
  created_at: Schema.Int,
})

/** Out of the rows of a `select *`. */
export const decode = Schema.decodeUnknownEffect(Schema.Array(PaymentRow))

export const paymentOf = (row: typeof PaymentRow.Type): Payment.Payment => ({
  id: row.id,
  checkoutId: row.checkout_id,
  tenantId: row.tenant_id,
  provider: row.provider,
  moneyId: row.money_id,
  kind: row.kind,
  status: row.state,
  amount: row.amount,
  amountRefunded: row.amount_refunded,
  tax: row.tax,
  fee: row.fee,
  net: row.net,
  disputed: row.disputed === 1,
  reversed: row.reversed === 1,
  currency: row.currency,
  livemode: row.livemode === 1,
  createdAt: row.created_at,
})

/** The first of these, when it is captured money. */
export const captured = (rows: ReadonlyArray<typeof PaymentRow.Type>): Option.Option<Payment.Payment> =>
  Option.filter(Option.map(Option.fromUndefinedOr(rows[0]), paymentOf), ({ kind }) => kind !== null)

/** All money of a checkout, or of one of its sessions, oldest first. */
export const ofCheckout = (sql: SqlClient.SqlClient, checkoutId: Id.CheckoutId, sessionId?: string) =>
  sql`
    select * from payments where checkout_id = ${checkoutId}
    ${sessionId === undefined ? sql`` : sql`and session_id = ${sessionId}`} order by id`.pipe(
    Effect.flatMap(decode),
    Effect.map((rows) => rows.map(paymentOf)),
  )
