/** Refunds that began at the provider: kept when a webhook names them, told once the provider has shown them. */
import { Id, type ProviderName, type Refund, Timestamp } from "@payment-orchestrator/domain"
import type { Clue, RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as InboxApplied from "./InboxApplied.ts"
import * as PaymentRows from "./PaymentRows.ts"
import * as Rows from "./RefundRows.ts"

type Sql = SqlClient.SqlClient

const Known = Schema.Array(Schema.Struct({ checkout_id: Id.CheckoutId, status: Schema.String }))
const decodeKnown = Schema.decodeUnknownEffect(Known)

/**
 * Makes the refund that a clue names due at once; keeps one that is not known, beside its payment. Its checkout; none
 * when it is not about money that is known here, or is over.
 */
export const notice = Effect.fnUntraced(function* (
  sql: Sql,
  provider: ProviderName.ProviderName,
  { moneyId, refundId, reversal }: Clue.Clue,
) {
  if (refundId === null) return Option.none<Id.CheckoutId>()
  const now = yield* Timestamp.now
  const known = yield* sql`
    select checkout_id, status from refunds where provider = ${provider} and provider_refund_id = ${refundId}`.pipe(
    Effect.flatMap(decodeKnown),
  )
  if (known.length > 0) {
    yield* sql`
      update refunds set due_at = ${now}
      where provider = ${provider} and provider_refund_id = ${refundId} and status <> 'failed'`
    const living = known.find(({ status }) => status !== "failed")
    return Option.map(Option.fromUndefinedOr(living), ({ checkout_id }) => checkout_id)
  }
  if (moneyId === null) return Option.none<Id.CheckoutId>()
  const [payment] = yield* sql`
    select * from payments where provider = ${provider} and money_id = ${moneyId} and kind is not null`.pipe(
    Effect.flatMap(PaymentRows.decode),
  )
  if (payment === undefined) return Option.none<Id.CheckoutId>()
  yield* sql`
    insert into refunds ${sql.insert({
      id: yield* Id.makeRefundId,
      payment_id: payment.id,
      checkout_id: payment.checkout_id,
      tenant_id: payment.tenant_id,
      provider,
      money_id: payment.money_id,
      amount: 0,
      currency: payment.currency,
      reason: reversal ? "reversal" : null,
      status: "pending",
      provider_refund_id: refundId,
      origin: `provider:${provider}:${refundId}`,
      due_at: now,
      tries: 0,
      unseen: 1,
      reversal: reversal ? 1 : 0,
      livemode: payment.livemode,
      created_at: now,
    })}
    on conflict (origin) do nothing`
  return Option.some(payment.checkout_id)
})

/** What an unseen refund turns out to be: one of ours, perhaps one whose answer is still to come, or one begun there. */
type Identity = "ours" | "undecided" | "theirs"

const identify = (
  others: ReadonlyArray<RefundStore.DueRefund>,
  { providerRefundId, refundId }: Refund.RefundSnapshot,
): Identity => {
  const ours = others.some(
    (other) => Option.contains(other.providerRefundId, providerRefundId) || Option.contains(refundId, other.id),
  )
  if (ours) return "ours"
  // One that was sent, and whose answer has not come, may be this one where the provider does not carry our id.
  const waiting = others.some(
    (other) => other.status === "pending" && Option.isNone(other.providerRefundId) && Option.isSome(other.sentAt),
  )
  return waiting && Option.isNone(refundId) ? "undecided" : "theirs"
}

/**
 * Drops what only a webhook's word had made of a refund of ours, inside a transaction; whether there was such a thing.
 * The webhook may have come after the provider was asked, so that another look is to deal with it.
 */
export const drop = (sql: Sql, paymentId: Id.PaymentId, providerRefundId: string) =>
  Effect.map(
    sql`
      delete from refunds where payment_id = ${paymentId} and unseen = 1 and provider_refund_id = ${providerRefundId}
      returning id`,
    (dropped) => dropped.length > 0,
  )

/**
 * What to make of a refund that the provider shows, inside a transaction that holds the payment. `write`: it is what its
 * row says. `taken`: another refund, which began at the provider, is this one already. `nothing`: its row was only a
 * webhook's word for a refund of ours, or may be, and is dropped or put off.
 */
export const accept = Effect.fnUntraced(function* (
  sql: Sql,
  refund: RefundStore.DueRefund,
  snapshot: Refund.RefundSnapshot,
  again: number,
) {
  const all = yield* Rows.ofPayment(sql, refund.paymentId)
  const others = all.filter((other) => other.id !== refund.id && !other.unseen)
  if (!refund.unseen) {
    const taken = others.some((other) => Option.contains(other.providerRefundId, snapshot.providerRefundId))
    return taken ? "taken" : "write"
  }
  switch (identify(others, snapshot)) {
    case "ours":
      yield* sql`delete from refunds where id = ${refund.id}`
      return "nothing"
    case "undecided":
      yield* sql`update refunds set due_at = ${again}, tries = tries + 1 where id = ${refund.id}`
      return "nothing"
    case "theirs":
      return "write"
  }
})

/** The provider has no such refund, and was never seen to have it. */
export const forget = Effect.fnUntraced(function* (sql: Sql, id: Id.RefundId) {
  const [gone] = yield* sql`delete from refunds where id = ${id} and unseen = 1 returning checkout_id, status`.pipe(
    Effect.flatMap(decodeKnown),
  )
  if (gone !== undefined) yield* InboxApplied.mark(sql, gone.checkout_id, "refund", yield* Timestamp.now)
})
