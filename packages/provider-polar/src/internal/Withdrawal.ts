/**
 * Withdrawing a checkout. Polar has no call for it: a checkout is payable for 24 hours. What can be done is to make it
 * cost nothing by a 100 % discount, so that no money can come of it any more.
 */
import type { PaymentError, Session } from "@payment-orchestrator/domain"
import { updateCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { Clock, Effect, Option, Result, Schema } from "effect"
import type { Client } from "../PolarClient.ts"
import type { Options } from "../PolarConfig.ts"
import { badResponse, codeOf, fromFailure, notFound } from "./errors.ts"
import type * as Snapshots from "./Snapshots.ts"
import * as Wire from "./Wire.ts"

const operation = "withdraw"

/** What a look at the checkout says; `otherwise` while it is still open. */
const verdict = (status: string, otherwise: Session.WithdrawResult): Session.WithdrawResult =>
  status === "expired" ? "withdrawn" : status === "confirmed" || status === "succeeded" ? "being_paid" : otherwise

export const make = (client: Client, options: Options, snapshots: ReturnType<typeof Snapshots.make>) => {
  const look = Effect.fnUntraced(function* (
    sessionId: string,
    otherwise: Session.WithdrawResult,
  ): Effect.fn.Return<Session.WithdrawResult, PaymentError.PaymentError> {
    const found = yield* snapshots.checkout(operation, sessionId)
    if (Option.isNone(found)) return yield* notFound(operation)
    return verdict(found.value.value.status, otherwise)
  })

  const setDiscount = (sessionId: string, discountId: string | null) =>
    client.attempt((core) => updateCheckouts(core)(sessionId, { discount_id: discountId }))

  /**
   * `withdrawn` is proved by the total Polar answers. A discount that takes off less is taken away again. A checkout
   * that is locked is being paid at this moment.
   */
  const discount = Effect.fnUntraced(function* (
    sessionId: string,
    discountId: string,
  ): Effect.fn.Return<Session.WithdrawResult, PaymentError.PaymentError> {
    const { outcome } = yield* setDiscount(sessionId, discountId)
    if (Result.isFailure(outcome)) {
      const failure = outcome.failure
      const code = failure._tag === "Http" ? Option.getOrElse(codeOf(failure.body), () => "") : ""
      if (code === "NotOpenCheckout") return yield* look(sessionId, "cannot")
      if (code === "CheckoutLocked") return "being_paid"
      return yield* fromFailure(failure, operation, yield* Clock.currentTimeMillis)
    }
    const checkout = Schema.decodeUnknownOption(Wire.Checkout)(outcome.success.body)
    if (Option.isNone(checkout)) {
      return yield* badResponse(operation, "not a checkout", { requestId: outcome.success.requestId })
    }
    if (checkout.value.status !== "open") return verdict(checkout.value.status, "cannot")
    if (checkout.value.total_amount === 0) return "withdrawn"
    yield* setDiscount(sessionId, null)
    return "cannot"
  })

  /**
   * A subscription is never withdrawn by a discount: the buyer could still start it for nothing, and would be charged
   * from the next period on.
   */
  return (session: {
    readonly sessionId: string
    readonly mode: Session.SessionSnapshot["mode"]
  }): Effect.Effect<Session.WithdrawResult, PaymentError.PaymentError> =>
    options.withdrawDiscountId === undefined || session.mode === "subscription"
      ? look(session.sessionId, "cannot")
      : discount(session.sessionId, options.withdrawDiscountId)
}
