/** What is written of disputes: that a webhook has named one, and what its provider says, with everything that follows. */
import { Dispute, Id, type Payment, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import type { Clue } from "@payment-orchestrator/payments"
import { Array, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Rows from "./DisputeRows.ts"
import * as EventRows from "./EventRows.ts"
import * as InboxApplied from "./InboxApplied.ts"
import * as PaymentRows from "./PaymentRows.ts"
import * as RefundRows from "./RefundRows.ts"

type Sql = SqlClient.SqlClient

const Poked = Schema.Array(Schema.Struct({ checkout_id: Id.CheckoutId }))
const decodePoked = Schema.decodeUnknownEffect(Poked)

/**
 * Makes the dispute that a clue names due at once; keeps one that is not known, beside its payment, whose refunds wait
 * from then on. Its checkout; none when it is not about money that is known here.
 */
export const notice = Effect.fnUntraced(function* (
  sql: Sql,
  provider: ProviderName.ProviderName,
  { disputeId, moneyId }: Clue.Clue,
) {
  if (disputeId === null) return Option.none<Id.CheckoutId>()
  const now = yield* Timestamp.now
  const [poked] = yield* sql`
    update disputes set look_at = ${now}
    where provider = ${provider} and provider_dispute_id = ${disputeId} returning checkout_id`.pipe(
    Effect.flatMap(decodePoked),
  )
  if (poked !== undefined) return Option.some(poked.checkout_id)
  if (moneyId === null) return Option.none<Id.CheckoutId>()
  const [payment] = yield* sql`
    select * from payments where provider = ${provider} and money_id = ${moneyId} and kind is not null`.pipe(
    Effect.flatMap(PaymentRows.decode),
  )
  if (payment === undefined) return Option.none<Id.CheckoutId>()
  yield* sql`
    insert into disputes ${sql.insert({
      id: yield* Id.makeDisputeId,
      payment_id: payment.id,
      checkout_id: payment.checkout_id,
      tenant_id: payment.tenant_id,
      provider,
      provider_dispute_id: disputeId,
      seen_at: 0,
      look_at: now,
      livemode: payment.livemode,
      created_at: now,
    })}
    on conflict (provider, provider_dispute_id) do nothing`
  return Option.some(payment.checkout_id)
})

const byId = (sql: Sql, id: Id.DisputeId) =>
  sql`select * from disputes where id = ${id}`.pipe(Effect.flatMap(Rows.read), Effect.map(Array.head))

/** What the dispute makes of its payment; a payment that was taken back stays so. */
const mark = Effect.fnUntraced(function* (sql: Sql, payment: Payment.Payment, lost: boolean) {
  const disputed = Option.isSome(yield* Rows.blocking(sql, payment.id))
  const reversed = payment.reversed || lost
  yield* sql`
    update payments set disputed = ${disputed ? 1 : 0}, reversed = ${reversed ? 1 : 0} where id = ${payment.id}`
  return { ...payment, disputed, reversed }
})

const encode = Schema.encodeEffect(Schema.fromJsonString(Dispute.DisputeJson))

/** Applies what the provider says, inside a transaction; the checkout and the payment are held first. */
export const apply = Effect.fnUntraced(function* (sql: Sql, id: Id.DisputeId, snapshot: Dispute.DisputeSnapshot) {
  const found = yield* byId(sql, id)
  if (Option.isNone(found)) return
  const payment = yield* RefundRows.holdPayment(sql, found.value.payment_id)
  // Read again, now that its payment is held.
  const held = yield* byId(sql, id)
  if (Option.isNone(held) || Option.isNone(payment)) return
  const { events, state } = Dispute.apply(Rows.stateOf(held.value), snapshot)
  const row: Rows.DisputeRow = { ...held.value, ...Rows.columnsOf(state) }
  yield* sql`update disputes set ${sql.update(Rows.columnsOf(state))} where id = ${id}`
  yield* InboxApplied.mark(sql, row.checkout_id, "dispute", snapshot.fetchStartedAt)
  const marked = yield* mark(sql, payment.value, state.status === "lost")
  const seen = Rows.disputeOf(row)
  if (Option.isNone(seen)) return
  const data = yield* encode(seen.value)
  for (const type of events) {
    if (type === "payment.reversed") {
      yield* EventRows.tellPayment(sql, marked, type)
      continue
    }
    yield* EventRows.tell(sql, {
      type,
      key: `${type}:${id}:${state.seenAt}`,
      scope: row.checkout_id,
      objectId: id,
      tenantId: row.tenant_id,
      provider: row.provider,
      livemode: row.livemode === 1,
      data,
    })
  }
})

/**
 * The provider has no such dispute, and was never seen to have it: its payment is as if nobody had named it. The checkout
 * and the payment are held first.
 */
export const forget = Effect.fnUntraced(function* (sql: Sql, id: Id.DisputeId) {
  const found = yield* byId(sql, id)
  if (Option.isNone(found)) return
  const payment = yield* RefundRows.holdPayment(sql, found.value.payment_id)
  const [gone] = yield* sql`delete from disputes where id = ${id} and status is null returning checkout_id`.pipe(
    Effect.flatMap(decodePoked),
  )
  if (gone === undefined) return
  if (Option.isSome(payment)) yield* mark(sql, payment.value, false)
  yield* InboxApplied.mark(sql, gone.checkout_id, "dispute", yield* Timestamp.now)
})
