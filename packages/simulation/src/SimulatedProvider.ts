/** A bank behind the contract of a provider, as one replica reaches it: with the weather between them. */
import {
  CurrencyTable,
  type Operation,
  PaymentError,
  PaymentProvider,
  Timestamp,
  Webhook,
} from "@payment-orchestrator/domain"
import { Effect, Option, Schema, Scope, Stream } from "effect"
import type { Bank } from "./Bank.ts"
import * as Snapshots from "./ProviderSnapshots.ts"
import type { Weather } from "./Weather.ts"

export interface Options {
  readonly bank: Bank
  readonly weather: Weather
  /** Where calls go on though nobody waits for them any more. */
  readonly world: Scope.Scope
  /** Passed before a call and after it: whoever died meanwhile does not go on. */
  readonly gate: (call: string) => Effect.Effect<void>
}

/** What is signed is believed here: a delivery holds the event's id, and the bank has the event. */
const Delivery = Schema.fromJsonString(Schema.Struct({ eventId: Schema.String }))
export const encodeDelivery = Schema.encodeSync(Delivery)
const decodeDelivery = Schema.decodeUnknownOption(Delivery)

const modes = ["payment", "subscription"] as const
/** By which a provider knows its own prices: all three sell every plan under the merchant's name of it. */
const plan = /^plan-/

export const make = ({ bank, gate, weather, world }: Options): PaymentProvider.Service => {
  const { fence, keyed, name: provider, startedByUs, twoPhase } = bank

  const transient = (
    operation: Operation.Operation,
    reason: PaymentError.TransientReason,
    outcome: PaymentError.Outcome,
    status?: number,
  ) =>
    new PaymentError.TransientPaymentError({
      provider,
      operation,
      reason,
      outcome,
      ...(status === undefined ? {} : { status }),
    })
  const permanent = (operation: Operation.Operation, status: number, reason: PaymentError.PermanentReason = "http") =>
    new PaymentError.PermanentPaymentError({ provider, operation, reason, outcome: "refused", status })

  /** The bank does it though the caller has gone. */
  const meanwhile = <A>(after: number, act: (now: number) => A) =>
    Effect.forkIn(Effect.andThen(Effect.sleep(after), Effect.map(Timestamp.now, act)), world)

  const call = <A, B>(
    operation: Operation.Operation,
    order: number,
    act: (now: number) => A,
    answer: (done: A, startedAt: number) => Effect.Effect<B, PaymentError.PaymentError>,
  ): Effect.Effect<B, PaymentError.PaymentError> =>
    Effect.gen(function* () {
      yield* gate(operation)
      const startedAt = yield* Timestamp.now
      const fault = weather.at(operation, order, startedAt)
      const latency = weather.latency(fault)
      switch (fault) {
        case "unsent":
          return yield* transient(operation, "network", "not_sent")
        case "throttled":
          yield* Effect.sleep(latency)
          return yield* transient(operation, "rate_limited", "refused", 429)
        case "refused":
          yield* Effect.sleep(latency)
          return yield* transient(operation, "http", "unknown", 503)
        case "rejected":
          yield* Effect.sleep(latency)
          return yield* permanent(operation, 422)
        case "done":
          yield* meanwhile(latency / 2, act)
          yield* Effect.sleep(latency)
          return yield* transient(operation, "http", "unknown", 500)
        case "garbled":
          yield* meanwhile(latency / 2, act)
          yield* Effect.sleep(latency)
          return yield* transient(operation, "bad_response", "unknown")
        case "lost":
          return yield* Effect.never
        case "silent":
          yield* meanwhile(latency, act)
          return yield* Effect.never
        case "late":
          yield* meanwhile(weather.lateness(), act)
          return yield* Effect.never
        case "slow":
        case undefined: {
          let done: Option.Option<A> = Option.none()
          yield* meanwhile(latency / 2, (now) => (done = Option.some(act(now))))
          yield* Effect.sleep(latency)
          yield* gate(`${operation} answered`)
          return yield* Option.match(done, {
            onNone: () => Effect.die("the bank has not done what it was asked in its time"),
            onSome: (value) => answer(value, startedAt),
          })
        }
      }
    })

  const orderOf = (sessionId: string) => bank.sessions.get(sessionId)?.order ?? -1
  const orderOfSubscription = (id: string) => bank.subscriptions.all.get(id)?.session.order ?? -1
  const orderOfMoney = (moneyId: string) => orderOf(bank.payment(moneyId)?.sessionId ?? "")
  const orderOfDispute = (id: string) => orderOfMoney(bank.disputes.all.get(id)?.payment.moneyId ?? "")

  /** A copy of what the bank has, made at the moment it looked; none where it has nothing. */
  const copy =
    <A, B>(snapshot: (bank: Bank) => (of: A) => B) =>
    (found: A | undefined): Option.Option<B> =>
      Option.map(Option.fromUndefinedOr(found), snapshot(bank))
  const orNone = <B>(found: Option.Option<(startedAt: number) => B>, startedAt: number) =>
    Effect.succeed(Option.map(found, (of) => of(startedAt)))
  const orRefuse =
    (operation: Operation.Operation) =>
    <B>(done: Option.Option<(startedAt: number) => B>, startedAt: number) =>
      Option.match(done, {
        onNone: () => Effect.fail(permanent(operation, 422)),
        onSome: (of) => Effect.succeed(of(startedAt)),
      })

  const unsupported = (operation: Operation.Operation) => Effect.fail(permanent(operation, 404, "not_supported"))

  return PaymentProvider.make({
    name: provider,
    configured: true,
    capabilities: {
      livemode: false,
      currencies: CurrencyTable.make(["EUR", "USD", "JPY"]),
      modes,
      goods: ["digital", "physical"],
      idempotentCreate: keyed,
      idempotentRefund: keyed,
      fence: { payment: fence, subscription: twoPhase ? (startedByUs ? "local" : "none") : fence },
      findByAttempt: false,
      partialRefunds: true,
      cancelAtPeriodEnd: !twoPhase,
      priceIdPattern: plan,
    },
    checkAvailability: Effect.succeed({
      configured: true,
      reachable: true,
      credentials: "accepted",
      reason: Option.none(),
    }),
    createCheckoutSession: (request) =>
      call(
        "createCheckoutSession",
        Number(request.metadata["order"] ?? -1),
        (now) => bank.create(request, now),
        ({ expiresAt, sessionId, url }) =>
          Effect.succeed({
            provider,
            sessionId,
            url,
            expiresAt: twoPhase ? Option.none() : Option.some(expiresAt),
            livemode: false,
            requestId: Option.none(),
            adjusted: [],
          }),
      ),
    findSession: (by) =>
      by._tag === "ByAttempt"
        ? unsupported("findSession")
        : call(
            "findSession",
            orderOf(by.sessionId),
            (now) => copy(Snapshots.session)(bank.look(by.sessionId, now)),
            orNone,
          ),
    complete: ({ approval, sessionId }) =>
      call(
        "complete",
        orderOf(sessionId),
        (now) => copy(Snapshots.session)(bank.complete(sessionId, approval, now)),
        orRefuse("complete"),
      ),
    withdraw: ({ sessionId }) =>
      call("withdraw", orderOf(sessionId), (now) => bank.withdraw(sessionId, now), Effect.succeed),
    getSubscription: (subscriptionId) =>
      call(
        "getSubscription",
        orderOfSubscription(subscriptionId),
        () => copy(Snapshots.subscription)(bank.subscriptions.all.get(subscriptionId)),
        orNone,
      ),
    cancelSubscription: ({ atPeriodEnd, subscriptionId }) =>
      call(
        "cancelSubscription",
        orderOfSubscription(subscriptionId),
        (now) => {
          const found = bank.subscriptions.all.get(subscriptionId)
          if (found !== undefined) bank.subscriptions.cancel(found, { atPeriodEnd, byUs: true }, now)
          return copy(Snapshots.subscription)(found)
        },
        orRefuse("cancelSubscription"),
      ),
    refund: ({ amount, moneyId, refundId }) =>
      call(
        "refund",
        orderOfMoney(moneyId),
        (now) => copy(Snapshots.refund)(bank.refund(refundId, moneyId, amount, now)),
        orRefuse("refund"),
      ),
    findRefund: ({ moneyId, providerRefundId, refundId }) =>
      call(
        "findRefund",
        orderOfMoney(moneyId),
        () =>
          copy(Snapshots.refund)(
            bank.refunds.find((refund) =>
              Option.match(providerRefundId, {
                onNone: () => Option.contains(refund.refundId, refundId),
                onSome: (id) => refund.providerRefundId === id,
              }),
            ),
          ),
        orNone,
      ),
    findDispute: (disputeId) =>
      call(
        "findDispute",
        orderOfDispute(disputeId),
        () => copy(Snapshots.dispute)(bank.disputes.all.get(disputeId)),
        orNone,
      ),
    findPrice: () => Effect.succeedNone,
    verifyWebhook: ({ body }) =>
      Effect.gen(function* () {
        yield* gate("verifyWebhook")
        const delivered = decodeDelivery(new TextDecoder().decode(body))
        const event = Option.flatMapNullishOr(delivered, ({ eventId }) =>
          bank.events.find((told) => told.eventId === eventId),
        )
        return yield* Option.match(event, {
          onNone: () => Effect.fail(new Webhook.WebhookRejected({ provider, reason: "bad_signature" })),
          onSome: (told) => Effect.succeed([told]),
        })
      }),
    missedEvents: (since) =>
      Stream.unwrap(
        call(
          "missedEvents",
          -1,
          () => bank.events.filter(({ at }) => at >= since),
          (events) => Effect.succeed(Stream.fromIterable(events)),
        ),
      ),
  })
}

/** The page's id at its bank, by its address. */
export const sessionIdOf = (url: string): string => url.slice(url.lastIndexOf("/") + 1)
