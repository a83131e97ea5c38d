/** What Acme answers, as far as it is read. A word may come that we do not know yet, so words stay text. */
import { Money } from "@payment-orchestrator/domain"
import { Schema } from "effect"

/** `{"amount": "24.99", "currency": "BRL"}`. One that makes no sense makes the whole answer unreadable. */
const Amount = Money.MoneyJson

const Transfer = Schema.Struct({ id: Schema.String, amount: Amount, fee: Amount, returned: Amount })
export type Transfer = typeof Transfer.Type

export const PaymentRequest = Schema.Struct({
  id: Schema.String,
  reference: Schema.String,
  status: Schema.String,
  amount: Amount,
  pay_url: Schema.String,
  expires_at: Schema.Int,
  transfer: Schema.NullOr(Transfer),
})
export type PaymentRequest = typeof PaymentRequest.Type
export const PaymentRequests = Schema.Struct({ payment_requests: Schema.Array(PaymentRequest) })

export const Return = Schema.Struct({
  id: Schema.String,
  reference: Schema.NullOr(Schema.String),
  transfer_id: Schema.String,
  status: Schema.String,
  amount: Amount,
})
export type Return = typeof Return.Type
export const Returns = Schema.Struct({ returns: Schema.Array(Return) })

export const Notice = Schema.Struct({
  id: Schema.String,
  kind: Schema.String,
  at: Schema.Int,
  payment_request: Schema.optionalKey(PaymentRequest),
  return: Schema.optionalKey(Return),
})
export type Notice = typeof Notice.Type
export const Notices = Schema.Struct({ notices: Schema.Array(Notice), next: Schema.NullOr(Schema.String) })

export const Problem = Schema.Struct({ error: Schema.Struct({ code: Schema.String, text: Schema.String }) })
