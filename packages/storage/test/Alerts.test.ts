/** The alerts over each database, by a simulated clock: each is provoked within its bound, and told once. */
import { assert, it } from "@effect/vitest"
import { type Alert, Id, Ledger, Money, type Session, SubscriptionLife } from "@payment-orchestrator/domain"
import {
  type AlertFacts,
  Alerts,
  AlertStore,
  type CheckoutStore,
  LedgerStore,
  RefundStore,
  StorageError,
  SubscriptionStore,
} from "@payment-orchestrator/payments"
import { Context, Effect, Layer, Option, type Scope } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend, onEachSharedBackend, type SharedBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const minute = 60_000

const well: AlertFacts.ProviderFacts = {
  name: Sample.paypal,
  health: "up",
  credentials: "accepted",
  circuit: "closed",
  reason: null,
  webhooks: "ok",
  wellSince: 0,
}

/** What a process knows of the providers and the clock, to be changed by a test. */
interface Known {
  provider: AlertFacts.ProviderFacts
  skew: number
}

/** A process that watches: what it knows, and what it has told. */
const watcher = Effect.gen(function* () {
  const known: Known = { provider: well, skew: 300 }
  const told: Array<string> = []
  const alerts = yield* Effect.map(
    Layer.build(
      Layer.fresh(
        Alerts.Alerts.layer({
          thresholds: { warning: 0.1, critical: 0.5 },
          windowMillis: 5 * minute,
          livemode: false,
          providers: Effect.sync(() => [known.provider]),
          skews: Effect.sync(() => [{ provider: Sample.paypal, millis: known.skew }]),
        }),
      ),
    ).pipe(
      Effect.provideService(Alerts.AlertNotifier, ({ clearedAt, kind, severity }: Alert.Alert) =>
        Effect.sync(() => void told.push(clearedAt === null ? `${kind} ${severity}` : `${kind} cleared`)),
      ),
    ),
    Context.get(Alerts.Alerts),
  )
  /** Watches for so long, looking every five seconds unless said otherwise. */
  const watch = Effect.fnUntraced(function* (seconds: number, every = 5) {
    for (let passed = 0; passed < seconds; passed += every) {
      yield* alerts.evaluate
      yield* TestClock.adjust(`${every} seconds`)
    }
    yield* alerts.evaluate
    return told.splice(0)
  })
  return { known, alerts, watch }
})

type Ports =
  | SubscriptionStore.SubscriptionStore
  | CheckoutStore.CheckoutStore
  | LedgerStore.LedgerStore
  | RefundStore.RefundStore
  | AlertStore.AlertStore

const events = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly type: string; readonly tenant_id: string }>`
    select type, tenant_id from events where type like 'alert.%' or type like 'provider.%' order by created_at, sequence, type`
  for (const { tenant_id } of rows) assert.strictEqual(tenant_id, "default")
  return rows.map(({ type }) => type)
})

const snapshot = (
  sessionId: string,
  state: Session.SessionState,
  payments: ReadonlyArray<Pick<Session.MoneySnapshot, "moneyId" | "gross">>,
  fetchStartedAt: number,
): Session.SessionSnapshot => ({
  provider: Sample.polar,
  sessionId,
  mode: "payment",
  state,
  url: Option.none(),
  attemptId: Option.none(),
  payments: payments.map((payment) => ({
    ...payment,
    state: "completed",
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

/** What the provider says of a checkout that is shown at Polar. */
const see = Effect.fnUntraced(function* (
  state: Session.SessionState,
  payments: ReadonlyArray<readonly [moneyId: string, amount: number]>,
) {
  const ledger = yield* LedgerStore.LedgerStore
  const { id, providerSessionId } = yield* Sample.shown()
  const money = payments.map(([moneyId, amount]) => ({ moneyId, gross: Money.make(amount, "USD") }))
  yield* ledger.transact(id, (before) => Ledger.apply(before, snapshot(providerSessionId ?? "", state, money, 5)))
  return { id, sessionId: providerSessionId ?? "" }
})

onEachBackend("alerts", ({ empty }) => {
  const test = <E>(name: string, body: Effect.Effect<void, E, Ports | SqlClient.SqlClient | Scope.Scope>) =>
    it.effect(name, () => Effect.provide(body, empty, { local: true }))

  test(
    "are none in a quiet hour",
    Effect.gen(function* () {
      const { watch } = yield* watcher
      for (let i = 0; i < 60; i++) {
        yield* Sample.firstTry()
        assert.deepStrictEqual(yield* watch(60, 15), [])
      }
      assert.deepStrictEqual(yield* events, [])
    }),
  )

  test(
    "tell of a failover rate above 10 % within 5 s, again above 50 %, and once when it has halved",
    Effect.gen(function* () {
      const { alerts, watch } = yield* watcher
      for (let i = 0; i < 18; i++) yield* Sample.firstTry()
      for (let i = 0; i < 2; i++) yield* Sample.shown()
      assert.deepStrictEqual(yield* watch(5), [], "two of twenty are 10 %, not more")
      yield* Sample.shown()
      assert.deepStrictEqual(yield* watch(5), ["failover_rate warning"])
      assert.deepStrictEqual(yield* watch(30), [], "once")
      for (let i = 0; i < 20; i++) yield* Sample.shown()
      assert.deepStrictEqual(yield* watch(5), ["failover_rate critical"])
      const [open] = yield* alerts.list({ open: true, limit: 10 })
      assert.deepInclude(open, { kind: "failover_rate", severity: "critical", clearedAt: null, raisedAt: 5_000 })
      yield* TestClock.adjust("10 minutes")
      for (let i = 0; i < 19; i++) yield* Sample.firstTry()
      assert.deepStrictEqual(yield* watch(5), ["failover_rate cleared"])
      assert.deepStrictEqual(yield* alerts.list({ open: true, limit: 10 }), [])
      assert.lengthOf(yield* alerts.list({ open: false, limit: 10 }), 1)
      assert.deepStrictEqual(yield* events, ["alert.raised", "alert.raised", "alert.cleared"])
    }),
  )

  test(
    "see the rate of a small shop too: of the last twenty checkouts, however old they are",
    Effect.gen(function* () {
      const { watch } = yield* watcher
      for (let i = 0; i < 18; i++) {
        yield* Sample.firstTry()
        yield* TestClock.adjust("12 minutes")
      }
      for (const expected of [[], [], ["failover_rate warning"]]) {
        yield* Sample.shown()
        assert.deepStrictEqual(yield* watch(5), expected)
        yield* TestClock.adjust("12 minutes")
      }
    }),
  )

  test(
    "do not fall silent when the circuit opens: a skipped first candidate counts like a failed one",
    Effect.gen(function* () {
      const { watch } = yield* watcher
      const store = yield* AlertStore.AlertStore
      const query = { now: 10 * minute, windowMillis: 20 * minute, atLeast: 20, unknownAfterMillis: 10 * minute }
      yield* Sample.skippedFirst("circuit_open")
      yield* Sample.skippedFirst("drained")
      yield* Sample.skippedFirst("currency_unsupported")
      assert.deepStrictEqual((yield* store.facts(query)).routing, { checkouts: 3, displaced: 1 })
      assert.deepStrictEqual(yield* watch(5), ["failover_rate warning"])
    }),
  )

  test(
    "tell of a provider that is down and up again, as such too",
    Effect.gen(function* () {
      const { known, watch } = yield* watcher
      known.provider = { ...well, health: "down", reason: "PayPal 503 Service Unavailable", wellSince: null }
      assert.deepStrictEqual(yield* watch(5), ["provider_down critical"])
      known.provider = { ...well, wellSince: 10_000 }
      assert.deepStrictEqual(yield* watch(20), [], "not yet well for long enough")
      assert.deepStrictEqual(yield* watch(15), ["provider_down cleared"])
      assert.deepStrictEqual(yield* events, ["alert.raised", "provider.down", "alert.cleared", "provider.up"])
    }),
  )

  test(
    "F9: tell of refused credentials",
    Effect.gen(function* () {
      const { known, watch } = yield* watcher
      known.provider = { ...well, health: "down", credentials: "refused", wellSince: null }
      assert.deepStrictEqual(yield* watch(5), ["credentials_refused critical"])
      known.provider = well
      assert.deepStrictEqual(yield* watch(5), ["credentials_refused cleared"])
    }),
  )

  test(
    "F50: tell of webhooks that have stopped and of a clock that is wrong",
    Effect.gen(function* () {
      const { known, watch } = yield* watcher
      known.provider = { ...well, webhooks: "silent" }
      known.skew = -75_000
      assert.deepStrictEqual(yield* watch(5), ["webhooks_silent warning", "clock_skew warning"])
      known.provider = well
      known.skew = -45_000
      assert.deepStrictEqual(yield* watch(5), ["webhooks_silent cleared"])
      known.skew = 0
      assert.deepStrictEqual(yield* watch(5), ["clock_skew cleared"])
    }),
  )

  test(
    "tell when nobody has known for ten minutes whether money was taken, and not while the provider says that it waits",
    Effect.gen(function* () {
      const { watch } = yield* watcher
      const ledger = yield* LedgerStore.LedgerStore
      const { id, sessionId } = yield* see("processing", [])
      assert.notInclude(yield* watch(595), "outcome_unknown critical")
      yield* ledger.transact(id, (before) => Ledger.apply(before, snapshot(sessionId, "processing", [], 500_000)))
      assert.notInclude(yield* watch(300), "outcome_unknown critical")
      assert.include(yield* watch(300), "outcome_unknown critical")
      const now = snapshot(sessionId, "completed", [{ moneyId: "m", gross: Money.make(9_999, "USD") }], 1_200_000)
      yield* ledger.transact(id, (before) => Ledger.apply(before, now))
      assert.deepStrictEqual(yield* watch(5), ["outcome_unknown cleared"])
    }),
  )

  test(
    "tell when nobody has known for ten minutes whether money went back, or what became of a claim",
    Effect.gen(function* () {
      const { alerts, watch } = yield* watcher
      const refunds = yield* RefundStore.RefundStore
      const { payment } = yield* Sample.paid
      const wish = {
        paymentId: payment.id,
        amount: Option.none(),
        reason: Option.none(),
        origin: "a",
        despiteDispute: false,
      }
      const reserved = yield* refunds.reserve(wish, 1_000)
      const refund = "refund" in reserved ? reserved.refund : assert.fail(reserved._tag)
      yield* refunds.sending(refund.id, true)
      yield* Sample.claim()
      assert.notInclude(yield* watch(595), "outcome_unknown critical")
      yield* watch(10)
      const open = yield* alerts.list({ open: true, limit: 10 })
      assert.sameMembers(
        open.flatMap(({ kind, subject }) => (kind === "outcome_unknown" ? [subject] : [])),
        ["refund", "claim"],
      )
    }),
  )

  test(
    "tell when nobody has confirmed for ten minutes that a subscription is cancelled",
    Effect.gen(function* () {
      const { alerts, watch } = yield* watcher
      const ledger = yield* LedgerStore.LedgerStore
      const subscriptions = yield* SubscriptionStore.SubscriptionStore
      const { id: checkoutId, providerSessionId } = yield* Sample.shown({ mode: "subscription" })
      const page = snapshot(providerSessionId ?? "", "completed", [], 5)
      yield* ledger.transact(checkoutId, (before) =>
        Ledger.apply(before, { ...page, mode: "subscription", subscriptionId: Option.some("sub_1") }),
      )
      const [subscription] = yield* subscriptions.list({ checkoutId, limit: 1 })
      const { id } = yield* Effect.fromNullishOr(subscription)
      yield* subscriptions.transact(id, (state) =>
        SubscriptionLife.cancel({ ...state, status: "active" }, { when: "now", reason: Option.none() }, 1),
      )
      assert.notInclude(yield* watch(600), "outcome_unknown critical")
      yield* watch(10)
      const told = (yield* alerts.list({ open: true, limit: 10 })).find(({ kind }) => kind === "outcome_unknown")
      assert.deepInclude(told, { subject: "cancellation" })
      assert.include(told?.summary, `whether a subscription was cancelled (${id})`)
    }),
  )

  test(
    "tell of each second and each mismatched payment, until the money has gone back",
    Effect.gen(function* () {
      const { alerts, watch } = yield* watcher
      yield* see("completed", [
        ["ord_1", 9_999],
        ["ord_2", 9_999],
      ])
      yield* see("completed", [["ord_3", 9_998]])
      const told = yield* watch(5)
      assert.includeMembers(told, ["second_payment warning", "mismatched_payment critical"])
      const sql = yield* SqlClient.SqlClient
      yield* sql`update payments set amount_refunded = amount where kind in ('duplicate', 'mismatched')`
      assert.includeMembers(yield* watch(5), ["second_payment cleared", "mismatched_payment cleared"])
      const [one] = (yield* alerts.list({ limit: 10 })).filter(({ kind }) => kind === "second_payment")
      assert.match(one?.subject ?? "", /^pay_/)
      assert.match(String(one?.details["checkout_id"]), /^co_/)
    }),
  )

  test(
    "are listed newest first in pages",
    Effect.gen(function* () {
      const { alerts, known, watch } = yield* watcher
      for (let i = 0; i < 3; i++) {
        known.skew = 70_000
        yield* watch(5)
        known.skew = 0
        yield* watch(5)
      }
      const first = yield* alerts.list({ limit: 2 })
      const second = yield* alerts.list({ limit: 2, ...(first[1] === undefined ? {} : { before: first[1].id }) })
      const ids = [...first, ...second].map(({ id }) => id)
      assert.lengthOf(ids, 3)
      assert.deepStrictEqual(ids, ids.toSorted().toReversed())
      assert.lengthOf(yield* alerts.list({ limit: 10, createdAfter: 5_000, createdBefore: 15_000 }), 1)
    }),
  )
})

/** The store of alerts, while the database cannot be reached. */
const unreachable = (isUp: () => boolean) =>
  Layer.effect(
    AlertStore.AlertStore,
    Effect.map(AlertStore.AlertStore, (store) => ({
      ...store,
      lead: (holder: string, leaseMillis: number) =>
        Effect.suspend(() =>
          isUp() ? store.lead(holder, leaseMillis) : Effect.fail(new StorageError({ during: "lead" })),
        ),
    })),
  )

onEachBackend("a database that cannot be reached", ({ empty }) => {
  it.effect("is told within 10 s by whoever cannot reach it, and written down with its end when it is back", () =>
    Effect.gen(function* () {
      let up = true
      const store = yield* Layer.build(unreachable(() => up))
      const { alerts, watch } = yield* Effect.provide(watcher, store)
      assert.deepStrictEqual(yield* watch(5), [])
      up = false
      yield* alerts.evaluate
      assert.deepStrictEqual(yield* watch(5), ["database_unreachable critical"])
      assert.deepStrictEqual(yield* watch(60), [])
      up = true
      assert.deepStrictEqual(yield* watch(5), ["database_unreachable cleared"])
      const [past] = yield* alerts.list({ limit: 10 })
      assert.deepInclude(past, { kind: "database_unreachable", raisedAt: 5_000 })
      assert.isNotNull(past?.clearedAt)
      assert.deepStrictEqual(yield* events, ["alert.raised", "alert.cleared"])
    }).pipe(Effect.provide(empty, { local: true })),
  )
})

onEachSharedBackend("two processes that watch", ({ another, empty }) => {
  /** What a process of its own runs on. */
  const process = (ports: SharedBackend["another"]) => Effect.orDie(Layer.build(ports))

  it.effect("tell everything once: one of them decides, and the other goes on within 15 s when it dies", () =>
    Effect.gen(function* () {
      const first = yield* Effect.provide(watcher, yield* process(empty))
      const second = yield* Effect.provide(watcher, yield* process(another))
      for (const { known } of [first, second]) known.skew = 70_000
      assert.deepStrictEqual(yield* first.watch(0), ["clock_skew warning"])
      assert.deepStrictEqual(yield* second.watch(0), [])
      // What only the other sees changes nothing while this one decides.
      second.known.skew = 0
      assert.deepStrictEqual(yield* second.watch(0), [])
      assert.deepStrictEqual(yield* first.watch(10), [])
      assert.deepStrictEqual(yield* second.watch(15), ["clock_skew cleared"])
      assert.deepStrictEqual(yield* first.watch(0), [])
    }),
  )

  it.effect("write an outage of the database down once", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* process(empty), yield* process(another)].map((context) =>
        Context.get(context, AlertStore.AlertStore),
      )
      const alert: Alert.Alert = {
        id: yield* Id.makeAlertId,
        kind: "database_unreachable",
        severity: "critical",
        provider: null,
        subject: null,
        summary: "the database cannot be reached",
        details: {},
        livemode: false,
        raisedAt: 100_000,
        clearedAt: 200_000,
      }
      assert.isTrue(yield* one?.record("database_unreachable", alert) ?? Effect.succeed(false))
      const again = { ...alert, id: yield* Id.makeAlertId, raisedAt: 103_000 }
      assert.isFalse(yield* two?.record("database_unreachable", again) ?? Effect.succeed(true))
    }),
  )
})
