/** Disputes as rows. */
import { Currency, Dispute, Id, Money, ProviderName } from "@payment-orchestrator/domain"
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"

const DisputeRow = Schema.Struct({
  id: Id.DisputeId,
  payment_id: Id.PaymentId,
  checkout_id: Id.CheckoutId,
  tenant_id: Schema.String,
  provider: ProviderName.ProviderName,
  provider_dispute_id: Schema.String,
  status: Schema.NullOr(Dispute.DisputeState),
  amount: Schema.NullOr(Money.MinorUnits),
  currency: Schema.NullOr(Currency.Currency),
  reason: Schema.NullOr(Schema.String),
  respond_by: Schema.NullOr(Schema.Int),
  seen_at: Schema.Int,
  livemode: Schema.Literals([0, 1]),
  created_at: Schema.Int,
})
export type DisputeRow = typeof DisputeRow.Type

/** Out of the rows of a `select *`. */
export const read = Schema.decodeUnknownEffect(Schema.Array(DisputeRow))

const amountOf = ({ amount, currency }: Pick<DisputeRow, "amount" | "currency">) =>
  amount === null || currency === null ? null : Money.make(amount, currency)

/** None of one that only a webhook has named. */
export const disputeOf = (row: DisputeRow): Option.Option<Dispute.Dispute> =>
  Option.map(Option.fromNullOr(row.status), (status) => ({
    id: row.id,
    paymentId: row.payment_id,
    checkoutId: row.checkout_id,
    provider: row.provider,
    providerDisputeId: row.provider_dispute_id,
    status,
    amount: amountOf(row),
    reason: row.reason,
    respondBy: row.respond_by,
    tenantId: row.tenant_id,
    livemode: row.livemode === 1,
    createdAt: row.created_at,
  }))

/** What the reducer knows. */
export const stateOf = (row: DisputeRow): Dispute.State => ({
  status: row.status,
  amount: Option.fromNullOr(amountOf(row)),
  reason: Option.fromNullOr(row.reason),
  respondBy: Option.fromNullOr(row.respond_by),
  seenAt: row.seen_at,
})

/** The columns that a state decides. */
export const columnsOf = ({ amount, reason, respondBy, seenAt, status }: Dispute.State) => ({
  status,
  amount: Option.getOrNull(Option.map(amount, (money) => money.amount)),
  currency: Option.getOrNull(Option.map(amount, (money) => money.currency)),
  reason: Option.getOrNull(reason),
  respond_by: Option.getOrNull(respondBy),
  seen_at: seenAt,
})

/** The dispute for which refunds of a payment have to wait, or come too late. */
export const blocking = (sql: SqlClient.SqlClient, paymentId: Id.PaymentId) =>
  sql`select * from disputes where payment_id = ${paymentId} order by created_at, id`.pipe(
    Effect.flatMap(read),
    Effect.map((rows) =>
      Option.map(
        Array.findFirst(rows, ({ status }) => status === null || Dispute.blocksRefunds(status)),
        ({ id }) => id,
      ),
    ),
  )
