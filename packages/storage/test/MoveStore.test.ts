import { assert, it } from "@effect/vitest"
import type { OrchestratorLog } from "@payment-orchestrator/core"
import {
  type Attempt,
  type Capabilities,
  Id,
  Ledger,
  ProviderName,
  type Session,
  Timestamp,
} from "@payment-orchestrator/domain"
import { CheckoutStore, Claims, LedgerStore, MoveStore } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const stripe = ProviderName.ProviderName.make("stripe")

/** A checkout that is shown on a page of Polar's with this fence. */
const shown = Effect.fnUntraced(function* (fence: Capabilities.Fence) {
  const store = yield* CheckoutStore.CheckoutStore
  const outcome = yield* Sample.failedOver(yield* Sample.claim())
  yield* store.commit({ ...outcome, session: Option.map(outcome.session, (session) => ({ ...session, fence })) })
  return outcome.checkout
})

const planned = Effect.map(Id.makeAttemptId, (attemptId): CheckoutStore.PlannedAttempt => ({
  attemptId,
  provider: stripe,
  position: 0,
}))

const begin = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId) {
  const store = yield* MoveStore.MoveStore
  const attempt = yield* planned
  return { attempt, begun: yield* store.begin(checkoutId, [attempt], Sample.takeOverAfterMillis) }
})

/** A move to Stripe that was begun. */
const begunMove = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId) {
  const { attempt, begun } = yield* begin(checkoutId)
  return begun._tag === "Begun" ? { attempt, round: begun.round } : assert.fail(`it is ${begun._tag}`)
})

const opened: Attempt.Attempt = { provider: stripe, result: "opened", startedAt: 0, durationMs: 80, tries: 1 }

const outcomeOf = Effect.fnUntraced(function* (
  checkoutId: Id.CheckoutId,
  { attempt, round }: { readonly attempt: CheckoutStore.PlannedAttempt; readonly round: number },
  secondPage: Ledger.SecondPage = "strict",
) {
  const now = yield* Timestamp.now
  const failover: OrchestratorLog.Failover = {
    id: yield* Id.makeFailoverId,
    at: now,
    checkoutId,
    tenantId: "default",
    from: Sample.polar,
    to: stripe,
    reason: "timeout",
    message: "Polar timeout after 3 s",
    requestId: null,
  }
  const outcome: MoveStore.MoveOutcome = {
    checkoutId,
    round,
    planned: [attempt],
    attempts: [{ ...opened, startedAt: now }],
    session: Option.some({
      attemptId: attempt.attemptId,
      provider: stripe,
      sessionId: `cs_${attempt.attemptId}`,
      url: `https://stripe.example.com/${attempt.attemptId}`,
      fence: "remote",
      expiresAt: Option.none(),
    }),
    failovers: [failover],
    secondPage,
  }
  return outcome
})

const snapshot = (sessionId: string, state: Session.SessionState, fetchStartedAt: number): Session.SessionSnapshot => ({
  provider: Sample.polar,
  sessionId,
  mode: "payment",
  state,
  url: Option.none(),
  attemptId: Option.none(),
  payments: [],
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

const statuses = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId) {
  const store = yield* MoveStore.MoveStore
  return (yield* store.pages(checkoutId)).pages.map(({ provider, status }) => `${provider} ${status}`)
})

const checkoutOf = Effect.fnUntraced(function* (id: Id.CheckoutId) {
  const store = yield* CheckoutStore.CheckoutStore
  return Option.getOrThrow(yield* store.find(id)).checkout
})

onEachBackend("a buyer who is moved on", ({ another, empty }) => {
  const test = <E>(
    name: string,
    body: (
      store: MoveStore.Service,
    ) => Effect.Effect<
      void,
      E,
      MoveStore.MoveStore | LedgerStore.LedgerStore | CheckoutStore.CheckoutStore | SqlClient.SqlClient
    >,
  ) => it.effect(name, () => Effect.provide(Effect.flatMap(MoveStore.MoveStore, body), empty, { local: true }))

  test("sees the next page, withdrawn is the one before, and it is told, all in one", (store) =>
    Effect.gen(function* () {
      const { id, attempts } = yield* shown("local")
      const outcome = yield* outcomeOf(id, yield* begunMove(id))
      assert.isTrue(yield* store.commit(outcome))
      const page = Option.getOrThrow(outcome.session)
      assert.deepStrictEqual(yield* statuses(id), ["polar withdrawn", "stripe payable"])
      const now = yield* checkoutOf(id)
      assert.deepInclude(now, { status: "open", provider: stripe, url: page.url, providerSessionId: page.sessionId })
      assert.deepStrictEqual(
        now.attempts.map(({ provider, result }) => `${provider} ${result}`),
        [...attempts.map(({ provider, result }) => `${provider} ${result}`), "stripe opened"],
      )
      const sql = yield* SqlClient.SqlClient
      const events = yield* sql<{ readonly type: string; readonly sequence: number; readonly data: string }>`
        select type, sequence, data from events where object_id = ${id} order by sequence`
      assert.deepStrictEqual(
        events.map(({ data, sequence, type }) => [type, sequence, JSON.parse(data).url]),
        [
          ["checkout.opened", 1, `https://polar.example.com/cs_${id}`],
          ["checkout.moved", 2, page.url],
        ],
      )
      const [failover] = yield* sql<{ readonly from_provider: string; readonly to_provider: string }>`
        select from_provider, to_provider from failovers where reason = 'timeout'`
      assert.deepInclude(failover, { from_provider: "polar", to_provider: "stripe" })
      const counts = yield* sql<{ readonly kind: string; readonly provider: string; readonly n: number }>`
        select kind, provider, cast(sum(n) as integer) as n from stats where tenant_id = 'default'
        group by kind, provider order by kind, provider`
      assert.deepStrictEqual(
        counts.map(({ kind, n, provider }) => [kind, provider, Number(n)]),
        [
          ["failover", "", 2],
          ["request", "", 1],
          ["shown", "polar", 1],
          ["shown", "stripe", 1],
        ],
      )
    }))

  test("F22: sees it once, though what was opened is recorded twice", (store) =>
    Effect.gen(function* () {
      const { id } = yield* shown("local")
      const outcome = yield* outcomeOf(id, yield* begunMove(id))
      assert.deepStrictEqual([yield* store.commit(outcome), yield* store.commit(outcome)], [true, true])
      assert.lengthOf(yield* statuses(id), 2)
      assert.lengthOf((yield* checkoutOf(id)).attempts, 4)
    }))

  test("F15: is moved by one click only, however many come at once", () =>
    Effect.gen(function* () {
      const { id } = yield* shown("local")
      const all = yield* Effect.forEach(Array.from({ length: 10 }), () => begin(id), { concurrency: 10 })
      const tags = all.map(({ begun }) => begun._tag)
      assert.lengthOf(
        tags.filter((tag) => tag === "Begun"),
        1,
      )
      assert.lengthOf(
        tags.filter((tag) => tag === "Running"),
        9,
      )
    }))

  test("F24: is not shown another page beside one that could not be withdrawn, unless that may be made good", (store) =>
    Effect.gen(function* () {
      const { id } = yield* shown("none")
      assert.isFalse(yield* store.commit(yield* outcomeOf(id, yield* begunMove(id))))
      assert.deepStrictEqual(yield* statuses(id), ["polar payable"])
      const { attempts, provider } = yield* checkoutOf(id)
      assert.strictEqual(provider, Sample.polar)
      assert.deepInclude(attempts.at(-1), { provider: stripe, result: "superseded" })
      assert.isTrue(yield* store.commit(yield* outcomeOf(id, yield* begunMove(id), "compensate")))
      assert.deepStrictEqual(yield* statuses(id), ["polar payable", "stripe payable"])
    }))

  test("F62: is not shown another page once the first one was approved, and no move begins", (store) =>
    Effect.gen(function* () {
      const { id, providerSessionId } = yield* shown("local")
      const outcome = yield* outcomeOf(id, yield* begunMove(id))
      const ledger = yield* LedgerStore.LedgerStore
      yield* ledger.transact(id, (state) => Ledger.apply(state, snapshot(providerSessionId ?? "", "approved", 1)))
      assert.isFalse(yield* store.commit(outcome))
      assert.deepStrictEqual(yield* statuses(id), ["polar completing"])
      assert.strictEqual((yield* begin(id)).begun._tag, "NotNow")
    }))

  test("F19, F20: can be moved on after the process that was at it died; what it opened is never shown", (store) =>
    Effect.gen(function* () {
      const { id } = yield* shown("local")
      const lost = yield* outcomeOf(id, yield* begunMove(id))
      assert.strictEqual((yield* begin(id)).begun._tag, "Running")
      yield* TestClock.adjust(Sample.takeOverAfterMillis + 1)
      assert.strictEqual(yield* Claims.resolve(Sample.takeOverAfterMillis), 1)
      const { attempts, provider, status } = yield* checkoutOf(id)
      assert.deepStrictEqual([status, provider], ["open", Sample.polar])
      assert.deepInclude(attempts.at(-1), { provider: stripe, reason: "process_died", outcome: "unknown" })
      assert.isFalse(yield* store.commit(lost))
      assert.isTrue(yield* store.commit(yield* outcomeOf(id, yield* begunMove(id))))
      assert.deepStrictEqual(yield* statuses(id), ["polar withdrawn", "stripe payable"])
    }))

  test("F58: is taken over from a process that hangs, whose outcome then comes too late", (store) =>
    Effect.gen(function* () {
      const { id } = yield* shown("local")
      const slow = yield* outcomeOf(id, yield* begunMove(id))
      yield* TestClock.adjust(Sample.takeOverAfterMillis + 1)
      const quick = yield* outcomeOf(id, yield* begunMove(id))
      assert.isFalse(yield* store.commit(slow))
      assert.isTrue(yield* store.commit(quick))
      assert.deepInclude(yield* checkoutOf(id), { url: Option.getOrThrow(quick.session).url })
    }))

  test("leaves nothing behind when nobody was asked", (store) =>
    Effect.gen(function* () {
      const { attempts, id } = yield* shown("local")
      const { round } = yield* begunMove(id)
      yield* store.release(id, round)
      assert.isFalse((yield* store.pages(id)).asking)
      assert.lengthOf((yield* checkoutOf(id)).attempts, attempts.length)
      const sql = yield* SqlClient.SqlClient
      assert.lengthOf(yield* sql`select attempt_id from attempts where checkout_id = ${id} and round = ${round}`, 0)
      assert.strictEqual((yield* begin(id)).begun._tag, "Begun")
    }))

  test("F61: goes back and approves: the first page stands for the checkout again", (store) =>
    Effect.gen(function* () {
      const { id, providerSessionId, url } = yield* shown("local")
      yield* store.commit(yield* outcomeOf(id, yield* begunMove(id)))
      const ledger = yield* LedgerStore.LedgerStore
      assert.lengthOf(yield* ledger.openSessions(id), 2, "a page of which only we take money is watched")
      yield* ledger.transact(id, (state) => Ledger.apply(state, snapshot(providerSessionId ?? "", "approved", 1)))
      assert.deepInclude(yield* checkoutOf(id), { provider: Sample.polar, url, status: "processing" })
    }))

  test("is asked for what the merchant asked for", (store) =>
    Effect.gen(function* () {
      const { id } = yield* shown("local")
      assert.deepInclude(Option.getOrThrow(yield* store.request(id)), { amount: "99.99", description: "two\nlines" })
      assert.isTrue(Option.isNone(yield* store.request(yield* Id.makeCheckoutId)))
    }))

  it.effect.skipIf(another === undefined)("is where they were after a restart", () =>
    Effect.gen(function* () {
      const id = yield* Effect.gen(function* () {
        const store = yield* MoveStore.MoveStore
        const { id } = yield* shown("local")
        yield* store.commit(yield* outcomeOf(id, yield* begunMove(id)))
        return id
      }).pipe(Effect.provide(empty, { local: true }))
      assert.deepStrictEqual(yield* Effect.provide(statuses(id), another ?? Layer.fresh(empty), { local: true }), [
        "polar withdrawn",
        "stripe payable",
      ])
    }),
  )
})
