import { assert, it } from "@effect/vitest"
import { type Checkout, type Dispute, Ledger, Money } from "@payment-orchestrator/domain"
import { DisputeStore, InboxStore, LedgerStore, RefundStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const lease = 60_000
const usd = (amount: number) => Money.make(amount, "USD")

/** 99.99 USD at Polar, `ord_1`, become known as the money of a checkout. */
const pay = Effect.fnUntraced(function* (shown: Checkout.Checkout) {
  const ledger = yield* LedgerStore.LedgerStore
  yield* ledger.transact(shown.id, (state) =>
    Ledger.apply(state, {
      provider: Sample.polar,
      sessionId: shown.providerSessionId ?? "",
      mode: "payment",
      state: "completed",
      url: Option.none(),
      attemptId: Option.none(),
      payments: [
        {
          moneyId: "ord_1",
          state: "completed",
          gross: usd(9_999),
          tax: Option.none(),
          fee: Option.none(),
          net: Option.none(),
        },
      ],
      subscriptionId: Option.none(),
      expiresAt: Option.none(),
      fetchStartedAt: 5,
      requestId: Option.none(),
      rawState: "succeeded",
    }),
  )
  const [payment] = yield* ledger.listPayments({ checkoutId: shown.id, limit: 1 })
  return yield* Effect.fromNullishOr(payment)
})

const paid = Effect.flatMap(Sample.shown(), pay)

const notice = (moneyId = "ord_1", disputeId = "dis_1") =>
  Effect.map(
    Sample.told({ disputeId, moneyId }, { subject: "dispute", eventId: disputeId }),
    ({ disputes }) => disputes,
  )

const says = (state: Dispute.DisputeState, fetchStartedAt: number): Dispute.DisputeSnapshot => ({
  provider: Sample.polar,
  disputeId: "dis_1",
  state,
  amount: Option.some(usd(9_999)),
  moneyId: Option.some("ord_1"),
  reason: Option.some("fraudulent"),
  respondBy: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

onEachBackend("F37: a dispute", ({ empty }) => {
  const test = <E>(name: string, body: (store: DisputeStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(DisputeStore.DisputeStore, body), empty, { local: true }))

  const taken = (store: DisputeStore.Service) =>
    Effect.flatMap(store.takeDue(10, lease), ([due]) => Effect.fromNullishOr(due))

  const told = Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly type: string }>`select type from events order by created_at, id`
    return rows.map(({ type }) => type).filter((type) => /dispute|reversed/.test(type))
  })

  const refund = (paymentId: RefundStore.Wish["paymentId"], despiteDispute: boolean) =>
    Effect.flatMap(RefundStore.RefundStore, (refunds) =>
      refunds.reserve(
        {
          paymentId,
          amount: Option.some(usd(1)),
          reason: Option.none(),
          despiteDispute,
          origin: `request:${despiteDispute}`,
        },
        lease,
      ),
    )

  test("makes refunds of its payment wait from the webhook on, and is not shown before the provider shows it", (store) =>
    Effect.gen(function* () {
      const payment = yield* paid
      assert.isFalse(yield* notice("unknown"))
      for (let i = 0; i < 3; i++) assert.isTrue(yield* notice())
      const due = yield* taken(store)
      assert.deepInclude(due, { disputeId: "dis_1", paymentId: payment.id, known: false })
      assert.deepStrictEqual(yield* store.list({ limit: 10 }), [])
      assert.deepStrictEqual(yield* refund(payment.id, false), { _tag: "Disputed", disputeId: due.id })
      assert.strictEqual((yield* refund(payment.id, true))._tag, "Fresh")
      yield* store.apply(due.id, says("open", 6))
      assert.lengthOf(yield* store.list({ paymentId: payment.id, status: "open", limit: 10 }), 1)
      assert.deepInclude(yield* Effect.fromOption(yield* store.find(due.id)), {
        status: "open",
        amount: usd(9_999),
        reason: "fraudulent",
      })
    }))

  test("that nobody has frees its payment", (store) =>
    Effect.gen(function* () {
      const payment = yield* paid
      yield* notice()
      yield* store.forget((yield* taken(store)).id)
      assert.strictEqual((yield* refund(payment.id, false))._tag, "Fresh")
    }))

  test("that nobody has is no longer counted once another one of its payment is won", (store) =>
    Effect.gen(function* () {
      const payment = yield* paid
      yield* notice()
      const forged = yield* taken(store)
      yield* notice("ord_1", "dis_2")
      yield* store.apply((yield* taken(store)).id, says("won", 6))
      const ledger = yield* LedgerStore.LedgerStore
      const now = () => Effect.flatMap(ledger.findPayment(payment.id), Effect.fromOption)
      assert.isTrue((yield* now()).disputed, "the other one is not looked up yet")
      yield* store.forget(forged.id)
      assert.isFalse((yield* now()).disputed)
    }))

  test("F43: whose webhook comes before its money is known waits for that, though the page it names is", (store) =>
    Effect.gen(function* () {
      const inbox = yield* InboxStore.InboxStore
      const shown = yield* Sample.shown()
      const sessionId = shown.providerSessionId
      const early = yield* Sample.told({ sessionId, moneyId: "ord_1", disputeId: "dis_1" }, { subject: "dispute" })
      assert.deepInclude(early, { state: "parked", disputes: false })
      assert.lengthOf(early.sessions, 1, "the page is a reason to look all the same")
      const payment = yield* pay(shown)
      yield* TestClock.adjust("5 seconds")
      yield* inbox.rematch(10, lease)
      assert.deepInclude(yield* taken(store), { disputeId: "dis_1", paymentId: payment.id })
    }))

  test("is told with its payment, once though twenty look at once; lost it takes the payment back for good", (store) =>
    Effect.gen(function* () {
      const payment = yield* paid
      yield* notice()
      const { id } = yield* taken(store)
      const look = (snapshot: Dispute.DisputeSnapshot) =>
        Effect.forEach(Array.from({ length: 20 }), () => store.apply(id, snapshot), { concurrency: 20 })
      yield* look(says("open", 6))
      yield* look(says("lost", 7))
      yield* look(says("open", 6))
      assert.sameMembers(yield* told, ["dispute.opened", "dispute.closed", "payment.reversed"])
      const ledger = yield* LedgerStore.LedgerStore
      const now = yield* Effect.fromOption(yield* ledger.findPayment(payment.id))
      assert.deepInclude(now, { disputed: true, reversed: true, status: "completed" })
      yield* store.forget(id)
      assert.strictEqual((yield* refund(payment.id, false))._tag, "Disputed")
    }))

  test("belongs to one caller at a time, and what made it due meanwhile stands", (store) =>
    Effect.gen(function* () {
      yield* paid
      yield* notice()
      const first = yield* taken(store)
      assert.deepStrictEqual(yield* store.takeDue(10, lease), [])
      yield* notice()
      yield* store.lookAgain(first, Option.none())
      const second = yield* taken(store)
      yield* store.lookAgain(second, Option.none())
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* store.takeDue(10, lease), [])
    }))
})
