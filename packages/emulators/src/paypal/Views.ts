/**
 * The JSON of orders, payments and disputes.
 */
import * as Amount from "./Amount.ts"
import type { Fields } from "./Checks.ts"
import { compact, type Core, iso, link } from "./Core.ts"
import type * as Model from "./Model.ts"

const payee = { email_address: "merchant@example.com", merchant_id: "C7CYMKZDG8D6E" }

export const approvalUrl = (core: Core, order: Model.Order): string => `${core.url}/checkoutnow?token=${order.id}`

const orderLinks = (core: Core, order: Model.Order) => {
  const self = `${core.url}/v2/checkout/orders/${order.id}`
  const links = [link(self, "self", "GET")]
  if (order.status === "CREATED" || order.status === "PAYER_ACTION_REQUIRED") {
    links.push(link(approvalUrl(core, order), order.withSource ? "payer-action" : "approve", "GET"))
    if (!order.withSource) links.push(link(self, "update", "PATCH"))
  }
  if ((order.status === "CREATED" && !order.withSource) || order.status === "APPROVED") {
    links.push(link(`${self}/capture`, "capture", "POST"))
  }
  return links
}

const payerOf = (payer: Model.Payer) => ({ ...payer, address: { country_code: "DE" } })

const sourceOf = (order: Model.Order): Fields | undefined => {
  if (order.payer !== undefined) {
    const { payer_id, email_address, name } = order.payer
    return {
      paypal: {
        email_address,
        account_id: payer_id,
        account_status: "VERIFIED",
        name,
        address: { country_code: "DE" },
      },
    }
  }
  return order.withSource ? { paypal: {} } : undefined
}

/** `return=minimal`: id, status and links. */
export const orderMinimal = (core: Core, order: Model.Order): Fields =>
  compact({ id: order.id, status: order.status, payment_source: sourceOf(order), links: orderLinks(core, order) })

const capturesOf = (core: Core, orderId: string, referenceId: string) =>
  [...core.memory.captures.values()].filter(
    (capture) => capture.orderId === orderId && capture.referenceId === referenceId,
  )

/** The captures of a unit, and the refunds of those captures. */
const payments = (core: Core, captures: ReadonlyArray<Model.Capture>): Fields => {
  const ids = new Set(captures.map(({ id }) => id))
  const refunds = [...core.memory.refunds.values()].filter(({ of }) => of.kind === "capture" && ids.has(of.id))
  return compact({
    captures: captures.map((one) => orderCapture(core, one)),
    refunds: refunds.length === 0 ? undefined : refunds.map((one) => refund(core, one)),
  })
}

/** The whole order, with what was captured and refunded of it. */
export const order = (core: Core, order: Model.Order): Fields =>
  compact({
    id: order.id,
    intent: order.intent,
    status: order.status,
    payment_source: sourceOf(order),
    purchase_units: order.units.map((unit) => {
      const captures = capturesOf(core, order.id, unit.reference_id)
      const { breakdown, ...echoed } = unit.echoed
      return compact({
        reference_id: unit.reference_id,
        amount: compact({ ...unit.amount, breakdown }),
        payee,
        description: unit.description,
        custom_id: unit.custom_id,
        invoice_id: unit.invoice_id,
        soft_descriptor: unit.soft_descriptor,
        ...echoed,
        payments: captures.length === 0 ? undefined : payments(core, captures),
      })
    }),
    payer: order.payer === undefined ? undefined : payerOf(order.payer),
    create_time: iso(order.createdAt),
    update_time: order.updatedAt === order.createdAt ? undefined : iso(order.updatedAt),
    links: orderLinks(core, order),
  })

/** A capture as its order shows it. */
const orderCapture = (core: Core, capture: Model.Capture): Fields => {
  const self = `${core.url}/v2/payments/captures/${capture.id}`
  const fee = Amount.fee(capture.amount)
  const received = capture.status !== "PENDING" && capture.status !== "DECLINED"
  return compact({
    id: capture.id,
    status: capture.status,
    status_details: capture.reason === undefined ? undefined : { reason: capture.reason },
    amount: capture.amount,
    final_capture: true,
    disbursement_mode: "INSTANT",
    seller_protection: { status: "ELIGIBLE", dispute_categories: ["ITEM_NOT_RECEIVED", "UNAUTHORIZED_TRANSACTION"] },
    seller_receivable_breakdown: received
      ? { gross_amount: capture.amount, paypal_fee: fee, net_amount: Amount.subtract(capture.amount, fee) }
      : undefined,
    invoice_id: capture.invoice_id,
    custom_id: capture.custom_id,
    create_time: iso(capture.createdAt),
    update_time: iso(capture.updatedAt),
    links: [
      link(self, "self", "GET"),
      link(`${self}/refund`, "refund", "POST"),
      link(`${core.url}/v2/checkout/orders/${capture.orderId}`, "up", "GET"),
    ],
  })
}

/** A capture by itself: it names its order. */
export const capture = (core: Core, capture: Model.Capture): Fields => ({
  ...orderCapture(core, capture),
  supplementary_data: { related_ids: { order_id: capture.orderId } },
})

const refundLinks = (core: Core, refund: Model.Refund) => [
  link(`${core.url}/v2/payments/refunds/${refund.id}`, "self", "GET"),
  refund.of.kind === "capture"
    ? link(`${core.url}/v2/payments/captures/${refund.of.id}`, "up", "GET")
    : link(`${core.url}/v1/payments/sale/${refund.of.id}`, "up", "GET"),
]

export const refundMinimal = (core: Core, refund: Model.Refund): Fields => ({
  id: refund.id,
  status: refund.status,
  links: refundLinks(core, refund),
})

export const refund = (core: Core, refund: Model.Refund): Fields =>
  compact({
    id: refund.id,
    status: refund.status,
    amount: refund.amount,
    invoice_id: refund.invoice_id,
    custom_id: refund.custom_id,
    note_to_payer: refund.note,
    seller_payable_breakdown: {
      gross_amount: refund.amount,
      paypal_fee: Amount.zero(refund.amount.currency_code),
      net_amount: refund.amount,
      total_refunded_amount: refund.total,
    },
    create_time: iso(refund.createdAt),
    update_time: iso(refund.createdAt),
    links: refundLinks(core, refund),
  })

export const dispute = (core: Core, dispute: Model.Dispute): Fields =>
  compact({
    dispute_id: dispute.id,
    create_time: iso(dispute.createdAt),
    update_time: iso(dispute.updatedAt),
    disputed_transactions: [
      compact({
        seller_transaction_id: dispute.transactionId,
        gross_amount: dispute.gross,
        custom: dispute.custom,
        invoice_number: dispute.invoice,
        seller: { email: payee.email_address, merchant_id: payee.merchant_id },
      }),
    ],
    reason: dispute.reason,
    status: dispute.status,
    dispute_amount: dispute.amount,
    dispute_life_cycle_stage: dispute.stage,
    dispute_channel: "INTERNAL",
    seller_response_due_date: dispute.status === "RESOLVED" ? undefined : iso(dispute.createdAt + 10 * 86_400_000),
    dispute_outcome:
      dispute.outcome === undefined ? undefined : { outcome_code: dispute.outcome, amount_refunded: dispute.amount },
    links: [link(`${core.url}/v1/customer/disputes/${dispute.id}`, "self", "GET")],
  })
