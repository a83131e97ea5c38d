/** Polar's failures → `PaymentError`: one pure, total function. */
import { PaymentError, ProviderName, type Operation } from "@payment-orchestrator/domain"
import { Option, Schema } from "effect"
import type { Failure, Http } from "./Failure.ts"
import { clean, cut } from "./Text.ts"

/** This provider's name. */
export const provider = ProviderName.ProviderName.make("polar")

/** Polar's own errors (`exceptions.py`): the class's name and a text, or a list of what is wrong where. */
const Own = Schema.Struct({ error: Schema.optionalKey(Schema.String), detail: Schema.optionalKey(Schema.Unknown) })
const Item = Schema.Struct({ loc: Schema.Array(Schema.Union([Schema.String, Schema.Finite])), msg: Schema.String })

const ownOf = Schema.decodeUnknownOption(Own)
const decodeItems = Schema.decodeUnknownOption(Schema.Array(Item))

/**
 * Two older forms of the body of a create. The server's type of that body is a union of three, and pydantic says of each
 * member why the body is not that one; what it says of these two is no fault of ours.
 */
const olderForms: ReadonlySet<string | number> = new Set(["CheckoutProductCreate", "CheckoutPriceCreate"])

/** What a 422 complains about; none when its detail is no list or an empty one. */
const itemsOf = (detail: unknown): ReadonlyArray<typeof Item.Type> =>
  Option.getOrElse(decodeItems(detail), () => []).filter(({ loc }) => !loc.some((part) => olderForms.has(part)))

/** Polar's name of an error, e.g. `AlreadyCanceledSubscription`; none when the body is not Polar's. */
export const codeOf = (body: unknown): Option.Option<string> =>
  Option.flatMap(ownOf(body), (own) => {
    const code = cut(clean(own.error ?? ""), 100)
    return code === "" ? Option.none() : Option.some(code)
  })

/** Whether a 422 complains about one field of the body and about nothing else. */
export const isOnlyAbout = (body: unknown, field: string): boolean => {
  const items = itemsOf(Option.getOrUndefined(ownOf(body))?.detail)
  return items.length > 0 && items.every(({ loc }) => loc.includes(field))
}

/** Polar's words: its text, or `field: what is wrong` of each item, never what was sent (`input`). No HTML. */
const wordsOf = (body: unknown): string | undefined => {
  const detail = Option.getOrUndefined(ownOf(body))?.detail
  const items = itemsOf(detail)
  const plain = typeof detail === "string" ? detail : typeof body === "string" && !/^\s*</.test(body) ? body : ""
  const text = items.length === 0 ? plain : items.map((item) => `${item.loc.join(".")}: ${item.msg}`).join("; ")
  const words = cut(clean(text), 300)
  return words === "" ? undefined : words
}

/** "The same thing is being worked on": nothing was decided, the same request may be sent again. */
const inProgress: ReadonlySet<string> = new Set(["SubscriptionLocked", "CheckoutLocked", "RefundPendingCreation"])

/** Operations that name an object by its id, so that a 404 says something about that object. */
const byId: ReadonlySet<Operation.Operation> = new Set<Operation.Operation>([
  "findSession",
  "complete",
  "withdraw",
  "getSubscription",
  "cancelSubscription",
  "refund",
  "findRefund",
  "findDispute",
  "findPrice",
])

const http = (failure: Http, operation: Operation.Operation, nowMillis: number): PaymentError.PaymentError => {
  const { status } = failure
  const code = Option.getOrUndefined(codeOf(failure.body))
  const base = {
    provider,
    operation,
    status,
    ...(code === undefined ? {} : { code }),
    ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
  }
  if (status === 401) {
    return new PaymentError.PermanentPaymentError({ ...base, reason: "credentials_refused", outcome: "refused" })
  }
  const said = { ...base, ...PaymentError.detailOf(wordsOf(failure.body)) }
  if (status === 429) {
    const wait = PaymentError.retryAfterMillis(failure.retryAfter, nowMillis)
    return new PaymentError.TransientPaymentError({
      ...said,
      reason: "rate_limited",
      outcome: "refused",
      ...(wait === undefined ? {} : { retryAfterMillis: wait }),
    })
  }
  if (status >= 500 || status === 408 || status === 425) {
    const wait = PaymentError.retryAfterMillis(failure.retryAfter, nowMillis)
    return new PaymentError.TransientPaymentError({
      ...said,
      reason: "http",
      outcome: status === 425 ? "refused" : "unknown",
      ...(wait === undefined ? {} : { retryAfterMillis: wait }),
    })
  }
  if (status === 409 && code !== undefined && inProgress.has(code)) {
    return new PaymentError.TransientPaymentError({ ...said, reason: "in_progress", outcome: "unknown" })
  }
  // A 404 without Polar's own error name is a wrong path or API version, which proves nothing about the object.
  const gone = status === 404 && code === "ResourceNotFound" && byId.has(operation)
  return new PaymentError.PermanentPaymentError({ ...said, reason: gone ? "not_found" : "http", outcome: "refused" })
}

/** The answer cannot be believed: nobody knows whether the thing happened. */
export const badResponse = (
  operation: Operation.Operation,
  detail: string,
  seen: { readonly status?: number | undefined; readonly requestId?: string | undefined } = {},
): PaymentError.TransientPaymentError =>
  new PaymentError.TransientPaymentError({
    provider,
    operation,
    reason: "bad_response",
    outcome: "unknown",
    ...PaymentError.detailOf(detail),
    ...(seen.status === undefined ? {} : { status: seen.status }),
    ...(seen.requestId === undefined ? {} : { requestId: seen.requestId }),
  })

/** Refused here, before anything was sent. */
export const notSent = (
  operation: Operation.Operation,
  reason: PaymentError.PermanentReason,
  detail?: string,
): PaymentError.PermanentPaymentError =>
  new PaymentError.PermanentPaymentError({
    provider,
    operation,
    reason,
    outcome: "not_sent",
    ...PaymentError.detailOf(detail),
  })

/** There is no such object: Polar said so, or the id is none of Polar's. */
export const notFound = (operation: Operation.Operation): PaymentError.PermanentPaymentError =>
  new PaymentError.PermanentPaymentError({ provider, operation, reason: "not_found", outcome: "refused" })

/** Every failure has an answer. `nowMillis` is what a `Retry-After` date is counted from. */
export const fromFailure = (
  failure: Failure,
  operation: Operation.Operation,
  nowMillis: number,
): PaymentError.PaymentError => {
  switch (failure._tag) {
    case "NotBuilt":
      return notSent(operation, "invalid_arguments")
    case "Network":
      return new PaymentError.TransientPaymentError({
        provider,
        operation,
        reason: "network",
        outcome: failure.sent ? "unknown" : "not_sent",
        ...(failure.code === undefined ? {} : { code: cut(failure.code, 100) }),
      })
    case "Unreadable":
      return badResponse(operation, failure.why, failure)
    case "Http":
      return failure.status >= 400 && failure.status <= 999
        ? http(failure, operation, nowMillis)
        : badResponse(operation, "an unexpected status", failure)
  }
}
