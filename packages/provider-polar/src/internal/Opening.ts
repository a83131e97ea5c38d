/** Opening a checkout. Polar has no idempotency: every create that arrives makes another one. */
import { type Capabilities, PaymentError, type Session } from "@payment-orchestrator/domain"
import { createCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { Clock, Effect, Option, Result, Schema } from "effect"
import type { Client } from "../PolarClient.ts"
import type { Options } from "../PolarConfig.ts"
import * as CheckoutBody from "./CheckoutBody.ts"
import { badResponse, fromFailure, isOnlyAbout, provider } from "./errors.ts"
import type { Failure } from "./Failure.ts"
import * as Wire from "./Wire.ts"

const operation = "createCheckoutSession"

/** Polar checks by DNS whether an e-mail address can be delivered to; nothing else of the request is wrong then. */
const isOnlyAboutEmail = (failure: Failure): boolean =>
  failure._tag === "Http" && failure.status === 422 && isOnlyAbout(failure.body, "customer_email")

/** F12: what Polar says it will charge must be what was asked for, or the page is never shown. */
const echoFault = (
  checkout: Wire.Checkout,
  request: Session.SessionRequest,
  expected: CheckoutBody.Built["expected"],
): string | undefined => {
  if (Option.isNone(expected)) return undefined
  const { amount, currency } = expected.value
  if (checkout.currency.toLowerCase() !== currency) return `asked for ${currency}, got another currency`
  if (checkout.amount !== amount) return `asked for ${amount} ${currency}, got ${checkout.amount}`
  return request.mode === "payment" && checkout.total_amount !== amount
    ? `asked for ${amount} ${currency} in all, got ${checkout.total_amount}`
    : undefined
}

/** A recurring product would start a subscription, a one-time product would not. */
const modeFault = (checkout: Wire.Checkout, request: Session.SessionRequest): string | undefined => {
  const product = checkout.product
  if (product === undefined || product === null || product.recurring_interval === undefined) return undefined
  const recurs = product.recurring_interval !== null
  return recurs === (request.mode === "subscription")
    ? undefined
    : `the product is ${recurs ? "recurring" : "sold once"}, the checkout is a ${request.mode}`
}

/** Opens a hosted page; one repeat without the e-mail address when Polar refuses only that. */
export const create = (client: Client, options: Options, capabilities: Capabilities.Capabilities) =>
  Effect.fnUntraced(function* (
    request: Session.SessionRequest,
  ): Effect.fn.Return<Session.ProviderSession, PaymentError.PaymentError> {
    const { adjusted, body, expected } = yield* Effect.fromResult(
      CheckoutBody.build(request, options, capabilities.currencies),
    )
    const first = yield* client.attempt((core) => createCheckouts(core)(body))
    const { customer_email: email, ...rest } = body
    const withoutEmail =
      email !== undefined && Result.isFailure(first.outcome) && isOnlyAboutEmail(first.outcome.failure)
    const { outcome } = withoutEmail ? yield* client.attempt((core) => createCheckouts(core)(rest)) : first
    if (Result.isFailure(outcome)) {
      return yield* fromFailure(outcome.failure, operation, yield* Clock.currentTimeMillis)
    }
    const { requestId } = outcome.success
    const decoded = Schema.decodeUnknownOption(Wire.Checkout)(outcome.success.body)
    if (Option.isNone(decoded)) return yield* badResponse(operation, "not a checkout", { requestId })
    const checkout = decoded.value
    const url = URL.parse(checkout.url)
    const fault =
      url === null || (url.protocol !== "https:" && url.protocol !== "http:")
        ? "not a URL to send a buyer to"
        : echoFault(checkout, request, expected)
    if (fault !== undefined) return yield* badResponse(operation, fault, { requestId })
    const misuse = modeFault(checkout, request)
    if (misuse !== undefined) {
      return yield* new PaymentError.PermanentPaymentError({
        provider,
        operation,
        reason: "mode_unsupported",
        outcome: "unknown",
        ...PaymentError.detailOf(misuse),
      })
    }
    return {
      provider,
      sessionId: checkout.id,
      url: checkout.url,
      expiresAt: Wire.millisOf(checkout.expires_at),
      livemode: capabilities.livemode,
      requestId: Option.fromUndefinedOr(requestId),
      adjusted: withoutEmail ? [...adjusted, "customer_email"] : adjusted,
    }
  })
