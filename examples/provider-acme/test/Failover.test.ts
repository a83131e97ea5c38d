import { assert, describe, it } from "@effect/vitest"
import { Fault } from "@payment-orchestrator/emulators"
import { Effect, Schema } from "effect"
import * as Shop from "./Shop.ts"

const Checkout = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  provider: Schema.NullOr(Schema.String),
  provider_session_id: Schema.NullOr(Schema.String),
  payment_id: Schema.NullOr(Schema.String),
  amount_refunded: Schema.String,
  attempts: Schema.Array(
    Schema.Struct({ provider: Schema.String, result: Schema.String, reason: Schema.optionalKey(Schema.String) }),
  ),
})
const Payment = Schema.Struct({ status: Schema.String, amount: Schema.String, fee: Schema.NullOr(Schema.String) })
const Refund = Schema.Struct({ status: Schema.String, amount: Schema.String, provider: Schema.String })
const Inbox = Schema.Struct({
  data: Schema.Array(
    Schema.Struct({ type: Schema.String, origin: Schema.String, state: Schema.String, provider: Schema.String }),
  ),
})

describe("a server with Acme before PayPal", () => {
  it.live("sells at PayPal while Acme fails, then at Acme again: paid, told by a notice, and given back in part", () =>
    Effect.gen(function* () {
      const { acme, ask, said, url } = yield* Shop.open
      const buy = (order: string) =>
        ask(201, Checkout, "POST", "/v1/checkouts", { amount: "99.99", currency: "USD", order_id: order })

      yield* acme.faults.add({ route: "POST /v1/payment-requests", fault: Fault.status(503) })
      const moved = yield* buy("order-1")
      assert.strictEqual(moved.provider, "paypal")
      assert.deepStrictEqual(
        moved.attempts.map(({ provider, reason, result }) => [provider, result, reason]),
        [
          ["acme", "transient_error", "http_503"],
          ["paypal", "opened", undefined],
        ],
      )
      yield* Shop.until("the failover is told", said, (text) =>
        text.includes("PAYMENT FAILOVER: acme -> paypal | Reason: Acme 503 Service Unavailable"),
      )

      yield* acme.faults.clear
      const { id, provider, provider_session_id: sessionId } = yield* buy("order-2")
      assert.strictEqual(provider, "acme")
      const look = ask(200, Checkout, "GET", `/v1/checkouts/${id}`)
      assert.isTrue(yield* acme.pay(sessionId ?? ""))
      yield* Shop.until("the bank is confirming", look, ({ status }) => status === "processing")
      assert.isTrue(yield* acme.confirm(sessionId ?? ""))
      const paid = yield* Shop.until("it is paid", look, ({ status }) => status === "paid")
      const payment = yield* ask(200, Payment, "GET", `/v1/payments/${paid.payment_id}`)
      assert.deepStrictEqual(payment, { status: "completed", amount: "99.99", fee: "0.35" })

      const inbox = ask(200, Inbox, "GET", "/v1/inbox?provider=acme")
      const told = yield* Shop.until("the notice is applied", inbox, ({ data }) =>
        data.some(({ state, type }) => type === "payment_request.settled" && state === "applied"),
      )
      assert.isTrue(told.data.every(({ origin }) => origin === "webhook"))

      const refunds = `/v1/payments/${paid.payment_id}/refunds`
      const refund = yield* ask(201, Refund, "POST", refunds, { amount: "9.99", reason: "damaged" })
      assert.deepStrictEqual(refund, { status: "succeeded", amount: "9.99", provider: "acme" })
      yield* Shop.until("the checkout shows it", look, (seen) => seen.amount_refunded === "9.99")

      const forged = yield* Effect.promise((signal) =>
        fetch(`${url}/webhooks/acme`, {
          method: "POST",
          signal,
          headers: { "acme-time": "1", "acme-signature": "00" },
          body: "{}",
        }),
      )
      assert.strictEqual(forged.status, 400)
    }),
  )
})
