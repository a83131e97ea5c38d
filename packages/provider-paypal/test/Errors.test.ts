import { Operation, PaymentError } from "@payment-orchestrator/domain"
import { describe, expect, it } from "@effect/vitest"
import { Schema } from "effect"
import { type Failure, type Place, toPaymentError } from "../src/internal/errors.ts"

const place: Place = {
  operation: "createCheckoutSession",
  phase: "call",
  byId: false,
  now: 1_800_000_000_000,
  scrub: (text) => text,
}

const refused = (
  status: number,
  body: unknown,
  at: Partial<Place> = {},
  headers: { readonly [name: string]: string } = {},
) =>
  toPaymentError(
    {
      _tag: "Refused",
      reply: { _tag: "Reply", status, headers, body: typeof body === "string" ? body : JSON.stringify(body) },
    },
    { ...place, ...at },
  )

const envelope = (name: string, issue: string, description = "Some words.") => ({
  name,
  message: "The requested action could not be performed.",
  debug_id: "b1d1f06c7246c",
  details: [{ issue, description }],
})

const Detail = Schema.Struct({
  issue: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite])),
  description: Schema.optionalKey(Schema.String),
  field: Schema.optionalKey(Schema.String),
})

const Body = Schema.Union([
  Schema.String,
  Schema.Null,
  Schema.Struct({
    name: Schema.optionalKey(Schema.Union([Schema.String, Schema.Null])),
    message: Schema.optionalKey(Schema.String),
    details: Schema.optionalKey(Schema.Union([Schema.Array(Schema.Union([Detail, Schema.Null])), Schema.String])),
  }),
  Schema.Struct({
    name: Schema.Literals(["RESOURCE_CONFLICT", "UNPROCESSABLE_ENTITY"]),
    details: Schema.Tuple([
      Schema.Struct({ issue: Schema.Literals(["PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_COMPLETION_IN_PROGRESS"]) }),
    ]),
  }),
  Schema.Struct({ error: Schema.Literals(["invalid_client", "other"]), error_description: Schema.String }),
])

const Where = Schema.Struct({
  operation: Operation.Operation,
  phase: Schema.Literals(["token", "call"]),
  byId: Schema.Boolean,
})

describe("an answer of PayPal's that is no success", () => {
  it.prop(
    "has an error of the right kind, whatever its status, body, place and Retry-After",
    [
      Schema.Int.check(Schema.isBetween({ minimum: 300, maximum: 599 })),
      Body,
      Where,
      Schema.UndefinedOr(Schema.String),
    ],
    ([status, body, where, retryAfter]) => {
      const error = refused(status, body, where, retryAfter === undefined ? {} : { "retry-after": retryAfter })
      expect(PaymentError.isPaymentError(error)).toBe(true)
      expect(error).toMatchObject({ provider: "paypal", operation: where.operation, status })
      expect(error.detail?.length ?? 0).toBeLessThanOrEqual(300)
      const running = (status === 409 || status === 422) && JSON.stringify(body).includes("_IN_PROGRESS")
      const transient = status < 400 || status >= 500 || status === 408 || status === 425 || status === 429 || running
      expect(error._tag).toBe(transient ? "TransientPaymentError" : "PermanentPaymentError")
      if (where.phase === "token") expect(error.outcome).toBe("not_sent")
      else if (!transient || status === 425 || status === 429) expect(error.outcome).toBe("refused")
      else expect(error.outcome).toBe("unknown")
      if (status === 429) expect(error.reason).toBe("rate_limited")
      else if (running) expect(error.reason).toBe("in_progress")
      else if (status < 400) expect(error.reason).toBe("bad_response")
      else if (transient) expect(error.reason).toBe("http")
      if (status === 401) expect([error.reason, error.detail]).toEqual(["credentials_refused", undefined])
      if (status === 404 && where.byId && where.phase === "call") expect(error.reason).toBe("not_found")
    },
    { arbitrary: { runs: 3_000 } },
  )

  it("is quoted: PayPal's issue as code, its words and the field as detail, its debug id as request id", () => {
    const body = {
      ...envelope("UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION"),
      details: [{ issue: "DECIMAL_PRECISION", description: "Two decimals.", field: "/purchase_units/0/amount/value" }],
    }
    expect(refused(422, body)).toMatchObject({
      reason: "http",
      code: "DECIMAL_PRECISION",
      detail: "Two decimals. (/purchase_units/0/amount/value)",
      requestId: "b1d1f06c7246c",
      message: "PayPal 422 Unprocessable Content DECIMAL_PRECISION: Two decimals. (/purchase_units/0/amount/value)",
    })
    expect(refused(503, {}, {}, { "paypal-debug-id": "fromHeader" }).requestId).toBe("fromHeader")
    expect(refused(403, { name: "NOT_AUTHORIZED", message: "No." })).toMatchObject({
      code: "NOT_AUTHORIZED",
      detail: "No.",
    })
    expect(refused(503, "<html>busy</html>").message).toBe("PayPal 503 Service Unavailable")
  })

  it("F7: says that the same key is still running only when PayPal says so", () => {
    expect(refused(409, envelope("RESOURCE_CONFLICT", "PREVIOUS_REQUEST_IN_PROGRESS")).reason).toBe("in_progress")
    expect(refused(422, envelope("UNPROCESSABLE_ENTITY", "ORDER_COMPLETION_IN_PROGRESS")).reason).toBe("in_progress")
    expect(refused(409, { name: "RESOURCE_CONFLICT" })).toMatchObject({ _tag: "PermanentPaymentError", reason: "http" })
    expect(refused(400, envelope("INVALID_REQUEST", "X_IN_PROGRESS"))._tag).toBe("PermanentPaymentError")
  })

  it("F8: is our bug when the key was used before for something else", () => {
    expect(refused(400, { name: "DUPLICATE_REQUEST_ID", message: "Used." })).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "key_reused",
    })
  })

  it("F6: keeps a Retry-After in seconds and as a date, at most an hour", () => {
    expect(refused(429, {}, {}, { "retry-after": "7" })).toMatchObject({ retryAfterMillis: 7_000 })
    expect(refused(429, {}, {}, { "retry-after": "86400" })).toMatchObject({ retryAfterMillis: 3_600_000 })
    expect(refused(503, {}, {}, { "retry-after": "Fri, 15 Jan 2027 08:00:10 GMT" })).toMatchObject({
      retryAfterMillis: 10_000,
    })
  })

  it("F9: from the token endpoint, is refused credentials for 401 and for invalid_client, and nothing was sent", () => {
    const invalid = { error: "invalid_client", error_description: "Client Authentication failed" }
    for (const error of [
      refused(401, invalid, { phase: "token" }),
      refused(400, invalid, { phase: "token" }),
      refused(401, "<html>", { phase: "token" }),
    ]) {
      expect(error).toMatchObject({ reason: "credentials_refused", outcome: "not_sent" })
      expect(error.detail).toBeUndefined()
    }
    expect(refused(400, { error: "unsupported_grant_type" }, { phase: "token" })).toMatchObject({ reason: "http" })
    expect(refused(403, "<html>Access Denied</html>", { phase: "token" })).toMatchObject({
      reason: "http",
      status: 403,
    })
  })

  it("shows none of our secrets, even where PayPal repeats them", () => {
    const error = refused(400, envelope("INVALID_REQUEST", "BAD", "You sent hunter2."), {
      scrub: (text) => text.replaceAll("hunter2", "***"),
    })
    expect(error.detail).toBe("You sent ***.")
  })
})

const lost = (failure: Failure, at: Partial<Place> = {}) => toPaymentError(failure, { ...place, ...at })

const Head = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Struct({
    "paypal-debug-id": Schema.optionalKey(Schema.Union([Schema.String, Schema.mutable(Schema.Array(Schema.String))])),
  }),
})
const head = { status: 200, headers: { "paypal-debug-id": "f1" } }

/** All that the transport can tell. */
const Lost = Schema.Union([
  Schema.Struct({ _tag: Schema.Literal("Network"), sent: Schema.Boolean, code: Schema.UndefinedOr(Schema.String) }),
  Schema.Struct({ _tag: Schema.Literal("Cut"), head: Head, code: Schema.UndefinedOr(Schema.String) }),
  Schema.Struct({
    _tag: Schema.Literal("Unreadable"),
    why: Schema.Literals(["an answer that is not HTTP", "an answer that is too large"]),
    head: Schema.UndefinedOr(Head),
  }),
])

describe("a call without a whole answer", () => {
  it("F1: was not sent when there was no connection to send it over, and the code says why", () => {
    expect(lost({ _tag: "Network", sent: false, code: "ECONNREFUSED" })).toMatchObject({
      _tag: "TransientPaymentError",
      reason: "network",
      outcome: "not_sent",
      code: "ECONNREFUSED",
    })
  })

  it("F4: is unknown when the connection was lost later, or the answer ended early", () => {
    expect(lost({ _tag: "Network", sent: true, code: "ECONNRESET" })).toMatchObject({
      reason: "network",
      outcome: "unknown",
      code: "ECONNRESET",
    })
    expect(lost({ _tag: "Cut", head, code: "ECONNRESET" })).toMatchObject({
      reason: "bad_response",
      outcome: "unknown",
      requestId: "f1",
    })
  })

  it("is unknown when the answer is no HTTP, or larger than any of PayPal's", () => {
    expect(lost({ _tag: "Unreadable", why: "an answer that is not HTTP", head: undefined })).toMatchObject({
      reason: "bad_response",
      outcome: "unknown",
    })
    expect(lost({ _tag: "Unreadable", why: "an answer that is too large", head })).toMatchObject({
      reason: "bad_response",
      outcome: "unknown",
      requestId: "f1",
    })
  })

  it("is our bug when the request could not be written", () => {
    expect(lost({ _tag: "NotBuilt" })).toMatchObject({
      _tag: "PermanentPaymentError",
      reason: "invalid_arguments",
      outcome: "not_sent",
    })
  })

  it.prop(
    "has an error, however it was lost; a token that could not be had sent nothing of the call",
    [Lost, Where],
    ([failure, where]) => {
      const error = lost(failure, where)
      expect(error).toMatchObject({ _tag: "TransientPaymentError", operation: where.operation })
      expect(error.reason).toBe(failure._tag === "Network" ? "network" : "bad_response")
      const early = where.phase === "token" || (failure._tag === "Network" && !failure.sent)
      expect(error.outcome).toBe(early ? "not_sent" : "unknown")
    },
    { arbitrary: { runs: 1_000 } },
  )
})
