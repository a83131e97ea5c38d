/**
 * Disputes: opened and resolved by the test or the control page, shown by the API.
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import type * as Amount from "./Amount.ts"
import type * as Api from "./Api.ts"
import { type Core, upper } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Problem from "./Problem.ts"
import * as Views from "./Views.ts"

export interface Opening {
  /** A capture or a sale. */
  readonly transactionId: string
  /** @default MERCHANDISE_OR_SERVICE_NOT_RECEIVED */
  readonly reason?: string
  /** @default the whole payment */
  readonly amount?: Amount.Amount
  /** @default CHARGEBACK */
  readonly stage?: Model.Dispute["stage"]
}

const tell = (core: Core, dispute: Model.Dispute, what: "CREATED" | "RESOLVED") =>
  core.emit({
    type: `CUSTOMER.DISPUTE.${what}`,
    resourceType: "dispute",
    resourceVersion: "1.0",
    summary: what === "CREATED" ? "A new dispute opened" : "A dispute was resolved",
    resource: Views.dispute(core, dispute),
    transactionIds: [dispute.id, dispute.transactionId],
  })

/** A buyer disputes a payment. */
export const open = Effect.fnUntraced(function* (
  core: Core,
  opening: Opening,
): Effect.fn.Return<Model.Dispute, Problem.Problem> {
  const capture = core.memory.captures.get(opening.transactionId)
  const sale = core.memory.sales.get(opening.transactionId)
  const gross = capture?.amount ?? sale?.amount
  if (gross === undefined) return yield* Problem.unknownId("transaction_id", opening.transactionId)
  const now = yield* core.clock.now
  const dispute: Model.Dispute = {
    id: `PP-D-${yield* upper(6)}`,
    transactionId: opening.transactionId,
    custom: capture?.custom_id ?? sale?.custom,
    invoice: capture?.invoice_id,
    gross,
    amount: opening.amount ?? gross,
    reason: opening.reason ?? "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
    status: "WAITING_FOR_SELLER_RESPONSE",
    stage: opening.stage ?? "CHARGEBACK",
    outcome: undefined,
    createdAt: now,
    updatedAt: now,
  }
  core.memory.disputes.set(dispute.id, dispute)
  yield* tell(core, dispute, "CREATED")
  return dispute
})

/** PayPal decides; `RESOLVED_BUYER_FAVOUR`, `RESOLVED_SELLER_FAVOUR` … */
export const resolve = Effect.fnUntraced(function* (
  core: Core,
  disputeId: string,
  outcome: string,
): Effect.fn.Return<Model.Dispute, Problem.Problem> {
  const dispute = core.memory.disputes.get(disputeId)
  if (dispute === undefined) return yield* Problem.unknownId("id", disputeId)
  const resolved: Model.Dispute = { ...dispute, status: "RESOLVED", outcome, updatedAt: yield* core.clock.now }
  core.memory.disputes.set(disputeId, resolved)
  yield* tell(core, resolved, "RESOLVED")
  return resolved
})

/** The routes of disputes. */
export const routes = (core: Core, { api }: Api.Maker) => [
  api("GET", "/v1/customer/disputes/:id", (request) => {
    const id = request.params["id"] ?? ""
    const dispute = core.memory.disputes.get(id)
    return dispute === undefined
      ? Effect.fail(Problem.unknownId("id", id))
      : Effect.succeed(Answer.json(200, Views.dispute(core, dispute)))
  }),
]
