/**
 * Disputes. Polar deals with the bank; nothing tells the merchant of it but the list and the refusal of a refund.
 *
 * Source: `Dispute` of the public OpenAPI document and of the SDK.
 */
import { Result } from "effect"
import type { Dispute, Order } from "./Model.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"

/** The buyer's bank takes an order's money back; refunds of it are refused from now on. */
export const open = (turn: Turn, order: Order): Result.Result<Dispute, Problem.Problem> => {
  if (order.disputed) return Result.fail(Problem.refundDisputed(order.id))
  order.disputed = true
  const dispute: Dispute = {
    id: turn.ids.uuid(),
    created_at: turn.now,
    modified_at: null,
    status: "needs_response",
    amount: order.net_amount - order.refunded_amount,
    tax_amount: order.tax_amount - order.refunded_tax_amount,
    currency: order.currency,
    reason: "fraudulent",
    order_id: order.id,
  }
  turn.state.disputes.set(dispute.id, dispute)
  return Result.succeed(dispute)
}

/** The bank decides. */
export const close = (turn: Turn, dispute: Dispute, status: "won" | "lost"): void => {
  dispute.status = status
  dispute.modified_at = turn.now
  const order = turn.state.orders.get(dispute.order_id)
  if (order !== undefined && status === "won") order.disputed = false
}
