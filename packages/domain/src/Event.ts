/** Facts that the merchant is told: one fact makes one event, whichever road reported it. */
import { Schema } from "effect"

/** The types of events, by the object they are about. */
export const typesOf = {
  checkout: [
    "checkout.opened",
    "checkout.moved",
    "checkout.processing",
    "checkout.paid",
    "checkout.expired",
    "checkout.failed",
  ],
  payment: ["payment.captured", "payment.failed", "payment.duplicate", "payment.mismatched", "payment.reversed"],
  refund: ["refund.pending", "refund.succeeded", "refund.failed"],
  dispute: ["dispute.opened", "dispute.updated", "dispute.closed"],
  subscription: [
    "subscription.activated",
    "subscription.renewed",
    "subscription.past_due",
    "subscription.trialing",
    "subscription.paused",
    "subscription.resumed",
    "subscription.cancel_scheduled",
    "subscription.canceled",
    "subscription.expired",
    "subscription.duplicate",
  ],
  endpoint: ["endpoint.test"],
  provider: ["provider.down", "provider.up"],
  alert: ["alert.raised", "alert.cleared"],
} as const

export const EventType = Schema.Literals([
  ...typesOf.checkout,
  ...typesOf.payment,
  ...typesOf.refund,
  ...typesOf.dispute,
  ...typesOf.subscription,
  ...typesOf.endpoint,
  ...typesOf.provider,
  ...typesOf.alert,
]).annotate({ identifier: "EventType" })
export type EventType = typeof EventType.Type

/** What a type's name begins with: what it is about. */
export const subjectOf = (type: EventType): string => type.slice(0, type.indexOf("."))
