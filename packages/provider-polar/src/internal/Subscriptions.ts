/** Looking at subscriptions and ending them. */
import { type Operation, PaymentError, type Subscription, Text } from "@payment-orchestrator/domain"
import type { models } from "@polar-sh/sdk/2026-10"
import { getSubscriptions, updateSubscriptions } from "@polar-sh/sdk/2026-10/services/subscriptions"
import { Effect, Option, Schema } from "effect"
import type { Answer, Client } from "../PolarClient.ts"
import { uuid } from "../PolarConfig.ts"
import { notFound, provider } from "./errors.ts"
import * as States from "./States.ts"
import * as Wire from "./Wire.ts"

/** The comment is shown to the customer; its length is not documented. */
const longestComment = 500

const Reason = Schema.Literals([
  "customer_service",
  "low_quality",
  "missing_features",
  "switched_service",
  "too_complex",
  "too_expensive",
  "unused",
  "other",
])
const isReason: (text: string) => text is models.CustomerCancellationReason = Schema.is(Reason)

const reasonOf = (
  text: Option.Option<string>,
): Pick<models.SubscriptionRevoke, "customer_cancellation_reason" | "customer_cancellation_comment"> => {
  const words = Text.fit(
    Option.getOrElse(text, () => ""),
    longestComment,
  )
  if (words === "") return {}
  return isReason(words)
    ? { customer_cancellation_reason: words }
    : { customer_cancellation_reason: "other", customer_cancellation_comment: words }
}

const snapshotOf = ({ requestId, startedAt, value }: Answer<Wire.Subscription>): Subscription.SubscriptionSnapshot => ({
  provider,
  subscriptionId: value.id,
  state: States.subscription(value.status),
  started: value.status !== "incomplete" && value.status !== "incomplete_expired",
  cancelAtPeriodEnd: value.cancel_at_period_end ?? false,
  currentPeriodEnd: Wire.millisOf(value.current_period_end),
  endedAt: Wire.millisOf(value.ended_at),
  attemptId: Wire.attemptIdOf(value),
  customerEmail: Option.fromNullishOr(value.customer?.email),
  fetchStartedAt: startedAt,
  requestId,
  rawState: value.status,
})

/** Whether nothing is left to be cancelled. */
const isOver = (snapshot: Subscription.SubscriptionSnapshot): boolean =>
  snapshot.state === "canceled" || snapshot.state === "expired"

export const make = (client: Client) => {
  const read = (operation: Operation.Operation, id: string) =>
    client
      .call(operation, Wire.Subscription, "a subscription", (core) => getSubscriptions(core)(id))
      .pipe(Effect.map(snapshotOf))

  /** None when Polar says that it has none of this id. An id of another form needs no call. */
  const getSubscription = (
    id: string,
  ): Effect.Effect<Option.Option<Subscription.SubscriptionSnapshot>, PaymentError.PaymentError> =>
    uuid.test(id)
      ? read("getSubscription", id).pipe(
          Effect.asSome,
          Effect.catchIf(
            (error) => error.reason === "not_found",
            () => Effect.succeedNone,
          ),
        )
      : Effect.succeedNone

  /**
   * Ends a subscription now, or with the paid period. "Already canceled" is read back and is a success when the
   * subscription says so too (F41).
   */
  const cancelSubscription = Effect.fnUntraced(function* (
    request: Subscription.CancelRequest,
  ): Effect.fn.Return<Subscription.SubscriptionSnapshot, PaymentError.PaymentError> {
    const id = request.subscriptionId
    if (!uuid.test(id)) return yield* notFound("cancelSubscription")
    const why = reasonOf(request.reason)
    const body: models.SubscriptionUpdate = request.atPeriodEnd
      ? { cancel_at_period_end: true, ...why }
      : { revoke: true, ...why }
    return yield* client
      .call("cancelSubscription", Wire.Subscription, "a subscription", (core) => updateSubscriptions(core)(id, body))
      .pipe(
        Effect.map(snapshotOf),
        Effect.catchIf(
          (error) => error.code === "AlreadyCanceledSubscription",
          (error) =>
            Effect.filterOrFail(
              read("cancelSubscription", id),
              (snapshot) => isOver(snapshot) || (request.atPeriodEnd && snapshot.cancelAtPeriodEnd),
              () => error,
            ),
        ),
      )
  })

  return { getSubscription, cancelSubscription }
}
