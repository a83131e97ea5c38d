import { describe, expect, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import { Operation, PaymentError } from "@payment-orchestrator/domain"
import { fromFailure } from "../src/internal/errors.ts"
import * as Exchange from "../src/internal/Exchange.ts"

const at = { operation: "createCheckoutSession", now: 1_700_000_000_000 } as const

/** What becomes of an answer with this status and body. */
const errorOf = (
  status: number,
  body: unknown,
  operation: Operation.Operation = at.operation,
  retryAfter?: string,
): PaymentError.PaymentError | undefined => {
  const text = typeof body === "string" ? body : JSON.stringify(body)
  const fault = Exchange.faultOf({
    status,
    body: text,
    requestId: "req_1",
    ...(retryAfter === undefined ? {} : { retryAfter }),
  })
  return fault === undefined ? undefined : fromFailure(fault, { operation, now: at.now })
}

const stripeError = (error: object) => ({ error })

describe("an answer of Stripe", () => {
  it.prop(
    "of any status and body has an error, and 4xx and 5xx are told apart by the status alone",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 200, maximum: 599 })),
      Schema.Union([
        Schema.String,
        Schema.Struct({ message: Schema.String }),
        Schema.Struct({
          error: Schema.Struct({
            type: Schema.Union([Schema.Literals(["idempotency_error", "card_error", "api_error"]), Schema.Finite]),
            code: Schema.Union([
              Schema.Literals(["idempotency_key_in_use", "resource_missing"]),
              Schema.String,
              Schema.Null,
            ]),
            message: Schema.Union([Schema.String, Schema.Finite]),
          }),
        }),
      ]),
      Operation.Operation,
    ],
    ([status, body, operation]) => {
      const error = errorOf(status, body, operation)
      if (error === undefined) return expect(status).toBeLessThan(300)
      expect(PaymentError.isPaymentError(error)).toBe(true)
      expect(error.operation).toBe(operation)
      const transient = status < 400 || status >= 500 || status === 408 || status === 425 || status === 429
      const inProgress = error.reason === "in_progress" && status === 409
      expect(error._tag).toBe(transient || inProgress ? "TransientPaymentError" : "PermanentPaymentError")
      if (status >= 500) expect([error.reason, error.outcome]).toEqual(["http", "unknown"])
      if (status < 400) expect([error.reason, error.outcome]).toEqual(["bad_response", "unknown"])
      if (error._tag === "PermanentPaymentError") expect(error.outcome).toBe("refused")
      return undefined
    },
    { arbitrary: { runs: 2_000 } },
  )

  it("that is 408, 425 or 429 is transient with its own outcome", () => {
    expect(errorOf(408, "")).toMatchObject({ reason: "http", outcome: "unknown", status: 408 })
    expect(errorOf(425, "")).toMatchObject({ reason: "http", outcome: "refused", status: 425 })
    expect(errorOf(429, "", "createCheckoutSession", "7")).toMatchObject({
      reason: "rate_limited",
      outcome: "refused",
      retryAfterMillis: 7000,
    })
  })

  it("F6: that asks to wait for a day is believed for an hour", () => {
    expect(errorOf(429, "", "createCheckoutSession", "86400")).toMatchObject({ retryAfterMillis: 3_600_000 })
  })

  it("F7: that says the same key is in use is in progress, and any other 409 is final", () => {
    const inUse = stripeError({ type: "idempotency_error", code: "idempotency_key_in_use", message: "busy" })
    expect(errorOf(409, inUse)).toMatchObject({
      _tag: "TransientPaymentError",
      reason: "in_progress",
      outcome: "unknown",
    })
    expect(errorOf(409, stripeError({ type: "invalid_request_error" }))).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "http",
    })
  })

  it("F8: that says the key came with other parameters is key_reused", () => {
    expect(errorOf(400, stripeError({ type: "idempotency_error", message: "Keys for …" }))).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "key_reused",
      outcome: "refused",
    })
  })

  it("F9: that is 401 is credentials_refused and repeats nothing of the key", () => {
    const body = stripeError({ type: "invalid_request_error", message: "Invalid API Key provided: sk_test_****6789" })
    const error = errorOf(401, body)
    expect(error).toMatchObject({ reason: "credentials_refused", outcome: "refused", status: 401 })
    expect(error?.detail).toBeUndefined()
  })

  it("that is 404 is not_found where an object is asked for by its id, and an ordinary refusal elsewhere", () => {
    const body = stripeError({ type: "invalid_request_error", code: "resource_missing", message: "No such price" })
    expect(errorOf(404, body, "findSession")).toMatchObject({ reason: "not_found", code: "resource_missing" })
    expect(errorOf(404, body, "createCheckoutSession")).toMatchObject({ reason: "http", status: 404 })
  })

  it("keeps Stripe's code, words and request id, cut to 300 characters and without a key", () => {
    const message = `Something about sk_live_abcDEF123 and whsec_zzz. ${"x".repeat(500)}`
    const error = errorOf(402, stripeError({ type: "card_error", code: "card_declined", message }))
    expect(error).toMatchObject({ code: "card_declined", requestId: "req_1", status: 402 })
    expect(error?.detail).toHaveLength(300)
    expect(error?.detail).not.toMatch(/abcDEF123|zzz/)
  })

  it("F5: that is a success with an error inside, an empty one, a scalar or a list is unreadable", () => {
    for (const body of ['{"error":{"message":"x"}}', "", "  ", "null", "3", '"text"', "[]", "{", "<html>"]) {
      expect(errorOf(200, body)).toMatchObject({ reason: "bad_response", outcome: "unknown" })
    }
    expect(errorOf(200, {})).toBeUndefined()
  })

  it("that is a redirect is unreadable, whatever its body", () => {
    expect(errorOf(302, {})).toMatchObject({ reason: "bad_response", outcome: "unknown", status: 302 })
    expect(errorOf(307, stripeError({ type: "api_error" }))).toMatchObject({ reason: "bad_response" })
  })
})

it("an error survives its own schema", () => {
  const made = errorOf(503, "<html>", "refund")
  expect(Schema.decodeUnknownOption(PaymentError.PaymentError)(made).pipe(Option.isSome)).toBe(true)
})
