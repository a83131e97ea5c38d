/**
 * PayPal's events → the words of the contract. Types and where the ids are: PayPal, "Webhook event names"; sales are
 * of the v1 API. What an event says is a reason to look, never the truth.
 */
import type { Webhook } from "@payment-orchestrator/domain"
import { Option, Result, Schema } from "effect"
import * as Amounts from "./Amounts.ts"
import * as Disputes from "./DisputeSnapshots.ts"
import { name } from "./Name.ts"
import * as Snapshots from "./Snapshots.ts"
import * as Subscriptions from "./SubscriptionSnapshots.ts"
import * as Wire from "./Wire.ts"

interface Meaning {
  readonly subject: Webhook.EventSubject
  readonly custom: string | null | undefined
}

type Reader = (resource: unknown, type: string) => Option.Option<Meaning>

const reader =
  <A>(schema: Schema.ConstraintDecoder<A>, read: (value: A, type: string) => Meaning): Reader =>
  (resource, type) =>
    Option.map(Schema.decodeUnknownOption(schema)(resource), (value) => read(value, type))

/** The last part of a link's path. */
const lastPart = (href: string | undefined): Option.Option<string> =>
  Option.fromNullishOr(href === undefined ? undefined : /\/([A-Za-z0-9-]+)$/.exec(URL.parse(href)?.pathname ?? "")?.[1])

const order = (state: "approved" | "processing"): Reader =>
  reader(Wire.Order, (found) => ({
    custom: found.purchase_units?.[0]?.custom_id,
    subject: { _tag: "Session", sessionId: found.id, state, subscriptionId: Option.none() },
  }))

/** `CHECKOUT.PAYMENT-APPROVAL.REVERSED`: approved, but not captured in time. */
const reversedApproval = reader(
  Schema.Struct({
    order_id: Schema.NonEmptyString,
    purchase_units: Schema.optionalKey(
      Schema.NullOr(Schema.Array(Schema.Struct({ custom_id: Schema.optionalKey(Schema.NullOr(Schema.String)) }))),
    ),
  }),
  (found) => ({
    custom: found.purchase_units?.[0]?.custom_id,
    subject: { _tag: "Session", sessionId: found.order_id, state: "expired", subscriptionId: Option.none() },
  }),
)

/** The order of a capture stands in `supplementary_data`, else behind the link `up`. */
const capture = reader(Wire.Capture, (found) => ({
  custom: found.custom_id,
  subject: {
    _tag: "Payment",
    moneyId: found.id,
    state: Snapshots.moneyState(found.status),
    amount: Amounts.fromWire(found.amount),
    sessionId: Option.orElse(Option.fromNullishOr(found.supplementary_data?.related_ids?.order_id), () =>
      lastPart(found.links?.find(({ href, rel }) => rel === "up" && href.includes("/checkout/orders/"))?.href),
    ),
    subscriptionId: Option.none(),
  },
}))

/** Money that PayPal itself took back has the same shape as money that the merchant gave back. */
const reversed = (type: string) => (type.endsWith(".REVERSED") ? ({ reversal: true } as const) : {})

/** The capture's id stands only behind the link `up`. */
const refund = reader(Wire.Refund, (found, type) => ({
  custom: found.custom_id,
  subject: {
    _tag: "Refund",
    providerRefundId: found.id,
    state: Snapshots.refundState(found.status),
    amount: Amounts.unsigned(found.amount),
    moneyId: lastPart(Wire.linkOf(found.links, "up")),
    ...reversed(type),
  },
}))

const saleRefund = reader(Wire.SaleRefund, (found, type) => ({
  custom: undefined,
  subject: {
    _tag: "Refund",
    providerRefundId: found.id,
    state: Snapshots.refundState(found.state),
    amount: Amounts.fromV1(found.amount),
    moneyId: Option.fromNullishOr(found.sale_id),
    ...reversed(type),
  },
}))

/** A charge of a subscription, whose id is also that of the session. */
const sale = reader(Wire.Sale, (found) => ({
  custom: found.custom,
  subject: {
    _tag: "Payment",
    moneyId: found.id,
    state: Snapshots.moneyState(found.state),
    amount: Amounts.fromV1(found.amount),
    sessionId: Option.fromNullishOr(found.billing_agreement_id),
    subscriptionId: Option.fromNullishOr(found.billing_agreement_id),
  },
}))

/** After a failed charge the status may still be ACTIVE. */
const subscription = reader(Wire.Subscription, (found, type) => {
  const state = Subscriptions.stateOf(found)
  const overdue = type === "BILLING.SUBSCRIPTION.PAYMENT.FAILED" && (state === "active" || state === "trialing")
  return {
    custom: found.custom_id,
    subject: {
      _tag: "Subscription",
      subscriptionId: found.id,
      state: overdue ? "past_due" : state,
      sessionId: Option.some(found.id),
    },
  }
})

const dispute = reader(Wire.Dispute, (found) => {
  const { amount, disputeId, moneyId, state } = Disputes.read(found)
  return {
    custom: found.disputed_transactions?.[0]?.custom,
    subject: { _tag: "Dispute", disputeId, state, amount, moneyId },
  }
})

const readers: ReadonlyMap<string, Reader> = new Map([
  ["CHECKOUT.ORDER.APPROVED", order("approved")],
  ["CHECKOUT.ORDER.COMPLETED", order("processing")],
  ["CHECKOUT.PAYMENT-APPROVAL.REVERSED", reversedApproval],
  ["PAYMENT.CAPTURE.COMPLETED", capture],
  ["PAYMENT.CAPTURE.PENDING", capture],
  ["PAYMENT.CAPTURE.DECLINED", capture],
  ["PAYMENT.CAPTURE.DENIED", capture],
  ["PAYMENT.CAPTURE.REFUNDED", refund],
  ["PAYMENT.CAPTURE.REVERSED", refund],
  ["PAYMENT.SALE.COMPLETED", sale],
  ["PAYMENT.SALE.PENDING", sale],
  ["PAYMENT.SALE.DENIED", sale],
  ["PAYMENT.SALE.REFUNDED", saleRefund],
  ["PAYMENT.SALE.REVERSED", saleRefund],
  ["BILLING.SUBSCRIPTION.CREATED", subscription],
  ["BILLING.SUBSCRIPTION.ACTIVATED", subscription],
  ["BILLING.SUBSCRIPTION.RE-ACTIVATED", subscription],
  ["BILLING.SUBSCRIPTION.UPDATED", subscription],
  ["BILLING.SUBSCRIPTION.SUSPENDED", subscription],
  ["BILLING.SUBSCRIPTION.CANCELLED", subscription],
  ["BILLING.SUBSCRIPTION.EXPIRED", subscription],
  ["BILLING.SUBSCRIPTION.PAYMENT.FAILED", subscription],
  ["CUSTOMER.DISPUTE.CREATED", dispute],
  ["CUSTOMER.DISPUTE.UPDATED", dispute],
  ["CUSTOMER.DISPUTE.RESOLVED", dispute],
])

const decode = Schema.decodeUnknownOption(Wire.Event)

/** The events of one envelope; none for a type that is not needed, a failure (in words) for what is no event of PayPal's. */
export const read = (envelope: unknown): Result.Result<ReadonlyArray<Webhook.ProviderEvent>, string> => {
  const decoded = decode(envelope)
  if (Option.isNone(decoded)) return Result.fail("no event with an id and a type")
  const event = decoded.value
  const type = event.event_type
  const reads = readers.get(type)
  if (reads === undefined) return Result.succeed([])
  return Option.match(reads(event.resource, type), {
    onNone: () => Result.fail(`a ${type} whose resource is of another shape`),
    onSome: ({ custom, subject }) =>
      Result.succeed([
        {
          provider: name,
          eventId: event.id,
          type,
          occurredAt: Subscriptions.timeOf(event.create_time),
          attemptId: Snapshots.attemptOf(custom),
          subject,
        },
      ]),
  })
}
