/**
 * Orders v2: create, show, capture, and what a buyer does to them on the page.
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import * as Amount from "./Amount.ts"
import * as Api from "./Api.ts"
import { type Core, id, type News } from "./Core.ts"
import * as Checks from "./Checks.ts"
import * as Idempotency from "./Idempotency.ts"
import type * as Model from "./Model.ts"
import * as OrderRequest from "./OrderRequest.ts"
import * as Problem from "./Problem.ts"
import * as Views from "./Views.ts"

const buyer: Model.Payer = {
  payer_id: "QYR5Z8XDVJNXQ",
  email_address: "buyer@example.com",
  name: { given_name: "Bea", surname: "Buyer" },
}

/** The order of this id, unless its time is over: then PayPal no longer knows it. */
export const find = Effect.fnUntraced(function* (
  core: Core,
  orderId: string,
): Effect.fn.Return<Model.Order, Problem.Problem> {
  const order = core.memory.orders.get(orderId)
  const now = yield* core.clock.now
  const over = order !== undefined && order.status !== "COMPLETED" && now >= order.createdAt + core.orderLife
  return order === undefined || over ? yield* Problem.unknownId("order_id", orderId) : order
})

const put = Effect.fnUntraced(function* (core: Core, order: Model.Order, change: Partial<Model.Order>) {
  const next = { ...order, ...change, updatedAt: yield* core.clock.now }
  core.memory.orders.set(order.id, next)
  return next
})

const news = (
  type: string,
  summary: string,
  resource: Checks.Fields,
  resourceType: string,
  ids: ReadonlyArray<string>,
): News => ({
  type,
  resourceType,
  resourceVersion: "2.0",
  summary,
  resource,
  transactionIds: ids,
})

/** The buyer agrees on the page. Approving twice is one approval; nothing is charged yet. */
export const approve = Effect.fnUntraced(function* (
  core: Core,
  orderId: string,
  outcomes: ReadonlyArray<Model.CaptureOutcome> = [],
): Effect.fn.Return<Model.Order, Problem.Problem> {
  const order = yield* find(core, orderId)
  if (order.status === "APPROVED") return order
  if (order.status === "COMPLETED" || order.status === "VOIDED") {
    return yield* Problem.unprocessable("ORDER_ALREADY_COMPLETED", "The order cannot be approved any more.")
  }
  const approved = yield* put(core, order, {
    status: "APPROVED",
    payer: buyer,
    outcomes: [...outcomes, ...order.outcomes],
  })
  yield* core.emit(
    news(
      "CHECKOUT.ORDER.APPROVED",
      "An order has been approved by buyer",
      Views.order(core, approved),
      "checkout-order",
      [orderId],
    ),
  )
  return approved
})

const captureNews: Readonly<Record<"COMPLETED" | "PENDING" | "DECLINED", readonly [type: string, summary: string]>> = {
  COMPLETED: ["PAYMENT.CAPTURE.COMPLETED", "Payment completed"],
  PENDING: ["PAYMENT.CAPTURE.PENDING", "Payment pending"],
  DECLINED: ["PAYMENT.CAPTURE.DECLINED", "A payment capture was declined"],
}

const refuse = Effect.fnUntraced(function* (core: Core, order: Model.Order, issue: string) {
  switch (issue) {
    case "INSTRUMENT_DECLINED": {
      // the buyer chooses another way to pay on the same page, and approves again
      const status = order.withSource ? "PAYER_ACTION_REQUIRED" : "CREATED"
      const waiting = yield* put(core, order, { status, payer: undefined })
      return yield* Problem.of(
        422,
        [
          {
            issue,
            description:
              "The instrument presented  was either declined by the processor or bank, or it can't be used for this payment.",
          },
        ],
        [{ href: Views.approvalUrl(core, waiting), rel: "redirect", method: "GET" }],
      )
    }
    case "PAYER_ACTION_REQUIRED":
      return yield* Problem.of(
        422,
        [{ issue, description: "Transaction cannot complete successfully, instruct the buyer to return to PayPal." }],
        [{ href: Views.approvalUrl(core, order), rel: "payer-action", method: "GET" }],
      )
    default:
      return yield* Problem.unprocessable(issue, "The request was refused.")
  }
})

const mockedOutcome = (code: string | undefined): Model.CaptureOutcome | undefined => {
  switch (code) {
    case "COMPLETED":
    case "PENDING":
    case "DECLINED":
    case "INSTRUMENT_DECLINED":
    case "TRANSACTION_REFUSED":
    case "PAYER_ACTION_REQUIRED":
      return { result: code }
    default:
      return undefined
  }
}

const collect = Effect.fnUntraced(function* (
  core: Core,
  order: Model.Order,
  mocked: Model.CaptureOutcome | undefined,
): Effect.fn.Return<Model.Order, Problem.Problem> {
  const [scripted, ...outcomes] = order.outcomes
  const outcome = mocked ?? scripted ?? { result: "COMPLETED" as const }
  const left = mocked === undefined ? yield* put(core, order, { outcomes }) : order
  const { result } = outcome
  if (result !== "COMPLETED" && result !== "PENDING" && result !== "DECLINED") return yield* refuse(core, left, result)
  const now = yield* core.clock.now
  const made: Array<Model.Capture> = []
  for (const unit of left.units) {
    made.push({
      id: yield* id,
      orderId: left.id,
      referenceId: unit.reference_id,
      status: result,
      reason: outcome.result === "PENDING" ? (outcome.reason ?? "PENDING_REVIEW") : undefined,
      amount: unit.amount,
      refunded: Amount.zero(unit.amount.currency_code),
      custom_id: unit.custom_id,
      invoice_id: unit.invoice_id,
      createdAt: now,
      updatedAt: now,
    })
  }
  for (const capture of made) core.memory.captures.set(capture.id, capture)
  const done = yield* put(core, left, { status: "COMPLETED" })
  const [type, summary] = captureNews[result]
  for (const capture of made) {
    yield* core.emit(news(type, summary, Views.capture(core, capture), "capture", [capture.id, done.id]))
  }
  if (result === "COMPLETED") {
    yield* core.emit(
      news("CHECKOUT.ORDER.COMPLETED", "Checkout Order Completed", Views.order(core, done), "checkout-order", [
        done.id,
      ]),
    )
  }
  return done
})

/** The routes of orders. */
export const routes = (core: Core, idempotency: Idempotency.Idempotency, { api }: Api.Maker) => {
  const show = (request: Parameters<Api.ApiHandler>[0], order: Model.Order) =>
    Api.full(request) ? Views.order(core, order) : Views.orderMinimal(core, order)

  return [
    api("POST", "/v2/checkout/orders", (request) =>
      Effect.gen(function* () {
        const key = yield* Api.requestId(request)
        return yield* idempotency.once({
          key,
          resource: "POST /v2/checkout/orders",
          life: Idempotency.life.orders,
          first: Effect.gen(function* () {
            yield* Api.mocked(request)
            const wanted = yield* OrderRequest.decode(yield* Api.bodyOf(request), key !== undefined)
            const now = yield* core.clock.now
            const order: Model.Order = {
              ...wanted,
              id: yield* id,
              status: wanted.withSource ? "PAYER_ACTION_REQUIRED" : "CREATED",
              payer: undefined,
              createdAt: now,
              updatedAt: now,
              outcomes: [],
            }
            core.memory.orders.set(order.id, order)
            return {
              answer: Answer.json(201, show(request, order)),
              again: Effect.map(find(core, order.id), (latest) => Answer.json(200, show(request, latest))),
            }
          }),
        })
      }),
    ),
    api("GET", "/v2/checkout/orders/:id", (request) =>
      Effect.map(find(core, request.params["id"] ?? ""), (order) => Answer.json(200, Views.order(core, order))),
    ),
    api("POST", "/v2/checkout/orders/:id/capture", (request) =>
      Effect.gen(function* () {
        const orderId = request.params["id"] ?? ""
        return yield* idempotency.once({
          key: yield* Api.requestId(request),
          resource: `POST /v2/checkout/orders/${orderId}/capture`,
          life: Idempotency.life.orders,
          first: Effect.gen(function* () {
            const mocked = mockedOutcome(Api.mockCode(request))
            if (mocked === undefined) yield* Api.mocked(request)
            const checks = Checks.make()
            Checks.object(checks, yield* Api.bodyOf(request), "payment_source", "")
            yield* Checks.settle(checks)
            const order = yield* find(core, orderId)
            if (order.intent !== "CAPTURE") {
              return yield* Problem.unprocessable(
                "ACTION_DOES_NOT_MATCH_INTENT",
                "Order was created with an intent to 'AUTHORIZE'. Please use v2/checkout/orders/order_id/authorize to complete the transaction or alternately Create an order with an intent of 'CAPTURE'.",
              )
            }
            if (order.status === "COMPLETED") {
              return yield* Problem.unprocessable(
                "ORDER_ALREADY_CAPTURED",
                "Order already captured.If 'intent=CAPTURE' only one capture per order is allowed.",
              )
            }
            if (order.status !== "APPROVED") {
              return yield* Problem.of(
                422,
                [
                  {
                    issue: "ORDER_NOT_APPROVED",
                    description:
                      "Payer has not yet approved the Order for payment. Please redirect the payer to the 'rel':'approve' url returned as part of the HATEOAS links within the Create Order call or provide a valid `payment_source` in the request.",
                  },
                ],
                [{ href: Views.approvalUrl(core, order), rel: "payer-action", method: "GET" }],
              )
            }
            const paid = new Set([...core.memory.captures.values()].map((capture) => capture.invoice_id))
            if (
              core.uniqueInvoices &&
              order.units.some(({ invoice_id }) => invoice_id !== undefined && paid.has(invoice_id))
            ) {
              return yield* Problem.unprocessable(
                "DUPLICATE_INVOICE_ID",
                "Duplicate Invoice ID detected. To avoid a potential duplicate transaction your account setting requires that Invoice Id be unique for each transaction.",
              )
            }
            const done = yield* collect(core, order, mocked)
            return {
              answer: Answer.json(201, show(request, done)),
              again: Effect.map(find(core, orderId), (latest) => Answer.json(200, show(request, latest))),
            }
          }),
        })
      }),
    ),
  ]
}
