/**
 * What the SDK throws when there was no whole answer → `Failure`. Nothing of the thrown value but a code is kept: its
 * fields hold the token and the client secret.
 */
import { ArgumentsValidationError } from "@paypal/paypal-server-sdk"
import type { Failure } from "./errors.ts"

/** Codes after which it is certain that no request left. */
const unsent: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EAI_NODATA",
  "EAI_NONAME",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "ENETDOWN",
  "EHOSTDOWN",
  "ERR_INVALID_URL",
  // TLS: the handshake did not end
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_REJECTED",
  "CERT_UNTRUSTED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_CHAIN_TOO_LONG",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "HOSTNAME_MISMATCH",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
])

/** What axios says of an answer that ended early or is too large. */
const unreadable: ReadonlySet<string> = new Set(["ERR_BAD_RESPONSE", "ERR_FR_TOO_MANY_REDIRECTS", "ERR_PARSE"])

const text = (value: unknown, field: string): string | undefined => {
  if (typeof value !== "object" || value === null || !(field in value)) return undefined
  const found: unknown = Reflect.get(value, field)
  return typeof found === "string" ? found : undefined
}

/** A code that is safe to show: capital letters, digits and a few marks. */
const codeOf = (error: unknown): string | undefined => {
  const code = text(error, "code")
  return code !== undefined && /^[A-Z0-9_/]{1,60}$/.test(code) ? code : undefined
}

/** Node's and OpenSSL's words for a TLS handshake that did not end (tried on Node 24: `ECONNRESET`, `EPROTO`). */
const handshake =
  /before secure TLS connection was established|SSL routines.*(wrong version number|handshake|protocol version|unsupported protocol)/s

/** Whether the connection itself failed: its handshake, its name, or before it was there. */
const beforeSending = (error: unknown): boolean =>
  handshake.test(text(error, "message") ?? "") ||
  text(error, "syscall") === "connect" ||
  text(error, "syscall") === "getaddrinfo"

/** Reads a thrown value; total. */
export const read = (error: unknown): Failure => {
  if (error instanceof ArgumentsValidationError) {
    return { _tag: "Arguments", detail: Object.keys(error.errors).join(", ") }
  }
  const code = codeOf(error)
  if (code === undefined && !(typeof error === "object" && error !== null && "isAxiosError" in error)) {
    return { _tag: "Unreadable", detail: "no answer that can be read", requestId: undefined }
  }
  if (code !== undefined && unreadable.has(code)) {
    return { _tag: "Unreadable", detail: "an answer that ended early", requestId: undefined }
  }
  const cause: unknown = typeof error === "object" && error !== null && "cause" in error ? error.cause : undefined
  const early = beforeSending(error) || beforeSending(cause)
  return { _tag: "Network", code, sent: !(early || (code !== undefined && unsent.has(code))) }
}
