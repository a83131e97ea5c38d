/** What PayPal says of a dispute → the words of the contract. */
import type { Dispute } from "@payment-orchestrator/domain"
import { Option } from "effect"
import * as Amounts from "./Amounts.ts"
import { timeOf } from "./SubscriptionSnapshots.ts"
import type * as Wire from "./Wire.ts"

const stateOf = ({ dispute_outcome, status }: Wire.Dispute): Dispute.DisputeState => {
  if (status !== "RESOLVED") return "open"
  switch (dispute_outcome?.outcome_code) {
    case "RESOLVED_BUYER_FAVOUR":
    case "ACCEPTED":
      return "lost"
    case "RESOLVED_SELLER_FAVOUR":
    case "RESOLVED_WITH_PAYOUT":
    case "CANCELED_BY_BUYER":
    case "DENIED":
      return "won"
    default:
      return "closed"
  }
}

/** A dispute as the API shows it, and as its events carry it. */
export const read = (found: Wire.Dispute) => ({
  disputeId: found.dispute_id,
  state: stateOf(found),
  amount: Amounts.fromWire(found.dispute_amount),
  moneyId: Option.fromNullishOr(found.disputed_transactions?.[0]?.seller_transaction_id),
  reason: Option.fromNullishOr(found.reason),
  respondBy: timeOf(found.seller_response_due_date),
  rawState: [found.status, found.dispute_outcome?.outcome_code].filter((word) => typeof word === "string").join("/"),
})
