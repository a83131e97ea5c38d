/** Money that goes back: captures by Payments v2, the charges of subscriptions (sales) by Payments v1. */
import { PaymentError, type Refund } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import * as Amounts from "./internal/Amounts.ts"
import { name } from "./internal/Name.ts"
import * as Opening from "./internal/Opening.ts"
import * as Requests from "./internal/Requests.ts"
import { refundOf, refundState, type Seen } from "./internal/Snapshots.ts"
import * as Texts from "./internal/Texts.ts"
import * as Wire from "./internal/Wire.ts"
import { badResponse, orNone, type PayPalClient } from "./PayPalClient.ts"

type Find = Refund.RefundRequest & { readonly providerRefundId: Option.Option<string> }

export interface Refunds {
  readonly refund: (request: Refund.RefundRequest) => Effect.Effect<Refund.RefundSnapshot, PaymentError.PaymentError>
  /**
   * By PayPal's id; without one, by our refund id among the refunds of the capture's order. The refunds of a sale
   * cannot be listed: none then, and repeating the refund with its key (kept 45 days) is safe.
   */
  readonly find: (request: Find) => Effect.Effect<Option.Option<Refund.RefundSnapshot>, PaymentError.PaymentError>
}

/** Refused because everything went back already. v2, and the name of v1. */
const fullyRefunded: ReadonlySet<string> = new Set(["CAPTURE_FULLY_REFUNDED", "TRANSACTION_ALREADY_REFUNDED"])

/** None when the refund does not say how much. */
const fromV2 = (refund: Wire.Refund, seen: Seen): Option.Option<Refund.RefundSnapshot> =>
  Option.map(Amounts.unsigned(refund.amount), (amount) => ({
    provider: name,
    providerRefundId: refund.id,
    state: refundState(refund.status),
    amount,
    refundId: refundOf(refund.custom_id),
    fetchStartedAt: seen.startedAt,
    requestId: seen.requestId,
    rawState: refund.status,
  }))

const fromV1 = (refund: Wire.SaleRefund, seen: Seen): Option.Option<Refund.RefundSnapshot> =>
  Option.map(Amounts.fromV1(refund.amount), (amount) => ({
    provider: name,
    providerRefundId: refund.id,
    state: refundState(refund.state),
    amount,
    refundId: Option.none(),
    fetchStartedAt: seen.startedAt,
    requestId: seen.requestId,
    rawState: refund.state ?? "",
  }))

/** The order of a capture: by `supplementary_data`, else by the link `up`. */
const orderOf = (capture: Wire.Capture): Option.Option<string> => {
  const related = capture.supplementary_data?.related_ids?.order_id
  const up = /\/v2\/checkout\/orders\/([A-Za-z0-9-]+)$/.exec(Wire.linkOf(capture.links, "up") ?? "")?.[1]
  return Option.filter(Option.fromNullishOr(related ?? up), Texts.isId)
}

const told = (
  operation: "refund" | "findRefund",
  snapshot: Option.Option<Refund.RefundSnapshot>,
  seen: Seen,
): Effect.Effect<Refund.RefundSnapshot, PaymentError.TransientPaymentError> =>
  Effect.mapError(Effect.fromOption(snapshot), () =>
    badResponse(operation, "a refund without an amount that can be read", seen.requestId),
  )

export const make = (client: PayPalClient): Refunds => {
  const ofCapture = Effect.fnUntraced(function* (request: Refund.RefundRequest) {
    const amount = Option.isSome(request.amount) ? yield* Amounts.toWire("refund", request.amount.value) : undefined
    const note = Option.flatMap(request.reason, (reason) => Texts.cut(reason, 255))
    const body: Requests.Refund = {
      ...(amount === undefined ? {} : { amount }),
      custom_id: request.refundId,
      ...(Option.isSome(note) ? { note_to_payer: note.value } : {}),
    }
    const answer = yield* client.call(
      {
        operation: "refund",
        byId: true,
        request: Requests.post(`/v2/payments/captures/${request.moneyId}/refund`, body, {
          key: request.refundId,
          whole: true,
        }),
      },
      Wire.Refund,
    )
    return yield* told("refund", fromV2(answer.value, answer), answer)
  })

  const ofSale = Effect.fnUntraced(function* (request: Refund.RefundRequest) {
    const amount = Option.isSome(request.amount) ? yield* Amounts.toWire("refund", request.amount.value) : undefined
    const description = Option.flatMap(request.reason, (reason) => Texts.cut(reason, 255))
    const body: Requests.SaleRefund = {
      ...(amount === undefined ? {} : { amount: { total: amount.value, currency: amount.currency_code } }),
      ...(Option.isSome(description) ? { description: description.value } : {}),
    }
    const answer = yield* client.call(
      {
        operation: "refund",
        byId: true,
        request: Requests.post(`/v1/payments/sale/${request.moneyId}/refund`, body, { key: request.refundId }),
      },
      Wire.SaleRefund,
    )
    return yield* told("refund", fromV1(answer.value, answer), answer)
  })

  const v2ById = (id: string) =>
    orNone(
      client.call(
        { operation: "findRefund", byId: true, request: Requests.get(`/v2/payments/refunds/${id}`) },
        Wire.Refund,
      ),
    )

  const v1ById = (id: string) =>
    orNone(
      client.call(
        { operation: "findRefund", byId: true, request: Requests.get(`/v1/payments/refund/${id}`) },
        Wire.SaleRefund,
      ),
    )

  const byId = Effect.fnUntraced(function* (id: string) {
    if (!Texts.isId(id)) return Option.none()
    const ofCapture = yield* v2ById(id)
    if (Option.isSome(ofCapture)) {
      const { value } = ofCapture
      return Option.some(yield* told("findRefund", fromV2(value.value, value), value))
    }
    const ofSale = yield* v1ById(id)
    if (Option.isNone(ofSale)) return Option.none()
    return Option.some(yield* told("findRefund", fromV1(ofSale.value.value, ofSale.value), ofSale.value))
  })

  /** The refund of a capture that carries our refund id, by way of its order. */
  const byCustomId = Effect.fnUntraced(function* (operation: "refund" | "findRefund", request: Refund.RefundRequest) {
    const capture = yield* orNone(
      client.call(
        { operation, byId: true, request: Requests.get(`/v2/payments/captures/${request.moneyId}`) },
        Wire.Capture,
      ),
    )
    const orderId = Option.flatMap(capture, ({ value }) => orderOf(value))
    if (Option.isNone(orderId)) return Option.none()
    const order = yield* orNone(
      client.call({ operation, byId: true, request: Requests.get(`/v2/checkout/orders/${orderId.value}`) }, Wire.Order),
    )
    if (Option.isNone(order)) return Option.none()
    const ours = (order.value.value.purchase_units ?? [])
      .flatMap((unit) => unit.payments?.refunds ?? [])
      .find((refund) => refund.custom_id === request.refundId)
    return ours === undefined
      ? Option.none()
      : Option.some(yield* told(operation, fromV2(ours, order.value), order.value))
  })

  /** All went back already: a success when it was this very refund, told by an earlier answer that got lost. */
  const settle = (request: Refund.RefundRequest, error: PaymentError.PaymentError) =>
    Effect.flatMap(byCustomId("refund", request), (found) => Effect.mapError(Effect.fromOption(found), () => error))

  return {
    refund: (request) =>
      Texts.isId(request.moneyId)
        ? ofCapture(request).pipe(
            // which of the two it is shows only by asking
            Effect.catchIf(
              (error) => error.reason === "not_found",
              () => ofSale(request),
            ),
            Effect.catchIf(
              (error) => fullyRefunded.has(error.code ?? ""),
              (error) => settle(request, error),
            ),
            // the key is ours, so the answer is to this refund
            Effect.map((snapshot) => ({ ...snapshot, refundId: Option.some(request.refundId) })),
          )
        : Effect.fail(Opening.noSuch("refund")),
    find: (request) =>
      Option.isSome(request.providerRefundId)
        ? byId(request.providerRefundId.value)
        : Texts.isId(request.moneyId)
          ? byCustomId("findRefund", request)
          : Effect.succeedNone,
  }
}
