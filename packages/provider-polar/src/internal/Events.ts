/** The body of a webhook → what it is about. Pure; nothing here checks a signature. */
import type { Webhook } from "@payment-orchestrator/domain"
import { Option, Result, Schema } from "effect"
import * as Currencies from "./Currencies.ts"
import { provider } from "./errors.ts"
import * as States from "./States.ts"
import * as Wire from "./Wire.ts"

/** The part of an event that depends on the object. */
type About = Pick<Webhook.ProviderEvent, "subject" | "attemptId">

const checkout = (data: unknown): Option.Option<About> =>
  Option.map(Schema.decodeUnknownOption(Wire.CheckoutEvent)(data), (object) => ({
    attemptId: Wire.attemptIdOf(object),
    subject: {
      _tag: "Session",
      sessionId: object.id,
      state: States.session(object.status),
      subscriptionId: Option.fromNullishOr(object.subscription_id),
    },
  }))

const amountOf = (units: number | null | undefined, currency: string | null | undefined) =>
  Option.flatMap(Option.fromNullishOr(currency), (code) => Currencies.moneyOf(units ?? -1, code))

const order = (data: unknown): Option.Option<About> =>
  Option.map(Schema.decodeUnknownOption(Wire.OrderEvent)(data), (object) => ({
    attemptId: Wire.attemptIdOf(object),
    subject: {
      _tag: "Payment",
      moneyId: object.id,
      state: States.money(object.status),
      amount: amountOf(object.total_amount, object.currency),
      sessionId: Option.fromNullishOr(object.checkout_id),
      subscriptionId: Option.fromNullishOr(object.subscription_id),
    },
  }))

/** A refund carries our refund id, not the attempt's. */
const refund = (data: unknown): Option.Option<About> =>
  Option.map(Schema.decodeUnknownOption(Wire.RefundEvent)(data), (object) => ({
    attemptId: Option.none(),
    subject: {
      _tag: "Refund",
      providerRefundId: object.id,
      state: States.refund(object.status),
      amount: amountOf(
        typeof object.amount === "number" ? object.amount + (object.tax_amount ?? 0) : undefined,
        object.currency,
      ),
      moneyId: Option.fromNullishOr(object.order_id),
    },
  }))

const subscription = (data: unknown): Option.Option<About> =>
  Option.map(Schema.decodeUnknownOption(Wire.SubscriptionEvent)(data), (object) => ({
    attemptId: Wire.attemptIdOf(object),
    subject: {
      _tag: "Subscription",
      subscriptionId: object.id,
      state: States.subscription(object.status),
      sessionId: Option.fromNullishOr(object.checkout_id),
    },
  }))

/** The types that are needed; all others are acknowledged and say nothing. Polar has no `dispute.*` and no `payment.*`. */
const readers: ReadonlyMap<string, (data: unknown) => Option.Option<About>> = new Map([
  ...["checkout.created", "checkout.updated", "checkout.expired"].map((type) => [type, checkout] as const),
  ...["order.created", "order.updated", "order.paid", "order.refunded"].map((type) => [type, order] as const),
  ...["refund.created", "refund.updated"].map((type) => [type, refund] as const),
  ...[
    "subscription.created",
    "subscription.updated",
    "subscription.active",
    "subscription.canceled",
    "subscription.uncanceled",
    "subscription.cycled",
    "subscription.revoked",
    "subscription.past_due",
    "subscription.paused",
    "subscription.resumed",
    "subscription.migrated",
  ].map((type) => [type, subscription] as const),
])

const payloadOf = Schema.decodeUnknownOption(Schema.fromJsonString(Wire.Payload))

/** The events in a body (one, or none for a type that is not needed); fails when it is not what Polar sends. */
export const fromBody = (text: string, eventId: string): Result.Result<ReadonlyArray<Webhook.ProviderEvent>, string> =>
  Option.match(payloadOf(text), {
    onNone: () => Result.fail("not a payload of Polar"),
    onSome: ({ data, timestamp, type }) => {
      const read = readers.get(type)
      if (read === undefined) return Result.succeed([])
      return Option.match(read(data), {
        onNone: () => Result.fail(`data of ${type}`),
        onSome: (about) =>
          Result.succeed([{ provider, eventId, type, occurredAt: Wire.millisOf(timestamp), ...about }]),
      })
    },
  })

/** An order that a list gave, as if Polar had sent it. The same order in the same state is the same event. */
export const fromOrder = (listed: Wire.Order): ReadonlyArray<Webhook.ProviderEvent> =>
  Option.match(
    Option.filter(order(listed), (about) => Option.isSome(about.attemptId)),
    {
      onNone: () => [],
      onSome: (about) => [
        {
          provider,
          eventId: `order:${listed.id}:${listed.status}`,
          type: "order.updated",
          occurredAt: Wire.millisOf(listed.created_at),
          ...about,
        },
      ],
    },
  )
