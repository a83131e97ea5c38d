/**
 * Payments: captures and refunds (v2), sales of subscriptions and their refunds (v1).
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import type { Request } from "../Emulator.ts"
import * as Api from "./Api.ts"
import * as Checks from "./Checks.ts"
import type { Core } from "./Core.ts"
import * as Idempotency from "./Idempotency.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as Refunds from "./Refunds.ts"
import * as BillingViews from "./BillingViews.ts"
import * as Views from "./Views.ts"

/** How the next refunds come out; empty = COMPLETED. */
export type RefundOutcomes = Array<Model.Refund["status"]>

const asked = Effect.fnUntraced(function* (request: Request): Effect.fn.Return<Refunds.Asked, Problem.Problem> {
  const body = yield* Api.bodyOf(request)
  const checks = Checks.make()
  const wanted = {
    amount: Checks.amount(checks, body, "amount", ""),
    custom_id: Checks.text(checks, body, "custom_id", "", { min: 1, max: 127, pattern: Checks.oneLine }),
    invoice_id: Checks.text(checks, body, "invoice_id", "", { min: 1, max: 127, pattern: Checks.oneLine }),
    note: Checks.text(checks, body, "note_to_payer", "", { min: 1, max: 255, pattern: Checks.oneLine }),
  }
  yield* Checks.settle(checks)
  return wanted
})

/** `{"amount":{"total":"1.00","currency":"EUR"}}`, as the v1 API has it. */
const askedV1 = Effect.fnUntraced(function* (request: Request): Effect.fn.Return<Refunds.Asked, Problem.Problem> {
  const body = yield* Api.bodyOf(request)
  const checks = Checks.make()
  const raw = Checks.object(checks, body, "amount", "")
  const amount =
    raw === undefined
      ? undefined
      : Checks.amount(checks, { amount: { currency_code: raw["currency"], value: raw["total"] } }, "amount", "")
  const wanted = {
    amount,
    custom_id: undefined,
    invoice_id: Checks.text(checks, body, "invoice_number", "", { max: 127 }),
    note: Checks.text(checks, body, "description", "", { max: 255 }),
  }
  const found = [...checks.syntax, ...checks.meaning]
  return found.length > 0
    ? yield* Problem.legacy(400, "VALIDATION_ERROR", "Invalid request - see details", found)
    : wanted
})

/** A capture that was pending ends. */
export const settleCapture = Effect.fnUntraced(function* (
  core: Core,
  captureId: string,
  status: "COMPLETED" | "DECLINED",
): Effect.fn.Return<Model.Capture, Problem.Problem> {
  const capture = core.memory.captures.get(captureId)
  if (capture === undefined) return yield* Problem.unknownId("capture_id", captureId)
  if (capture.status !== "PENDING") {
    return yield* Problem.unprocessable("CAPTURE_NOT_PENDING", `The capture is ${capture.status}.`)
  }
  const next: Model.Capture = { ...capture, status, reason: undefined, updatedAt: yield* core.clock.now }
  core.memory.captures.set(captureId, next)
  yield* core.emit({
    type: status === "COMPLETED" ? "PAYMENT.CAPTURE.COMPLETED" : "PAYMENT.CAPTURE.DENIED",
    resourceType: "capture",
    resourceVersion: "2.0",
    summary: status === "COMPLETED" ? "Payment completed" : "Payment denied",
    resource: Views.capture(core, next),
    transactionIds: [captureId, capture.orderId],
  })
  return next
})

const known = <A>(map: ReadonlyMap<string, A>, request: Request, field: string): Effect.Effect<A, Problem.Problem> => {
  const id = request.params["id"] ?? ""
  const found = map.get(id)
  return found === undefined ? Effect.fail(Problem.unknownId(field, id)) : Effect.succeed(found)
}

const latest = (core: Core, refund: Model.Refund): Model.Refund => core.memory.refunds.get(refund.id) ?? refund

/** The routes of payments. */
export const routes = (
  core: Core,
  idempotency: Idempotency.Idempotency,
  outcomes: RefundOutcomes,
  { api }: Api.Maker,
) => [
  api("GET", "/v2/payments/captures/:id", (request) =>
    Effect.map(known(core.memory.captures, request, "capture_id"), (capture) =>
      Answer.json(200, Views.capture(core, capture)),
    ),
  ),
  api("POST", "/v2/payments/captures/:id/refund", (request) =>
    Effect.gen(function* () {
      const id = request.params["id"] ?? ""
      const show = (refund: Model.Refund) =>
        Api.full(request) ? Views.refund(core, refund) : Views.refundMinimal(core, refund)
      return yield* idempotency.once({
        key: yield* Api.requestId(request),
        resource: `POST /v2/payments/captures/${id}/refund`,
        life: Idempotency.life.payments,
        first: Effect.gen(function* () {
          yield* Api.mocked(request)
          const refund = yield* Refunds.capture(core, id, yield* asked(request), outcomes[0] ?? "COMPLETED")
          outcomes.shift()
          return {
            answer: Answer.json(201, show(refund)),
            again: Effect.sync(() => Answer.json(200, show(latest(core, refund)))),
          }
        }),
      })
    }),
  ),
  api("GET", "/v2/payments/refunds/:id", (request) =>
    Effect.map(known(core.memory.refunds, request, "refund_id"), (refund) =>
      Answer.json(200, Views.refund(core, refund)),
    ),
  ),
  api("GET", "/v1/payments/sale/:id", (request) => {
    const sale = core.memory.sales.get(request.params["id"] ?? "")
    return sale === undefined
      ? Effect.fail(Problem.legacy(404, "INVALID_RESOURCE_ID", "Requested resource ID was not found."))
      : Effect.succeed(Answer.json(200, BillingViews.sale(core, sale)))
  }),
  api("POST", "/v1/payments/sale/:id/refund", (request) =>
    Effect.gen(function* () {
      const id = request.params["id"] ?? ""
      return yield* idempotency.once({
        key: yield* Api.requestId(request),
        resource: `POST /v1/payments/sale/${id}/refund`,
        life: Idempotency.life.payments,
        first: Effect.gen(function* () {
          const refund = yield* Refunds.sale(core, id, yield* askedV1(request), outcomes[0] ?? "COMPLETED")
          outcomes.shift()
          return {
            answer: Answer.json(201, BillingViews.saleRefund(core, refund, "positive")),
            again: Effect.sync(() => Answer.json(200, BillingViews.saleRefund(core, latest(core, refund), "positive"))),
          }
        }),
      })
    }),
  ),
  api("GET", "/v1/payments/refund/:id", (request) => {
    const refund = core.memory.refunds.get(request.params["id"] ?? "")
    return refund === undefined || refund.of.kind !== "sale"
      ? Effect.fail(Problem.legacy(404, "INVALID_RESOURCE_ID", "Requested resource ID was not found."))
      : Effect.succeed(Answer.json(200, BillingViews.saleRefund(core, refund, "positive")))
  }),
]
