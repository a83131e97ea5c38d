/**
 * Refunds of a charge, all at once or in parts, and disputes.
 *
 * Source: docs.stripe.com/api/refunds and docs.stripe.com/error-codes.
 */
import { Result } from "effect"
import * as Charges from "./Charges.ts"
import * as Currency from "./Currency.ts"
import * as Form from "./Form.ts"
import type { Charge, Dispute, Refund } from "./Model.ts"
import * as MoneyView from "./MoneyView.ts"
import * as Problem from "./Problem.ts"
import { emit, type Turn } from "./State.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const known = new Set([
  "amount",
  "charge",
  "expand",
  "metadata",
  "payment_intent",
  "reason",
  "refund_application_fee",
  "reverse_transfer",
])

const chargeOf = (turn: Turn, params: Form.Tree): Outcome<Charge> => {
  const chargeId = Form.text(params["charge"])
  const intentId = Form.text(params["payment_intent"])
  if (chargeId === null && intentId === null) {
    const message = "One of the following params should be provided for this request: payment_intent or charge."
    return Result.fail(Problem.invalid(message))
  }
  if (chargeId !== null) {
    const charge = turn.state.charges.get(chargeId)
    return charge === undefined ? Result.fail(Problem.noSuch("charge", chargeId, "charge")) : Result.succeed(charge)
  }
  const intent = turn.state.intents.get(intentId ?? "")
  if (intent === undefined) {
    return Result.fail(Problem.noSuch("payment_intent", intentId ?? "", "payment_intent"))
  }
  const charge = turn.state.charges.get(intent.latest_charge ?? "")
  return charge === undefined || charge.status !== "succeeded"
    ? Result.fail(Problem.refused(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`))
    : Result.succeed(charge)
}

const checkAmount = (charge: Charge, amount: number): Outcome<void> => {
  const left = charge.amount - charge.amount_refunded
  if (amount < 1) {
    const extra = { code: "parameter_invalid_integer", param: "amount" }
    return Result.fail(Problem.invalid("Invalid positive integer", extra))
  }
  if (amount <= left) return Result.void
  const show = (value: number) => Currency.display(value, charge.currency)
  const against =
    charge.amount_refunded === 0
      ? `charge amount (${show(charge.amount)})`
      : `unrefunded amount on charge (${show(left)})`
  return Result.fail(Problem.refused(`Refund amount (${show(amount)}) is greater than ${against}`, { param: "amount" }))
}

/** Gives money back; without an amount all that is left. */
export const create = (turn: Turn, params: Form.Tree): Outcome<Refund> =>
  Result.gen(function* () {
    yield* Form.only(params, known)
    const reasons = ["duplicate", "fraudulent", "requested_by_customer"] as const
    const reason = yield* Form.oneOf(params["reason"], "reason", reasons)
    const metadata = yield* Form.metadata(params["metadata"], "metadata")
    const asked = yield* Form.integer(params["amount"], "amount")
    const charge = yield* chargeOf(turn, params)
    if (charge.disputed) {
      const extra = { code: "charge_disputed" }
      return yield* Result.fail(
        Problem.refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, extra),
      )
    }
    if (charge.amount_refunded === charge.amount) {
      const extra = { code: "charge_already_refunded" }
      return yield* Result.fail(Problem.refused(`Charge ${charge.id} has already been refunded.`, extra))
    }
    const amount = asked ?? charge.amount - charge.amount_refunded
    yield* checkAmount(charge, amount)
    const id = turn.ids.token("re_", 24)
    const booked = Charges.book(turn, {
      amount: -amount,
      fee: 0,
      currency: charge.currency,
      source: id,
      type: "refund",
    })
    const refund: Refund = {
      id,
      created: turn.now,
      amount,
      currency: charge.currency,
      charge: charge.id,
      payment_intent: charge.payment_intent,
      status: turn.settings.refundStatus,
      reason,
      metadata,
      balance_transaction: booked.id,
    }
    turn.state.refunds.set(id, refund)
    charge.amount_refunded += amount
    emit(turn, "refund.created", MoneyView.refund(refund))
    emit(turn, "charge.refunded", MoneyView.charge(charge))
    return refund
  })

/** A pending refund ends; a failed one leaves its amount with the merchant. */
export const settle = (turn: Turn, refund: Refund, status: "succeeded" | "failed"): Outcome<Refund> => {
  const charge = turn.state.charges.get(refund.charge)
  if (refund.status !== "pending" || charge === undefined) {
    return Result.fail(Problem.refused(`Refund ${refund.id} is ${refund.status}.`))
  }
  refund.status = status
  if (status === "failed") charge.amount_refunded -= refund.amount
  emit(turn, "refund.updated", MoneyView.refund(refund))
  emit(turn, "charge.refund.updated", MoneyView.refund(refund))
  if (status === "failed") emit(turn, "refund.failed", MoneyView.refund(refund))
  return Result.succeed(refund)
}

/** The buyer's bank takes a charge back. */
export const dispute = (turn: Turn, charge: Charge, reason = "fraudulent"): Outcome<Dispute> => {
  if (charge.status !== "succeeded" || charge.disputed) {
    return Result.fail(Problem.refused(`Charge ${charge.id} cannot be disputed.`))
  }
  charge.disputed = true
  const made: Dispute = {
    id: turn.ids.token("du_", 24),
    created: turn.now,
    amount: charge.amount - charge.amount_refunded,
    currency: charge.currency,
    charge: charge.id,
    payment_intent: charge.payment_intent,
    reason,
    status: "needs_response",
  }
  turn.state.disputes.set(made.id, made)
  emit(turn, "charge.dispute.created", MoneyView.dispute(made))
  return Result.succeed(made)
}

/** The bank decides. */
export const closeDispute = (turn: Turn, value: Dispute, status: "won" | "lost"): Outcome<Dispute> => {
  value.status = status
  const charge = turn.state.charges.get(value.charge)
  if (charge !== undefined && status === "won") charge.disputed = false
  emit(turn, "charge.dispute.closed", MoneyView.dispute(value))
  return Result.succeed(value)
}
