/**
 * What every answer, and every failure to answer, on the route that opens a session must become.
 *
 * The rules: 5xx, time-outs, network failures, unreadable answers, 408, 425 and 429 are transient; every other 4xx is
 * permanent. The outcome is `not_sent` when nothing left, `refused` when the provider said that it did nothing, and
 * `unknown` otherwise. No answer is asked for twice.
 */
import type { PaymentError } from "@payment-orchestrator/domain"
import type { ScriptedFault } from "./Harness.ts"

export type Expected =
  | { readonly _tag: "Success" }
  | {
      readonly _tag: "Transient"
      readonly reasons: ReadonlyArray<PaymentError.TransientReason>
      readonly outcome: PaymentError.Outcome
      readonly status?: number
      /** `retryAfterMillis` of the error; it must be absent when null, and may be anything when not said. */
      readonly retryAfterMillis?: number | null
      /** One of these must be the error's `code`. */
      readonly codes?: ReadonlyArray<string>
    }
  | {
      readonly _tag: "Permanent"
      readonly reasons: ReadonlyArray<PaymentError.PermanentReason>
      readonly outcome: PaymentError.Outcome
      readonly status: number
    }

export interface Row {
  /** What the back end does. */
  readonly name: string
  /** The fault cases it stands for, e.g. `F3`. */
  readonly cases: ReadonlyArray<string>
  /** Undefined: the provider's good day. */
  readonly fault: ScriptedFault | undefined
  readonly expected: Expected
  /** Create requests that reach the back end. */
  readonly calls: number
  /** Whether the answer never ends, so that the deadline must rule. */
  readonly endless: boolean
}

const http = (status: number, outcome: PaymentError.Outcome): Expected => ({
  _tag: "Transient",
  reasons: ["http"],
  outcome,
  status,
})

const permanent = (status: number, ...reasons: ReadonlyArray<PaymentError.PermanentReason>): Expected => ({
  _tag: "Permanent",
  reasons: reasons.length === 0 ? ["http"] : reasons,
  outcome: "refused",
  status,
})

const limited = (retryAfterMillis: number | null): Expected => ({
  _tag: "Transient",
  reasons: ["rate_limited"],
  outcome: "refused",
  status: 429,
  retryAfterMillis,
})

const unknown = (...reasons: ReadonlyArray<PaymentError.TransientReason>): Expected => ({
  _tag: "Transient",
  reasons,
  outcome: "unknown",
})

const notSent = (...codes: ReadonlyArray<string>): Expected => ({
  _tag: "Transient",
  reasons: ["network"],
  outcome: "not_sent",
  codes,
})

const row = (
  name: string,
  cases: ReadonlyArray<string>,
  fault: ScriptedFault | undefined,
  expected: Expected,
  more: { readonly calls?: number; readonly endless?: boolean } = {},
): Row => ({ name, cases, fault, expected, calls: more.calls ?? 1, endless: more.endless ?? false })

const status = (code: number, more: { readonly body?: string; readonly retryAfter?: string } = {}): ScriptedFault => ({
  _tag: "Status",
  status: code,
  ...more,
})

/** A body of the kind that says "error" under a 200. */
const errorBody = JSON.stringify({ error: { type: "api_error", message: "Something went wrong" } })

/** A body of its own, because a back end's own 429 may bring a Retry-After. */
const tooMany = JSON.stringify({ error: { type: "rate_limit_error", message: "Too many requests" } })

export const rows: ReadonlyArray<Row> = [
  row("a good day", [], undefined, { _tag: "Success" }),

  row("400", [], status(400), permanent(400)),
  row("401 with a fresh credential", ["F9"], status(401), permanent(401, "credentials_refused")),
  row("402", [], status(402), permanent(402)),
  row("403", ["F9"], status(403), permanent(403)),
  row("403 with the page of a firewall", ["F9"], { _tag: "Html", status: 403 }, permanent(403)),
  row("404", [], status(404), permanent(404, "http", "not_found")),
  row("408", [], status(408), http(408, "unknown")),
  row('409 that is not "in progress"', ["F7"], status(409), permanent(409)),
  row('409 "the same key is still running"', ["F7"], { _tag: "InProgress" }, unknown("in_progress")),
  row("422", [], status(422), permanent(422)),
  row("422 with a page instead of JSON", [], { _tag: "Html", status: 422 }, permanent(422)),
  row("425", [], status(425), http(425, "refused")),
  row("429 without Retry-After", ["F6"], status(429, { body: tooMany }), limited(null)),
  row("429 with Retry-After of 7 seconds", ["F6"], status(429, { retryAfter: "7" }), limited(7_000)),
  row("429 with Retry-After of a day", ["F6"], status(429, { retryAfter: "86400" }), limited(3_600_000)),
  row(
    "429 with Retry-After of a far date",
    ["F6"],
    status(429, { retryAfter: "Fri, 31 Dec 2100 23:59:59 GMT" }),
    limited(3_600_000),
  ),

  row("500", ["F3"], status(500), http(500, "unknown")),
  row("502 with the page of a proxy", ["F3"], { _tag: "Html", status: 502 }, http(502, "unknown")),
  row("503", ["F3"], status(503), http(503, "unknown")),
  row("503 whose JSON names no error", ["F3"], status(503, { body: '{"ok":true}' }), http(503, "unknown")),
  row("503 whose body is null", ["F3"], status(503, { body: "null" }), http(503, "unknown")),
  row("503 without a body", ["F3"], status(503, { body: "" }), http(503, "unknown")),
  row("504", ["F3"], status(504), http(504, "unknown")),

  row("a redirect", ["F5"], { _tag: "Redirect" }, unknown("bad_response")),
  row("malformed JSON", ["F4"], { _tag: "MalformedJson" }, unknown("bad_response")),
  row("JSON of another shape", ["F5"], { _tag: "WrongShape" }, unknown("bad_response")),
  row("a 200 with an error in it", ["F5"], status(200, { body: errorBody }), unknown("bad_response")),
  row("a 200 with null", ["F5"], status(200, { body: "null" }), unknown("bad_response")),
  row("a 200 with a page", ["F5"], { _tag: "Html", status: 200 }, unknown("bad_response")),
  row("an empty body", ["F5"], { _tag: "EmptyBody" }, unknown("bad_response")),

  row("no answer at all", ["F2"], { _tag: "Hang" }, unknown("timeout"), { endless: true }),
  row("a body that stalls", ["F4"], { _tag: "StallBody" }, unknown("timeout"), { endless: true }),
  row("a body that drips", ["F4"], { _tag: "SlowDrip" }, unknown("timeout"), { endless: true }),
  row("a body that is cut", ["F4"], { _tag: "CutBody" }, unknown("network", "bad_response")),
  row("a connection that is reset", ["F4"], { _tag: "Reset" }, unknown("network", "bad_response")),
  row("a refused connection", ["F1"], { _tag: "Refuse" }, notSent("ECONNREFUSED"), { calls: 0 }),
  row("a name that does not resolve", ["F1"], { _tag: "DnsFailure" }, notSent("ENOTFOUND", "EAI_AGAIN"), { calls: 0 }),
]
