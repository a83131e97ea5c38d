/** The walk: what a newcomer should see happen, each step checked against what should have happened. */
import { Client } from "@payment-orchestrator/api"
import { Id, Money } from "@payment-orchestrator/domain"
import type { Fault } from "@payment-orchestrator/emulators"
import { Clock, Effect, Ref, Schema } from "effect"
import { HttpClient } from "effect/http"
import type { House } from "./House.ts"
import * as Print from "./Print.ts"

/** Something that should have happened did not. */
export class WalkFailed extends Schema.TaggedError<WalkFailed>()("WalkFailed", {
  step: Schema.String,
  expected: Schema.String,
  found: Schema.String,
}) {
  override get message(): string {
    return `${this.step}: expected ${this.expected}, found ${this.found}`
  }
}

const expect = <A>(step: string, found: A, expected: A): Effect.Effect<void, WalkFailed> =>
  JSON.stringify(found) === JSON.stringify(expected)
    ? Effect.void
    : Effect.fail(new WalkFailed({ step, expected: JSON.stringify(expected), found: JSON.stringify(found) }))

const everywhere = (fault: Fault.Fault): Fault.Rule => ({ route: "*", fault })

export const run = Effect.fnUntraced(function* (house: House) {
  const client = yield* Client.make({ baseUrl: house.url, apiKey: house.apiKey })
  const orders = yield* Ref.make(1000)

  /** Opens a checkout and shows where it went, in which time, and what was tried before. */
  const open = Effect.fnUntraced(function* (step: string, provider: string, reasons: ReadonlyArray<string>) {
    const order = yield* Ref.updateAndGet(orders, (n) => n + 1)
    const began = yield* Clock.currentTimeMillis
    const checkout = yield* client.checkouts.open({
      headers: { "idempotency-key": `order-${order}` },
      payload: {
        amount: "99.99",
        currency: "USD",
        mode: "payment",
        orderId: `order-${order}`,
        description: `Order ${order}`,
        metadata: {},
      },
    })
    const millis = (yield* Clock.currentTimeMillis) - began
    yield* Print.checkout(checkout, millis)
    yield* expect(step, checkout.provider, provider)
    yield* expect(
      step,
      checkout.attempts.flatMap(({ reason }) => (reason === undefined ? [] : [reason])),
      reasons,
    )
    return checkout
  })

  yield* Print.step("A buyer pays 99.99 USD, and everything works")
  yield* open("checkout", "paypal", [])

  yield* Print.step("PayPal answers 503 to everything")
  yield* house.paypal.faults.add(everywhere({ kind: "Status", status: 503 }))
  yield* open("503", "polar", ["http_503"])
  yield* house.paypal.faults.clear

  yield* Print.step("PayPal refuses connections")
  yield* house.paypal.refuse(true)
  yield* open("refused", "polar", ["network"])
  yield* house.paypal.refuse(false)

  yield* Print.step("PayPal hangs (this demo waits 2 seconds for a provider, the default is 30)")
  yield* house.paypal.faults.add(everywhere({ kind: "Hang" }))
  yield* open("hang", "polar", ["timeout"])

  yield* Print.step("After three failures in a row PayPal's circuit is open: the next buyer does not wait for it")
  yield* open("circuit", "polar", ["circuit_open"])

  yield* Print.step("PayPal is back, and the orchestrator finds out by itself")
  yield* house.paypal.faults.clear
  yield* Print.note("waiting 6 seconds for the circuit to let a probe through")
  yield* Effect.sleep("6 seconds")
  const bought = yield* open("return", "paypal", [])

  yield* Print.step("The buyer pays on PayPal's page and comes back; the money is taken, once")
  yield* house.paypal.buyer.approve(bought.providerSessionId ?? "")
  yield* HttpClient.get(`${bought.link}/return`).pipe(Effect.flatMap((response) => response.text))
  const paid = yield* client.checkouts.get({ params: { id: bought.id }, query: {} })
  yield* Print.note(
    `GET /v1/checkouts/${paid.id}: ${paid.status}, ${Money.toDecimal({ amount: paid.amountPaid, currency: paid.currency })} ${paid.currency}`,
  )
  yield* expect("payment", paid.status, "paid")
  const { data: payments } = yield* client.payments.list({ query: { checkout_id: paid.id } })
  yield* expect(
    "payments",
    payments.map(({ amount, kind }) => ({ amount, kind })),
    [{ amount: 9_999, kind: "initial" }],
  )
  yield* expect("captures at PayPal", (yield* house.paypal.captures).length, 1)

  yield* Print.step("The merchant gives half of it back")
  const refund = yield* client.refunds.create({
    headers: { "idempotency-key": "refund-1" },
    params: { id: Id.PaymentId.make(paid.paymentId ?? "") },
    payload: { amount: "50.00", reason: "Damaged" },
  })
  yield* Print.note(`POST /v1/payments/${paid.paymentId}/refunds: ${refund.status}`)
  yield* expect("refund", refund.status, "succeeded")
  const reduced = yield* client.checkouts.get({ params: { id: bought.id }, query: {} })
  yield* expect("refunded amount", reduced.amountRefunded, 5_000)
  yield* expect("refunds at PayPal", (yield* house.paypal.refunds).length, 1)

  yield* Print.step("A customer subscribes at PayPal, approves, and cancels later")
  const subscribing = yield* client.checkouts.open({
    headers: {},
    payload: { mode: "subscription", priceId: "gold", customerEmail: "buyer@example.com", metadata: {} },
  })
  yield* Print.checkout(subscribing)
  yield* expect("subscription", subscribing.provider, "paypal")
  const subscriptionId = subscribing.providerSessionId ?? ""
  yield* house.paypal.buyer.approve(subscriptionId)
  const canceled = yield* client.subscriptions.cancelByProviderId({
    headers: {},
    payload: { provider: house.paypalName, subscription_id: subscriptionId, reason: "Customer request" },
  })
  yield* Print.note(`POST /v1/subscriptions/cancel ${subscriptionId}: ${canceled.status}`)
  yield* expect("cancellation", canceled.status, "canceled")
  const there = (yield* house.paypal.subscriptions).find(({ id }) => id === subscriptionId)
  yield* expect("cancellation at PayPal", there?.status, "CANCELLED")

  yield* Print.step("What the orchestrator counted")
  const stats = yield* client.operations.stats({ query: {} })
  yield* Print.stats(stats)
  yield* expect(
    "statistics",
    { ...stats, failover_rate: 0 },
    {
      total_requests: 7,
      failovers: 3,
      provider_usage: { paypal: 3, polar: 4 },
      failover_rate: 0,
    },
  )
  const failovers = yield* client.operations.failovers({ query: {} })
  yield* expect(
    "failover log",
    failovers.data.map(({ reason }) => reason),
    ["timeout", "network", "http_503"],
  )
})
