/**
 * What it means that an HTTP call to a provider did not give what was asked for: the product's one table of transient
 * and permanent. A provider adds only what its own error codes say.
 */
import { Effect, type Option } from "effect"
import type { Operation } from "./Operation.ts"
import {
  detailOf,
  PermanentPaymentError,
  retryAfterMillis,
  TransientPaymentError,
  type PaymentError,
} from "./PaymentError.ts"
import type { ProviderName } from "./ProviderName.ts"
import { cut } from "./Text.ts"

/** What was asked, and of whom. */
export interface Asked {
  readonly provider: ProviderName
  readonly operation: Operation
}

/** An answer that is not a 2xx. */
export interface Refusal {
  readonly status: number
  /** The header `Retry-After` as it came. */
  readonly retryAfter?: string | null | undefined
  /** The provider's own error code. */
  readonly code?: string | undefined
  /** The provider's own words, without our secrets; those of a 401 are not passed on, because they may quote a key. */
  readonly detail?: string | undefined
  /** The provider's id of the request. */
  readonly requestId?: string | undefined
  /**
   * What the provider's own code says and a status alone does not. `not_found` above all: a 404 without the provider's
   * code may be a wrong path, and proves nothing about the object.
   */
  readonly means?: "in_progress" | "key_reused" | "not_found" | "credentials_refused" | undefined
}

/** Codes and ids are short by nature; an answer that says otherwise is cut. */
const longest = 100

const short = <Key extends string>(key: Key, text: string | undefined): { readonly [key in Key]?: string } => {
  const kept: { [key in Key]?: string } = {}
  if (text !== undefined && text !== "") kept[key] = cut(text, longest)
  return kept
}

/**
 * An answer that is not a 2xx → the error it is. Total: 5xx, 408, 425 and 429 are transient, every other 4xx is
 * permanent, anything else is an answer that cannot be read. `nowMillis` is what a `Retry-After` date is counted from.
 */
export const refused = (asked: Asked, refusal: Refusal, nowMillis: number): PaymentError => {
  const { means, status } = refusal
  const known = { ...asked, status, ...short("code", refusal.code), ...short("requestId", refusal.requestId) }
  const said = { ...known, ...detailOf(refusal.detail) }
  const wait = retryAfterMillis(refusal.retryAfter, nowMillis)
  const later = { ...said, ...(wait === undefined ? {} : { retryAfterMillis: wait }) }
  if (status < 400) return unreadable(asked, "a redirect", refusal)
  if (status > 599) return unreadable(asked, "an unknown status", refusal)
  if (status >= 500 || status === 408)
    return new TransientPaymentError({ ...later, reason: "http", outcome: "unknown" })
  if (status === 425) return new TransientPaymentError({ ...later, reason: "http", outcome: "refused" })
  if (status === 429) return new TransientPaymentError({ ...later, reason: "rate_limited", outcome: "refused" })
  if (means === "in_progress") return new TransientPaymentError({ ...later, reason: means, outcome: "unknown" })
  if (status === 401 || means === "credentials_refused") {
    return new PermanentPaymentError({ ...known, reason: "credentials_refused", outcome: "refused" })
  }
  return new PermanentPaymentError({ ...said, reason: means ?? "http", outcome: "refused" })
}

/** An answer that cannot be believed, e.g. a 2xx of another shape: nobody knows whether the thing happened. */
export const unreadable = (
  asked: Asked,
  detail: string,
  seen: { readonly status?: number | undefined; readonly requestId?: string | undefined } = {},
): TransientPaymentError =>
  new TransientPaymentError({
    ...asked,
    reason: "bad_response",
    outcome: "unknown",
    ...detailOf(detail),
    ...(seen.status === undefined ? {} : { status: seen.status }),
    ...short("requestId", seen.requestId),
  })

const property = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined

/** An error and what it says caused it, from the outside in; `fetch` hides the reason there. */
const chain = (error: unknown, depth = 0): ReadonlyArray<unknown> => {
  if (error === undefined || error === null || depth > 5) return []
  const errors = property(error, "errors")
  const causes = [property(error, "cause"), ...(Array.isArray(errors) ? errors.slice(0, 1) : [])]
  return [error, ...causes.flatMap((cause) => chain(cause, depth + 1))]
}

const first = (error: unknown, key: string): string | undefined =>
  chain(error)
    .map((link) => property(link, key))
    .find((found) => typeof found === "string")

/** System calls that come before anything is sent. */
const connecting: ReadonlySet<string | undefined> = new Set(["connect", "getaddrinfo", "queryA", "queryAaaa", "bind"])

/** Codes of Node.js, OpenSSL and undici that mean: no connection was made. */
const unreached =
  /^(ECONNREFUSED|ENOTFOUND|EAI_.+|EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT|CERT_.+|.+_SELF_SIGNED_CERT|SELF_SIGNED_CERT_.+|UNABLE_TO_.+|HOSTNAME_MISMATCH|INVALID_CA|ERR_TLS_.+|ERR_SSL_(WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|PACKET_LENGTH_TOO_LONG|.*HANDSHAKE.*|.*UNKNOWN_CA|.*PROTOCOL_VERSION|.*UNRECOGNIZED_NAME))$/

/** undici's own time-outs: 300 s each unless the process says otherwise. */
const undiciTimeouts: ReadonlySet<string> = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"])
const undiciTimeoutMillis = 300_000

/**
 * What a rejected `fetch`, or a rejected reading of its body, means: `not_sent` when no connection was made, else
 * `unknown`. Of what was thrown only a code is kept. `answered`: headers had come, so that the request had left.
 */
export const thrown = (
  asked: Asked,
  error: unknown,
  answered: { readonly requestId?: string | undefined } | undefined = undefined,
): TransientPaymentError => {
  const code = first(error, "code")
  const known = { ...asked, ...short("code", code), ...short("requestId", answered?.requestId) }
  const early =
    answered === undefined && ((code !== undefined && unreached.test(code)) || connecting.has(first(error, "syscall")))
  if (early) return new TransientPaymentError({ ...known, reason: "network", outcome: "not_sent" })
  if (code !== undefined && undiciTimeouts.has(code)) {
    return new TransientPaymentError({
      ...asked,
      reason: "timeout",
      outcome: "unknown",
      timeoutMillis: undiciTimeoutMillis,
    })
  }
  return new TransientPaymentError({ ...known, reason: "network", outcome: "unknown" })
}

/** None where the provider says that there is no such object. */
export const orNone = <A, R>(
  look: Effect.Effect<A, PaymentError, R>,
): Effect.Effect<Option.Option<A>, PaymentError, R> =>
  Effect.catchIf(
    Effect.asSome(look),
    (error) => error.reason === "not_found",
    () => Effect.succeedNone,
  )

/** The same error of a step before the one that was asked for (a token, a look): that one was not sent. */
export const beforehand = (error: PaymentError): PaymentError =>
  error._tag === "TransientPaymentError"
    ? new TransientPaymentError({ ...error, outcome: "not_sent" })
    : new PermanentPaymentError({ ...error, outcome: "not_sent" })
