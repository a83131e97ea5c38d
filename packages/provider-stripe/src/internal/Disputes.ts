/** Disputes: looking, and reading Stripe's words. */
import type { Dispute, PaymentError } from "@payment-orchestrator/domain"
import { Effect, Option, Result } from "effect"
import type { Client } from "../StripeClient.ts"
import { noSuchObject, provider } from "./errors.ts"
import * as Objects from "./Objects.ts"
import * as Owners from "./Owners.ts"
import * as Payments from "./Payments.ts"
import { orNone } from "./Sessions.ts"

const operation = "findDispute"
const expected = { name: "a dispute", schema: Objects.Dispute }

const states: { readonly [status: string]: Dispute.DisputeState | undefined } = {
  won: "won",
  lost: "lost",
  prevented: "closed",
  warning_closed: "closed",
}

/** A status that is not known is open: refunds wait until somebody has looked. */
export const stateOf = (status: string): Dispute.DisputeState => states[status] ?? "open"

/** The PaymentIntent's own money, or the invoice it paid; a charge without an intent is its own money. */
const moneyOf = (client: Client, dispute: Objects.Dispute) =>
  Option.match(Objects.idOf(dispute.payment_intent), {
    onNone: () => Effect.succeed(Objects.idOf(dispute.charge)),
    onSome: (intentId) =>
      Effect.map(Owners.ownerOf(client, operation, intentId), ({ moneyId }) => Option.some(moneyId)),
  })

const fetch = Effect.fnUntraced(function* (
  client: Client,
  id: string,
): Effect.fn.Return<Dispute.DisputeSnapshot, PaymentError.PaymentError> {
  if (!Objects.isId(id)) return yield* noSuchObject(operation)
  const { fetchStartedAt, requestId, value } = yield* client.request(operation, expected, (sdk) =>
    sdk.disputes.retrieve(id),
  )
  return {
    provider,
    disputeId: value.id,
    state: stateOf(value.status),
    amount: Result.getSuccess(Payments.money(value.amount, value.currency)),
    moneyId: yield* moneyOf(client, value),
    reason: Option.fromNullishOr(value.reason),
    respondBy: Objects.millis(value.evidence_details?.due_by),
    fetchStartedAt,
    requestId,
    rawState: value.status,
  }
})

/** A dispute as it is now; none when Stripe has none by that id. */
export const find = (client: Client, id: string) => orNone(fetch(client, id))
