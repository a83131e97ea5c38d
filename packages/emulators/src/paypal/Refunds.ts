/**
 * Refunds, of captures (v2) and of the sales of subscriptions (v1), over one memory: what may be refunded, what a
 * refund changes, and how it ends when it was pending.
 */
import { Effect } from "effect"
import * as Amount from "./Amount.ts"
import { type Core, id } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as BillingViews from "./BillingViews.ts"
import * as Views from "./Views.ts"

export interface Asked {
  /** What remains when absent. */
  readonly amount: Amount.Amount | undefined
  readonly custom_id: string | undefined
  readonly invoice_id: string | undefined
  readonly note: string | undefined
  /** @default REFUNDED */
  readonly what?: What
}

const captureStatus = (capture: Model.Capture, refunded: Amount.Amount): Model.CaptureStatus => {
  if (Amount.minor(refunded) === 0n) return "COMPLETED"
  return Amount.minor(refunded) >= Amount.minor(capture.amount) ? "REFUNDED" : "PARTIALLY_REFUNDED"
}

const saleState = (sale: Model.Sale, refunded: Amount.Amount): Model.Sale["state"] => {
  if (Amount.minor(refunded) === 0n) return "completed"
  return Amount.minor(refunded) >= Amount.minor(sale.amount) ? "refunded" : "partially_refunded"
}

/** Adds to (or, negative, takes from) what has been refunded of a payment. */
const book = Effect.fnUntraced(function* (core: Core, of: Model.Refund["of"], amount: Amount.Amount) {
  const updatedAt = yield* core.clock.now
  if (of.kind === "capture") {
    const capture = core.memory.captures.get(of.id)
    if (capture === undefined) return
    const refunded = Amount.add(capture.refunded, amount)
    core.memory.captures.set(of.id, { ...capture, refunded, status: captureStatus(capture, refunded), updatedAt })
  } else {
    const sale = core.memory.sales.get(of.id)
    if (sale === undefined) return
    const refunded = Amount.add(sale.refunded, amount)
    core.memory.sales.set(of.id, { ...sale, refunded, state: saleState(sale, refunded), updatedAt })
  }
})

/** `REVERSED` is what PayPal took back by itself, for the buyer's bank. */
export type What = "REFUNDED" | "REVERSED"

const tell = Effect.fnUntraced(function* (core: Core, refund: Model.Refund, what: What = "REFUNDED") {
  if (refund.of.kind === "capture") {
    yield* core.emit({
      type: `PAYMENT.CAPTURE.${what}`,
      resourceType: "refund",
      resourceVersion: "2.0",
      summary: what === "REFUNDED" ? "Payment refunded" : "Payment reversed",
      resource: Views.refund(core, refund),
      transactionIds: [refund.id, refund.of.id],
    })
  } else {
    yield* core.emit({
      type: `PAYMENT.SALE.${what}`,
      resourceType: "refund",
      resourceVersion: "1.0",
      summary: what === "REFUNDED" ? "A sale payment was refunded" : "A sale payment was reversed",
      resource: BillingViews.saleRefund(core, refund, "negative"),
      transactionIds: [refund.id, refund.of.id],
    })
  }
})

/** Makes a refund that has been found possible. */
export const make = Effect.fnUntraced(function* (
  core: Core,
  of: Model.Refund["of"],
  amount: Amount.Amount,
  already: Amount.Amount,
  asked: Asked,
  status: Model.Refund["status"],
): Effect.fn.Return<Model.Refund> {
  const refund: Model.Refund = {
    id: yield* id,
    of,
    status,
    amount,
    total: status === "FAILED" || status === "CANCELLED" ? already : Amount.add(already, amount),
    custom_id: asked.custom_id,
    invoice_id: asked.invoice_id,
    note: asked.note,
    createdAt: yield* core.clock.now,
  }
  core.memory.refunds.set(refund.id, refund)
  if (status === "COMPLETED" || status === "PENDING") yield* book(core, of, amount)
  if (status === "COMPLETED") yield* tell(core, refund, asked.what)
  return refund
})

/** Whether a dispute about this payment is open. */
export const disputed = (core: Core, transactionId: string): boolean =>
  [...core.memory.disputes.values()].some(
    (dispute) => dispute.transactionId === transactionId && dispute.status !== "RESOLVED",
  )

/** Refunds a capture, or says why not. `status` is how the refund comes out at once. */
export const capture = Effect.fnUntraced(function* (
  core: Core,
  captureId: string,
  asked: Asked,
  status: Model.Refund["status"],
): Effect.fn.Return<Model.Refund, Problem.Problem> {
  const found = core.memory.captures.get(captureId)
  if (found === undefined) return yield* Problem.unknownId("capture_id", captureId)
  if (found.status === "PENDING") {
    return yield* Problem.unprocessable(
      "PENDING_CAPTURE",
      "Cannot initiate a refund as the capture is pending. Capture is typically pending when the payer has funded the transaction using e-check/bank funded.",
    )
  }
  if (found.status === "DECLINED")
    return yield* Problem.unprocessable("REFUND_NOT_ALLOWED", "Capture cannot be refunded.")
  if (found.status === "REFUNDED") {
    return yield* Problem.unprocessable("CAPTURE_FULLY_REFUNDED", "The capture has already been fully refunded")
  }
  const left = Amount.subtract(found.amount, found.refunded)
  const amount = asked.amount ?? left
  if (amount.currency_code !== found.amount.currency_code) {
    return yield* Problem.unprocessable(
      "REFUND_CAPTURE_CURRENCY_MISMATCH",
      "Refund must be in the same currency as the capture",
      { field: "/amount/currency_code", value: amount.currency_code, location: "body" },
    )
  }
  if (Amount.minor(amount) > Amount.minor(left)) {
    return yield* Problem.unprocessable(
      "REFUND_AMOUNT_EXCEEDED",
      "The refund amount must be less than or equal to the capture amount that has not yet been refunded.",
      { field: "/amount/value", value: amount.value, location: "body" },
    )
  }
  if (Amount.minor(amount) < Amount.minor(found.amount) && disputed(core, captureId)) {
    return yield* Problem.unprocessable(
      "TRANSACTION_DISPUTED",
      "Partial refunds cannot be offered at this time because there is an open case on this transaction. Visit the PayPal Resolution Center to review this case.",
    )
  }
  return yield* make(core, { kind: "capture", id: captureId }, amount, found.refunded, asked, status)
})

/** Refunds one charge of a subscription, or says why not, with the names of the v1 API. */
export const sale = Effect.fnUntraced(function* (
  core: Core,
  saleId: string,
  asked: Asked,
  status: Model.Refund["status"],
): Effect.fn.Return<Model.Refund, Problem.Problem> {
  const found = core.memory.sales.get(saleId)
  if (found === undefined) {
    return yield* Problem.legacy(404, "INVALID_RESOURCE_ID", "Requested resource ID was not found.")
  }
  if (found.state === "pending" || found.state === "denied") {
    return yield* Problem.legacy(400, "TRANSACTION_REFUSED", "This transaction cannot be refunded.")
  }
  if (found.state === "refunded") {
    return yield* Problem.legacy(
      400,
      "TRANSACTION_ALREADY_REFUNDED",
      "The requested transaction has already been fully refunded.",
    )
  }
  const left = Amount.subtract(found.amount, found.refunded)
  const amount = asked.amount ?? left
  if (amount.currency_code !== found.amount.currency_code) {
    return yield* Problem.legacy(400, "CURRENCY_MISMATCH", "The currency of the refund must be that of the sale.")
  }
  if (Amount.minor(amount) > Amount.minor(left)) {
    return yield* Problem.legacy(
      400,
      "REFUND_EXCEEDED_TRANSACTION_AMOUNT",
      "The refund exceeds what is left of the transaction.",
    )
  }
  return yield* make(core, { kind: "sale", id: saleId }, amount, found.refunded, asked, status)
})

/** Ends a pending refund. A failed one gives its amount back to the payment. */
export const settle = Effect.fnUntraced(function* (
  core: Core,
  refundId: string,
  status: "COMPLETED" | "FAILED" | "CANCELLED",
): Effect.fn.Return<Model.Refund, Problem.Problem> {
  const refund = core.memory.refunds.get(refundId)
  if (refund === undefined) return yield* Problem.unknownId("refund_id", refundId)
  if (refund.status !== "PENDING" && !(refund.status === "COMPLETED" && status === "FAILED")) {
    return yield* Problem.unprocessable("REFUND_NOT_PENDING", `The refund is ${refund.status}.`)
  }
  const failed = status !== "COMPLETED"
  const negative = Amount.of(refund.amount.currency_code, -Amount.minor(refund.amount))
  const next = { ...refund, status, total: failed ? Amount.add(refund.total, negative) : refund.total }
  core.memory.refunds.set(refundId, next)
  if (failed) yield* book(core, refund.of, negative)
  else yield* tell(core, next)
  return next
})
