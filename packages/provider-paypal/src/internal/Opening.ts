/** What opening an order and opening a subscription share. */
import { type Money, type Operation, PaymentError, type Session } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import { type Answer, badResponse } from "../PayPalClient.ts"
import type { Options } from "../PayPalConfig.ts"
import { name } from "./Name.ts"
import * as Snapshots from "./Snapshots.ts"
import type * as Wire from "./Wire.ts"

/** The name of a text that was cut, changed or left out. */
export const changed = (
  field: string,
  asked: Option.Option<string>,
  sent: Option.Option<string>,
): ReadonlyArray<string> => (Option.getOrUndefined(asked) === Option.getOrUndefined(sent) ? [] : [field])

const refuse = (operation: Operation.Operation, detail: string) =>
  new PaymentError.PermanentPaymentError({
    provider: name,
    operation,
    reason: "invalid_arguments",
    outcome: "not_sent",
    detail,
  })

export const moneyOf = (
  operation: Operation.Operation,
  request: Session.SessionRequest,
): Effect.Effect<Money.Money, PaymentError.PermanentPaymentError> =>
  Effect.mapError(Effect.fromOption(request.money), () => refuse(operation, "a payment needs an amount"))

export const priceOf = (
  operation: Operation.Operation,
  request: Session.SessionRequest,
): Effect.Effect<string, PaymentError.PermanentPaymentError> =>
  Effect.mapError(
    Effect.fromOption(request.priceId),
    () =>
      new PaymentError.PermanentPaymentError({
        provider: name,
        operation,
        reason: "price_unmapped",
        outcome: "not_sent",
      }),
  )

/** An id that PayPal cannot have given out. */
export const noSuch = (operation: Operation.Operation) =>
  new PaymentError.PermanentPaymentError({ provider: name, operation, reason: "not_found", outcome: "not_sent" })

/** The page the buyer is sent to; without one the answer is not what was asked for (F5). TLS, unless a test double. */
export const urlOf = (
  options: Options,
  answer: Answer<{ readonly links?: ReadonlyArray<Wire.Link> | null }>,
): Effect.Effect<string, PaymentError.TransientPaymentError> => {
  const protocols = options.baseUrl === undefined ? ["https:"] : ["https:", "http:"]
  const page = Option.filter(Snapshots.approvalLink(answer.value.links), (href) =>
    protocols.includes(URL.parse(href)?.protocol ?? ""),
  )
  return Effect.mapError(Effect.fromOption(page), () =>
    badResponse("createCheckoutSession", "no page for the buyer to approve on", answer.requestId),
  )
}

/** What was opened, as the engine sees it. `adjusted` names what is not as it was asked for. */
export const opened = (
  options: Options,
  answer: Answer<{ readonly id: string; readonly links?: ReadonlyArray<Wire.Link> | null }>,
  adjusted: ReadonlyArray<string>,
): Effect.Effect<Session.ProviderSession, PaymentError.TransientPaymentError> =>
  Effect.map(urlOf(options, answer), (url) => ({
    provider: name,
    sessionId: answer.value.id,
    url,
    expiresAt: Option.none(),
    livemode: options.mode === "live",
    requestId: answer.requestId,
    adjusted,
  }))
