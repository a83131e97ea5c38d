/** What became known of a refund, written with everything that follows from it. */
import { type Money, type Payment, Refund, Timestamp } from "@payment-orchestrator/domain"
import type { RefundStore } from "@payment-orchestrator/payments"
import { Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as EventRows from "./EventRows.ts"
import * as InboxApplied from "./InboxApplied.ts"
import * as Noticing from "./RefundNoticing.ts"
import * as RefundRows from "./RefundRows.ts"

type Sql = SqlClient.SqlClient

interface Change {
  readonly status: RefundStore.RefundStatus
  readonly amount: Money.Money
  readonly message: string | null
  readonly providerRefundId: Option.Option<string>
}

/** What the row says next. */
const changeOf = (refund: RefundStore.DueRefund, finding: RefundStore.Finding): Change => {
  if (finding._tag !== "Seen") {
    const status = finding._tag === "Refused" ? "failed" : "unresolved"
    return { ...refund, status, message: finding.message }
  }
  const { amount, provider, providerRefundId, rawState, state } = finding.snapshot
  return {
    status: state,
    amount: amount.currency === refund.amount.currency ? amount : refund.amount,
    message: state === "failed" ? `${provider} says ${rawState}` : null,
    providerRefundId: Option.some(providerRefundId),
  }
}

/** Ways that are open: done money that comes back has failed after all, and a failed refund stays failed. */
const ways: { readonly [status in RefundStore.RefundStatus]: ReadonlyArray<RefundStore.RefundStatus> } = {
  pending: ["pending", "succeeded", "failed", "unresolved"],
  unresolved: ["pending", "succeeded", "failed", "unresolved"],
  succeeded: ["failed"],
  failed: [],
}

const rank: { readonly [state in Payment.MoneyState]: number } = {
  pending: 0,
  declined: 0,
  completed: 1,
  partially_refunded: 2,
  refunded: 3,
}

const stateOf = (refunded: number, gross: number): Payment.MoneyState =>
  refunded === 0 ? "completed" : refunded < gross ? "partially_refunded" : "refunded"

/**
 * The payment's and the checkout's sums. What the provider said went back elsewhere is not taken away, unless a refund
 * it had accepted has failed: then the sums are ours, and the next look at the provider adds the rest.
 */
const total = Effect.fnUntraced(function* (sql: Sql, payment: Payment.Payment, fallen: boolean) {
  const refunds = yield* RefundRows.ofPayment(sql, payment.id)
  const amountRefunded = RefundRows.sum(refunds.filter(({ status }) => status === "succeeded"))
  const ours = stateOf(amountRefunded, payment.amount)
  const status = fallen || rank[ours] > rank[payment.status] ? ours : payment.status
  yield* sql`update payments set state = ${status}, amount_refunded = ${amountRefunded} where id = ${payment.id}`
  yield* sql`
    update checkouts set amount_refunded = ${amountRefunded}
    where id = ${payment.checkoutId} and payment_id = ${payment.id}`
  return { ...payment, status, amountRefunded }
})

/** The provider has taken the money back: not a refund that anybody gave. */
const reverse = Effect.fnUntraced(function* (sql: Sql, payment: Payment.Payment) {
  yield* sql`update payments set reversed = 1 where id = ${payment.id}`
  yield* EventRows.tellPayment(sql, { ...payment, reversed: true }, "payment.reversed")
})

const encodeRefund = Schema.encodeEffect(Schema.fromJsonString(Refund.RefundJson))

/** `refund.…`, once per refund and status. */
export const tell = Effect.fnUntraced(function* (sql: Sql, refund: RefundStore.DueRefund) {
  const { checkoutId, id, livemode, provider, status, tenantId } = refund
  if (status === "unresolved") return
  const type = `refund.${status}` as const
  yield* EventRows.tell(sql, {
    type,
    scope: checkoutId,
    key: `${type}:${id}`,
    objectId: id,
    tenantId,
    provider,
    livemode,
    data: yield* encodeRefund(refund),
  })
})

const elsewhere = { _tag: "Refused", message: "it went back already, by a refund that began at the provider" } as const

/** Inside a transaction that holds the payment. */
export const write = Effect.fnUntraced(function* (
  sql: Sql,
  payment: Payment.Payment,
  refund: RefundStore.DueRefund,
  found: RefundStore.Finding,
  again: number,
) {
  const askedAt = found._tag === "Seen" ? found.snapshot.fetchStartedAt : yield* Timestamp.now
  yield* InboxApplied.mark(sql, payment.checkoutId, "refund", askedAt)
  const named =
    found._tag === "Seen" &&
    !refund.unseen &&
    (yield* Noticing.drop(sql, refund.paymentId, found.snapshot.providerRefundId))
  const afterwards = named ? yield* Timestamp.now : null
  const verdict = found._tag === "Seen" ? yield* Noticing.accept(sql, refund, found.snapshot, again) : "write"
  if (verdict === "nothing") return
  const change = changeOf(refund, verdict === "taken" ? elsewhere : found)
  const over = change.status === "succeeded" || change.status === "failed"
  if (!ways[refund.status].includes(change.status)) {
    yield* sql`update refunds set due_at = ${afterwards} where id = ${refund.id}`
    return
  }
  yield* sql`
    update refunds set status = ${change.status}, amount = ${change.amount.amount},
      message = ${change.message}, unseen = 0,
      provider_refund_id = ${Option.getOrNull(change.providerRefundId)},
      due_at = ${over ? afterwards : again}, tries = tries + 1
    where id = ${refund.id}`
  if (change.status === refund.status && !refund.unseen) return
  const fallen = change.status === "failed" && Option.isSome(change.providerRefundId)
  const summed = over ? yield* total(sql, payment, fallen) : payment
  if (!refund.reversal) yield* tell(sql, { ...refund, ...change })
  else if (change.status === "succeeded") yield* reverse(sql, summed)
})
