import { Operation, PaymentError } from "@payment-orchestrator/domain"
import { describe, expect, it } from "@effect/vitest"
import { ArgumentsValidationError } from "@paypal/paypal-server-sdk"
import { Schema } from "effect"
import { type Place, toPaymentError } from "../src/internal/errors.ts"
import * as thrown from "../src/internal/thrown.ts"

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
    { _tag: "Refused", reply: { status, headers, body: typeof body === "string" ? body : JSON.stringify(body) } },
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

const axios = (code: string, more: { readonly message?: string; readonly syscall?: string } = {}) =>
  Object.assign(new Error(more.message ?? code), { isAxiosError: true, code, ...more })

const network = (error: unknown) => toPaymentError(thrown.read(error), place)

describe("what the SDK throws without an answer", () => {
  it("F1: was not sent when the name, the connection or the TLS handshake failed", () => {
    const wrongVersion =
      "write EPROTO 40:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:x.c:77:"
    for (const error of [
      axios("ECONNREFUSED"),
      axios("ENOTFOUND"),
      axios("EAI_AGAIN"),
      axios("EHOSTUNREACH"),
      axios("ETIMEDOUT", { syscall: "connect" }),
      axios("CERT_HAS_EXPIRED"),
      axios("DEPTH_ZERO_SELF_SIGNED_CERT"),
      axios("ERR_TLS_CERT_ALTNAME_INVALID"),
      axios("EPROTO", { message: wrongVersion, syscall: "write" }),
      axios("ECONNRESET", {
        message: "Client network socket disconnected before secure TLS connection was established",
      }),
    ]) {
      expect(network(error)).toMatchObject({ reason: "network", outcome: "not_sent", code: error.code })
    }
  })

  it("F4: is unknown when the connection was lost later, or the answer ended early", () => {
    for (const code of ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "EPROTO"]) {
      expect(network(axios(code))).toMatchObject({ reason: "network", outcome: "unknown", code })
    }
    expect(network(axios("ERR_BAD_RESPONSE"))).toMatchObject({ reason: "bad_response", outcome: "unknown" })
  })

  it("is our bug when the SDK refused the arguments, and names the argument only", () => {
    const error = new ArgumentsValidationError({ body: [] })
    expect(network(error)).toMatchObject({ reason: "invalid_arguments", outcome: "not_sent", detail: "body" })
  })

  it.prop(
    "has an error, whatever was thrown",
    [
      Schema.Union([
        Schema.Unknown,
        Schema.Struct({ isAxiosError: Schema.Boolean, code: Schema.String, message: Schema.String }),
      ]),
    ],
    ([value]) => {
      const error = network(value)
      expect(error._tag).toBe("TransientPaymentError")
      expect(["network", "bad_response"]).toContain(error.reason)
    },
    { arbitrary: { runs: 1_000 } },
  )
})
