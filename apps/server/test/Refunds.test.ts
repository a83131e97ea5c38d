import { assert, describe, it } from "@effect/vitest"
import { Database } from "@payment-orchestrator/storage"
import { Duration, Effect, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as House from "./House.ts"
import { withTime } from "./Time.ts"

type Provider = "paypal" | "polar" | "stripe"

interface Opened {
  readonly id: string
  readonly link: string
  readonly provider_session_id: string
}

interface Checkout {
  readonly status: string
  readonly payment_id: string | null
  readonly amount_refunded: string
}

interface Payment {
  readonly id: string
  readonly kind: string
  readonly status: string
  readonly amount_refunded: string
}

interface Refund {
  readonly id: string
  readonly payment_id: string
  readonly checkout_id: string
  readonly provider: string
  readonly currency: string
  readonly reason: string | null
  readonly tenant_id: string
  readonly livemode: boolean
  readonly status: string
  readonly amount: string
  readonly message: string | null
}

const refundRoutes = {
  paypal: "POST /v2/payments/captures/:id/refund",
  polar: "POST /v1/refunds/",
  stripe: "POST /v1/refunds",
} as const

const opened = (house: House.House, provider: Provider) =>
  Effect.map(
    House.open(house, { preferred_provider: provider, success_url: "https://shop.example/ok" }),
    ({ json, status, text }) => {
      assert.strictEqual(status, 201, text)
      return json as Opened
    },
  )

const pay = (house: House.House, provider: Provider, { provider_session_id: session }: Opened) => {
  switch (provider) {
    case "paypal":
      return Effect.asVoid(house.paypal.buyer.approve(session))
    case "polar":
      return Effect.asVoid(house.polar.buyer.pay(session))
    case "stripe":
      return Effect.asVoid(house.stripe.buyer.pay(session))
  }
}

const back = (house: House.House, { link }: Opened) =>
  house.send("GET", `${new URL(link).pathname}/return`, { key: null })

const checkout = (house: House.House, { id }: Opened) =>
  Effect.map(house.send("GET", `/v1/checkouts/${id}`), ({ json }) => json as Checkout)

const payments = (house: House.House, { id }: Opened) =>
  Effect.map(
    house.send("GET", `/v1/payments?checkout_id=${id}`),
    ({ json }) => (json as { data: ReadonlyArray<Payment> }).data,
  )

/** A checkout of 99.99 USD that is paid there. */
const paid = Effect.fnUntraced(function* (house: House.House, provider: Provider) {
  const order = yield* opened(house, provider)
  yield* pay(house, provider, order)
  yield* back(house, order)
  const { payment_id, status } = yield* checkout(house, order)
  assert.strictEqual(status, "paid")
  return { ...order, paymentId: payment_id ?? "" }
})

let keys = 0
const ask = (house: House.House, paymentId: string, body: object = {}, key = `refund-${(keys += 1)}`) =>
  house.send("POST", `/v1/payments/${paymentId}/refunds`, { body, headers: { "idempotency-key": key } })

const asked = (house: House.House, paymentId: string, body: object = {}, key?: string) =>
  Effect.map(ask(house, paymentId, body, key), ({ json, status, text }) => {
    assert.strictEqual(status, 201, text)
    return json as Refund
  })

/** Waits until the refund has this status, at most 20 seconds. */
const becomes = (house: House.House, { id }: Refund, status: string) =>
  house.send("GET", `/v1/refunds/${id}`).pipe(
    Effect.map(({ json }) => json as Refund),
    Effect.filterOrFail(
      (now) => now.status === status,
      (now) => `it is ${now.status}, not ${status}: ${now.message ?? ""}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
  )

/** What the stand-in gave back, in whole refunds. */
const givenBack = (house: House.House, provider: Provider) => {
  switch (provider) {
    case "paypal":
      return Effect.map(house.paypal.refunds, (all) => all.length)
    case "polar":
      return Effect.map(house.polar.refunds, (all) => all.length)
    case "stripe":
      return Effect.map(house.stripe.refunds, (all) => all.length)
  }
}

const silent = (house: House.House) =>
  Effect.forEach([house.paypal, house.polar, house.stripe], (emulator) => emulator.webhooks.setFault({ drop: true }))

describe.each<Provider>(["paypal", "polar", "stripe"])("a refund at %s", (provider) => {
  it.live("gives all of it back, and says so everywhere", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* paid(house, provider)
      const refund = yield* asked(house, order.paymentId, { reason: "did not fit" })
      assert.deepInclude(refund, {
        payment_id: order.paymentId,
        checkout_id: order.id,
        provider,
        amount: "99.99",
        currency: "USD",
        reason: "did not fit",
        status: "succeeded",
        message: null,
        tenant_id: "default",
        livemode: false,
      })
      assert.strictEqual((yield* checkout(house, order)).amount_refunded, "99.99")
      const [payment] = yield* payments(house, order)
      assert.deepInclude(payment, { status: "refunded", amount_refunded: "99.99" })
      const list = yield* house.send("GET", `/v1/refunds?payment_id=${order.paymentId}`)
      assert.deepStrictEqual(list.json, { data: [refund], next_cursor: null })
      assert.strictEqual(yield* givenBack(house, provider), 1)
    }),
  )

  it.live("gives parts back and then the rest; F38: more than is left is refused and not sent", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* paid(house, provider)
      const first = yield* asked(house, order.paymentId, { amount: "33.33" })
      assert.deepInclude(first, { status: "succeeded", amount: "33.33" })
      const [partly] = yield* payments(house, order)
      assert.deepInclude(partly, { status: "partially_refunded", amount_refunded: "33.33" })
      const more = yield* ask(house, order.paymentId, { amount: "66.67" })
      assert.strictEqual(more.status, 409, more.text)
      assert.deepInclude(more.json, { code: "conflict", retryable: false })
      assert.include(more.text, "only 66.66 USD")
      const rest = yield* asked(house, order.paymentId)
      assert.deepInclude(rest, { status: "succeeded", amount: "66.66" })
      assert.strictEqual((yield* checkout(house, order)).amount_refunded, "99.99")
      assert.strictEqual((yield* ask(house, order.paymentId)).status, 409)
      assert.strictEqual(yield* givenBack(house, provider), 2)
    }),
  )

  it.live("F38: of twenty at once no more goes back than was paid", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* paid(house, provider)
      const answers = yield* Effect.forEach(
        Array.from({ length: 20 }),
        () => ask(house, order.paymentId, { amount: "30" }),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(answers.filter(({ status }) => status === 201).length, 3)
      assert.strictEqual(answers.filter(({ status }) => status === 409).length, 17)
      yield* Effect.forEach(
        answers.flatMap(({ json, status }) => (status === 201 ? [json as Refund] : [])),
        (refund) => becomes(house, refund, "succeeded"),
      )
      assert.strictEqual((yield* checkout(house, order)).amount_refunded, "90.00")
      assert.strictEqual(yield* givenBack(house, provider), 3)
    }),
  )

  it.live(
    "is pending while the provider is down, and is done when it is back",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start({ PAYMENT_MAX_RETRIES: "1" })
          const order = yield* paid(house, provider)
          yield* house[provider].refuse(true)
          const refund = yield* asked(house, order.paymentId, { amount: "10.00" })
          assert.strictEqual(refund.status, "pending")
          assert.include(refund.message ?? "", "network")
          assert.strictEqual((yield* checkout(house, order)).amount_refunded, "0.00")
          yield* house[provider].refuse(false)
          yield* forward(61_000)
          yield* becomes(house, refund, "succeeded")
          assert.strictEqual((yield* checkout(house, order)).amount_refunded, "10.00")
          assert.strictEqual(yield* givenBack(house, provider), 1)
        }),
      ),
    40_000,
  )

  it.live(
    "F36: is not done twice when its answer is lost",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start({ PAYMENT_MAX_RETRIES: "0" })
          yield* silent(house)
          const order = yield* paid(house, provider)
          yield* house[provider].faults.add({
            route: refundRoutes[provider],
            fault: { kind: "Reset", apply: true },
            times: 1,
          })
          const refund = yield* asked(house, order.paymentId, { amount: "40.00" })
          assert.strictEqual(refund.status, "pending")
          assert.strictEqual(yield* givenBack(house, provider), 1)
          yield* forward(61_000)
          yield* becomes(house, refund, "succeeded")
          assert.strictEqual(yield* givenBack(house, provider), 1)
          assert.strictEqual((yield* checkout(house, order)).amount_refunded, "40.00")
        }),
      ),
    40_000,
  )

  it.live(
    "F36: is answered within 6 seconds when the provider does not answer",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start({ PAYMENT_TIMEOUT: "20" })
        const order = yield* paid(house, provider)
        yield* house[provider].faults.add({ route: refundRoutes[provider], fault: { kind: "Hang", apply: true } })
        const [waited, refund] = yield* Effect.timed(asked(house, order.paymentId))
        assert.strictEqual(refund.status, "pending")
        assert.isBelow(Duration.toMillis(waited), 6_000)
        assert.strictEqual(yield* givenBack(house, provider), 1)
      }),
    40_000,
  )
})

describe("a refund", () => {
  it.live(
    "F36: at Polar, which keeps no keys, is sent once; never found, it is unresolved and still counts",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start({ PAYMENT_MAX_RETRIES: "0" })
          const order = yield* paid(house, "polar")
          yield* house.polar.faults.add({ route: refundRoutes.polar, fault: { kind: "Reset" }, times: 1 })
          const refund = yield* asked(house, order.paymentId)
          assert.strictEqual(refund.status, "pending")
          yield* forward(61_000)
          yield* Effect.retry(
            Effect.filterOrFail(
              becomes(house, refund, "pending"),
              ({ message }) => message?.includes("not found") ?? false,
            ),
            { schedule: Schedule.spaced("100 millis"), times: 200 },
          )
          yield* forward(900_000)
          yield* becomes(house, refund, "unresolved")
          assert.strictEqual(yield* givenBack(house, "polar"), 0)
          assert.strictEqual((yield* ask(house, order.paymentId)).status, 409)
        }),
      ),
    40_000,
  )

  it.live(
    "F36: of a subscription's charge at PayPal, which lists no such refunds, is repeated under its key and done once",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start({ PAYMENT_MAX_RETRIES: "0" })
          const { json } = yield* house.send("POST", "/v1/checkouts", {
            body: { mode: "subscription", price_id: "P-EMULATOR00000000000MONTHLY" },
          })
          const order = json as Opened
          yield* house.paypal.buyer.approve(order.provider_session_id)
          const [payment] = yield* payments(house, order).pipe(
            Effect.filterOrFail(
              (all) => all.length === 1,
              () => "it is not paid",
            ),
            Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
          )
          const lost = { route: "POST /v1/payments/sale/:id/refund", times: 1 }
          yield* house.paypal.faults.add({ ...lost, fault: { kind: "Reset", apply: true } })
          const refund = yield* asked(house, payment?.id ?? "", { amount: "4.00" })
          assert.strictEqual(refund.status, "pending")
          yield* forward(61_000)
          yield* becomes(house, refund, "succeeded")
          assert.strictEqual(yield* givenBack(house, "paypal"), 1)
        }),
      ),
    40_000,
  )

  it.live("F67: that the provider refuses is failed, and its amount can be given back again", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* paid(house, "stripe")
      yield* house.stripe.faults.add({
        route: refundRoutes.stripe,
        fault: { kind: "Status", status: 400 },
        times: 1,
      })
      const refused = yield* asked(house, order.paymentId)
      assert.strictEqual(refused.status, "failed")
      assert.include(refused.message ?? "", "Stripe 400")
      assert.strictEqual((yield* asked(house, order.paymentId)).status, "succeeded")
    }),
  )

  it.live(
    "F67: that PayPal leaves pending is looked at until it is over, and frees its amount when it fails",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const house = yield* House.start()
          const order = yield* paid(house, "paypal")
          yield* house.paypal.simulate.refundOutcomes("PENDING", "PENDING")
          const good = yield* asked(house, order.paymentId, { amount: "10.00" })
          const bad = yield* asked(house, order.paymentId, { amount: "89.99" })
          assert.deepStrictEqual([good.status, bad.status], ["pending", "pending"])
          const [first, second] = yield* house.paypal.refunds
          yield* house.paypal.simulate.settleRefund(first?.id ?? "", "COMPLETED")
          // PayPal has a webhook for this, but none for a refund that fails.
          yield* becomes(house, good, "succeeded")
          yield* house.paypal.simulate.settleRefund(second?.id ?? "", "FAILED")
          yield* forward(61_000)
          yield* becomes(house, bad, "failed")
          assert.strictEqual((yield* checkout(house, order)).amount_refunded, "10.00")
          const [payment] = yield* payments(house, order)
          assert.deepInclude(payment, { status: "partially_refunded", amount_refunded: "10.00" })
          assert.strictEqual((yield* asked(house, order.paymentId)).amount, "89.99")
        }),
      ),
    40_000,
  )

  it.live(
    "F15: with the same key is one refund; with another body the key is refused, and without one the request",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* paid(house, "stripe")
        const first = yield* ask(house, order.paymentId, { amount: "10.00" }, "twin")
        const second = yield* ask(house, order.paymentId, { amount: "10.00" }, "twin")
        assert.strictEqual(second.text, first.text)
        assert.strictEqual(second.headers.get("idempotency-replayed"), "true")
        const other = yield* ask(house, order.paymentId, { amount: "11.00" }, "twin")
        assert.strictEqual(other.status, 422, other.text)
        const none = yield* house.send("POST", `/v1/payments/${order.paymentId}/refunds`, { body: {} })
        assert.strictEqual(none.status, 400)
        assert.deepInclude(none.json, { code: "idempotency_key_required" })
        assert.strictEqual(yield* givenBack(house, "stripe"), 1)
      }),
  )

  it.live("of an amount that is none, or of a payment that is not there, is refused", () =>
    Effect.gen(function* () {
      const house = yield* House.start()
      const order = yield* paid(house, "stripe")
      for (const amount of ["0", "0.00", "1.001", "-1", "ten"]) {
        const { json, status } = yield* ask(house, order.paymentId, { amount })
        assert.strictEqual(status, 400, amount)
        assert.deepInclude(json, { code: "invalid_request" })
      }
      assert.strictEqual((yield* ask(house, "pay_00000000000000000000000000")).status, 404)
      assert.strictEqual((yield* house.send("GET", "/v1/refunds/re_00000000000000000000000000")).status, 404)
      assert.strictEqual(yield* givenBack(house, "stripe"), 0)
    }),
  )

  it.live(
    "made at the provider moves the payment",
    () =>
      Effect.gen(function* () {
        const house = yield* House.start()
        const order = yield* paid(house, "paypal")
        const [capture] = yield* house.paypal.captures
        yield* house.paypal.simulate.refund(capture?.id ?? "")
        yield* payments(house, order).pipe(
          Effect.filterOrFail(
            ([payment]) => payment?.status === "refunded",
            () => "it is not refunded",
          ),
          Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
        )
        assert.strictEqual((yield* ask(house, order.paymentId)).status, 409)
      }),
    40_000,
  )
})

/** Two pages of one checkout, both paid before anybody looks. */
const paidTwice = Effect.fnUntraced(function* (environment: { readonly [name: string]: string }) {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "refunds-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
  )
  const file = join(folder, "payments.db")
  const house = yield* House.start({ DATABASE_URL: `sqlite:${file}`, ...environment })
  yield* silent(house)
  const order = yield* opened(house, "polar")
  const other = yield* opened(house, "stripe")
  yield* Effect.provide(
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) => sql`update sessions set checkout_id = ${order.id} where session_id = ${other.provider_session_id}`,
    ),
    Database.layerSqlite(file, { exclusive: false }),
  )
  yield* pay(house, "polar", order)
  yield* pay(house, "stripe", other)
  yield* back(house, order)
  const both = yield* payments(house, order).pipe(
    Effect.filterOrFail(
      (all) => all.length === 2,
      (all) => `there are ${all.length}`,
    ),
    Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
  )
  assert.sameMembers(
    both.map(({ kind }) => kind),
    ["initial", "duplicate"],
  )
  return { house, order, duplicate: both.find(({ kind }) => kind === "duplicate")?.id ?? "" }
})

describe("a second payment", () => {
  it.live(
    "F25: goes back once by itself where that is wanted, and the checkout stays paid",
    () =>
      Effect.gen(function* () {
        const { duplicate, house, order } = yield* paidTwice({ PAYMENT_REFUND_DUPLICATES: "true" })
        const refunds = house
          .send("GET", `/v1/refunds?payment_id=${duplicate}`)
          .pipe(Effect.map(({ json }) => (json as { data: ReadonlyArray<Refund> }).data))
        yield* refunds.pipe(
          Effect.filterOrFail(
            ([refund]) => refund?.status === "succeeded",
            () => "it has not gone back",
          ),
          Effect.retry({ schedule: Schedule.spaced("100 millis"), times: 200 }),
        )
        yield* Effect.sleep("6 seconds")
        const [refund, second] = yield* refunds
        assert.deepInclude(refund, { amount: "99.99", reason: "duplicate" })
        assert.isUndefined(second)
        assert.strictEqual((yield* givenBack(house, "polar")) + (yield* givenBack(house, "stripe")), 1)
        assert.deepInclude(yield* checkout(house, order), { status: "paid", amount_refunded: "0.00" })
        const { json } = yield* house.send("GET", "/v1/audit?action=refund.create")
        const [row, more] = (json as { data: ReadonlyArray<object> }).data
        assert.deepInclude(row, { actor: "system", role: null, target: refund?.id, reason: "duplicate" })
        assert.isUndefined(more)
      }),
    40_000,
  )

  it.live(
    "F25: stays where it is, and is told in the log, unless its refund is wanted",
    () =>
      Effect.gen(function* () {
        const { house } = yield* paidTwice({})
        yield* Effect.sleep("6 seconds")
        assert.strictEqual((yield* givenBack(house, "polar")) + (yield* givenBack(house, "stripe")), 0)
        assert.isTrue(house.log.some((line) => line.includes("SECOND PAYMENT")))
      }),
    40_000,
  )
})
