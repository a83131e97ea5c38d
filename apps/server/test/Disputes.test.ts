import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as House from "./House.ts"
import * as Subscriber from "./Subscriber.ts"
import { until, withTime } from "./Time.ts"

const patience = 60_000
const day = 86_400_000

interface Dispute {
  readonly id: string
  readonly status: string
}

/** A payment of 99.99 USD, and how its buyer disputes it. */
const paid = Effect.fnUntraced(function* (provider: "paypal" | "stripe", environment = {}) {
  const shop = yield* Subscriber.start(environment)
  const { house } = shop
  const opened = yield* House.open(house, { preferred_provider: provider })
  const order = opened.json as Subscriber.Opened
  yield* shop.approve(provider, order)
  yield* shop.back(order)
  yield* until(shop.checkout(order), ({ status }) => status === "paid")
  const [payment] = yield* shop.payments(order)
  assert.deepInclude(payment, { disputed: false, reversed: false })
  const paymentId = payment?.id ?? ""

  /** Answers the provider's own id of the dispute. */
  const dispute = Effect.gen(function* () {
    if (provider === "stripe") {
      const [intent] = yield* house.stripe.paymentIntents
      return (yield* house.stripe.buyer.dispute(intent?.id ?? "")).id
    }
    const [capture] = yield* house.paypal.captures
    return (yield* house.paypal.simulate.openDispute({ transactionId: capture?.id ?? "" })).id
  })
  const close = (id: string, won: boolean) =>
    provider === "stripe"
      ? Effect.asVoid(house.stripe.closeDispute(id, won ? "won" : "lost"))
      : Effect.asVoid(
          house.paypal.simulate.resolveDispute(id, won ? "RESOLVED_SELLER_FAVOUR" : "RESOLVED_BUYER_FAVOUR"),
        )
  const disputes = Effect.map(
    house.send("GET", `/v1/disputes?payment_id=${paymentId}`),
    ({ json }) => (json as { data: ReadonlyArray<Dispute> }).data,
  )
  const becomes = (status: string) =>
    Effect.flatMap(
      until(disputes, ([found]) => found?.status === status),
      ([found]) => Effect.fromNullishOr(found),
    )
  const refund = (body: object = {}) =>
    Effect.flatMap(
      Effect.sync(() => String((keys += 1))),
      (key) => house.send("POST", `/v1/payments/${paymentId}/refunds`, { body, headers: { "idempotency-key": key } }),
    )
  const current = Effect.map(shop.payments(order), ([found]) => found)
  return { shop, order, paymentId, dispute, close, disputes, becomes, refund, current }
})
let keys = 0

describe.each(["paypal", "stripe"] as const)("F37: a dispute at %s", (provider) => {
  it.live(
    "is seen and told, and refunds of its payment wait for it, naming it; once it is won they are possible again",
    () =>
      Effect.gen(function* () {
        const { becomes, close, current, dispute, paymentId, refund, shop } = yield* paid(provider)
        const id = yield* dispute
        const open = yield* becomes("open")
        assert.match(open.id, /^dp_/)
        const { json } = yield* shop.house.send("GET", `/v1/disputes/${open.id}`)
        assert.deepInclude(json as object, {
          payment_id: paymentId,
          provider,
          provider_dispute_id: id,
          amount: "99.99",
          currency: "USD",
        })
        assert.match((json as { respond_by: string }).respond_by, /^20.*Z$/)
        assert.deepInclude(yield* current, { disputed: true, reversed: false })
        const refused = yield* refund()
        assert.strictEqual(refused.status, 409, refused.text)
        assert.deepInclude(refused.json as object, { code: "conflict", retryable: false })
        assert.include(refused.text, open.id)
        yield* close(id, true)
        yield* becomes("won")
        assert.deepInclude(yield* current, { disputed: false, reversed: false })
        assert.deepStrictEqual(yield* shop.types(open.id), ["dispute.opened", "dispute.closed"])
        const given = yield* refund()
        assert.deepInclude(given.json as object, { status: "succeeded", amount: "99.99" })
      }),
    patience,
  )

  it.live(
    "that is lost takes the payment back, told once, and nothing of it is refunded",
    () =>
      Effect.gen(function* () {
        const { becomes, close, current, dispute, paymentId, refund, shop } = yield* paid(provider)
        const id = yield* dispute
        yield* close(id, false)
        yield* becomes("lost")
        assert.deepInclude(yield* current, { disputed: true, reversed: true })
        assert.deepStrictEqual(
          (yield* shop.types(paymentId)).filter((type) => type !== "payment.captured"),
          ["payment.reversed"],
        )
        const refused = yield* refund()
        assert.strictEqual(refused.status, 409, refused.text)
      }),
    patience,
  )

  it.live(
    "is believed only when the provider shows it: while that cannot be asked refunds wait, and nothing is told",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const { dispute, disputes, refund, shop } = yield* paid(provider)
          const route = provider === "paypal" ? "GET /v1/customer/disputes/:id" : "GET /v1/disputes/:id"
          yield* shop.house[provider].faults.add({ route, fault: { kind: "Status", status: 503 } })
          yield* dispute
          yield* until(refund({ amount: "0.01" }), ({ status }) => status === 409)
          assert.lengthOf(yield* disputes, 0)
          assert.notInclude(yield* shop.types(), "dispute.opened")
          yield* shop.house[provider].faults.clear
          // A look that was under way when the time moved is not asked again before that long from then.
          const later = Effect.andThen(forward(11 * 60_000), Effect.delay(disputes, "1 second"))
          yield* until(later, ([found]) => found?.status === "open")
        }),
      ),
    patience,
  )

  it.live(
    "is looked at again every day, though no webhook tells of its end",
    () =>
      withTime((forward) =>
        Effect.gen(function* () {
          const { becomes, close, dispute, shop } = yield* paid(provider)
          const id = yield* dispute
          yield* becomes("open")
          yield* shop.silent
          yield* close(id, true)
          yield* Effect.sleep("1 second")
          yield* forward(day + 1_000)
          yield* becomes("won")
        }),
      ),
    patience,
  )
})

describe("F37: passing over a dispute", () => {
  it.live(
    "takes a reason; the refund is then sent, and the provider has the last word",
    () =>
      Effect.gen(function* () {
        const { becomes, dispute, refund } = yield* paid("paypal")
        yield* dispute
        yield* becomes("open")
        const silent = yield* refund({ override_dispute: true })
        assert.strictEqual(silent.status, 400, silent.text)
        assert.include(silent.text, "reason")
        const given = yield* refund({ override_dispute: true, reason: "Settled with the buyer" })
        assert.strictEqual(given.status, 201, given.text)
        assert.deepInclude(given.json as object, { status: "succeeded", amount: "99.99" })
      }),
    patience,
  )
})

describe("a payment that PayPal itself takes back", () => {
  it.live(
    "is reversed, which is told once and is no refund of the merchant's",
    () =>
      Effect.gen(function* () {
        const { current, paymentId, refund, shop } = yield* paid("paypal")
        const [capture] = yield* shop.house.paypal.captures
        yield* shop.house.paypal.simulate.reverse(capture?.id ?? "")
        yield* until(current, (payment) => payment?.reversed === true)
        assert.deepInclude(yield* current, { status: "refunded", amount_refunded: "99.99", reversed: true })
        const [reversal] = yield* shop.refunds(paymentId)
        assert.deepInclude(reversal, { status: "succeeded", origin: "provider", reason: "reversal", amount: "99.99" })
        const types = yield* shop.types()
        assert.strictEqual(types.filter((type) => type === "payment.reversed").length, 1)
        assert.notInclude(types, "refund.succeeded")
        assert.strictEqual((yield* refund()).status, 409)
      }),
    patience,
  )
})
