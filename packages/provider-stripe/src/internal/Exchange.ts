/** Reading one HTTP exchange with Stripe: what was thrown, and what was answered. Pure. */
import { Option, Schema } from "effect"
import type { Failure } from "./errors.ts"

const property = (value: unknown, key: string): unknown =>
  (typeof value === "object" && value !== null) || typeof value === "function" ? Reflect.get(value, key) : undefined

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

/** An error and what it says caused it, from the outside in; `fetch` hides the reason there. */
const chain = (error: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (error === undefined || error === null || depth > 5) return []
  const errors = property(error, "errors")
  const causes = [property(error, "cause"), ...(Array.isArray(errors) ? errors.slice(0, 1) : [])]
  return [error, ...causes.flatMap((cause) => chain(cause, depth + 1))]
}

const first = (error: unknown, key: string): string | undefined =>
  chain(error)
    .map((link) => text(property(link, key)))
    .find((found) => found !== undefined)

/** System calls that come before anything is sent. */
const connecting: ReadonlySet<string> = new Set(["connect", "getaddrinfo", "queryA", "queryAaaa", "bind"])

/** Codes of Node.js, OpenSSL and undici that mean: no connection was made. */
const unreached =
  /^(ECONNREFUSED|ENOTFOUND|EAI_.+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.+|.+_SELF_SIGNED_CERT|SELF_SIGNED_CERT_.+|UNABLE_TO_.+|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_.+|ERR_SSL_(WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|PACKET_LENGTH_TOO_LONG|.*HANDSHAKE.*|.*UNKNOWN_CA.*|.*PROTOCOL_VERSION.*|.*UNRECOGNIZED_NAME.*))$/

/** undici's own time-outs: 300 s each unless the process says otherwise. */
const undiciTimeouts: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])
const undiciTimeoutMillis = 300_000

/** What a rejected `fetch`, or a rejected reading of its body, means. `requestId`: when headers had arrived. */
export const fromThrown = (error: unknown, requestId?: string): Failure => {
  const code = first(error, "code")
  const known = code === undefined ? {} : { code }
  if (requestId === undefined) {
    if (code !== undefined && unreached.test(code)) return { _tag: "NotSent", code }
    if (connecting.has(first(error, "syscall") ?? "")) return { _tag: "NotSent", ...known }
  }
  if (code !== undefined && undiciTimeouts.has(code)) return { _tag: "TimedOut", millis: undiciTimeoutMillis }
  return { _tag: "Lost", ...known, ...(requestId === undefined || requestId === "" ? {} : { requestId }) }
}

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

/** The answer as it came: status, the headers that are needed, the whole body. */
export interface RawAnswer {
  readonly status: number
  readonly requestId?: string
  readonly retryAfter?: string
  readonly body: string
}

/** Undefined when the answer is a 2xx with one JSON object that is no error; else what is wrong with it. */
export const faultOf = (answer: RawAnswer): Failure | undefined => {
  const { body, status } = answer
  const requestId = answer.requestId === undefined ? {} : { requestId: answer.requestId }
  const json = Option.getOrUndefined(parse(body))
  const error = property(json, "error")
  if (status < 200 || status > 299) {
    const type = text(property(error, "type"))
    const code = text(property(error, "code")) ?? text(property(error, "decline_code"))
    const message = text(property(error, "message"))
    return {
      _tag: "Refusal",
      status,
      ...requestId,
      ...(answer.retryAfter === undefined ? {} : { retryAfter: answer.retryAfter }),
      ...(type === undefined ? {} : { type }),
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
    }
  }
  if (body.trim() === "") return { _tag: "Unreadable", status, ...requestId, detail: "an empty body" }
  if (!isRecord(json)) return { _tag: "Unreadable", status, ...requestId, detail: "the body is not a JSON object" }
  if (error !== undefined && error !== null && error !== false) {
    return { _tag: "Unreadable", status, ...requestId, detail: "an error in a successful answer" }
  }
  return undefined
}
