import { describe, expect, it } from "@effect/vitest"
import { Operation, PaymentError } from "@payment-orchestrator/domain"
import { Option, Result, Schema } from "effect"
import { codeOf, fromFailure, isOnlyAbout } from "../src/internal/errors.ts"
import type { Failure } from "../src/internal/Failure.ts"
import { judge } from "../src/PolarClient.ts"

const now = 1_700_000_000_000

const failed = (
  status: number,
  body: unknown,
  operation: Operation.Operation = "createCheckoutSession",
  retryAfter?: string,
) => fromFailure({ _tag: "Http", status, body, retryAfter, requestId: undefined }, operation, now)

const Items = Schema.Array(
  Schema.Struct({
    loc: Schema.Array(Schema.Union([Schema.String, Schema.Int])),
    msg: Schema.String,
    input: Schema.Unknown,
  }),
)

/** Bodies near to Polar's, and far from them. */
const Body = Schema.Union([
  Schema.String,
  Schema.Null,
  Schema.Finite,
  Schema.Struct({ error: Schema.Union([Schema.String, Schema.Finite]), detail: Schema.Union([Schema.String, Items]) }),
  Schema.Struct({
    error: Schema.Literals(["SubscriptionLocked", "CheckoutLocked", "RefundPendingCreation", "ResourceNotFound"]),
    detail: Schema.String,
  }),
  Schema.Struct({ detail: Items }),
  Schema.Array(Schema.Unknown),
])

describe("an answer of Polar with a status of 400 or more", () => {
  it.prop(
    "has an error of the right kind, whatever the status, the body, the operation and Retry-After",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 400, maximum: 599 })),
      Body,
      Operation.Operation,
      Schema.UndefinedOr(Schema.String),
    ],
    ([status, body, operation, retryAfter]) => {
      const error = failed(status, body, operation, retryAfter)
      expect(PaymentError.isPaymentError(error)).toBe(true)
      expect(error).toMatchObject({ provider: "polar", operation, status })
      expect(error.detail?.length ?? 0).toBeLessThanOrEqual(300)
      const locked = status === 409 && error.reason === "in_progress"
      const transient = status >= 500 || status === 408 || status === 425 || status === 429 || locked
      expect(error._tag).toBe(transient ? "TransientPaymentError" : "PermanentPaymentError")
      if (!transient || status === 425 || status === 429) expect(error.outcome).toBe("refused")
      else expect(error.outcome).toBe("unknown")
      if (status === 429) expect(error.reason).toBe("rate_limited")
      else if (transient && !locked) expect(error.reason).toBe("http")
      if (status === 401) expect([error.reason, error.detail]).toEqual(["credentials_refused", undefined])
    },
    { arbitrary: { runs: 3_000 } },
  )

  it("that says what is wrong is quoted: Polar's name of the error as code, its words as detail", () => {
    expect(failed(403, { error: "RefundsBlocked", detail: "Refunds are blocked" })).toMatchObject({
      reason: "http",
      code: "RefundsBlocked",
      detail: "Refunds are blocked",
    })
    const items = [
      { type: "value_error", loc: ["body", "products", 0], msg: "Product does not exist.", input: "x@y.z" },
    ]
    const error = failed(422, { error: "PolarRequestValidationError", detail: items })
    expect(error.detail).toBe("body.products.0: Product does not exist.")
    expect(failed(422, { error: "CheckoutCustomerExternalIdMismatch", detail: "text" }).detail).toBe("text")
  })

  it("that is the page of a firewall is not quoted", () => {
    expect(failed(403, "<!doctype html><title>Blocked</title>")).not.toHaveProperty("detail")
  })

  it("is quoted by whole characters, and never beyond 300", () => {
    const detail = failed(400, { error: "E", detail: `${"a".repeat(299)}😀` }).detail
    expect(detail).toBe("a".repeat(299))
    expect(failed(400, { error: "E", detail: "lone \ud83d\u0000 end" }).detail).toBe("lone \ufffd  end")
  })

  it("F6: that asks to wait for a day or a far date is believed for an hour, nonsense not at all", () => {
    expect(failed(429, {}, "refund", "7")).toMatchObject({ retryAfterMillis: 7_000 })
    expect(failed(429, {}, "refund", "86400")).toMatchObject({ retryAfterMillis: 3_600_000 })
    expect(failed(429, {}, "refund", "Tue, 14 Nov 2023 22:14:20 GMT")).toMatchObject({ retryAfterMillis: 60_000 })
    expect(failed(429, {}, "refund", "soon")).not.toHaveProperty("retryAfterMillis")
  })

  it("F7: that says the same thing is being worked on is in progress; any other 409 is final", () => {
    for (const error of ["SubscriptionLocked", "CheckoutLocked", "RefundPendingCreation"]) {
      expect(failed(409, { error, detail: "" }, "cancelSubscription")).toMatchObject({
        _tag: "TransientPaymentError",
        reason: "in_progress",
        outcome: "unknown",
      })
    }
    expect(failed(409, { error: "SubscriptionNotScheduledToCancel" })).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "http",
    })
  })

  it("is not_found only when Polar names the missing object, never for a path that is not there", () => {
    expect(failed(404, { error: "ResourceNotFound", detail: "Not found" }, "findSession").reason).toBe("not_found")
    expect(failed(404, { error: "ResourceNotFound", detail: "Not found" }).reason).toBe("http")
    expect(failed(404, { detail: "Not Found" }, "findSession").reason).toBe("http")
    expect(failed(404, "<html>", "getSubscription").reason).toBe("http")
  })
})

const network = (sent: boolean): Failure => ({ _tag: "Network", sent, code: "ECONNRESET" })

describe("no answer of Polar", () => {
  it("F1: over a connection that was never ready is not_sent; over one that was, unknown", () => {
    expect(fromFailure(network(false), "refund", now)).toMatchObject({ reason: "network", outcome: "not_sent" })
    expect(fromFailure(network(true), "refund", now)).toMatchObject({
      reason: "network",
      outcome: "unknown",
      code: "ECONNRESET",
    })
  })

  it("because the request could not be built is final and not_sent", () => {
    expect(fromFailure({ _tag: "NotBuilt" }, "refund", now)).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "invalid_arguments",
      outcome: "not_sent",
    })
  })
})

const reply = (status: number, text: string) => judge({ _tag: "Reply", status, headers: {}, body: text })

describe("the reading of an answer", () => {
  it.prop(
    "takes nothing for a success but a 2xx with a JSON object",
    [Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 999 })), Schema.Union([Schema.String, Schema.Unknown])],
    ([status, body]) => {
      const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "")
      const judged = reply(status, text)
      if (Result.isSuccess(judged)) {
        expect(status).toBeGreaterThanOrEqual(200)
        expect(status).toBeLessThan(300)
        expect(typeof JSON.parse(text)).toBe("object")
        return
      }
      const error = fromFailure(judged.failure, "createCheckoutSession", now)
      expect(PaymentError.isPaymentError(error)).toBe(true)
      if (status < 400) expect([error.reason, error.outcome]).toEqual(["bad_response", "unknown"])
    },
    { arbitrary: { runs: 2_000 } },
  )

  it("F5: calls an empty answer, null, a number and a redirect no success", () => {
    for (const text of ["", "null", "17", "<html>", '{"id":']) expect(Result.isFailure(reply(200, text))).toBe(true)
    expect(Result.isFailure(reply(302, "{}"))).toBe(true)
  })
})

const item = (...loc: ReadonlyArray<string | number>) => ({ type: "value_error", loc, msg: "m", input: {} })
const body = (...detail: ReadonlyArray<object>) => ({ error: "RequestValidationError", detail })

describe("what a body tells", () => {
  it("is the error's name, or nothing", () => {
    expect(codeOf({ error: "NotOpenCheckout" })).toEqual(Option.some("NotOpenCheckout"))
    expect(codeOf("NotOpenCheckout")).toEqual(Option.none())
    expect(codeOf({ error: 17 })).toEqual(Option.none())
  })

  it("is whether one field alone is wrong, also when the older forms of the body are complained about", () => {
    const ours = item("body", "CheckoutProductsCreate", "customer_email")
    const older = [
      item("body", "CheckoutProductCreate", "customer_email"),
      item("body", "CheckoutProductCreate", "product_id"),
      item("body", "CheckoutPriceCreate", "product_price_id"),
    ]
    expect(isOnlyAbout(body(item("body", "customer_email")), "customer_email")).toBe(true)
    expect(isOnlyAbout(body(ours, ...older), "customer_email")).toBe(true)
    expect(failed(422, body(...older, ours)).detail).toBe("body.CheckoutProductsCreate.customer_email: m")
    const price = item("body", "CheckoutProductsCreate", "prices")
    expect(isOnlyAbout(body(ours, price, ...older), "customer_email")).toBe(false)
    expect(isOnlyAbout(body(...older), "customer_email")).toBe(false)
    expect(isOnlyAbout({ detail: "customer_email" }, "customer_email")).toBe(false)
    expect(isOnlyAbout({ detail: [] }, "customer_email")).toBe(false)
  })
})
