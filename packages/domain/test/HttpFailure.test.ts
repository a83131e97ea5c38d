import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { HttpFailure, Operation, PaymentError, ProviderName } from "../src/index.ts"

const asked = { provider: ProviderName.ProviderName.make("acme"), operation: "createCheckoutSession" } as const
const now = 1_700_000_000_000

const Status = Schema.Int.check(Schema.isBetween({ minimum: 100, maximum: 999 }))
const Means = Schema.Literals(["in_progress", "key_reused", "not_found", "credentials_refused"])

describe("an answer that is not a 2xx", () => {
  it.prop(
    "is transient or permanent by its status, whatever the provider's code says, but for a key that is still running",
    [Status, Schema.optional(Means), Schema.optional(Schema.String), Operation.Operation],
    ([status, means, text, operation]) => {
      const refusal = { status, means, code: text, detail: text, requestId: text, retryAfter: text }
      const error = HttpFailure.refused({ ...asked, operation }, refusal, now)
      assert.isTrue(PaymentError.isPaymentError(error))
      assert.strictEqual(error.operation, operation)
      const verdict = status >= 400 && status < 500 && ![408, 425, 429].includes(status)
      assert.strictEqual(error._tag === "PermanentPaymentError", verdict && means !== "in_progress")
      if (error._tag === "PermanentPaymentError") assert.strictEqual(error.outcome, "refused")
      else if (status !== 425 && status !== 429) assert.strictEqual(error.outcome, "unknown")
    },
    { arbitrary: { runs: 2_000 } },
  )

  it("is of its class from the first status to the last", () => {
    const verdicts = [399, 400, 408, 409, 425, 429, 430, 499, 500, 599, 600].map((status) => {
      const { detail, outcome, reason } = HttpFailure.refused(asked, { status }, now)
      return [status, reason, outcome, ...(detail === undefined ? [] : [detail])]
    })
    assert.deepStrictEqual(verdicts, [
      [399, "bad_response", "unknown", "a redirect"],
      [400, "http", "refused"],
      [408, "http", "unknown"],
      [409, "http", "refused"],
      [425, "http", "refused"],
      [429, "rate_limited", "refused"],
      [430, "http", "refused"],
      [499, "http", "refused"],
      [500, "http", "unknown"],
      [599, "http", "unknown"],
      [600, "bad_response", "unknown", "an unknown status"],
    ])
    for (const status of [408, 425]) {
      assert.strictEqual(HttpFailure.refused(asked, { status }, now)._tag, "TransientPaymentError")
    }
  })

  it("that cannot be read keeps what is known of it", () => {
    const error = HttpFailure.refused(asked, { status: 302, requestId: "req_1" }, now)
    expect(error).toMatchObject({ status: 302, requestId: "req_1" })
    assert.isFalse("status" in HttpFailure.unreadable(asked, "no id"))
  })

  it("has neither a code nor an id where those are empty", () => {
    const error = HttpFailure.refused(asked, { status: 400, code: "", requestId: "" }, now)
    assert.isFalse("code" in error || "requestId" in error)
  })

  it("F9: that is a 401 is refused credentials, and repeats nothing of what it says", () => {
    const error = HttpFailure.refused(asked, { status: 401, detail: "Invalid key: sk_live_1" }, now)
    expect(error).toMatchObject({ reason: "credentials_refused", outcome: "refused", status: 401 })
    assert.isUndefined(error.detail)
    const named = HttpFailure.refused(asked, { status: 403, means: "credentials_refused", detail: "sk_live_1" }, now)
    expect(named).toMatchObject({ reason: "credentials_refused", outcome: "refused", status: 403 })
    assert.isUndefined(named.detail)
  })

  it("that is a 404 proves that an object is not there only where the provider's own code says so", () => {
    expect(HttpFailure.refused(asked, { status: 404 }, now)).toMatchObject({ reason: "http" })
    expect(HttpFailure.refused(asked, { status: 404, means: "not_found" }, now)).toMatchObject({ reason: "not_found" })
  })

  it("F6: keeps how long to wait, at most an hour, and cuts what is too long for an error", () => {
    const long = "😀".repeat(400)
    const refusal = { status: 429, retryAfter: "86400", code: long, detail: long, requestId: long }
    const error = HttpFailure.refused(asked, refusal, now)
    expect(error).toMatchObject({ reason: "rate_limited", retryAfterMillis: 3_600_000 })
    assert.deepStrictEqual(
      [error.code, error.detail, error.requestId].map((text) => [text?.length, text?.isWellFormed()]),
      [
        [100, true],
        [300, true],
        [100, true],
      ],
    )
  })

  it("of an earlier step says that the operation itself was not sent", () => {
    for (const status of [400, 401, 429, 503]) {
      const error = HttpFailure.refused(asked, { status }, now)
      const before = HttpFailure.beforehand(error)
      assert.deepStrictEqual({ ...before }, { ...error, outcome: "not_sent" })
    }
  })
})

const thrown = (cause: object, answered?: { readonly requestId: string }) =>
  HttpFailure.thrown(asked, new TypeError("fetch failed", { cause }), answered)

describe("a look for something", () => {
  it.effect("finds none where the provider says that there is no such thing, and fails as it failed otherwise", () =>
    Effect.gen(function* () {
      const look = (refusal: HttpFailure.Refusal) =>
        HttpFailure.orNone(Effect.fail(HttpFailure.refused(asked, refusal, now)))
      assert.deepStrictEqual(yield* HttpFailure.orNone(Effect.succeed("it")), Option.some("it"))
      assert.deepStrictEqual(yield* look({ status: 404, means: "not_found" }), Option.none())
      expect(yield* Effect.flip(look({ status: 404 }))).toMatchObject({ reason: "http", status: 404 })
    }),
  )
})

describe("a fetch that fails", () => {
  it("F1: without a connection was not sent: refused, DNS, unreachable, certificate, handshake, connect time-out", () => {
    const codes = [
      "ECONNREFUSED",
      "ENOTFOUND",
      "EAI_AGAIN",
      "EHOSTUNREACH",
      "ENETUNREACH",
      "UND_ERR_CONNECT_TIMEOUT",
      "DEPTH_ZERO_SELF_SIGNED_CERT",
      "SELF_SIGNED_CERT_IN_CHAIN",
      "CERT_HAS_EXPIRED",
      "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
      "ERR_TLS_CERT_ALTNAME_INVALID",
      "ERR_SSL_WRONG_VERSION_NUMBER",
      "EHOSTDOWN",
      "ENETDOWN",
      "EADDRNOTAVAIL",
      "HOSTNAME_MISMATCH",
      "INVALID_CA",
      "ERR_SSL_UNSUPPORTED_PROTOCOL",
      "ERR_SSL_PACKET_LENGTH_TOO_LONG",
      "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
      "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
      "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
      "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    ]
    for (const code of codes) {
      expect(thrown({ code })).toMatchObject({ reason: "network", outcome: "not_sent", code })
    }
    for (const syscall of ["connect", "getaddrinfo", "queryA", "queryAaaa", "bind"]) {
      expect(thrown({ code: "ETIMEDOUT", syscall })).toMatchObject({ outcome: "not_sent" })
    }
    expect(thrown({ code: "ETIMEDOUT", syscall: "read" })).toMatchObject({ outcome: "unknown" })
    expect(thrown({ errors: [{ code: "ECONNREFUSED" }] })).toMatchObject({ outcome: "not_sent" })
  })

  it("F4: on a connection has an unknown outcome: reset, closed, or anything that is not understood", () => {
    const causes = [
      { code: "ECONNRESET" },
      { code: "UND_ERR_SOCKET" },
      { code: "EPIPE" },
      { code: "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC" },
      { code: "PROXY_ECONNREFUSED" },
      { code: "ECONNREFUSED_LATER" },
      {},
    ]
    for (const cause of causes) expect(thrown(cause)).toMatchObject({ reason: "network", outcome: "unknown" })
    expect(HttpFailure.thrown(asked, undefined)).toMatchObject({ reason: "network", outcome: "unknown" })
  })

  it("is known by the first code on the way to its cause, of six at most, be it a circle", () => {
    const inside = (depth: number): object => (depth === 0 ? { code: "ECONNREFUSED" } : { cause: inside(depth - 1) })
    expect(HttpFailure.thrown(asked, inside(5))).toMatchObject({ outcome: "not_sent", code: "ECONNREFUSED" })
    expect(HttpFailure.thrown(asked, inside(6))).toMatchObject({ outcome: "unknown" })
    const circle: { cause?: unknown } = {}
    circle.cause = circle
    expect(HttpFailure.thrown(asked, circle)).toMatchObject({ reason: "network", outcome: "unknown" })
    // Of several addresses that were tried the first counts: where it says nothing, nothing is presumed.
    expect(thrown({ errors: [{}, { code: "ECONNREFUSED" }] })).toMatchObject({ outcome: "unknown" })
  })

  it("after the headers were there is never called not sent", () => {
    expect(thrown({ code: "ECONNREFUSED" }, { requestId: "req_9" })).toMatchObject({
      outcome: "unknown",
      requestId: "req_9",
    })
  })

  it("by a time-out of the transport itself is a timeout", () => {
    for (const code of ["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"]) {
      expect(thrown({ code })).toMatchObject({ reason: "timeout", outcome: "unknown", timeoutMillis: 300_000 })
    }
  })

  it.prop(
    "of any shape has an error",
    [Schema.Unknown, Schema.optional(Schema.String)],
    ([value, requestId]) => {
      const made = HttpFailure.thrown(asked, value, requestId === undefined ? undefined : { requestId })
      assert.isTrue(PaymentError.isPaymentError(made))
    },
    { arbitrary: { runs: 1_000 } },
  )
})
