/** Acme's objects in our words. */
import { type HttpCall, Id, type Refund, type Session } from "@payment-orchestrator/domain"
import { Option, Schema } from "effect"
import { name } from "./AcmeClient.ts"
import type * as Wire from "./Wire.ts"

const sessionStates: { readonly [status: string]: Session.SessionState | undefined } = {
  CONFIRMING: "processing",
  SETTLED: "completed",
  LAPSED: "expired",
  WITHDRAWN: "expired",
}

/** A word that Acme adds one day closes nothing: the request counts as open until it says more. */
export const sessionState = (status: string): Session.SessionState => sessionStates[status] ?? "open"

export const refundState = (status: string): Refund.RefundState =>
  status === "DONE" ? "succeeded" : status === "REJECTED" ? "failed" : "pending"

export const attemptOf = Schema.decodeUnknownOption(Id.AttemptId)

const payment = ({ amount, fee, id, returned }: Wire.Transfer): Session.MoneySnapshot => ({
  moneyId: id,
  state: returned.amount === 0 ? "completed" : returned.amount < amount.amount ? "partially_refunded" : "refunded",
  gross: amount,
  fee: Option.some(fee),
  tax: Option.none(),
  net: Option.none(),
})

export const session = ({ value, ...seen }: HttpCall.Answer<Wire.PaymentRequest>): Session.SessionSnapshot => ({
  ...seen,
  provider: name,
  sessionId: value.id,
  mode: "payment",
  state: sessionState(value.status),
  url: Option.some(value.pay_url),
  attemptId: attemptOf(value.reference),
  payments: value.transfer === null ? [] : [payment(value.transfer)],
  subscriptionId: Option.none(),
  expiresAt: Option.some(value.expires_at * 1000),
  rawState: value.status,
})

export const refund = ({ value, ...seen }: HttpCall.Answer<Wire.Return>): Refund.RefundSnapshot => ({
  ...seen,
  provider: name,
  providerRefundId: value.id,
  state: refundState(value.status),
  amount: value.amount,
  refundId: Schema.decodeUnknownOption(Id.RefundId)(value.reference),
  rawState: value.status,
})
