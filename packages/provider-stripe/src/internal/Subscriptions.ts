/** Subscriptions: looking and ending. */
import { Effect, Option } from "effect"
import type { Operation, PaymentError, Subscription } from "@payment-orchestrator/domain"
import type { Answer, Client } from "../StripeClient.ts"
import { noSuchObject, provider } from "./errors.ts"
import * as Fit from "./Fit.ts"
import * as Objects from "./Objects.ts"
import { orNone } from "./Sessions.ts"

const expected = { name: "a subscription", schema: Objects.Subscription }

const states: { readonly [status: string]: Subscription.SubscriptionState | undefined } = {
  incomplete: "incomplete",
  incomplete_expired: "expired",
  trialing: "trialing",
  active: "active",
  past_due: "past_due",
  unpaid: "past_due",
  paused: "paused",
  canceled: "canceled",
}

/**
 * A subscription whose collection is paused charges nothing, though Stripe calls it active. A status that is not known
 * is `past_due`: it neither ends the customer's right nor says that money came.
 */
export const stateOf = (
  subscription: Pick<Objects.Subscription, "status" | "pause_collection">,
): Subscription.SubscriptionState => {
  const state = states[subscription.status] ?? "past_due"
  const paused = subscription.pause_collection !== undefined && subscription.pause_collection !== null
  return paused && (state === "active" || state === "trialing") ? "paused" : state
}

const periodEnd = (subscription: Objects.Subscription): number | undefined => {
  const ends = [
    subscription.current_period_end,
    ...(subscription.items?.data ?? []).map((item) => item.current_period_end),
  ]
  const known = ends.filter((end) => typeof end === "number")
  return known.length === 0 ? undefined : Math.max(...known)
}

const snapshot = ({
  fetchStartedAt,
  requestId,
  value,
}: Answer<Objects.Subscription>): Subscription.SubscriptionSnapshot => {
  const { customer } = value
  const end = periodEnd(value)
  return {
    provider,
    subscriptionId: value.id,
    state: stateOf(value),
    started: value.status !== "incomplete" && value.status !== "incomplete_expired",
    cancelAtPeriodEnd: value.cancel_at_period_end === true || (end !== undefined && value.cancel_at === end),
    currentPeriodEnd: Objects.millis(end),
    endedAt: Objects.millis(value.ended_at),
    attemptId: Objects.attemptIdOf(value.metadata),
    customerEmail: Option.fromNullishOr(typeof customer === "string" ? undefined : customer?.email),
    fetchStartedAt,
    requestId,
    rawState: value.status,
  }
}

const expand = ["customer"]

const fetch = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation.Operation,
  id: string,
): Effect.fn.Return<Subscription.SubscriptionSnapshot, PaymentError.PaymentError> {
  if (!Objects.isId(id)) return yield* noSuchObject(operation)
  return snapshot(yield* client.request(operation, expected, (sdk) => sdk.subscriptions.retrieve(id, { expand })))
})

/** A subscription as it is now; none when Stripe has none by that id. */
export const get = (client: Client, id: string) => orNone(fetch(client, "getSubscription", id))

const isOver = (state: Subscription.SubscriptionState): boolean => state === "canceled" || state === "expired"

/** Stripe's field is a comment; its limit is not documented, so it gets what metadata may hold. */
const commentLimit = 500

/**
 * Ends a subscription at once, or at the end of the paid period. Stripe answers 404 or 400 to a second ending, so a
 * refusal is read back: one that is over is a success (F41).
 */
export const cancel = Effect.fnUntraced(function* (
  client: Client,
  request: Subscription.CancelRequest,
): Effect.fn.Return<Subscription.SubscriptionSnapshot, PaymentError.PaymentError> {
  const operation = "cancelSubscription"
  const id = request.subscriptionId
  if (!Objects.isId(id)) return yield* noSuchObject(operation)
  const comment = Option.filter(
    Option.map(request.reason, (text) => Fit.fit(text, commentLimit).text),
    (text) => text !== "",
  )
  const details = Option.isNone(comment) ? {} : { cancellation_details: { comment: comment.value } }
  return yield* client
    .request(operation, expected, (sdk) =>
      request.atPeriodEnd
        ? sdk.subscriptions.update(id, { cancel_at_period_end: true, expand, ...details })
        : sdk.subscriptions.cancel(id, { expand, ...details }),
    )
    .pipe(
      Effect.map(snapshot),
      Effect.catchTag("PermanentPaymentError", (refused) =>
        refused.status === 400 || refused.status === 404
          ? Effect.filterOrFail(
              fetch(client, operation, id),
              ({ state }) => isOver(state),
              () => refused,
            )
          : Effect.fail(refused),
      ),
    )
})
