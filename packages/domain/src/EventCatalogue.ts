/**
 * What each type of event carries: the object as it was at that moment, as the HTTP contract writes it. The version of a
 * type goes up when its `data` changes in a way that a reader could stumble over; a new field is no such change.
 */
import { Schema } from "effect"
import * as Alert from "./Alert.ts"
import * as Checkout from "./Checkout.ts"
import * as Dispute from "./Dispute.ts"
import { EventType, subjectOf, typesOf } from "./Event.ts"
import { EventId } from "./Id.ts"
import * as Examples from "./internal/EventExamples.ts"
import * as Payment from "./Payment.ts"
import { ProviderName } from "./ProviderName.ts"
import * as Refund from "./Refund.ts"
import * as Subscription from "./Subscription.ts"
import { Timestamp } from "./Timestamp.ts"
import * as WebhookEndpoint from "./WebhookEndpoint.ts"

/** One kind of object that events are about. */
interface Subject<Name extends keyof typeof typesOf, Data extends Schema.Constraint> {
  readonly version: string
  readonly data: Data
  /** `data` as it is sent. */
  readonly example: { readonly [key: string]: Schema.Json }
  /** When each type is told. */
  readonly moments: { readonly [type in (typeof typesOf)[Name][number]]: string }
}

/** What events may be about. */
export const subjects = {
  checkout: {
    version: "1",
    data: Checkout.CheckoutJson,
    example: Examples.checkout,
    moments: {
      "checkout.opened": "a hosted page was opened; not told again when the buyer comes back to it",
      "checkout.moved": "another provider's page is shown instead of the one before",
      "checkout.processing": "the buyer has approved or confirmed, and the money has not arrived yet",
      "checkout.paid": "the money arrived, exactly once per checkout: fulfil on this and on nothing else",
      "checkout.expired": "its time passed, or it was expired, and nothing was paid",
      "checkout.failed": "no page could be opened; a retry under the same Idempotency-Key may tell it again",
    },
  },
  payment: {
    version: "1",
    data: Payment.PaymentJson,
    example: Examples.payment,
    moments: {
      "payment.captured": "money arrived for a checkout, or for a renewal of a subscription",
      "payment.failed": "a charge was declined for good",
      "payment.duplicate": "money arrived a second time for a checkout that is paid",
      "payment.mismatched": "money arrived in another amount or currency than was asked; it pays nothing",
      "payment.reversed": "money that had arrived was taken back by the provider",
    },
  },
  refund: {
    version: "1",
    data: Refund.RefundJson,
    example: Examples.refund,
    moments: {
      "refund.pending": "a refund was asked for, and its amount is set aside",
      "refund.succeeded": "the provider has given the money back",
      "refund.failed": "the provider will not do it, or the money came back; its amount is free again",
    },
  },
  dispute: {
    version: "1",
    data: Dispute.DisputeJson,
    example: Examples.dispute,
    moments: {
      "dispute.opened": "a buyer disputes a payment",
      "dispute.updated": "the dispute changed its state",
      "dispute.closed": "the dispute is decided",
    },
  },
  subscription: {
    version: "1",
    data: Subscription.SubscriptionJson,
    example: Examples.subscription,
    moments: {
      "subscription.activated": "a subscription began",
      "subscription.renewed": "a further period was paid",
      "subscription.past_due": "a charge failed, and the provider tries again",
      "subscription.trialing": "its trial began",
      "subscription.paused": "it is suspended, and nothing is charged",
      "subscription.resumed": "it goes on after a pause",
      "subscription.cancel_scheduled": "it will end with the paid period",
      "subscription.canceled": "it has ended",
      "subscription.expired": "it ended because its time or its retries were over",
      "subscription.duplicate": "the same customer has a second active subscription for the same price",
    },
  },
  endpoint: {
    version: "1",
    data: WebhookEndpoint.EndpointJson,
    example: Examples.endpoint,
    moments: { "endpoint.test": "somebody asked for a test of this endpoint; sent to it alone" },
  },
  provider: {
    version: "1",
    data: Alert.ProviderState,
    example: { provider: "paypal", state: "down", reason: "circuit_open", since: Examples.time },
    moments: {
      "provider.down": "a provider is left out of new checkouts; only to endpoints of tenant `default`",
      "provider.up": "it takes new checkouts again; only to endpoints of tenant `default`",
    },
  },
  alert: {
    version: "1",
    data: Alert.AlertJson,
    example: Examples.alert,
    moments: {
      "alert.raised": "people should look at something; only to endpoints of tenant `default`",
      "alert.cleared": "the reason is gone; only to endpoints of tenant `default`",
    },
  },
} satisfies { readonly [name in keyof typeof typesOf]: Subject<name, Schema.Constraint> }

/** An event about one kind of object. */
const about = <const Types extends ReadonlyArray<EventType>, Data extends Schema.Constraint>(
  identifier: string,
  types: Types,
  { data }: { readonly data: Data },
) =>
  Schema.Struct({
    /** The same however often it is sent: its `webhook-id`. */
    id: EventId,
    type: Schema.Literals(types),
    apiVersion: Schema.String,
    livemode: Schema.Boolean,
    createdAt: Timestamp,
    tenantId: Schema.String,
    /** What it is about. */
    objectId: Schema.String,
    /** Its number among the events of its object, from 1: what happened later has a higher one. */
    sequence: Schema.Int,
    provider: Schema.NullOr(ProviderName),
    data,
  })
    .pipe(
      Schema.encodeKeys({
        apiVersion: "api_version",
        createdAt: "created_at",
        tenantId: "tenant_id",
        objectId: "object_id",
      }),
    )
    .annotate({ identifier })

/** An event as the HTTP contract writes it; `type` tells what its `data` is. */
export const EventJson = Schema.Union([
  about("CheckoutEvent", typesOf.checkout, subjects.checkout),
  about("PaymentEvent", typesOf.payment, subjects.payment),
  about("RefundEvent", typesOf.refund, subjects.refund),
  about("DisputeEvent", typesOf.dispute, subjects.dispute),
  about("SubscriptionEvent", typesOf.subscription, subjects.subscription),
  about("EndpointEvent", typesOf.endpoint, subjects.endpoint),
  about("ProviderEvent", typesOf.provider, subjects.provider),
  about("AlertEvent", typesOf.alert, subjects.alert),
]).annotate({ identifier: "Event" })
export type Event = typeof EventJson.Type

/** Everything the catalogue says of one type. */
export interface Entry {
  readonly type: EventType
  readonly version: string
  readonly moment: string
  /** A whole event as it is sent. */
  readonly example: Schema.Json
}

const known: {
  readonly [name: string]: Pick<Subject<never, never>, "version" | "example"> & {
    readonly moments: { readonly [type: string]: string }
  }
} = subjects

const entryOf = (type: EventType): Entry => {
  const { example = {}, moments = {}, version = "1" } = known[subjectOf(type)] ?? {}
  return {
    type,
    version,
    moment: moments[type] ?? "",
    example: {
      id: "evt_01JD8ZM2A3B4C5D6E7F8G9H0J1",
      type,
      api_version: version,
      livemode: true,
      created_at: Examples.time,
      tenant_id: "default",
      object_id: example["id"] ?? example["provider"] ?? "",
      sequence: 3,
      provider: example["provider"] ?? null,
      data: example,
    },
  }
}

/** Every type there is. */
export const entries: ReadonlyArray<Entry> = EventType.literals.map(entryOf)

const versions = new Map(entries.map(({ type, version }) => [type, version]))

/** The version under which a type is told now. */
export const versionOf = (type: EventType): string => versions.get(type) ?? "1"
