/** `RefundStore` on SQL. Whoever changes the money of a checkout holds the checkout's row first, then the payment's. */
import { Id, Money, Timestamp } from "@payment-orchestrator/domain"
import { RefundStore } from "@payment-orchestrator/payments"
import { Array, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Dialect from "./Dialect.ts"
import * as AuditRows from "./internal/AuditRows.ts"
import * as DisputeRows from "./internal/DisputeRows.ts"
import * as Duplicates from "./internal/Duplicates.ts"
import * as Failure from "./internal/Failure.ts"
import * as Keyset from "./internal/Keyset.ts"
import * as Noticing from "./internal/RefundNoticing.ts"
import * as Recording from "./internal/RefundRecording.ts"
import * as Rows from "./internal/RefundRows.ts"

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient

  const byId = (id: Id.RefundId) =>
    sql`select * from refunds where id = ${id}`.pipe(Effect.flatMap(Rows.readDue), Effect.map(Array.head))

  const reserve: RefundStore.Service["reserve"] = (
    { amount, despiteDispute, origin, paymentId, reason },
    leaseMillis,
  ) =>
    Effect.gen(function* () {
      const held = yield* Rows.holdPayment(sql, paymentId)
      if (Option.isNone(held)) return { _tag: "NoPayment" } as const
      const payment = held.value
      const existing = yield* sql`select * from refunds where origin = ${origin}`.pipe(
        Effect.flatMap(Rows.readDue),
        Effect.map(Array.head),
      )
      if (Option.isSome(existing)) return { _tag: "Existing", refund: existing.value } as const
      const dispute = despiteDispute ? Option.none() : yield* DisputeRows.blocking(sql, paymentId)
      if (Option.isSome(dispute)) return { _tag: "Disputed", disputeId: dispute.value } as const
      const refunds = yield* Rows.ofPayment(sql, paymentId)
      const reserved = Rows.sum(refunds.filter(({ status }) => status !== "failed"))
      const { currency } = payment
      // Refunded as a whole, though not all of it by us: the rest went back at the provider.
      const left = payment.status === "refunded" ? 0 : Math.max(0, payment.amount - reserved)
      const wanted = Option.getOrElse(amount, () => Money.make(left, currency))
      if (wanted.amount > left || wanted.amount === 0 || wanted.currency !== currency) {
        return { _tag: "TooLarge", left: Money.make(left, currency) } as const
      }
      const now = yield* Timestamp.now
      const refund: RefundStore.DueRefund = {
        id: yield* Id.makeRefundId,
        paymentId,
        checkoutId: payment.checkoutId,
        tenantId: payment.tenantId,
        provider: payment.provider,
        moneyId: payment.moneyId,
        origin: Rows.originOf(origin),
        amount: wanted,
        reason: Option.getOrNull(reason),
        status: "pending",
        message: null,
        providerRefundId: Option.none(),
        sentAt: Option.none(),
        tries: 0,
        unseen: false,
        reversal: false,
        livemode: payment.livemode,
        createdAt: now,
      }
      yield* sql`
        insert into refunds ${sql.insert({
          id: refund.id,
          payment_id: paymentId,
          checkout_id: refund.checkoutId,
          tenant_id: refund.tenantId,
          provider: refund.provider,
          money_id: refund.moneyId,
          amount: wanted.amount,
          currency,
          reason: refund.reason,
          status: "pending",
          origin,
          due_at: now + leaseMillis,
          tries: 0,
          livemode: refund.livemode ? 1 : 0,
          created_at: now,
        })}`
      yield* Recording.tell(sql, refund)
      yield* AuditRows.insert(sql, {
        action: "refund.create",
        target: refund.id,
        tenantId: Option.some(refund.tenantId),
        reason,
      })
      return { _tag: "Fresh", refund } as const
    }).pipe(Failure.transaction(sql, "reserve a refund"))

  const takeDue: RefundStore.Service["takeDue"] = (limit, leaseMillis) =>
    Effect.gen(function* () {
      const now = yield* Timestamp.now
      const due = yield* sql`
        select * from refunds where due_at is not null and due_at <= ${now}
        order by due_at limit ${limit} ${Dialect.forUpdateSkipLocked(sql)}`.pipe(Effect.flatMap(Rows.readDue))
      for (const { id } of due) yield* sql`update refunds set due_at = ${now + leaseMillis} where id = ${id}`
      return due
    }).pipe(Failure.transaction(sql, "take the refunds that are due"))

  const record: RefundStore.Service["record"] = (id, finding, again) =>
    Effect.gen(function* () {
      const found = yield* byId(id)
      if (Option.isNone(found)) return
      const payment = yield* Rows.holdPayment(sql, found.value.paymentId)
      // Read again, now that it is held.
      const refund = yield* byId(id)
      if (Option.isNone(payment) || Option.isNone(refund)) return
      yield* Recording.write(sql, payment.value, refund.value, finding, again)
    }).pipe(Failure.transaction(sql, "record a refund"))

  return RefundStore.RefundStore.of({
    reserve,
    takeDue,
    record,
    sending: (id, once) =>
      Effect.gen(function* () {
        const now = yield* Timestamp.now
        const noted = yield* sql`
          update refunds set sent_at = ${now}
          where id = ${id} and status = 'pending' ${once ? sql`and sent_at is null` : sql``} returning id`
        return noted.length > 0
      }).pipe(Failure.storing("note the sending of a refund")),
    notSent: (id) =>
      sql`update refunds set sent_at = ${null} where id = ${id}`.pipe(
        Effect.asVoid,
        Failure.storing("take back the sending of a refund"),
      ),
    putOff: (id, at, message) =>
      sql`
        update refunds set due_at = ${Option.getOrNull(at)}, tries = tries + 1,
          message = case when status = 'succeeded' then message else ${Option.getOrNull(message)} end
        where id = ${id} and status <> 'failed'`.pipe(Effect.asVoid, Failure.storing("put off a refund")),
    hurry: (provider) =>
      Effect.flatMap(
        Timestamp.now,
        (now) => sql`
          update refunds set due_at = ${now}
          where due_at > ${now} and provider = ${provider} and status = 'pending'`,
      ).pipe(Effect.asVoid, Failure.storing("hurry the refunds of a provider")),
    forget: (id) => Noticing.forget(sql, id).pipe(Failure.transaction(sql, "forget a refund")),
    duplicates: (which, since, limit) =>
      Duplicates.find(sql, which, since, limit).pipe(Failure.storing("look for second payments")),
    find: (id) =>
      sql`select * from refunds where id = ${id} and unseen = 0`.pipe(
        Effect.flatMap(Rows.read),
        Effect.map(Array.head),
        Failure.storing("read a refund"),
      ),
    list: ({ paymentId, tenantId, ...page }) =>
      sql`
        select * from refunds ${Keyset.page(sql, { name: "refunds", time: "created_at" }, page, {
          tenant_id: tenantId,
          payment_id: paymentId,
          unseen: 0,
        })}`.pipe(Effect.flatMap(Rows.read), Failure.storing("list refunds")),
  })
})

/** Over a database that was migrated. */
export const layer: Layer.Layer<RefundStore.RefundStore, never, SqlClient.SqlClient> = Layer.effect(
  RefundStore.RefundStore,
  make,
)
