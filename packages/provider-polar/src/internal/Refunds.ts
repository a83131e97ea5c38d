/**
 * Refunds. Polar keeps no idempotency keys: our refund id travels as metadata, and a refund that is there already is
 * never asked for again.
 */
import { HttpFailure, Money, Text, type Operation, type PaymentError, type Refund } from "@payment-orchestrator/domain"
import type { models } from "@polar-sh/sdk/2026-10"
import { getOrders } from "@polar-sh/sdk/2026-10/services/orders"
import { createRefunds, listRefunds } from "@polar-sh/sdk/2026-10/services/refunds"
import { Effect, Option, Schema } from "effect"
import type { Answer, Client } from "../PolarClient.ts"
import { uuid } from "../PolarConfig.ts"
import * as Currencies from "./Currencies.ts"
import { badResponse, notFound, notSent, provider } from "./errors.ts"
import * as RefundAmount from "./RefundAmount.ts"
import * as States from "./States.ts"
import * as Wire from "./Wire.ts"

const Refunds = Wire.page(Wire.Refund)
const mostPages = 5

/** Polar shows the comment to the merchant's people only; its length is not documented. */
const longestComment = 500

const Reason = Schema.Literals([
  "duplicate",
  "fraudulent",
  "customer_request",
  "service_disruption",
  "satisfaction_guarantee",
  "other",
])
const isReason: (text: string) => text is models.RefundCreate["reason"] = Schema.is(Reason)

/** One of Polar's own reasons if the text is one, else `customer_request` with the text as comment. */
const reasonOf = (text: Option.Option<string>): Pick<models.RefundCreate, "reason" | "comment"> => {
  const words = Text.fit(
    Option.getOrElse(text, () => ""),
    longestComment,
  )
  if (isReason(words)) return { reason: words }
  return { reason: "customer_request", ...(words === "" ? {} : { comment: words }) }
}

const refundable = (order: Wire.Order): RefundAmount.Refundable => ({
  netAmount: order.net_amount,
  taxAmount: order.tax_amount,
  leftNet: order.refundable_amount,
  leftTax: order.refundable_tax_amount ?? order.tax_amount - (order.refunded_tax_amount ?? 0),
})

const snapshotOf = (
  operation: Operation.Operation,
  refund: Wire.Refund,
  answer: Pick<Answer<unknown>, "startedAt" | "requestId">,
): Effect.Effect<Refund.RefundSnapshot, PaymentError.PaymentError> =>
  Option.match(Currencies.moneyOf(refund.amount + refund.tax_amount, refund.currency), {
    onNone: () => Effect.fail(badResponse(operation, "a refund whose amount makes no sense")),
    onSome: (amount) =>
      Effect.succeed({
        provider,
        providerRefundId: refund.id,
        state: States.refund(refund.status),
        amount,
        refundId: Wire.refundIdOf(refund),
        fetchStartedAt: answer.startedAt,
        requestId: answer.requestId,
        rawState: refund.status,
      }),
  })

/** The net to ask for, or why there is none. */
const netOf = (
  request: Refund.RefundRequest,
  order: Wire.Order,
): Effect.Effect<number, PaymentError.PermanentPaymentError> => {
  const left = refundable(order)
  if (left.leftNet <= 0) return Effect.fail(notSent("refund", "invalid_arguments", "nothing is left to give back"))
  if (Option.isNone(request.amount)) return Effect.succeed(left.leftNet)
  const wanted = request.amount.value
  if (wanted.currency !== order.currency.toUpperCase()) {
    return Effect.fail(notSent("refund", "invalid_arguments", `the payment is in ${order.currency.toUpperCase()}`))
  }
  const gross = Currencies.unitsOf(wanted)
  if (Option.isNone(gross)) return Effect.fail(notSent("refund", "amount_unrepresentable"))
  if (gross.value > left.leftNet + left.leftTax) {
    const rest = Currencies.moneyOf(left.leftNet + left.leftTax, order.currency)
    const words = Option.match(rest, { onNone: () => "less", onSome: Money.toDecimal })
    return Effect.fail(notSent("refund", "invalid_arguments", `only ${words} ${wanted.currency} is left to give back`))
  }
  const net = RefundAmount.netOf(left, gross.value)
  return net > 0
    ? Effect.succeed(net)
    : Effect.fail(notSent("refund", "amount_unrepresentable", "with its tax even the smallest refund is more"))
}

export const make = (client: Client) => {
  const search = Effect.fnUntraced(function* (
    operation: "refund" | "findRefund",
    orderId: string,
    fits: (refund: Wire.Refund) => boolean,
  ): Effect.fn.Return<Option.Option<Refund.RefundSnapshot>, PaymentError.PaymentError> {
    for (let page = 1; page <= mostPages; page++) {
      const answer = yield* client.call(operation, Refunds, "a list of refunds", (core) =>
        listRefunds(core)({ order_id: orderId, page, limit: 100 }),
      )
      const found = answer.value.items.find(fits)
      if (found !== undefined) return Option.some(yield* snapshotOf(operation, found, answer))
      if (page >= answer.value.pagination.max_page) return Option.none()
    }
    return yield* notSent(operation, "not_supported", `more than ${mostPages * 100} refunds of one order`)
  })

  const findRefund = (
    request: Refund.RefundRequest & { readonly providerRefundId: Option.Option<string> },
    operation: "refund" | "findRefund" = "findRefund",
  ) =>
    uuid.test(request.moneyId)
      ? search(
          operation,
          request.moneyId,
          (refund) =>
            Option.contains(request.providerRefundId, refund.id) ||
            Option.contains(Wire.refundIdOf(refund), request.refundId),
        )
      : Effect.succeedNone

  /** The order, unless the refund is there already. */
  const prepare = Effect.fnUntraced(function* (request: Refund.RefundRequest) {
    const order = yield* client.call("refund", Wire.Order, "an order", (core) => getOrders(core)(request.moneyId))
    const earlier = yield* findRefund({ ...request, providerRefundId: Option.none() }, "refund")
    return { order: order.value, earlier }
  }, Effect.mapError(HttpFailure.beforehand))

  /**
   * Gives money back. One that is found by our refund id is answered as it is. `RefundedAlready` is read back once
   * more, because the refund that used it all up may be ours.
   */
  const refund = Effect.fnUntraced(function* (
    request: Refund.RefundRequest,
  ): Effect.fn.Return<Refund.RefundSnapshot, PaymentError.PaymentError> {
    if (!uuid.test(request.moneyId)) return yield* notFound("refund")
    const { earlier, order } = yield* prepare(request)
    if (Option.isSome(earlier)) return earlier.value
    const amount = yield* netOf(request, order)
    return yield* client
      .call("refund", Wire.Refund, "a refund", (core) =>
        createRefunds(core)({
          order_id: request.moneyId,
          amount,
          ...reasonOf(request.reason),
          metadata: { refund_id: request.refundId },
          revoke_benefits: false,
        }),
      )
      .pipe(
        Effect.flatMap((answer) => snapshotOf("refund", answer.value, answer)),
        Effect.catchIf(
          (error) => error.code === "RefundedAlready",
          (error) =>
            Effect.flatMap(
              findRefund({ ...request, providerRefundId: Option.none() }, "refund"),
              Option.match({ onNone: () => Effect.fail(error), onSome: Effect.succeed }),
            ),
        ),
      )
  })

  return { refund, findRefund: (request: Parameters<typeof findRefund>[0]) => findRefund(request) }
}
