/**
 * What PayPal, or the way to it, answered instead of what was asked for → `PaymentError`. One pure, total function.
 *
 * Sources: PayPal's OpenAPI (error envelope, names by status) and its OAuth error body.
 */
import { HttpFailure, type Operation, PaymentError } from "@payment-orchestrator/domain"
import { Transport } from "@payment-orchestrator/transport"
import { Option, Schema } from "effect"
import { name } from "./Name.ts"

/**
 * `Refused`: an answer other than 2xx. `Senseless`: a 2xx whose body is not what was asked for. `Late`: a token request
 * that took longer than a whole call may. The rest is the transport's: no whole answer.
 */
export type Failure =
  | { readonly _tag: "Refused"; readonly reply: Transport.Reply }
  | { readonly _tag: "Senseless"; readonly detail: string; readonly reply: Transport.Reply }
  | { readonly _tag: "Late"; readonly millis: number }
  | Transport.Failure

/** Where a failure happened. */
export interface Place {
  readonly operation: Operation.Operation
  /** `token`: while fetching the access token, so the operation itself was not sent. */
  readonly phase: "token" | "call"
  /** Whether an object was asked for by its id, so that 404 means that there is none. */
  readonly byId: boolean
  /** Epoch milliseconds, to read a `Retry-After` date. */
  readonly now: number
  /** Takes our secrets out of the provider's words. */
  readonly scrub: (text: string) => string
}

const fieldOf = (body: unknown, field: string): string | undefined => {
  if (typeof body !== "object" || body === null || !(field in body)) return undefined
  const found: unknown = Reflect.get(body, field)
  return typeof found === "string" ? found : undefined
}

const Details = Schema.Struct({ details: Schema.NonEmptyArray(Schema.Unknown) })
const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** What a body says: PayPal's envelope, or the token endpoint's `error` and `error_description`. */
const wordsOf = (text: string) => {
  const body = Option.getOrUndefined(parse(text))
  const detail = Option.getOrUndefined(Schema.decodeUnknownOption(Details)(body))?.details[0]
  const field = fieldOf(detail, "field")
  const description = fieldOf(detail, "description") ?? fieldOf(body, "message") ?? fieldOf(body, "error_description")
  return {
    name: fieldOf(body, "name"),
    error: fieldOf(body, "error"),
    code: (fieldOf(detail, "issue") ?? fieldOf(body, "name") ?? fieldOf(body, "error"))?.slice(0, 100),
    description: description === undefined || field === undefined ? description : `${description} (${field})`,
    debugId: fieldOf(body, "debug_id"),
  }
}

/** PayPal's own id of a request, for its support. */
export const requestIdOf = (head: Transport.Head): string | undefined => {
  const id = Transport.header(head, "paypal-debug-id")
  return id === undefined || id === "" ? undefined : id.slice(0, 100)
}

type Words = ReturnType<typeof wordsOf>

/** What PayPal's own names say beyond the status. */
const meaningOf = (status: number, words: Words, { byId, phase }: Place) => {
  // the same key is still running: `PREVIOUS_REQUEST_IN_PROGRESS` (409), `ORDER_COMPLETION_IN_PROGRESS` (422)
  const running = `${words.code ?? ""} ${words.name ?? ""}`.includes("IN_PROGRESS")
  if ((status === 409 || status === 422) && running) return "in_progress"
  if (phase === "token" && words.error === "invalid_client") return "credentials_refused"
  if (words.code === "DUPLICATE_REQUEST_ID") return "key_reused"
  return status === 404 && byId ? "not_found" : undefined
}

const fromReply = (reply: Transport.Reply, place: Place): PaymentError.PaymentError => {
  const { status } = reply
  const words = wordsOf(reply.body)
  const scrubbed = (text: string | undefined) => (text === undefined ? undefined : place.scrub(text))
  const error = HttpFailure.refused(
    { provider: name, operation: place.operation },
    {
      status,
      retryAfter: reply.headers["retry-after"],
      code: scrubbed(words.code),
      detail: scrubbed(words.description),
      requestId: requestIdOf(reply) ?? words.debugId,
      means: meaningOf(status, words, place),
    },
    place.now,
  )
  return place.phase === "token" ? HttpFailure.beforehand(error) : error
}

/** An answer that cannot be read, as far as there was one. */
const badResponse = (detail: string, head: Transport.Head | undefined, place: Place) => {
  const requestId = head === undefined ? undefined : requestIdOf(head)
  return new PaymentError.TransientPaymentError({
    provider: name,
    operation: place.operation,
    reason: "bad_response",
    outcome: place.phase === "token" ? "not_sent" : "unknown",
    ...PaymentError.detailOf(detail),
    ...(requestId === undefined ? {} : { requestId }),
  })
}

/** The one mapping: a failure at a place → what the caller may do about it. */
export const toPaymentError = (failure: Failure, place: Place): PaymentError.PaymentError => {
  const common = { provider: name, operation: place.operation }
  const unknown = place.phase === "token" ? "not_sent" : "unknown"
  switch (failure._tag) {
    case "Refused":
      return fromReply(failure.reply, place)
    case "Senseless":
      return badResponse(failure.detail, failure.reply, place)
    case "Cut":
      return badResponse("an answer that ended early", failure.head, place)
    case "Unreadable":
      return badResponse(failure.why, failure.head, place)
    case "Network":
      return new PaymentError.TransientPaymentError({
        ...common,
        reason: "network",
        outcome: failure.sent ? unknown : "not_sent",
        ...(failure.code === undefined ? {} : { code: failure.code }),
      })
    case "NotBuilt":
      return new PaymentError.PermanentPaymentError({ ...common, reason: "invalid_arguments", outcome: "not_sent" })
    case "Late":
      return new PaymentError.TransientPaymentError({
        ...common,
        reason: "timeout",
        outcome: unknown,
        timeoutMillis: failure.millis,
      })
  }
}
