/**
 * Subscriptions v1. With `subscribe_now` the buyer's approval activates and charges; with `continue` we activate. The
 * id of the session is that of the subscription.
 */
import { type Operation, PaymentError, type Session, type Subscription } from "@payment-orchestrator/domain"
import { Clock, DateTime, Effect, Option } from "effect"
import * as Opening from "./internal/Opening.ts"
import * as Requests from "./internal/Requests.ts"
import * as Snapshots from "./internal/SubscriptionSnapshots.ts"
import * as Texts from "./internal/Texts.ts"
import * as Wire from "./internal/Wire.ts"
import { type Answer, badResponse, orNone, type PayPalClient } from "./PayPalClient.ts"
import type { Options } from "./PayPalConfig.ts"

export interface Subscriptions {
  readonly create: (
    request: Session.SessionRequest,
  ) => Effect.Effect<Session.ProviderSession, PaymentError.PaymentError>
  /** Repeats the create, whose key PayPal keeps for 72 hours, and looks at what it opened. */
  readonly findByAttempt: (
    request: Session.SessionRequest,
  ) => Effect.Effect<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError>
  readonly find: (
    operation: Operation.Operation,
    id: string,
  ) => Effect.Effect<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError>
  readonly complete: (id: string) => Effect.Effect<Session.SessionSnapshot, PaymentError.PaymentError>
  readonly withdraw: (id: string) => Effect.Effect<Session.WithdrawResult, PaymentError.PaymentError>
  readonly get: (
    id: string,
  ) => Effect.Effect<Option.Option<Subscription.SubscriptionSnapshot>, PaymentError.PaymentError>
  readonly cancel: (
    request: Subscription.CancelRequest,
  ) => Effect.Effect<Subscription.SubscriptionSnapshot, PaymentError.PaymentError>
}

const path = "/v1/billing/subscriptions"
const dayMillis = 86_400_000
/** Older than any subscription; only used when PayPal does not say when one was made. */
const beginning = "2010-01-01T00:00:00.000Z"

const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** Refused for the state it is in, or nobody knows: the subscription itself says what has happened. */
const leavesOpen = (error: PaymentError.PaymentError): boolean => error.reason === "http" || error.outcome === "unknown"

export const make = (client: PayPalClient, options: Options): Subscriptions => {
  const action = options.subscriptionAction

  const post = Effect.fnUntraced(function* (operation: Operation.Operation, request: Session.SessionRequest) {
    const planId = yield* Opening.priceOf(operation, request)
    const emailAddress = Option.flatMap(request.customerEmail, Texts.email)
    const body: Requests.Subscription = {
      plan_id: planId,
      ...(Option.isSome(emailAddress) ? { subscriber: { email_address: emailAddress.value } } : {}),
      application_context: {
        shipping_preference: "NO_SHIPPING",
        user_action: action === "continue" ? "CONTINUE" : "SUBSCRIBE_NOW",
        return_url: Texts.url(request.successUrl),
        cancel_url: Texts.url(request.cancelUrl),
      },
      custom_id: request.attemptId,
    }
    const answer = yield* client.call(
      { operation, request: Requests.post(path, body, { key: request.attemptId, whole: true }) },
      Wire.Subscription,
    )
    return { answer, emailAddress }
  })

  const get = (operation: Operation.Operation, id: string) =>
    client.call({ operation, byId: true, request: Requests.get(`${path}/${id}`) }, Wire.Subscription)

  /** The charges so far, up to a day after the later of our now and PayPal's last payment: clocks differ. */
  const transactions = Effect.fnUntraced(function* (operation: Operation.Operation, found: Wire.Subscription) {
    const now = yield* Clock.currentTimeMillis
    const last = Option.getOrElse(Snapshots.timeOf(found.billing_info?.last_payment?.time), () => 0)
    const range = Requests.query({
      start_time: Option.match(Snapshots.timeOf(found.create_time), {
        onNone: () => beginning,
        onSome: (created) => iso(created - dayMillis),
      }),
      end_time: iso(Math.max(now, last) + dayMillis),
    })
    const answer = yield* client.call(
      { operation, request: Requests.get(`${path}/${encodeURIComponent(found.id)}/transactions${range}`) },
      Wire.Transactions,
    )
    return answer.value.transactions ?? []
  })

  const snapshot = Effect.fnUntraced(function* (operation: Operation.Operation, answer: Answer<Wire.Subscription>) {
    const charges = Snapshots.started(answer.value) ? yield* transactions(operation, answer.value) : []
    const found = Snapshots.session(answer.value, charges, action, answer)
    return Option.isSome(found)
      ? found.value
      : yield* badResponse(operation, "a charged amount that cannot be read", answer.requestId)
  })

  const look = (operation: Operation.Operation, id: string) =>
    Effect.flatMap(get(operation, id), (answer) => snapshot(operation, answer))

  const find = (operation: Operation.Operation, id: string) =>
    Texts.isId(id) ? orNone(look(operation, id)) : Effect.succeedNone

  /** Neither call has a key. */
  const tell = (verb: "activate" | "cancel", id: string, body: Requests.Reason) =>
    Requests.post(`${path}/${id}/${verb}`, body)

  /** Whatever an activation answers, the subscription says whether it happened. */
  const activate = (id: string) =>
    client
      .send({
        operation: "complete",
        byId: true,
        request: tell("activate", id, { reason: "Approved by the buyer" }),
      })
      .pipe(
        Effect.andThen(look("complete", id)),
        Effect.catchIf(leavesOpen, (error) =>
          look("complete", id).pipe(
            Effect.mapError(() => error),
            Effect.filterOrFail(
              (seen) => seen.state === "completed",
              () => error,
            ),
          ),
        ),
      )

  /** Cancels one that was just read; PayPal ends it at once, whatever was asked (`cancelAtPeriodEnd` is false). */
  const cancelFound = Effect.fnUntraced(function* (
    before: Answer<Wire.Subscription>,
    reason: Option.Option<string>,
  ): Effect.fn.Return<Subscription.SubscriptionSnapshot, PaymentError.PaymentError> {
    const { id } = before.value
    const currentPeriodEnd = Snapshots.timeOf(before.value.billing_info?.next_billing_time)
    const operation = "cancelSubscription"
    const sent = yield* client
      .send({
        operation,
        byId: true,
        request: tell("cancel", id, {
          // needed by PayPal, 1 to 128 characters
          reason: Option.getOrElse(
            Option.flatMap(reason, (text) => Texts.cut(text, 128)),
            () => "Cancelled",
          ),
        }),
      })
      .pipe(
        Effect.map((answer) => ({
          ...answer,
          value: { ...before.value, status: "CANCELLED", status_update_time: null },
        })),
        // cancelled already is a success (F41)
        Effect.catchIf(leavesOpen, (error) =>
          get(operation, id).pipe(
            Effect.mapError(() => error),
            Effect.filterOrFail(
              (after) => Snapshots.ended(after.value),
              () => error,
            ),
          ),
        ),
      )
    return { ...Snapshots.subscription(sent.value, sent), currentPeriodEnd }
  })

  return {
    create: (request) =>
      Effect.flatMap(post("createCheckoutSession", request), ({ answer, emailAddress }) =>
        Opening.opened(options, answer, [
          // the buyer sees the plan's name; a subscription has no text of its own
          ...(Option.isSome(request.description) ? ["description"] : []),
          ...Opening.changed("customerEmail", request.customerEmail, emailAddress),
        ]),
      ),
    findByAttempt: (request) =>
      Effect.flatMap(post("findSession", request), ({ answer }) => find("findSession", answer.value.id)),
    find,
    complete: (id) =>
      Texts.isId(id)
        ? Effect.filterOrElse(
            look("complete", id),
            (seen) => seen.state !== "approved",
            () => activate(id),
          )
        : Effect.fail(Opening.noSuch("complete")),
    withdraw: (id) =>
      Effect.map(find("withdraw", id), (found) => {
        if (Option.isNone(found)) return "withdrawn"
        switch (found.value.state) {
          case "completed":
          case "processing":
            return "being_paid"
          case "expired":
            return "withdrawn"
          case "open":
          case "approved":
            // PayPal cannot cancel what was not activated; the fence is that we do not activate it
            return action === "continue" ? "withdrawn" : "cannot"
        }
      }),
    get: (id) =>
      Texts.isId(id)
        ? orNone(Effect.map(get("getSubscription", id), (answer) => Snapshots.subscription(answer.value, answer)))
        : Effect.succeedNone,
    cancel: (request) =>
      Texts.isId(request.subscriptionId)
        ? Effect.flatMap(get("cancelSubscription", request.subscriptionId), (before) =>
            Snapshots.ended(before.value)
              ? Effect.succeed(Snapshots.subscription(before.value, before))
              : cancelFound(before, request.reason),
          )
        : Effect.fail(Opening.noSuch("cancelSubscription")),
  }
}
