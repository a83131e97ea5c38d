/**
 * Refunds. Amounts exclude tax: Polar gives the proportional tax back on top. No idempotency: a repeat refunds again.
 *
 * Source: `server/polar/refund/service.py` of Polar's open-source server.
 */
import { Result } from "effect"
import * as Input from "./Input.ts"
import type { Order, Refund } from "./Model.ts"
import * as OrderView from "./OrderView.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import { roundEven } from "./Totals.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const reasons = ["duplicate", "fraudulent", "customer_request", "service_disruption", "satisfaction_guarantee", "other"]

const taxOf = (order: Order, amount: number): number =>
  amount === order.net_amount - order.refunded_amount
    ? order.tax_amount - order.refunded_tax_amount
    : roundEven((amount * order.tax_amount) / order.net_amount)

const restate = (turn: Turn, order: Order, ...types: ReadonlyArray<string>) => {
  order.modified_at = turn.now
  order.status =
    order.refunded_amount === 0
      ? "paid"
      : order.refunded_amount === order.net_amount
        ? "refunded"
        : "partially_refunded"
  for (const type of ["order.updated", ...types]) turn.happened.push({ type, data: OrderView.order(turn, order) })
}

/** Gives back part or all of an order. */
export const create = (turn: Turn, body: Input.Json): Outcome<Refund> =>
  Result.gen(function* () {
    const collector = Input.collect(body)
    for (const key of ["order_id", "reason", "amount"]) collector.required(key)
    Input.notNull(collector, body, { order_id: "uuid", reason: "string", amount: "integer" })
    const input = yield* Input.settle(collector, {
      orderId: collector.uuid("order_id") ?? "",
      reason: collector.oneOf("reason", reasons) ?? "",
      amount: collector.integer("amount", { above: 0 }) ?? 0,
      comment: collector.string("comment"),
      revokeBenefits: collector.boolean("revoke_benefits") ?? false,
      metadata: collector.metadata("metadata") ?? {},
    })
    const order = turn.state.orders.get(input.orderId)
    if (order === undefined) return yield* Result.fail(Problem.field(["order_id"], "Order not found", input.orderId))
    if (order.disputed) return yield* Result.fail(Problem.refundDisputed(order.id))
    if (order.net_amount + order.tax_amount === 0) return yield* Result.fail(Problem.refundUnknownPayment(order.id))
    const left = order.net_amount - order.refunded_amount
    if (left === 0) return yield* Result.fail(Problem.refundedAlready(order.id))
    if (input.revokeBenefits && order.subscription_id !== null) return yield* Result.fail(Problem.revokeProhibited)
    if (input.amount > left) {
      const msg = `Refund amount exceeds refundable amount: ${left}`
      return yield* Result.fail(Problem.field(["amount"], msg, input.amount))
    }
    const refund: Refund = {
      id: turn.ids.uuid(),
      created_at: turn.now,
      modified_at: null,
      status: turn.settings.refundStatus,
      reason: input.reason,
      amount: input.amount,
      tax_amount: taxOf(order, input.amount),
      currency: order.currency,
      order_id: order.id,
      subscription_id: order.subscription_id,
      customer_id: order.customer_id,
      revoke_benefits: input.revokeBenefits,
      metadata: input.metadata,
    }
    turn.state.refunds.set(refund.id, refund)
    order.refunded_amount += refund.amount
    order.refunded_tax_amount += refund.tax_amount
    turn.happened.push({ type: "refund.created", data: OrderView.refund(turn, refund) })
    restate(turn, order, ...(refund.status === "succeeded" ? ["order.refunded"] : []))
    return refund
  })

/** Ends a pending refund; a failed one frees its amount again. */
export const settle = (turn: Turn, refund: Refund, status: "succeeded" | "failed"): Outcome<Refund> => {
  const order = turn.state.orders.get(refund.order_id)
  if (refund.status !== "pending" || order === undefined) return Result.fail(Problem.notFound)
  refund.status = status
  refund.modified_at = turn.now
  if (status === "failed") {
    order.refunded_amount -= refund.amount
    order.refunded_tax_amount -= refund.tax_amount
  }
  turn.happened.push({ type: "refund.updated", data: OrderView.refund(turn, refund) })
  restate(turn, order, ...(status === "succeeded" ? ["order.refunded"] : []))
  return Result.succeed(refund)
}
