/**
 * PaymentIntents and their charges: made, succeeded, pending at a bank, failed.
 */
import type { BalanceTransaction, Charge, Metadata, PaymentIntent } from "./Model.ts"
import * as MoneyView from "./MoneyView.ts"
import { emit, type Turn } from "./State.ts"

/** A PaymentIntent that waits for a payment method. */
export const createIntent = (
  turn: Turn,
  options: {
    readonly amount: number
    readonly currency: string
    readonly customer: string | null
    readonly metadata: Metadata
    readonly description: string | null
  },
): PaymentIntent => {
  const intent: PaymentIntent = {
    ...options,
    id: turn.ids.token("pi_", 24),
    created: turn.now,
    status: "requires_payment_method",
    latest_charge: null,
    last_payment_error: null,
  }
  turn.state.intents.set(intent.id, intent)
  emit(turn, "payment_intent.created", MoneyView.intent(intent))
  return intent
}

/** Books an amount (negative for a refund) with its fee. */
export const book = (turn: Turn, entry: Omit<BalanceTransaction, "id" | "created">): BalanceTransaction => {
  const transaction: BalanceTransaction = { ...entry, id: turn.ids.token("txn_", 24), created: turn.now }
  turn.state.balanceTransactions.set(transaction.id, transaction)
  return transaction
}

const charge = (turn: Turn, intent: PaymentIntent, email: string | null, status: Charge["status"]): Charge => {
  const made: Charge = {
    id: turn.ids.token("ch_", 24),
    created: turn.now,
    amount: intent.amount,
    amount_refunded: 0,
    currency: intent.currency,
    customer: intent.customer,
    metadata: intent.metadata,
    description: intent.description,
    email,
    payment_intent: intent.id,
    status,
    failure_code: null,
    failure_message: null,
    balance_transaction: null,
    disputed: false,
  }
  turn.state.charges.set(made.id, made)
  intent.latest_charge = made.id
  return made
}

const succeed = (turn: Turn, intent: PaymentIntent, made: Charge): void => {
  const fee = Math.round(made.amount * turn.settings.feeRate) + turn.settings.feeFixed
  made.status = "succeeded"
  made.balance_transaction = book(turn, {
    amount: made.amount,
    fee: Math.min(fee, made.amount),
    currency: made.currency,
    source: made.id,
    type: "charge",
  }).id
  intent.status = "succeeded"
  intent.last_payment_error = null
  emit(turn, "charge.succeeded", MoneyView.charge(made))
  emit(turn, "payment_intent.succeeded", MoneyView.intent(intent))
}

/** Moves the money now, or starts a debit that the bank answers later. */
export const attempt = (turn: Turn, intent: PaymentIntent, email: string | null, how: "paid" | "later"): Charge => {
  const made = charge(turn, intent, email, "pending")
  if (how === "paid") {
    succeed(turn, intent, made)
  } else {
    intent.status = "processing"
    emit(turn, "charge.pending", MoneyView.charge(made))
    emit(turn, "payment_intent.processing", MoneyView.intent(intent))
  }
  return made
}

const reject = (turn: Turn, intent: PaymentIntent, made: Charge, code: string, message: string): void => {
  made.status = "failed"
  made.failure_code = code
  made.failure_message = message
  intent.status = "requires_payment_method"
  intent.last_payment_error = { code, decline_code: "generic_decline", message }
  emit(turn, "charge.failed", MoneyView.charge(made))
  emit(turn, "payment_intent.payment_failed", MoneyView.intent(intent))
}

/** A card is declined. */
export const fail = (turn: Turn, intent: PaymentIntent, email: string | null): void =>
  reject(turn, intent, charge(turn, intent, email, "pending"), "card_declined", "Your card was declined.")

/** The bank answers a debit. */
export const settle = (turn: Turn, intent: PaymentIntent, answer: "succeeded" | "failed"): void => {
  const made = turn.state.charges.get(intent.latest_charge ?? "")
  if (made === undefined) return
  if (answer === "succeeded") succeed(turn, intent, made)
  else reject(turn, intent, made, "payment_method_provider_decline", "The bank refused the debit.")
}
