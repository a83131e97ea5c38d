import { assert, it } from "@effect/vitest"
import { Id, Timestamp } from "@payment-orchestrator/domain"
import { CheckoutStore, Clue, InboxStore, LedgerStore, RefundStore } from "@payment-orchestrator/payments"
import { Encryption, Retention, type Storage } from "@payment-orchestrator/storage"
import { ConfigProvider, Effect, Layer, Option } from "effect"
import { Base64 } from "effect/encoding"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const key = Base64.encode(new Uint8Array(32).fill(7))
const sealing = Encryption.layer.pipe(
  Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { PAYMENT_ENCRYPTION_KEY: key } }))),
)

const paypalBody = new TextEncoder().encode('{"payer":{"email_address":"canary@example.com"}}')

onEachBackend("what providers tell", ({ another, empty }) => {
  const test = <E>(name: string, body: (store: InboxStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () => Effect.provide(Effect.flatMap(InboxStore.InboxStore, body), empty, { local: true }))

  const entries = Effect.flatMap(InboxStore.InboxStore, (store) => store.list({ limit: 100 }))
  const states = Effect.map(entries, (all) => all.map(({ state, tries }) => [state, tries]))
  const kept = Effect.flatMap(
    SqlClient.SqlClient,
    (sql) =>
      sql<{ readonly event_id: string; readonly body: string }>`select event_id, body from inbox order by event_id`,
  )

  test("F44, F47: is kept once, but makes its session due whenever it comes", () =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const sessionId = shown.providerSessionId ?? ""
      yield* TestClock.adjust("1 second")
      const first = yield* Sample.told({ sessionId, acted: true })
      assert.deepInclude(first, { fresh: true, state: "due" })
      assert.deepStrictEqual(
        first.sessions.map(({ checkoutId, hinted, looks }) => [checkoutId, hinted, looks]),
        [[shown.id, true, 0]],
      )
      const again = yield* Sample.told({ sessionId, acted: true })
      assert.deepInclude(again, { fresh: false, state: "due" })
      assert.lengthOf(again.sessions, 1)
      assert.deepStrictEqual(yield* states, [["due", 0]])
    }))

  test("belongs to whoever received it, and to the sweep when that one died", () =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const ledger = yield* LedgerStore.LedgerStore
      yield* TestClock.adjust("20 seconds")
      yield* Sample.told({ sessionId: shown.providerSessionId })
      assert.deepStrictEqual(yield* ledger.takeDue(10, 30_000), [])
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(yield* ledger.takeDue(10, 30_000), 1)
    }))

  test("is found by the money's id, as a refund's webhook names it", () =>
    Effect.gen(function* () {
      const { checkoutId } = yield* Sample.paid
      const woken = yield* Sample.told({ refundId: "prf_1", moneyId: "ord_1" }, { subject: "refund" })
      assert.isTrue(woken.refunds)
      assert.deepStrictEqual(
        woken.sessions.map((session) => session.checkoutId),
        [checkoutId],
      )
    }))

  test("F36: about a refund whose answer is still to come is dealt with by another look", (store) =>
    Effect.gen(function* () {
      const refunds = yield* RefundStore.RefundStore
      const { payment } = yield* Sample.paid
      const wish = { paymentId: payment.id, amount: Option.none(), reason: Option.none(), despiteDispute: false }
      const reserved = yield* refunds.reserve({ ...wish, origin: "request:1" }, 60_000)
      if (reserved._tag !== "Fresh") return assert.fail(reserved._tag)
      const { amount, id } = reserved.refund
      const seen = (fetchStartedAt: number): RefundStore.Finding => ({
        _tag: "Seen",
        snapshot: {
          provider: Sample.polar,
          providerRefundId: "prf_1",
          state: "succeeded",
          amount,
          refundId: Option.some(id),
          fetchStartedAt,
          requestId: Option.none(),
          rawState: "succeeded",
        },
      })
      const askedAt = yield* Timestamp.now
      yield* TestClock.adjust("1 second")
      yield* Sample.told({ refundId: "prf_1", moneyId: "ord_1" }, { subject: "refund" })
      yield* refunds.record(id, seen(askedAt), 0)
      assert.deepStrictEqual(yield* states, [["due", 0]])
      const due = yield* refunds.takeDue(10, 60_000)
      assert.deepStrictEqual(
        due.map((refund) => refund.id),
        [id],
      )
      yield* refunds.record(id, seen(yield* Timestamp.now), 0)
      assert.deepStrictEqual(
        (yield* store.list({ limit: 10 })).map(({ state }) => state),
        ["applied"],
      )
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* refunds.takeDue(10, 60_000), [])
    }))

  test("F26: about a page that was withdrawn meanwhile is looked up all the same", () =>
    Effect.gen(function* () {
      const ledger = yield* LedgerStore.LedgerStore
      const { provider, providerSessionId } = yield* Sample.shown()
      const page = { provider: provider ?? Sample.polar, sessionId: providerSessionId ?? "" }
      yield* Sample.told({ sessionId: page.sessionId })
      yield* ledger.leave(page)
      yield* TestClock.adjust("30 seconds")
      assert.lengthOf(yield* ledger.takeDue(10, 30_000), 1)
    }))

  test("F43: is parked when it comes before the answer to its opening was stored, and matched when that is there", (store) =>
    Effect.gen(function* () {
      const opening = yield* Sample.opening()
      const checkouts = yield* CheckoutStore.CheckoutStore
      yield* checkouts.claim(opening, Option.none(), Sample.takeOverAfterMillis)
      const attemptId = yield* Effect.fromNullishOr(opening.attempts[1]?.attemptId)
      const told = yield* Sample.told({ attemptId, acted: true })
      assert.deepInclude(told, { state: "parked", sessions: [] })
      assert.deepStrictEqual(yield* store.rematch(10, 30_000), [], "not before its time")
      yield* checkouts.commit(yield* Sample.failedOver(opening))
      yield* TestClock.adjust("5 seconds")
      const [woken] = yield* store.rematch(10, 30_000)
      assert.deepStrictEqual(
        woken?.sessions.map(({ checkoutId, hinted }) => [checkoutId, hinted]),
        [[opening.checkout.id, true]],
      )
      assert.deepStrictEqual(yield* states, [["due", 1]])
    }))

  test("F51: of somebody else's shop is matched for three days, ever more seldom, and then left alone", (store) =>
    Effect.gen(function* () {
      yield* Sample.told({ sessionId: "theirs" })
      const tries: Array<number> = []
      for (;;) {
        const [entry] = yield* entries
        const at = entry?.matchAt
        if (at === null || at === undefined) break
        yield* TestClock.adjust(at - 1 - (yield* Timestamp.now))
        assert.deepStrictEqual(yield* store.rematch(10, 30_000), [])
        yield* TestClock.adjust(1)
        assert.lengthOf(yield* store.rematch(10, 30_000), 1)
        tries.push(at / 1000)
      }
      const days = (tries.at(-1) ?? 0) / 86_400
      assert.isAtLeast(days, 3)
      assert.isAtMost(days, 3.1)
      assert.strictEqual((yield* states)[0]?.[0], "ignored")
    }))

  test("F58: that is parked is matched by one caller at a time", (store) =>
    Effect.gen(function* () {
      yield* Sample.told({ sessionId: "nobody" })
      yield* TestClock.adjust("5 seconds")
      const matched = yield* Effect.forEach([1, 2, 3, 4], () => store.rematch(10, 30_000), { concurrency: 4 })
      assert.lengthOf(matched.flat(), 1)
    }))

  test("F52: of a type that is not needed is kept as it came", () =>
    Effect.gen(function* () {
      const told = yield* Sample.told({}, { clues: [], subject: "unknown", type: "customer.created" })
      assert.deepInclude(told, { fresh: true, state: "ignored" })
      assert.deepStrictEqual(
        (yield* kept).map(({ body }) => body),
        ["e/99"],
      )
    }))

  test("is dealt with once the provider was asked after it came, in the transaction that says what it says", () =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      const ledger = yield* LedgerStore.LedgerStore
      yield* TestClock.adjust("10 seconds")
      const [session] = (yield* Sample.told({ sessionId: shown.providerSessionId })).sessions
      const taken = yield* Effect.fromNullishOr(session)
      const look = (startedAt: number) =>
        ledger.transact(shown.id, (state) => ({ state, events: [], commands: [] }), {
          look: { session: taken, startedAt, next: () => Option.none() },
        })
      yield* look(9_999)
      assert.deepStrictEqual(yield* states, [["due", 0]], "the look had begun before")
      yield* look(10_000)
      const [entry] = yield* entries
      assert.deepInclude(entry, { state: "applied", appliedAt: 10_000, checkoutId: shown.id })
    }))

  test("F50: and was only listed is told apart until it is delivered after all, and acts once", () =>
    Effect.gen(function* () {
      const { providerSessionId: sessionId } = yield* Sample.shown()
      const listed = { origin: "backfill", body: new Uint8Array() } as const
      assert.lengthOf((yield* Sample.told({ sessionId }, listed)).sessions, 1)
      assert.deepInclude(yield* Sample.told({ sessionId }, listed), { fresh: false, sessions: [] })
      assert.strictEqual((yield* entries)[0]?.origin, "backfill")
      assert.lengthOf((yield* Sample.told({ sessionId })).sessions, 1)
      assert.deepStrictEqual(
        (yield* entries).map(({ origin }) => origin),
        ["webhook"],
      )
      assert.deepInclude(yield* Sample.told({ sessionId }, listed), { fresh: false, sessions: [] })
      assert.strictEqual((yield* entries)[0]?.origin, "webhook")
    }))

  test("tells when its provider was last heard, and what happened since", (store) =>
    Effect.gen(function* () {
      const none = Option.none()
      assert.deepStrictEqual(yield* store.pulse(Sample.polar, 10), { heardAt: none, missedAt: none, paidAt: none })
      yield* TestClock.adjust("1 second")
      yield* Sample.told({})
      yield* Sample.told({}, { eventId: "evt_2", origin: "backfill", occurredAt: Option.some(77) })
      yield* TestClock.adjust("1 second")
      yield* Sample.paid
      assert.deepStrictEqual(yield* store.pulse(Sample.polar, 10_000), {
        heardAt: Option.some(1_000),
        missedAt: Option.some(77),
        paidAt: Option.some(2_000),
      })
      assert.deepInclude(yield* store.pulse(Sample.polar, 2_000), { paidAt: none })
      assert.deepInclude(yield* store.pulse(Sample.paypal, 10_000), { heardAt: none, paidAt: none })
    }))

  test("is listed by its checkout, its provider and its state, newest first", (store) =>
    Effect.gen(function* () {
      const shown = yield* Sample.shown()
      yield* Sample.told({ sessionId: shown.providerSessionId })
      yield* TestClock.adjust("1 second")
      yield* Sample.told({}, { eventId: "evt_2", provider: Sample.paypal })
      const ids = (query: Partial<InboxStore.InboxQuery>) =>
        Effect.map(store.list({ limit: 10, ...query }), (all) => all.map(({ eventId }) => eventId))
      assert.deepStrictEqual(yield* ids({}), ["evt_2", "evt_1"])
      assert.deepStrictEqual(yield* ids({ provider: Sample.paypal }), ["evt_2"])
      assert.deepStrictEqual(yield* ids({ state: "due" }), ["evt_1"])
      assert.deepStrictEqual(yield* ids({ checkoutId: shown.id }), ["evt_1"])
      const [newest] = yield* store.list({ limit: 1 })
      assert.deepStrictEqual(yield* ids({ before: newest?.id ?? Id.InboxId.make("") }), ["evt_1"])
    }))

  test("is kept for 30 days, and that it was told for 400", () =>
    Effect.gen(function* () {
      yield* Sample.told({}, { eventId: "a", body: new Uint8Array([1, 2, 3]) })
      yield* TestClock.adjust("29 days")
      yield* Sample.told({}, { eventId: "b", body: new Uint8Array([1, 2, 3]) })
      assert.strictEqual(yield* Retention.sweepInbox, 0)
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* Retention.sweepInbox, 1)
      assert.deepStrictEqual(
        (yield* kept).map(({ body, event_id }) => [event_id, body]),
        [
          ["a", ""],
          ["b", "AQID"],
        ],
      )
      yield* TestClock.adjust("400 days")
      yield* Retention.sweepInbox
      assert.lengthOf(yield* kept, 0)
    }))

  it.effect("lies sealed in the database where there is a key, and is opened with it", () =>
    Effect.gen(function* () {
      yield* Sample.told({}, { provider: Sample.paypal, eventId: "WH-1", body: paypalBody })
      const [row] = yield* kept
      const sealed = row?.body ?? ""
      assert.match(sealed, /^v1:/)
      assert.notInclude(sealed, Base64.encode(paypalBody).slice(8, 40))
      const { open } = yield* Effect.fromOption(yield* Encryption.Encryption)
      assert.deepStrictEqual(yield* open(sealed, "inbox:paypal:WH-1"), paypalBody)
    }).pipe(Effect.provide([empty, sealing], { local: true })),
  )

  it.effect.skipIf(another === undefined)("is there after a restart, and matched then", () =>
    Effect.gen(function* () {
      yield* Effect.provide(Sample.told({ sessionId: "later" }), empty, { local: true })
      yield* TestClock.adjust("5 seconds")
      const matched = yield* Effect.flatMap(InboxStore.InboxStore, (store) => store.rematch(10, 30_000)).pipe(
        Effect.provide(another ?? Layer.fresh(empty), { local: true }),
      )
      assert.lengthOf(matched, 1)
    }),
  )
})

it("names nothing without ids", () => {
  assert.isFalse(Object.values(Clue.none).some((value) => typeof value === "string"))
})
