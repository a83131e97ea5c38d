/** Polar's failures → `PaymentError`: one pure, total function. */
import { HttpFailure, PaymentError, ProviderName, Text, type Operation } from "@payment-orchestrator/domain"
import { Option, Schema } from "effect"
import type { Failure, Http } from "./Failure.ts"

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
    const code = Text.fit(own.error ?? "", 100)
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
  const words = Text.fit(text, 300)
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

/** What Polar's own code says beyond the status. A 404 without it is a wrong path or API version: no proof of anything. */
const meaningOf = (status: number, code: string | undefined, operation: Operation.Operation) => {
  if (code === undefined) return undefined
  if (status === 409 && inProgress.has(code)) return "in_progress"
  return status === 404 && code === "ResourceNotFound" && byId.has(operation) ? "not_found" : undefined
}

const http = (failure: Http, operation: Operation.Operation, nowMillis: number): PaymentError.PaymentError => {
  const { requestId, retryAfter, status } = failure
  const code = Option.getOrUndefined(codeOf(failure.body))
  return HttpFailure.refused(
    { provider, operation },
    { status, retryAfter, code, detail: wordsOf(failure.body), requestId, means: meaningOf(status, code, operation) },
    nowMillis,
  )
}

/** The answer cannot be believed: nobody knows whether the thing happened. */
export const badResponse = (
  operation: Operation.Operation,
  detail: string,
  seen: Parameters<typeof HttpFailure.unreadable>[2] = {},
): PaymentError.TransientPaymentError => HttpFailure.unreadable({ provider, operation }, detail, seen)

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
        ...(failure.code === undefined ? {} : { code: Text.cut(failure.code, 100) }),
      })
    case "Unreadable":
      return badResponse(operation, failure.why, failure)
    case "Http":
      return http(failure, operation, nowMillis)
  }
}
