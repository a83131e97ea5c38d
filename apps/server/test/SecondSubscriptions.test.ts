import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Subscriber from "./Subscriber.ts"
import { until, withTime } from "./Time.ts"

const patience = 60_000
const day = 86_400_000

describe("F39: another page is not shown to a customer whose subscription to the same price runs", () => {
  const refused = (shop: Subscriber.Shop, body: object, by: string) =>
    Effect.map(shop.ask("stripe", body), ({ json, status, text }) => {
      assert.strictEqual(status, 409, text)
      assert.deepInclude(json as object, { code: "already_subscribed", retryable: false })
      assert.strictEqual((json as { subscription: { id: string } }).subscription.id, by)
    })

  it.live(
    "known by customer_id: the answer names the subscription, and the key may try again",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const mine = { customer_id: "user_1", customer_email: "a@buyers.example" }
        const { running } = yield* shop.subscribe("paypal", mine)
        yield* refused(shop, { customer_id: "user_1" }, running.id)
        yield* refused(shop, { customer_email: "A@Buyers.example" }, running.id)
        assert.lengthOf(yield* shop.house.stripe.sessions, 0)
        const others = [
          { customer_id: "user_2", customer_email: "a@buyers.example" },
          { customer_email: "b@buyers.example" },
          { customer_id: "user_1", price_id: "silver" },
          {},
        ]
        for (const other of others) {
          const { status, text } = yield* shop.ask("stripe", other)
          assert.strictEqual(status, 201, text)
        }
        const paidOnce = yield* shop.house.send("POST", "/v1/checkouts", {
          body: { amount: "5.00", customer_id: "user_1" },
        })
        assert.strictEqual(paidOnce.status, 201)
      }),
    patience,
  )

  it.live(
    "known by the e-mail address where one side has no customer_id",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe("stripe", { customer_email: "a@buyers.example" })
        yield* refused(shop, { customer_id: "user_1", customer_email: "a@buyers.example" }, running.id)
      }),
    patience,
  )

  it.live(
    "but once it has ended, or is about to, the customer may come back",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const { running } = yield* shop.subscribe("paypal", { customer_id: "user_1" })
        yield* shop.canceled(running.id, { at_period_end: true })
        yield* shop.open("stripe", { customer_id: "user_1" })
      }),
    patience,
  )
})

/** Two pages were open at once, at two providers, and the customer agreed on both. */
const twice = Effect.fnUntraced(function* (environment: { readonly [name: string]: string }) {
  const shop = yield* Subscriber.start(environment)
  const first = yield* shop.open("polar", { customer_id: "user_1" })
  const second = yield* shop.open("stripe", { customer_id: "user_1" })
  for (const [provider, order] of [
    ["polar", first],
    ["stripe", second],
  ] as const) {
    yield* shop.approve(provider, order)
    yield* shop.back(order)
  }
  const stays = yield* shop.followed(first)
  const ends = yield* until(
    Effect.flatMap(shop.followed(second), ({ id }) => shop.subscription(id)),
    ({ status }) => status === "canceled",
  )
  return { shop, first, second, stays, ends }
})

describe("F39: two subscriptions of one customer across providers", () => {
  it.live(
    "are found: the later one is told, cancelled at once, and its charge goes back where that is wanted",
    () =>
      Effect.gen(function* () {
        const { ends, first, second, shop, stays } = yield* twice({ PAYMENT_REFUND_DUPLICATES: "true" })
        assert.strictEqual(ends.duplicate_of, stays.id)
        assert.strictEqual(yield* shop.there("stripe", ends), "canceled")
        assert.strictEqual(yield* shop.there("polar", stays), "active")
        const [payment] = yield* shop.payments(second)
        const [refund] = yield* until(shop.refunds(payment?.id ?? ""), ([found]) => found?.status === "succeeded")
        assert.deepInclude(refund, { amount: "9.99", reason: "duplicate", origin: "duplicate" })
        yield* Effect.sleep("6 seconds")
        assert.lengthOf(yield* shop.house.stripe.refunds, 1)
        assert.lengthOf(yield* shop.house.polar.refunds, 0)
        assert.deepStrictEqual(
          (yield* shop.types(ends.id)).filter((type) => type !== "subscription.activated"),
          ["subscription.duplicate", "subscription.canceled"],
        )
        // F40: the end of the second one moves nothing of the first.
        assert.deepInclude(yield* shop.subscription(stays.id), { status: "active", duplicate_of: null })
        assert.deepStrictEqual(yield* shop.types(stays.id), ["subscription.activated"])
        assert.deepInclude(yield* shop.checkout(first), { status: "paid", subscription_id: stays.id })
      }),
    patience,
  )

  it.live(
    "keep the charge of the one that is cancelled unless its refund is wanted",
    () =>
      Effect.gen(function* () {
        const { shop } = yield* twice({})
        yield* Effect.sleep("6 seconds")
        assert.lengthOf(yield* shop.house.stripe.refunds, 0)
      }),
    patience,
  )
})

/** A page of PayPal that was given up, and its checkout, of which another page was shown since. */
const abandoned = Effect.fnUntraced(function* (environment: { readonly [name: string]: string } = {}) {
  const shop = yield* Subscriber.start(environment)
  const order = yield* shop.open("stripe")
  const page = yield* shop.open("paypal")
  // What moving on to another page leaves behind: both are of one checkout.
  yield* shop.sql(
    (db) => db`update sessions set checkout_id = ${order.id} where session_id = ${page.provider_session_id}`,
  )
  return { shop, order, page }
})

describe("an abandoned PayPal subscription that is approved later", () => {
  it.live(
    "F25, F40: is cancelled and its charge goes back when its checkout was paid elsewhere, whatever is configured",
    () =>
      Effect.gen(function* () {
        const { order, page, shop } = yield* abandoned()
        yield* shop.approve("stripe", order)
        yield* shop.back(order)
        const stays = yield* shop.followed(order)
        yield* shop.approve("paypal", page)
        const subscriptions = shop.subscriptions(`checkout_id=${order.id}`)
        const [ends] = yield* until(subscriptions, ([latest]) => latest?.status === "canceled")
        assert.deepInclude(ends, { provider: "paypal", duplicate_of: stays.id })
        assert.strictEqual((yield* shop.house.paypal.subscriptions)[0]?.status, "CANCELLED")
        yield* until(shop.house.paypal.refunds, (all) => all.length === 1)
        yield* Effect.sleep("6 seconds")
        assert.lengthOf(yield* shop.house.paypal.refunds, 1)
        assert.lengthOf(yield* shop.house.stripe.refunds, 0)
        const types = yield* shop.types()
        for (const type of ["checkout.paid", "payment.duplicate", "subscription.duplicate", "refund.succeeded"]) {
          assert.strictEqual(types.filter((one) => one === type).length, 1, type)
        }
        assert.deepInclude(yield* shop.checkout(order), { status: "paid", subscription_id: stays.id })
        assert.deepInclude(yield* shop.subscription(stays.id), { status: "active" })
      }),
    patience,
  )

  it.live(
    "F28: pays its checkout late when that had only expired, and is not cancelled",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start()
        const order = yield* shop.open("paypal")
        const expired = yield* shop.house.send("POST", `/v1/checkouts/${order.id}/expire`, { body: {} })
        assert.deepInclude(expired.json as object, { status: "expired" })
        yield* shop.approve("paypal", order)
        const running = yield* shop.followed(order)
        assert.deepInclude(yield* shop.checkout(order), { status: "paid", late: true, subscription_id: running.id })
        yield* Effect.sleep("6 seconds")
        assert.strictEqual(yield* shop.there("paypal", running), "ACTIVE")
        assert.lengthOf(yield* shop.house.paypal.refunds, 0)
      }),
    patience,
  )
})

describe("PAYPAL_SUBSCRIPTION_ACTION=continue", () => {
  const environment = { PAYPAL_SUBSCRIPTION_ACTION: "continue" }

  it.live(
    "F30: is found approved by looking, for which PayPal has no webhook, and is activated by us",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start(environment)
        const order = yield* shop.open("paypal")
        yield* shop.approve("paypal", order)
        assert.lengthOf(yield* shop.house.paypal.sales, 0)
        const running = yield* shop.followed(order)
        assert.deepInclude(running, { status: "active" })
        assert.deepInclude(yield* shop.checkout(order), { status: "paid" })
        assert.lengthOf(yield* shop.house.paypal.sales, 1)
      }),
    patience,
  )

  it.live(
    "F30: an activation whose answer was lost is found, and done once",
    () =>
      Effect.gen(function* () {
        const shop = yield* Subscriber.start({ ...environment, PAYMENT_TIMEOUT: "1" })
        yield* shop.silent
        const order = yield* shop.open("paypal")
        yield* shop.approve("paypal", order)
        yield* shop.house.paypal.faults.add({
          route: "POST /v1/billing/subscriptions/:id/activate",
          fault: { kind: "Reset", apply: true },
          times: 1,
        })
        yield* shop.back(order)
        yield* until(shop.checkout(order), ({ status }) => status === "paid")
        assert.lengthOf(yield* shop.house.paypal.sales, 1)
      }),
    patience,
  )

  it.live(
    "an abandoned one that is approved after its checkout expired is never billed",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const shop = yield* Subscriber.start(environment)
          const order = yield* shop.open("paypal")
          yield* forward(day + 1_000)
          yield* until(shop.checkout(order), ({ status }) => status === "expired")
          yield* shop.approve("paypal", order)
          yield* forward(2 * day)
          yield* Effect.sleep("6 seconds")
          assert.lengthOf(yield* shop.house.paypal.sales, 0)
          assert.deepInclude(yield* shop.checkout(order), { status: "expired" })
        }),
      ),
    patience,
  )
})
