/** Whose money a PaymentIntent moved, asked of Stripe: events on refunds and disputes do not say. */
import { Effect, Option } from "effect"
import type { Operation, PaymentError, Webhook } from "@payment-orchestrator/domain"
import type { Client } from "../StripeClient.ts"
import { provider } from "./errors.ts"
import type * as Events from "./Events.ts"
import * as Objects from "./Objects.ts"
import * as Payments from "./Payments.ts"
import { orNone } from "./Sessions.ts"

const invoiceOf = (client: Client, operation: Operation.Operation, intentId: string) =>
  Effect.map(
    client.request(
      operation,
      { name: "a list of invoice payments", schema: Objects.listOf(Objects.InvoicePayment) },
      (sdk) => sdk.invoicePayments.list({ payment: { type: "payment_intent", payment_intent: intentId }, limit: 1 }),
    ),
    ({ value }) => Option.flatMap(Option.fromUndefinedOr(value.data[0]), (payment) => Objects.idOf(payment.invoice)),
  )

/** Intents of sessions in mode `payment` carry our attempt id; the others are an invoice's, or not ours at all. */
export const ownerOf = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation.Operation,
  intentId: string,
): Effect.fn.Return<Events.Owner, PaymentError.PaymentError> {
  const intent = yield* orNone(Payments.intentById(client, operation, intentId))
  const attemptId = Option.flatMap(intent, ({ metadata }) => Objects.attemptIdOf(metadata))
  if (Option.isNone(intent) || Option.isSome(attemptId)) return { moneyId: intentId, attemptId }
  const invoiceId = yield* invoiceOf(client, operation, intentId)
  return { moneyId: Option.getOrElse(invoiceId, () => intentId), attemptId }
})

/** An event as the orchestrator speaks of it; none when it is of no use. */
export const resolve = Effect.fnUntraced(function* (
  client: Client,
  operation: Operation.Operation,
  event: Objects.Event,
  reading: Events.Reading,
): Effect.fn.Return<ReadonlyArray<Webhook.ProviderEvent>, PaymentError.PaymentError> {
  const about = { provider, eventId: event.id, type: event.type, occurredAt: Objects.millis(event.created) }
  switch (reading._tag) {
    case "Nothing":
      return []
    case "Known":
      return [{ ...about, attemptId: reading.attemptId, subject: reading.subject }]
    case "ByIntent": {
      const owner = yield* ownerOf(client, operation, reading.intentId)
      return [{ ...about, attemptId: owner.attemptId, subject: reading.subject(owner) }]
    }
  }
})

/** Whether an event belongs to this account and mode: test events may reach a live endpoint, and the reverse (F51). */
export const isOurs = (event: Objects.Event, livemode: boolean): boolean =>
  (event.livemode ?? livemode) === livemode && (event.account === undefined || event.account === null)
