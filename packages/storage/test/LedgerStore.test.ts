import { assert, it } from "@effect/vitest"
import { type Id, Ledger, type Money, ProviderName, type Session } from "@payment-orchestrator/domain"
import { CheckoutStore, LedgerStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { Storage } from "@payment-orchestrator/storage"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const price: Money.Money = { amount: 9_999, currency: "USD" }

const snapshot = (
  sessionId: string,
  state: Session.SessionState,
  fetchStartedAt: number,
  payments: ReadonlyArray<Pick<Session.MoneySnapshot, "moneyId" | "state">> = [],
): Session.SessionSnapshot => ({
  provider: Sample.polar,
  sessionId,
  mode: "payment",
  state,
  url: Option.none(),
  attemptId: Option.none(),
  payments: payments.map((payment) => ({
    ...payment,
    gross: price,
    fee: Option.none(),
    tax: Option.none(),
    net: Option.none(),
  })),
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

onEachBackend("the money of a checkout", ({ another, empty }) => {
  const test = <E>(name: string, body: (store: LedgerStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(LedgerStore.LedgerStore, body), empty, { local: true }))

  const apply = (store: LedgerStore.Service, id: Id.CheckoutId, seen: Session.SessionSnapshot) =>
    store.transact(id, (state) => Ledger.apply(state, seen))

  test("is written as one step changed it, and read as it was written", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const sessionId = shown.providerSessionId ?? ""
      const done = yield* apply(
        store,
        shown.id,
        snapshot(sessionId, "completed", 5, [{ moneyId: "ord_1", state: "completed" }]),
      )
      const state = Option.getOrThrow(done).state
      const read = Option.getOrThrow(yield* store.transact(shown.id, (state) => ({ state, events: [], commands: [] })))
      assert.deepStrictEqual(
        { ...read.state, reported: read.state.reported.toSorted() },
        { ...state, reported: state.reported.toSorted() },
      )
      const checkouts = yield* CheckoutStore.CheckoutStore
      const { checkout } = Option.getOrThrow(yield* checkouts.find(shown.id))
      const [payment] = yield* store.listPayments({ limit: 10 })
      assert.deepInclude(checkout, { status: "paid", amountPaid: 9_999, paymentId: payment?.id ?? null })
      assert.deepInclude(payment, {
        moneyId: "ord_1",
        kind: "initial",
        status: "completed",
        amount: 9_999,
        currency: "USD",
        checkoutId: shown.id,
      })
    }))

  test("F44: tells each fact once, though it is seen twenty times at once", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const seen = snapshot(shown.providerSessionId ?? "", "completed", 5, [{ moneyId: "ord_1", state: "completed" }])
      const steps = yield* Effect.forEach(Array.from({ length: 20 }), () => apply(store, shown.id, seen), {
        concurrency: 20,
      })
      const told = steps.flatMap((step) => Option.getOrThrow(step).events.map(({ type }) => type))
      assert.deepStrictEqual(told, ["checkout.processing", "payment.captured", "checkout.paid"])
      assert.lengthOf(yield* store.listPayments({ checkoutId: shown.id, limit: 10 }), 1)
    }))

  test("F54, F55: is told in the transaction that changed it, numbered per object, with the object as it was", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const sessionId = shown.providerSessionId ?? ""
      yield* apply(store, shown.id, snapshot(sessionId, "processing", 5, [{ moneyId: "ord_1", state: "pending" }]))
      yield* apply(store, shown.id, snapshot(sessionId, "completed", 6, [{ moneyId: "ord_1", state: "completed" }]))
      const sql = yield* SqlClient.SqlClient
      const rows = yield* sql<{
        readonly type: string
        readonly object_id: string
        readonly sequence: number
        readonly data: string
      }>`select type, object_id, sequence, data from events order by object_id, sequence`
      const [payment] = yield* store.listPayments({ limit: 1 })
      const told = rows.map(({ data, object_id, sequence, type }) => {
        const { amount, amount_paid, id, status } = JSON.parse(data)
        return { type, object: object_id === id, sequence, status, amount, amount_paid }
      })
      const checkout = { object: true, amount: "99.99" }
      assert.deepStrictEqual(told, [
        { ...checkout, type: "checkout.opened", sequence: 1, status: "open", amount_paid: "0.00" },
        { ...checkout, type: "checkout.processing", sequence: 2, status: "processing", amount_paid: "0.00" },
        { ...checkout, type: "checkout.paid", sequence: 3, status: "paid", amount_paid: "99.99" },
        {
          object: true,
          type: "payment.captured",
          sequence: 1,
          status: "completed",
          amount: "99.99",
          amount_paid: undefined,
        },
      ])
      assert.strictEqual(rows.at(-1)?.object_id, payment?.id)
    }))

  test("F34: is charged by one road only, though ten see the approval at once", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const seen = snapshot(shown.providerSessionId ?? "", "approved", 5)
      const steps = yield* Effect.forEach(Array.from({ length: 10 }), () => apply(store, shown.id, seen), {
        concurrency: 10,
      })
      assert.lengthOf(
        steps.flatMap((step) => Option.getOrThrow(step).commands),
        1,
      )
      const [session] = yield* store.openSessions(shown.id)
      assert.deepInclude(session, { status: "completing", approvals: 1 })
    }))

  test("F58: gives a session that is due to one caller, and to another when that one died", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      assert.deepStrictEqual(yield* store.takeDue(10, 30_000), [])
      yield* TestClock.adjust("20 seconds")
      const taken = yield* Effect.forEach([1, 2, 3, 4], () => store.takeDue(10, 30_000), { concurrency: 4 })
      assert.deepStrictEqual(
        taken.flat().map(({ checkoutId }) => checkoutId),
        [shown.id],
      )
      yield* TestClock.adjust("30 seconds")
      const [again] = yield* store.takeDue(10, 30_000)
      assert.strictEqual(again?.looks, 0)
      if (again !== undefined) yield* store.lookAgain(again, Option.none())
      yield* TestClock.adjust("1 day")
      assert.deepStrictEqual(yield* store.takeDue(10, 30_000), [])
    }))

  test("is due at once when its provider is there again, if the money is being taken, and else when its turn comes", (store) =>
    Effect.gen(function* () {
      const [waiting, open] = [yield* Sample.shown(), yield* Sample.shown()]
      yield* apply(store, waiting.id, snapshot(waiting.providerSessionId ?? "", "approved", 5))
      yield* TestClock.adjust("20 seconds")
      for (const session of yield* store.takeDue(10, 30_000)) yield* store.lookAgain(session, Option.some(3_600_000))
      yield* store.hurry(ProviderName.ProviderName.make("paypal"))
      assert.deepStrictEqual(yield* store.takeDue(10, 30_000), [])
      yield* store.hurry(Sample.polar)
      const due = yield* store.takeDue(10, 30_000)
      assert.deepStrictEqual(
        due.map(({ checkoutId, looks, status }) => [checkoutId, status, looks]),
        [[waiting.id, "completing", 1]],
      )
      const [session] = yield* store.openSessions(open.id)
      if (session !== undefined) yield* store.postpone(session, 40_000)
      yield* TestClock.adjust("30 seconds")
      const later = yield* store.takeDue(10, 30_000)
      assert.deepInclude(
        later.find(({ checkoutId }) => checkoutId === open.id),
        { looks: 1 },
      )
    }))

  test("F29: is looked at because somebody asks, at most once in 15 seconds, and not when it was just shown", (store) =>
    Effect.gen(function* () {
      const { id: checkoutId } = yield* Sample.shown()
      const ask = store.takeAsked({ checkoutId }, 15_000, 30_000)
      assert.deepStrictEqual(yield* ask, [])
      yield* TestClock.adjust("15 seconds")
      const asked = yield* Effect.forEach([1, 2, 3, 4], () => ask, { concurrency: 4 })
      const [session, ...others] = asked.flat()
      assert.lengthOf(others, 0)
      assert.deepStrictEqual(yield* store.takeDue(10, 30_000), [], "it belongs to who asked")
      yield* TestClock.adjust("14 seconds")
      assert.deepStrictEqual(yield* ask, [])
      yield* TestClock.adjust("1 second")
      if (session !== undefined) yield* store.lookAgain(session, Option.none())
      assert.lengthOf(yield* ask, 1)
    }))

  test("that is made due while it is looked at stays due", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const sessionId = shown.providerSessionId ?? ""
      yield* TestClock.adjust("20 seconds")
      const [taken] = yield* store.takeDue(10, 30_000)
      const session = yield* Effect.fromNullishOr(taken)
      yield* TestClock.adjust("1 second")
      const [again] = (yield* Sample.told({ sessionId, acted: true })).sessions
      yield* store.lookAgain(session, Option.none())
      yield* TestClock.adjust("31 seconds")
      assert.lengthOf(yield* store.takeDue(10, 0), 1)
      if (again !== undefined) yield* store.postpone(again, 3_000_000)
      assert.lengthOf(yield* store.takeDue(10, 0), 1, "whoever took it is no longer its owner")
    }))

  it.effect.skipIf(another === undefined)("is there after a restart", () =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown().pipe(
        Effect.tap(({ id, providerSessionId }) =>
          Effect.flatMap(LedgerStore.LedgerStore, (store) =>
            apply(store, id, snapshot(providerSessionId ?? "", "approved", 5)),
          ),
        ),
        Effect.provide(empty, { local: true }),
      )
      const sessions = yield* Effect.flatMap(LedgerStore.LedgerStore, (store) => store.openSessions(shown.id)).pipe(
        Effect.provide(another ?? Layer.fresh(empty), { local: true }),
      )
      assert.deepStrictEqual(
        sessions.map(({ approvals, status }) => [status, approvals]),
        [["completing", 1]],
      )
    }),
  )
})
