import { assert, it } from "@effect/vitest"
import { type Id, Money, ProviderName, type Refund, Timestamp } from "@payment-orchestrator/domain"
import { CheckoutStore, LedgerStore, RefundStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Arbitrary, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const usd = (amount: number) => Money.make(amount, "USD")
const lease = 60_000

const wish = (paymentId: Id.PaymentId, origin: string, amount?: number): RefundStore.Wish => ({
  paymentId,
  origin,
  amount: Option.map(Option.fromUndefinedOr(amount), usd),
  reason: Option.some("did not fit"),
  despiteDispute: false,
})

const seen = (refund: RefundStore.Refund, state: Refund.RefundState, amount = refund.amount): RefundStore.Finding => ({
  _tag: "Seen",
  snapshot: {
    provider: Sample.polar,
    providerRefundId: `prf_${refund.id}`,
    state,
    amount,
    refundId: Option.some(refund.id),
    fetchStartedAt: 0,
    requestId: Option.none(),
    rawState: state,
  },
})

/** A webhook's word for a refund of the sample's money. */
const notice = (refundId: string, { moneyId = "ord_1", reversal = false } = {}) =>
  Effect.map(Sample.told({ refundId, moneyId, reversal }, { subject: "refund" }), ({ refunds }) => refunds)

/** The refund that a reservation made. */
const fresh = (reserved: RefundStore.Reserved) =>
  reserved._tag === "Fresh" ? Effect.succeed(reserved.refund) : Effect.die(reserved)

onEachBackend("a refund", ({ dialect, empty }) => {
  const test = <E>(name: string, body: (store: RefundStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(RefundStore.RefundStore, body), empty, { local: true }))

  const moneyOf = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId, paymentId: Id.PaymentId) {
    const checkouts = yield* CheckoutStore.CheckoutStore
    const ledger = yield* LedgerStore.LedgerStore
    const { checkout } = yield* Effect.fromOption(yield* checkouts.find(checkoutId))
    const payment = yield* Effect.fromOption(yield* ledger.findPayment(paymentId))
    return [checkout.status, checkout.amountRefunded, payment.status, payment.amountRefunded] as const
  })

  test("F38: of twenty asked for at once only as many are reserved as were paid for", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      const reserved = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, i) => i),
        (i) => store.reserve(wish(payment.id, `o${i}`, 3_000), lease),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(reserved.filter(({ _tag }) => _tag === "Fresh").length, 3)
      const refusals = reserved.flatMap((one) => (one._tag === "TooLarge" ? [one.left.amount] : []))
      assert.deepStrictEqual(
        refusals,
        Array.from({ length: 17 }, () => 999),
      )
      assert.lengthOf(yield* store.list({ paymentId: payment.id, limit: 50 }), 3)
    }))

  test("F38: of twenty twins one is made, and the others find it", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      const reserved = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => store.reserve(wish(payment.id, "same"), lease),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(reserved.filter(({ _tag }) => _tag === "Fresh").length, 1)
      assert.strictEqual(reserved.filter(({ _tag }) => _tag === "Existing").length, 19)
      const ids = reserved.flatMap((one) => ("refund" in one ? [one.refund.id] : []))
      assert.strictEqual(new Set(ids).size, 1)
    }))

  test("of all that is left takes what others have not reserved, and nothing of what is not there", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      yield* Effect.flatMap(store.reserve(wish(payment.id, "a", 4_000), lease), fresh)
      const rest = yield* Effect.flatMap(store.reserve(wish(payment.id, "b"), lease), fresh)
      assert.deepStrictEqual(rest.amount, usd(5_999))
      assert.deepStrictEqual(yield* store.reserve(wish(payment.id, "c"), lease), { _tag: "TooLarge", left: usd(0) })
      const euros = { ...wish(payment.id, "d"), amount: Option.some(Money.make(1, "EUR")) }
      assert.deepStrictEqual(yield* store.reserve(euros, lease), { _tag: "TooLarge", left: usd(0) })
    }))

  test("moves the payment and the checkout when it succeeds, and books what the provider says", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment } = yield* Sample.paid
      const first = yield* Effect.flatMap(store.reserve(wish(payment.id, "a", 3_334), lease), fresh)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 0, "completed", 0])
      yield* store.record(first.id, seen(first, "pending", usd(3_333)), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 0, "completed", 0])
      yield* store.record(first.id, seen(first, "succeeded", usd(3_333)), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 3_333, "partially_refunded", 3_333])
      const rest = yield* Effect.flatMap(store.reserve(wish(payment.id, "b"), lease), fresh)
      assert.deepStrictEqual(rest.amount, usd(6_666))
      yield* store.record(rest.id, seen(rest, "succeeded"), 0)
      yield* store.record(rest.id, seen(rest, "succeeded"), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 9_999, "refunded", 9_999])
      const sql = yield* SqlClient.SqlClient
      const told = yield* sql<{ readonly key: string }>`select key from events where type like 'refund.%'`
      assert.sameMembers(
        told.map(({ key }) => key),
        [first, rest].flatMap(({ id }) => [`refund.pending:${id}`, `refund.succeeded:${id}`]),
      )
    }))

  test("F67: frees what was reserved when it fails, also after it had succeeded, and stays failed", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment } = yield* Sample.paid
      const refused = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      yield* store.record(refused.id, { _tag: "Refused", message: "no" }, 0)
      const again = yield* Effect.flatMap(store.reserve(wish(payment.id, "b"), lease), fresh)
      assert.deepStrictEqual(again.amount, usd(9_999))
      yield* store.record(again.id, seen(again, "succeeded"), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 9_999, "refunded", 9_999])
      assert.isTrue(yield* notice(`prf_${again.id}`))
      const [due] = yield* store.takeDue(10, lease)
      assert.strictEqual(due?.id, again.id)
      yield* store.record(again.id, seen(again, "failed"), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 0, "completed", 0])
      yield* store.record(again.id, seen(again, "succeeded"), 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 0, "completed", 0])
      assert.isFalse(yield* notice(`prf_${again.id}`))
      yield* Effect.flatMap(store.reserve(wish(payment.id, "c"), lease), fresh)
    }))

  test("F67: a refusal takes nothing away of what the provider says went back elsewhere", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment, see } = yield* Sample.paid
      const refund = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      yield* see("refunded", 9)
      yield* store.record(refund.id, { _tag: "Refused", message: "refunded already" }, 0)
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 0, "refunded", 0])
      assert.deepStrictEqual(yield* store.reserve(wish(payment.id, "b"), lease), { _tag: "TooLarge", left: usd(0) })
    }))

  test("F36: is noted as sent by one only, until its sender takes the note back", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      const refund = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      const notes = yield* Effect.forEach(Array.from({ length: 10 }), () => store.sending(refund.id, true), {
        concurrency: "unbounded",
      })
      assert.strictEqual(notes.filter(Boolean).length, 1)
      assert.isTrue(yield* store.sending(refund.id, false))
      yield* store.notSent(refund.id)
      assert.isTrue(yield* store.sending(refund.id, true))
    }))

  test("F58: is gone on with by one process at a time, and by another when that one dies", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      const refund = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      assert.lengthOf(yield* store.takeDue(10, lease), 0)
      yield* TestClock.adjust(lease)
      const taken = yield* Effect.forEach([1, 2, 3], () => store.takeDue(10, lease), { concurrency: 3 })
      assert.deepStrictEqual(
        taken.flat().map(({ id }) => id),
        [refund.id],
      )
      const now = yield* Timestamp.now
      yield* store.putOff(refund.id, Option.some(now + 5), Option.some("PayPal 503"))
      assert.lengthOf(yield* store.takeDue(10, lease), 0)
      yield* TestClock.adjust(5)
      const [again] = yield* store.takeDue(10, lease)
      assert.deepInclude(again, { id: refund.id, tries: 1, message: "PayPal 503" })
    }))

  test("is due at once when its provider is there again", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      const refund = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      yield* store.putOff(refund.id, Option.some(3_600_000), Option.none())
      yield* store.hurry(ProviderName.ProviderName.make("paypal"))
      assert.lengthOf(yield* store.takeDue(10, lease), 0)
      yield* store.hurry(Sample.polar)
      assert.deepStrictEqual(
        (yield* store.takeDue(10, lease)).map(({ id }) => id),
        [refund.id],
      )
    }))

  /** A refund that somebody gives back at the provider, as the provider shows it. */
  const there = (providerRefundId: string, amount: number, refundId?: Id.RefundId): RefundStore.Finding => ({
    _tag: "Seen",
    snapshot: {
      provider: Sample.polar,
      providerRefundId,
      state: "succeeded",
      amount: usd(amount),
      refundId: Option.fromUndefinedOr(refundId),
      fetchStartedAt: 0,
      requestId: Option.none(),
      rawState: "succeeded",
    },
  })

  const told = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly type: string }>`select type from events order by created_at, id`
    return rows.map(({ type }) => type).filter((type) => /refund|reversed/.test(type))
  })

  test("that a webhook names is looked for, and neither shown nor told before the provider has shown it", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment } = yield* Sample.paid
      for (let i = 0; i < 3; i++) assert.isTrue(yield* notice("prf_1"))
      assert.isFalse(yield* notice("prf_2", { moneyId: "unknown" }))
      assert.lengthOf(yield* store.list({ limit: 10 }), 0)
      const due = yield* store.takeDue(10, lease)
      assert.lengthOf(due, 1)
      const [unseen] = due
      assert.deepStrictEqual([unseen?.unseen, unseen?.providerRefundId], [true, Option.some("prf_1")])
      const { id } = yield* Effect.fromNullishOr(unseen)
      yield* store.record(id, there("prf_1", 4_000), 0)
      const [refund] = yield* store.list({ paymentId: payment.id, limit: 10 })
      assert.deepInclude(refund, { id, origin: "provider", status: "succeeded", amount: usd(4_000) })
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 4_000, "partially_refunded", 4_000])
      assert.deepStrictEqual(yield* told, ["refund.succeeded"])
      assert.deepStrictEqual(yield* store.reserve(wish(payment.id, "a", 6_000), lease), {
        _tag: "TooLarge",
        left: usd(5_999),
      })
    }))

  test("that a webhook names, and the provider does not have, is forgotten", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      yield* notice("prf_1")
      const unseen = yield* Effect.fromNullishOr((yield* store.takeDue(10, lease))[0])
      yield* store.forget(unseen.id)
      const real = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      yield* store.forget(real.id)
      assert.lengthOf(yield* store.list({ limit: 10 }), 1)
    }))

  test("F44: of ours is one, though its webhook comes before its answer, with our id or without it", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment } = yield* Sample.paid
      const ours = yield* Effect.flatMap(store.reserve(wish(payment.id, "a", 1_000), lease), fresh)
      yield* store.sending(ours.id, false)
      yield* notice("prf_1")
      yield* notice("prf_2")
      const due = yield* store.takeDue(10, lease)
      const unseen = Effect.fn(function* (providerRefundId: string) {
        return yield* Effect.fromNullishOr(
          due.find((one) => one.unseen && Option.contains(one.providerRefundId, providerRefundId)),
        )
      })
      // Without our id it may be ours as long as ours has no answer; with another's id it is not.
      yield* store.record((yield* unseen("prf_1")).id, there("prf_1", 1_000), 0)
      assert.lengthOf(yield* store.list({ limit: 10 }), 1)
      yield* store.record((yield* unseen("prf_2")).id, there("prf_2", 500, ours.id), 0)
      assert.lengthOf(yield* store.list({ limit: 10 }), 1)
      yield* store.record(ours.id, there("prf_1", 1_000, ours.id), 0)
      yield* store.record((yield* unseen("prf_1")).id, there("prf_1", 1_000), 0)
      const all = yield* store.list({ limit: 10 })
      assert.deepStrictEqual(
        all.map(({ id, status }) => [id, status]),
        [[ours.id, "succeeded"]],
      )
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 1_000, "partially_refunded", 1_000])
      assert.sameMembers(yield* told, ["refund.pending", "refund.succeeded"])
    }))

  test("of ours that the provider answers with one that began there is refused, and counts once", (store) =>
    Effect.gen(function* () {
      const { checkoutId, payment } = yield* Sample.paid
      const ours = yield* Effect.flatMap(store.reserve(wish(payment.id, "a"), lease), fresh)
      yield* notice("prf_1")
      const unseen = yield* Effect.fromNullishOr((yield* store.takeDue(10, lease)).find((one) => one.unseen))
      yield* store.record(unseen.id, there("prf_1", 9_999), 0)
      yield* store.record(ours.id, there("prf_1", 9_999), 0)
      const all = yield* store.list({ limit: 10 })
      assert.sameDeepMembers(
        all.map(({ origin, status }) => [origin, status]),
        [
          ["provider", "succeeded"],
          ["request", "failed"],
        ],
      )
      assert.deepStrictEqual(yield* moneyOf(checkoutId, payment.id), ["paid", 9_999, "refunded", 9_999])
    }))

  test("that the provider took back by itself reverses the payment, told once and as no refund", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      yield* notice("prf_1", { reversal: true })
      const unseen = yield* Effect.fromNullishOr((yield* store.takeDue(10, lease))[0])
      for (let i = 0; i < 2; i++) yield* store.record(unseen.id, there("prf_1", 9_999), 0)
      const ledger = yield* LedgerStore.LedgerStore
      const reversed = yield* Effect.fromOption(yield* ledger.findPayment(payment.id))
      assert.deepInclude(reversed, { reversed: true, status: "refunded", amountRefunded: 9_999 })
      assert.deepStrictEqual(yield* told, ["payment.reversed"])
    }))

  it.effect.prop(
    "F38: whatever is asked for here and given back there, never more than was captured has gone back or is set aside",
    [
      Arbitrary.schema(
        Schema.Array(
          Schema.Struct({
            amount: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 6_000 })),
            here: Schema.Boolean,
            fails: Schema.Boolean,
          }),
        ).check(Schema.isMaxLength(8)),
      ),
    ],
    ([steps]) =>
      Effect.gen(function* () {
        const store = yield* RefundStore.RefundStore
        const { payment } = yield* Sample.paid
        // The provider's own sum: it refuses what exceeds the payment.
        let gone = 0
        const gives = (amount: number) => {
          if (gone + amount > 9_999) return false
          gone += amount
          return true
        }
        for (const [i, { amount, fails, here }] of steps.entries()) {
          if (here) {
            const reserved = yield* store.reserve(wish(payment.id, `o${i}`, amount), lease)
            if (reserved._tag !== "Fresh") continue
            const { id } = reserved.refund
            const done = !fails && gives(amount)
            yield* store.record(id, done ? there(`r${i}`, amount, id) : { _tag: "Refused", message: "no" }, 0)
          } else if (gives(amount)) {
            yield* notice(`r${i}`)
            const unseen = (yield* store.takeDue(20, 0)).find((one) => one.unseen)
            if (unseen !== undefined) yield* store.record(unseen.id, there(`r${i}`, amount), 0)
          }
        }
        const ledger = yield* LedgerStore.LedgerStore
        const { amountRefunded } = yield* Effect.fromOption(yield* ledger.findPayment(payment.id))
        assert.strictEqual(amountRefunded, gone)
        assert.isAtMost(amountRefunded, 9_999)
        const kept = (yield* store.list({ limit: 50 })).filter(({ status }) => status !== "failed")
        assert.isAtMost(
          kept.reduce((sum, { amount }) => sum + amount.amount, 0),
          9_999,
        )
      }).pipe(Effect.provide(empty, { local: true })),
    { arbitrary: { runs: dialect === "pg" ? 10 : 50, size: 8 }, timeout: 60_000 },
  )

  test("belongs to its tenant and its payment in lists, newest first", (store) =>
    Effect.gen(function* () {
      const { payment } = yield* Sample.paid
      for (const origin of ["a", "b", "c"]) yield* store.reserve(wish(payment.id, origin, 100), lease)
      const all = yield* store.list({ tenantId: "default", paymentId: payment.id, limit: 10 })
      assert.lengthOf(all, 3)
      const before = all[0]?.id
      const page = yield* store.list({ limit: 1, before })
      assert.deepStrictEqual(page, all.slice(1, 2))
      assert.lengthOf(yield* store.list({ tenantId: "other", limit: 10 }), 0)
    }))
})
