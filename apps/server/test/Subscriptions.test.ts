import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Subscriber from "./Subscriber.ts"
import { until, withTime } from "./Time.ts"

const day = 86_400_000
const patience = 60_000

const cancelRoutes = {
  paypal: "POST /v1/billing/subscriptions/:id/cancel",
  polar: "PATCH /v1/subscriptions/:id",
  stripe: "DELETE /v1/subscriptions/:id",
} as const

describe.each(Subscriber.providers)("a subscription at %s", (provider) => {
  it.live(
    "is an object of its own: found by its id and in lists, told once, and named by its checkout",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { order, running } = yield* shop.subscribe(provider, { customer_id: "user_1", metadata: { cart: "7" } })
        assert.match(running.id, /^sub_/)
        assert.deepInclude(running, {
          checkout_id: order.id,
          provider,
          status: "active",
          price_id: "gold",
          customer_id: "user_1",
          amount: "9.99",
          currency: "USD",
          cancel_at_period_end: false,
          cancel_requested: null,
          canceled_at: null,
          duplicate_of: null,
          metadata: { cart: "7" },
        })
        assert.match(running.current_period_end ?? "", /^20.*Z$/)
        for (const query of ["", "status=active", `provider=${provider}`, "customer_id=user_1"]) {
          assert.lengthOf(yield* shop.subscriptions(query), 1, query)
        }
        for (const query of ["status=canceled", "customer_id=user_2"]) {
          assert.lengthOf(yield* shop.subscriptions(query), 0, query)
        }
        assert.deepStrictEqual(yield* shop.types(running.id), ["subscription.activated"])
        assert.strictEqual((yield* shop.types()).filter((type) => type === "checkout.paid").length, 1)
      }),
    patience,
  )

  it.live(
    "is renewed by a further payment of its checkout, told once though several webhooks report it",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { order, running } = yield* shop.subscribe(provider)
        yield* shop.renew(provider, running)
        yield* until(shop.types(running.id), (types) => types.includes("subscription.renewed"))
        const all = yield* shop.payments(order)
        assert.deepStrictEqual(
          all.map(({ amount, kind }) => [kind, amount]),
          [
            ["renewal", "9.99"],
            ["initial", "9.99"],
          ],
        )
        yield* Effect.sleep("2 seconds")
        assert.deepStrictEqual(yield* shop.types(running.id), ["subscription.activated", "subscription.renewed"])
        const captured = (yield* shop.types()).filter((type) => type === "payment.captured")
        assert.lengthOf(captured, 2)
        const after = yield* shop.subscription(running.id)
        assert.isAbove(Date.parse(after.current_period_end ?? ""), Date.parse(running.current_period_end ?? ""))
        assert.strictEqual((yield* shop.checkout(order)).subscription_id, running.id)
      }),
    patience,
  )

  it.live(
    "F50: is looked at around the end of its period, so that a renewal is found without any webhook",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start()
          yield* shop.silent
          const { order, running } = yield* shop.subscribe(provider)
          yield* forward(31 * day)
          yield* shop.renew(provider, running)
          yield* forward(2 * 60_000)
          yield* until(shop.types(running.id), (types) => types.includes("subscription.renewed"))
          assert.deepStrictEqual(
            (yield* shop.payments(order)).map(({ kind }) => kind),
            ["renewal", "initial"],
          )
        }),
      ),
    patience,
  )

  it.live(
    "F41: is cancelled at once, however often it is asked for, and told once",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { order, running } = yield* shop.subscribe(provider)
        const first = yield* shop.canceled(running.id, { reason: "Too expensive" })
        assert.deepInclude(first, { status: "canceled", cancel_requested: null })
        assert.match(first.canceled_at ?? "", /^20.*Z$/)
        assert.deepInclude(yield* shop.canceled(running.id), { status: "canceled" })
        assert.deepInclude(yield* shop.canceled(running.id, { at_period_end: true }), { status: "canceled" })
        assert.match((yield* shop.there(provider, running)) ?? "", /^cancell?ed$/i)
        yield* Effect.sleep("2 seconds")
        assert.deepStrictEqual(yield* shop.types(running.id), ["subscription.activated", "subscription.canceled"])
        assert.deepInclude(yield* shop.checkout(order), { status: "paid", subscription_id: running.id })
      }),
    patience,
  )

  it.live(
    "is cancelled with its period: it runs until that is over, also where the provider only knows an end at once",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start()
          const { running } = yield* shop.subscribe(provider)
          const asked = yield* shop.canceled(running.id, { at_period_end: true })
          const scheduled = {
            status: "active",
            cancel_at_period_end: true,
            cancel_requested: null,
            current_period_end: running.current_period_end,
            canceled_at: null,
          }
          assert.deepInclude(asked, scheduled)
          assert.deepInclude(yield* shop.canceled(running.id, { at_period_end: true }), scheduled)
          assert.strictEqual(yield* shop.there(provider, running), provider === "paypal" ? "CANCELLED" : "active")
          yield* Effect.sleep("6 seconds")
          assert.deepInclude(yield* shop.subscription(running.id), scheduled)
          yield* forward(31 * day)
          yield* until(shop.subscription(running.id), ({ status }) => status === "canceled")
          assert.deepStrictEqual(yield* shop.types(running.id), [
            "subscription.activated",
            "subscription.cancel_scheduled",
            "subscription.canceled",
          ])
        }),
      ),
    patience,
  )

  it.live(
    "whose provider is down is cancelled when it is back; until then it shows what was asked for, which is no error",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start({ PAYMENT_TIMEOUT: "1" })
          const { running } = yield* shop.subscribe(provider)
          yield* shop.house[provider].refuse(true)
          const asked = yield* shop.canceled(running.id)
          assert.deepInclude(asked, { status: "active", cancel_requested: "now" })
          assert.deepInclude(yield* shop.canceled(running.id), { status: "active", cancel_requested: "now" })
          yield* shop.house[provider].refuse(false)
          yield* forward(61_000)
          yield* until(shop.subscription(running.id), ({ status }) => status === "canceled")
          assert.match((yield* shop.there(provider, running)) ?? "", /^cancell?ed$/i)
        }),
      ),
    patience,
  )

  it.live(
    "whose provider fails to cancel it is tried again after a while, and not as fast as it can fail",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe(provider)
        const { faults, journal } = shop.house[provider]
        const before = yield* journal.count(cancelRoutes[provider])
        yield* faults.add({ route: cancelRoutes[provider], fault: { kind: "Status", status: 503 } })
        yield* shop.canceled(running.id)
        yield* Effect.sleep("13 seconds")
        const calls = (yield* journal.count(cancelRoutes[provider])) - before
        assert.isAtLeast(calls, 2)
        assert.isAtMost(calls, 3)
        yield* faults.clear
        yield* until(shop.subscription(running.id), ({ status }) => status === "canceled")
      }),
    patience,
  )

  it.live(
    "F41: whose cancellation was done and its answer lost is found cancelled, and is not cancelled twice",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start({ PAYMENT_TIMEOUT: "1" })
          yield* shop.silent
          const { running } = yield* shop.subscribe(provider)
          const { faults, journal } = shop.house[provider]
          const before = yield* journal.count(cancelRoutes[provider])
          yield* faults.add({ route: cancelRoutes[provider], fault: { kind: "Reset", apply: true }, times: 1 })
          // Even what the adapter reads back by itself is lost at first.
          yield* faults.add({ route: "GET *", fault: { kind: "Reset" }, times: 1, after: 1 })
          yield* shop.canceled(running.id)
          yield* forward(61_000)
          yield* until(shop.subscription(running.id), ({ status }) => status === "canceled")
          assert.strictEqual((yield* journal.count(cancelRoutes[provider])) - before, 1)
          assert.deepStrictEqual(yield* shop.types(running.id), ["subscription.activated", "subscription.canceled"])
        }),
      ),
    patience,
  )
})

describe("cancelling by the provider's own id", () => {
  const by = (shop: Subscriber.Shop, provider: string, id: string, body: object = {}) =>
    shop.house.send("POST", "/v1/subscriptions/cancel", { body: { provider, subscription_id: id, ...body } })

  it.live(
    "ends one that is managed here as by its own id",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe("paypal")
        const answer = yield* by(shop, "paypal", running.provider_subscription_id, { reason: "Customer request" })
        assert.strictEqual(answer.status, 200, answer.text)
        assert.deepInclude(answer.json as object, {
          id: running.id,
          provider: "paypal",
          subscription_id: running.provider_subscription_id,
          status: "canceled",
          livemode: false,
        })
        assert.deepInclude(yield* shop.subscription(running.id), { status: "canceled" })
      }),
    patience,
  )

  it.live(
    "asks the provider for one that is not, and says so when there is none",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const unknown = yield* by(shop, "paypal", "I-UNKNOWN")
        assert.strictEqual(unknown.status, 404, unknown.text)
        assert.strictEqual((yield* shop.cancel("sub_00000000000000000000000000")).status, 404)
        const wrong = yield* shop.house.send("GET", "/v1/subscriptions/I-UNKNOWN")
        assert.strictEqual(wrong.status, 400)
      }),
    patience,
  )
})

describe("what a subscription goes through", () => {
  it.live(
    "is told: suspended, resumed and expired at PayPal",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe("paypal")
        const { simulate } = shop.house.paypal
        const id = running.provider_subscription_id
        const status = (wanted: string) => until(shop.subscription(running.id), (now) => now.status === wanted)
        yield* simulate.suspendSubscription(id)
        yield* status("paused")
        yield* simulate.resumeSubscription(id)
        yield* status("active")
        yield* simulate.failNextPayments(id, 1)
        yield* simulate.renew(id)
        yield* status("past_due")
        yield* simulate.renew(id)
        yield* status("active")
        yield* simulate.expireSubscription(id)
        yield* status("expired")
        yield* until(shop.types(running.id), (types) => types.includes("subscription.renewed"))
        assert.sameMembers(
          [...(yield* shop.types(running.id))],
          [
            "subscription.activated",
            "subscription.paused",
            "subscription.resumed",
            "subscription.past_due",
            "subscription.renewed",
            "subscription.expired",
          ],
        )
      }),
    patience,
  )

  it.live(
    "is told: an unpaid renewal at Polar and at Stripe",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const polar = yield* shop.subscribe("polar")
        const stripe = yield* shop.subscribe("stripe")
        yield* shop.house.polar.failRenewal(polar.running.provider_subscription_id)
        yield* shop.house.stripe.renew(stripe.running.provider_subscription_id, "failed")
        for (const { running } of [polar, stripe]) {
          yield* until(shop.subscription(running.id), ({ status }) => status === "past_due")
          assert.deepStrictEqual(yield* shop.types(running.id), ["subscription.activated", "subscription.past_due"])
        }
      }),
    patience,
  )

  it.live(
    "is told: a cancellation at Stripe by the buyer, from the portal",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe("stripe")
        yield* shop.house.stripe.buyer.cancel(running.provider_subscription_id)
        yield* until(shop.subscription(running.id), (now) => now.cancel_at_period_end)
        assert.deepStrictEqual(yield* shop.types(running.id), [
          "subscription.activated",
          "subscription.cancel_scheduled",
        ])
      }),
    patience,
  )
})

describe("F42: an existing subscriber while the provider is down", () => {
  it.live(
    "keeps the subscription as it was last seen, which says when that was; nobody else is asked, and no second is sold",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start({ PAYMENT_TIMEOUT: "1" })
          const { order, running } = yield* shop.subscribe("paypal", { customer_id: "user_1" })
          yield* shop.house.paypal.refuse(true)
          yield* forward(31 * day)
          yield* Effect.sleep("7 seconds")
          const now = yield* shop.subscription(running.id)
          assert.deepInclude(now, { status: "active", current_period_end: running.current_period_end })
          assert.strictEqual(now.checked_at, running.checked_at)
          const second = yield* shop.ask("polar", { customer_id: "user_1" })
          assert.strictEqual(second.status, 409, second.text)
          assert.deepInclude(second.json as object, { code: "already_subscribed" })
          assert.lengthOf(yield* shop.house.polar.checkouts, 0)
          yield* shop.house.paypal.refuse(false)
          yield* shop.renew("paypal", running)
          yield* forward(3_600_000)
          yield* until(shop.types(running.id), (types) => types.includes("subscription.renewed"))
          assert.deepStrictEqual(
            (yield* shop.payments(order)).map(({ kind }) => kind),
            ["renewal", "initial"],
          )
        }),
      ),
    patience,
  )
})
