import { Money } from "@payment-orchestrator/domain"
import { Fault } from "@payment-orchestrator/emulators"
import { Sample } from "@payment-orchestrator/provider-kit"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import * as Stage from "./support/Stage.ts"

const ofCapture = "POST /v2/payments/captures/:id/refund"
const ofSale = "POST /v1/payments/sale/:id/refund"

const paid = Effect.fnUntraced(function* (mode: "payment" | "subscription") {
  const stage = yield* Stage.make()
  const request = yield* Sample.sessionRequest(
    mode === "payment" ? {} : { mode, money: Option.none(), priceId: Option.some(Stage.monthlyPlan) },
  )
  const { sessionId } = yield* stage.provider.createCheckoutSession(request)
  yield* Effect.orDie(stage.emulator.buyer.approve(sessionId))
  const snapshot = yield* stage.provider.complete({ sessionId, mode, approval: 1 })
  return { stage, sessionId, moneyId: snapshot.payments[0]?.moneyId ?? "" }
})

describe("a refund", () => {
  it.live("of a capture carries our refund id as key and custom id", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("payment")
      const request = yield* Sample.refundRequest(moneyId, { amount: Option.some(Money.make(999, "USD")) })
      expect(yield* stage.provider.refund(request)).toMatchObject({
        state: "succeeded",
        amount: { amount: 999, currency: "USD" },
        refundId: Option.some(request.refundId),
      })
      const sent = (yield* stage.emulator.journal.requests).find(({ route }) => route === ofCapture)
      expect(sent?.headers["paypal-request-id"]).toBe(request.refundId)
      expect(JSON.parse(sent?.body ?? "")).toEqual({
        amount: { currency_code: "USD", value: "9.99" },
        custom_id: request.refundId,
        note_to_payer: "The customer asked for it",
      })
    }),
  )

  it.live("of a subscription's charge goes to the older API, with the same key, and happens once", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("subscription")
      const request = yield* Sample.refundRequest(moneyId, { amount: Option.some(Money.make(400, "EUR")) })
      const first = yield* stage.provider.refund(request)
      expect(first).toMatchObject({ amount: { amount: 400, currency: "EUR" }, refundId: Option.some(request.refundId) })
      expect((yield* stage.provider.refund(request)).providerRefundId).toBe(first.providerRefundId)
      const sent = (yield* stage.emulator.journal.requests).find(({ route }) => route === ofSale)
      expect(sent?.headers["paypal-request-id"]).toBe(request.refundId)
      expect((yield* stage.emulator.refunds).length).toBe(1)
      const found = yield* stage.provider.findRefund({
        ...request,
        providerRefundId: Option.some(first.providerRefundId),
      })
      expect(found).toMatchObject({ value: { providerRefundId: first.providerRefundId, state: "succeeded" } })
    }),
  )

  it.live("of a subscription's whole charge is shown on the subscription's session", () =>
    Effect.gen(function* () {
      const { moneyId, sessionId, stage } = yield* paid("subscription")
      yield* stage.provider.refund(yield* Sample.refundRequest(moneyId))
      expect(yield* stage.provider.findSession({ _tag: "BySessionId", sessionId, mode: "subscription" })).toMatchObject(
        {
          value: { payments: [{ moneyId, state: "refunded" }] },
        },
      )
    }),
  )

  it.live("F36: whose answer was lost is an unknown outcome, and the same key gives the same refund", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("payment")
      const request = yield* Sample.refundRequest(moneyId)
      yield* stage.emulator.faults.add({ route: ofCapture, fault: Fault.reset({ apply: true }), times: 1 })
      expect(yield* Effect.flip(stage.provider.refund(request))).toMatchObject({ outcome: "unknown" })
      const refund = yield* stage.provider.refund(request)
      expect((yield* stage.emulator.refunds).map(({ id }) => id)).toEqual([refund.providerRefundId])
    }),
  )

  it.live("F67: that PayPal has not finished is pending, and can fail later", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("payment")
      yield* stage.emulator.simulate.refundOutcomes("PENDING")
      const request = yield* Sample.refundRequest(moneyId)
      const refund = yield* stage.provider.refund(request)
      expect(refund.state).toBe("pending")
      yield* Effect.orDie(stage.emulator.simulate.settleRefund(refund.providerRefundId, "FAILED"))
      const found = yield* stage.provider.findRefund({
        ...request,
        providerRefundId: Option.some(refund.providerRefundId),
      })
      expect(found).toMatchObject({ value: { state: "failed" } })
    }),
  )

  it.live("of what somebody else has refunded already is refused, with PayPal's code", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("payment")
      yield* Effect.orDie(stage.emulator.simulate.refund(moneyId))
      expect(yield* Effect.flip(stage.provider.refund(yield* Sample.refundRequest(moneyId)))).toMatchObject({
        _tag: "PermanentPaymentError",
        code: "CAPTURE_FULLY_REFUNDED",
      })
    }),
  )

  it.live("F41: that PayPal has made, but whose key it has forgotten, is found by our id and is a success", () =>
    Effect.gen(function* () {
      const { moneyId, sessionId, stage } = yield* paid("payment")
      const request = yield* Sample.refundRequest(moneyId)
      const issue = { name: "UNPROCESSABLE_ENTITY", details: [{ issue: "CAPTURE_FULLY_REFUNDED" }] }
      const amount = { currency_code: "USD", value: "24.99" }
      const order = {
        id: sessionId,
        status: "COMPLETED",
        purchase_units: [
          {
            payments: {
              captures: [{ id: moneyId, status: "REFUNDED", amount }],
              refunds: [
                { id: "OTHER", status: "COMPLETED", amount, custom_id: "re_other" },
                { id: "OURS", status: "COMPLETED", amount, custom_id: request.refundId },
              ],
            },
          },
        ],
      }
      yield* stage.emulator.faults.add({ route: ofCapture, fault: Fault.status(422, { body: issue }) })
      yield* stage.emulator.faults.add({
        route: "GET /v2/checkout/orders/:id",
        fault: Fault.status(200, { body: order }),
      })
      expect(yield* stage.provider.refund(request)).toMatchObject({ providerRefundId: "OURS", state: "succeeded" })
    }),
  )

  it.live("in a currency's decimals that PayPal does not have is refused, never rounded", () =>
    Effect.gen(function* () {
      const { moneyId, stage } = yield* paid("payment")
      const request = yield* Sample.refundRequest(moneyId, { amount: Option.some(Money.make(1_050, "HUF")) })
      expect(yield* Effect.flip(stage.provider.refund(request))).toMatchObject({
        reason: "amount_unrepresentable",
        outcome: "not_sent",
      })
      expect(yield* stage.emulator.journal.count(ofCapture)).toBe(0)
    }),
  )
})
