/** A checkout and its attempts as rows; one schema reads and writes. */
import {
  Attempt,
  Checkout,
  CheckoutRequest,
  Currency,
  Id,
  Money,
  ProviderName,
  Timestamp,
} from "@payment-orchestrator/domain"
import { Option, Schema, SchemaGetter } from "effect"

const Bit = Schema.Literals([0, 1]).pipe(
  Schema.decodeTo(Schema.Boolean, {
    decode: SchemaGetter.transform((bit: 0 | 1) => bit === 1),
    encode: SchemaGetter.transform((yes: boolean): 0 | 1 => (yes ? 1 : 0)),
  }),
)

const Text = Schema.NullOr(Schema.String)

/** What changes when the providers have answered. */
const changing = {
  status: Checkout.CheckoutStatus,
  livemode: Bit,
  provider: Schema.NullOr(ProviderName.ProviderName),
  url: Text,
  link: Schema.String,
  providerSessionId: Text,
  amount: Schema.NullOr(Money.MinorUnits),
  amountPaid: Money.MinorUnits,
  amountRefunded: Money.MinorUnits,
  currency: Currency.Currency,
  paymentId: Text,
  subscriptionId: Text,
  expiresAt: Timestamp.Millis,
}

/** What stands from the first claim on. */
const fixed = {
  id: Id.CheckoutId,
  tenantId: Schema.String,
  mode: CheckoutRequest.Mode,
  orderId: Text,
  reference: Text,
  customerId: Text,
  metadata: Schema.fromJsonString(CheckoutRequest.Metadata),
  createdAt: Timestamp.Millis,
}

/** What only the ledger writes. */
const settled = { late: Bit }

const hidden = {
  linkToken: Schema.String,
  successUrl: Schema.OptionFromNullOr(Schema.String),
  cancelUrl: Schema.OptionFromNullOr(Schema.String),
}

const changingKeys = {
  providerSessionId: "provider_session_id",
  amountPaid: "amount_paid",
  amountRefunded: "amount_refunded",
  paymentId: "payment_id",
  subscriptionId: "subscription_id",
  expiresAt: "expires_at",
} as const

/** The columns that an outcome writes. */
export const Change = Schema.Struct(changing).pipe(Schema.encodeKeys(changingKeys))

/** All columns but those of the claim. */
export const CheckoutRow = Schema.Struct({ ...fixed, ...changing, ...settled, ...hidden }).pipe(
  Schema.encodeKeys({
    ...changingKeys,
    tenantId: "tenant_id",
    orderId: "order_id",
    customerId: "customer_id",
    createdAt: "created_at",
    linkToken: "link_token",
    successUrl: "success_url",
    cancelUrl: "cancel_url",
  }),
)

/** A request as it is kept beside the checkout. */
export const Request = Schema.fromJsonString(CheckoutRequest.CheckoutRequestJson)

/** The outcome columns of an attempt; those that an attempt does not have are null. */
export const AttemptRow = Schema.Struct({ ...Attempt.Attempt.fields, startedAt: Timestamp.Millis }).pipe(
  Schema.encodeKeys({ requestId: "request_id", startedAt: "started_at", durationMs: "duration_ms" }),
)

const withoutNulls = (row: { readonly [column: string]: unknown }) =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

/** Reads an attempt out of columns that may be null. */
export const decodeAttempt = (row: { readonly [column: string]: unknown }) =>
  Schema.decodeUnknownEffect(AttemptRow)(withoutNulls(row))

const attemptColumns = {
  result: null,
  reason: null,
  message: null,
  outcome: null,
  request_id: null,
  started_at: null,
  duration_ms: null,
  tries: null,
}

/** The outcome columns of an attempt that was made, or of one that was not needed. */
export const encodeAttempt = (attempt: Option.Option<typeof AttemptRow.Encoded>) => ({
  ...attemptColumns,
  ...Option.getOrElse(attempt, () => ({})),
})
