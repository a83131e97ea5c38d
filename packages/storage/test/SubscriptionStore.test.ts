import { assert, it } from "@effect/vitest"
import {
  type Id,
  Ledger,
  type Session,
  type Subscription,
  SubscriptionLife,
  Timestamp,
} from "@payment-orchestrator/domain"
import { CheckoutStore, LedgerStore, SubscriptionStore } from "@payment-orchestrator/payments"
import type { Storage } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { onEachBackend } from "./Backends.ts"
import * as Sample from "./Sample.ts"

const lease = 60_000
const day = 86_400_000
const usd = { amount: 9_999, currency: "USD" } as const

/** What a look at the page of a subscription shows. */
const page = (
  sessionId: string,
  fetchStartedAt: number,
  charges: ReadonlyArray<string>,
  provider = Sample.polar,
): Session.SessionSnapshot => ({
  provider,
  sessionId,
  mode: "subscription",
  state: "completed",
  url: Option.none(),
  attemptId: Option.none(),
  payments: charges.map((moneyId) => ({
    moneyId,
    state: "completed",
    gross: usd,
    fee: Option.none(),
    tax: Option.none(),
    net: Option.none(),
  })),
  subscriptionId: Option.some(`prov_${sessionId}`),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: "succeeded",
})

const says = (
  subscriptionId: string,
  state: Subscription.SubscriptionState,
  fetchStartedAt: number,
): Subscription.SubscriptionSnapshot => ({
  provider: Sample.polar,
  subscriptionId,
  state,
  started: true,
  cancelAtPeriodEnd: false,
  currentPeriodEnd: Option.some(30 * day),
  endedAt: Option.none(),
  attemptId: Option.none(),
  customerEmail: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: state,
})

/** Who wants what, as far as two subscriptions can be one too many. */
interface Customer {
  readonly customerId?: string
  readonly customerEmail?: string
  readonly orderId?: string
  readonly priceId?: string
  readonly tenantId?: string
}

const openingOf = ({ tenantId = "default", priceId = "gold", ...customer }: Customer) =>
  Effect.map(
    Sample.opening({
      mode: "subscription",
      tenantId,
      customerId: customer.customerId ?? null,
      orderId: customer.orderId ?? null,
    }),
    (opening): CheckoutStore.Opening => ({
      ...opening,
      request: { metadata: opening.request.metadata, ...customer, mode: "subscription", priceId },
    }),
  )

/** A checkout of a subscription that is shown at Polar. */
const shown = Effect.fnUntraced(function* (customer: Customer = {}) {
  const checkouts = yield* CheckoutStore.CheckoutStore
  const opening = yield* openingOf(customer)
  const claimed = yield* checkouts.claim(opening, Option.none(), Sample.takeOverAfterMillis)
  assert.strictEqual(claimed._tag, "Fresh")
  const outcome = yield* Sample.failedOver(opening)
  yield* checkouts.commit(outcome)
  return { checkoutId: outcome.checkout.id, sessionId: outcome.checkout.providerSessionId ?? "" }
})

const see = (checkoutId: Id.CheckoutId, snapshot: Session.SessionSnapshot) =>
  Effect.flatMap(LedgerStore.LedgerStore, (ledger) =>
    ledger.transact(checkoutId, (state) => Ledger.apply(state, snapshot)),
  )

/** One that runs, and was looked at. */
const running = Effect.fnUntraced(function* (customer: Customer = {}) {
  const store = yield* SubscriptionStore.SubscriptionStore
  const { checkoutId, sessionId } = yield* shown(customer)
  yield* see(checkoutId, page(sessionId, 1, [`first_${sessionId}`]))
  const [found] = yield* store.list({ checkoutId, limit: 1 })
  const { id, providerSubscriptionId } = yield* Effect.fromNullishOr(found)
  yield* store.transact(id, (state) => SubscriptionLife.apply(state, says(providerSubscriptionId, "active", 2)))
  return { checkoutId, sessionId, id, subscriptionId: providerSubscriptionId }
})

const types = (objectId: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly type: string; readonly sequence: number }>`
      select type, sequence from events where object_id = ${objectId} order by sequence`
    assert.deepStrictEqual(
      rows.map(({ sequence }) => sequence),
      rows.map((_, i) => i + 1),
    )
    return rows.map(({ type }) => type)
  })

onEachBackend("a subscription", ({ empty }) => {
  const test = <E>(name: string, body: (store: SubscriptionStore.Service) => Effect.Effect<void, E, Storage.Storage>) =>
    it.effect(name, () =>
      Effect.provide(Effect.flatMap(SubscriptionStore.SubscriptionStore, body), empty, { local: true }),
    )

  test("is followed from the transaction in which its checkout's ledger meets it, and due at once", (store) =>
    Effect.gen(function* () {
      const { checkoutId, sessionId } = yield* shown({ customerId: "user_1" })
      yield* see(checkoutId, page(sessionId, 1, ["ord_1"]))
      yield* see(checkoutId, page(sessionId, 2, ["ord_1"]))
      const all = yield* store.list({ limit: 10 })
      assert.lengthOf(all, 1)
      const [subscription] = all
      assert.deepInclude(subscription, {
        checkoutId,
        providerSubscriptionId: `prov_${sessionId}`,
        status: "incomplete",
        priceId: "gold",
        customerId: "user_1",
        price: usd,
        checkedAt: null,
      })
      const checkouts = yield* CheckoutStore.CheckoutStore
      const { checkout } = yield* Effect.fromOption(yield* checkouts.find(checkoutId))
      assert.deepInclude(checkout, { status: "paid", subscriptionId: subscription?.id ?? null })
      const [due] = yield* store.takeDue(10, lease)
      assert.deepStrictEqual([due?.id, due?.looks], [subscription?.id, 0])
      assert.deepInclude(due?.session, { sessionId, mode: "subscription", status: "completed" })
      assert.deepStrictEqual(yield* store.takeDue(10, lease), [])
      yield* TestClock.adjust(lease)
      assert.lengthOf(yield* store.takeDue(10, lease), 1)
    }))

  test("F54: is told in the transaction that changed it, with what it was then, once though twenty look at once", (store) =>
    Effect.gen(function* () {
      const { checkoutId, id, sessionId, subscriptionId } = yield* running()
      yield* see(checkoutId, page(sessionId, 3, [`first_${sessionId}`, "second", "third"]))
      yield* Effect.forEach(
        Array.from({ length: 20 }),
        () =>
          Effect.andThen(
            store.transact(id, (state) => SubscriptionLife.apply(state, says(subscriptionId, "past_due", 4))),
            store.transact(id, SubscriptionLife.charged),
          ),
        { concurrency: 20 },
      )
      const told = yield* types(id)
      assert.strictEqual(told[0], "subscription.activated")
      assert.sameMembers(told.slice(1), ["subscription.past_due", "subscription.renewed", "subscription.renewed"])
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ readonly data: string }>`
        select data from events where object_id = ${id} and type = 'subscription.past_due'`
      assert.deepInclude(JSON.parse(row?.data ?? ""), {
        id,
        status: "past_due",
        amount: "99.99",
        checkout_id: checkoutId,
      })
    }))

  test("is due at once when a cancellation is asked for, and what made it due while it was looked at stands", (store) =>
    Effect.gen(function* () {
      const { id } = yield* running()
      const taken = yield* Effect.fromNullishOr((yield* store.takeDue(10, lease))[0])
      yield* store.lookAgain(taken, Option.some((yield* Timestamp.now) + day))
      assert.deepStrictEqual(yield* store.takeDue(10, lease), [])
      yield* store.transact(id, (state) => SubscriptionLife.cancel(state, { when: "now", reason: Option.none() }, 9))
      const again = yield* Effect.fromNullishOr((yield* store.takeDue(10, lease))[0])
      assert.strictEqual(again.looks, 0)
      const { subscriptionId } = again
      // A look that finds it unchanged does not ask for the next one: that is put off like any other.
      yield* store.transact(id, (state) => SubscriptionLife.apply(state, says(again.subscriptionId, "active", 10)))
      assert.deepStrictEqual(yield* store.takeDue(10, lease), [])
      assert.isTrue((yield* Sample.told({ subscriptionId })).subscriptions)
      yield* store.lookAgain(again, Option.none())
      assert.lengthOf(yield* store.takeDue(10, lease), 1)
      assert.deepInclude(yield* Effect.fromOption(yield* store.find(id)), { cancelRequested: "now", status: "active" })
    }))

  test("is found by whatever a webhook names: itself, its page, our attempt, or its money", () =>
    Effect.gen(function* () {
      const { sessionId, subscriptionId } = yield* running()
      const sql = yield* SqlClient.SqlClient
      const [session] = yield* sql<{ readonly attempt_id: Id.AttemptId }>`select attempt_id from sessions`
      for (const clue of [
        { subscriptionId },
        { sessionId },
        { attemptId: session?.attempt_id ?? null },
        { moneyId: `first_${sessionId}` },
      ]) {
        assert.isTrue((yield* Sample.told(clue)).subscriptions)
      }
      assert.isFalse((yield* Sample.told({})).subscriptions)
      assert.isFalse((yield* Sample.told({ subscriptionId }, { provider: Sample.paypal })).subscriptions)
    }))

  test("F39: keeps another one of the same customer and price from being opened, while it runs", (store) =>
    Effect.gen(function* () {
      const { id } = yield* running({ customerId: "user_1", customerEmail: "A@b.example" })
      const checkouts = yield* CheckoutStore.CheckoutStore
      const claim = (customer: Customer) =>
        Effect.flatMap(openingOf(customer), (opening) =>
          checkouts.claim(opening, Option.some(Sample.claimant()), Sample.takeOverAfterMillis),
        )
      const same: ReadonlyArray<Customer> = [
        { customerId: "user_1" },
        { customerEmail: "a@B.example" },
        { customerId: "user_1", customerEmail: "other@b.example" },
      ]
      for (const customer of same) {
        const claimed = yield* claim(customer)
        assert.strictEqual(claimed._tag, "Subscribed")
        if (claimed._tag === "Subscribed") assert.strictEqual(claimed.subscription.id, id)
      }
      yield* store.transact(id, (state) => SubscriptionLife.cancel(state, { when: "now", reason: Option.none() }, 9))
      assert.strictEqual((yield* claim({ customerId: "user_1" }))._tag, "Fresh")
    }))

  test("F39: is not the same for another customer, price or tenant", (store) =>
    Effect.gen(function* () {
      const first = yield* running({ customerId: "user_1", customerEmail: "a@b.example" })
      for (const customer of [
        { customerId: "user_2", customerEmail: "a@b.example" },
        { customerId: "user_1", priceId: "silver" },
        { customerId: "user_1", tenantId: "other" },
        { customerEmail: "b@b.example" },
        {},
      ]) {
        yield* running(customer)
      }
      assert.deepStrictEqual(yield* store.rivals(first.id, 0), Option.none())
    }))

  test("F39: two that run for one customer are found from either side; the later one is ended, once", (store) =>
    Effect.gen(function* () {
      const [one, two] = [yield* shown({ customerId: "user_1" }), yield* shown({ customerId: "user_1" })]
      const follow = Effect.fnUntraced(function* ({ checkoutId, sessionId }: typeof one) {
        yield* see(checkoutId, page(sessionId, 1, [`first_${sessionId}`]))
        const found = yield* Effect.fromNullishOr((yield* store.list({ checkoutId, limit: 1 }))[0])
        yield* store.transact(found.id, (state) =>
          SubscriptionLife.apply(state, says(found.providerSubscriptionId, "active", 2)),
        )
        return found.id
      })
      const stays = yield* follow(one)
      yield* TestClock.adjust(1)
      const ends = yield* follow(two)
      for (const id of [stays, ends]) assert.deepStrictEqual(yield* store.rivals(id, 0), Option.some({ stays, ends }))
      assert.deepStrictEqual(yield* store.rivals(ends, (yield* Timestamp.now) + 1), Option.none())
      yield* Effect.forEach(Array.from({ length: 10 }), () => store.endSecond({ stays, ends }), { concurrency: 10 })
      assert.deepStrictEqual(yield* types(ends), ["subscription.activated", "subscription.duplicate"])
      assert.deepInclude(yield* Effect.fromOption(yield* store.find(ends)), {
        duplicateOf: stays,
        cancelRequested: "now",
      })
      assert.deepStrictEqual(yield* store.rivals(stays, 0), Option.none())
    }))

  test("F39: of the same order is one too many, whoever the customer is", (store) =>
    Effect.gen(function* () {
      const first = yield* running({ orderId: "order-1" })
      const sql = yield* SqlClient.SqlClient
      // Its checkout had expired, so that the order could be asked for again.
      yield* sql`update checkouts set status = 'expired' where id = ${first.checkoutId}`
      yield* TestClock.adjust(1)
      const second = yield* running({ orderId: "order-1" })
      assert.deepStrictEqual(yield* store.rivals(first.id, 0), Option.some({ stays: first.id, ends: second.id }))
    }))

  test("F25, F40: behind a page of a checkout that another page has paid is a second one, to be ended", (store) =>
    Effect.gen(function* () {
      const { checkoutId, id } = yield* running()
      const other = yield* shown()
      const sql = yield* SqlClient.SqlClient
      yield* sql`update sessions set checkout_id = ${checkoutId} where session_id = ${other.sessionId}`
      for (const at of [3, 4]) yield* see(checkoutId, page(other.sessionId, at, ["again"]))
      const second = yield* Effect.fromOption(yield* store.findAt("polar", `prov_${other.sessionId}`))
      assert.deepInclude(second, { duplicateOf: id, cancelRequested: "now" })
      assert.deepStrictEqual(yield* types(second.id), ["subscription.duplicate"])
      const checkouts = yield* CheckoutStore.CheckoutStore
      const { checkout } = yield* Effect.fromOption(yield* checkouts.find(checkoutId))
      assert.deepInclude(checkout, { status: "paid", subscriptionId: id })
      assert.deepInclude(yield* Effect.fromOption(yield* store.find(id)), { duplicateOf: null, status: "active" })
    }))

  test("belongs to its tenant in lists, newest first, in pages", (store) =>
    Effect.gen(function* () {
      const ids: Array<Id.SubscriptionId> = []
      for (const tenantId of ["default", "other", "default", "default"]) {
        ids.unshift((yield* running({ tenantId })).id)
        yield* TestClock.adjust(1)
      }
      const mine = ids.filter((_, i) => i !== 2)
      const listed = yield* store.list({ tenantId: "default", limit: 2 })
      assert.deepStrictEqual(
        listed.map(({ id }) => id),
        mine.slice(0, 2),
      )
      const rest = yield* store.list({ tenantId: "default", before: listed[1]?.id, limit: 2 })
      assert.deepStrictEqual(
        rest.map(({ id }) => id),
        mine.slice(2),
      )
      assert.lengthOf(yield* store.list({ limit: 10 }), 4)
    }))
})
