/** Polar's words for where a thing stands → ours. A word that is not known gets the careful reading. */
import type { Dispute, Refund, Session, Subscription } from "@payment-orchestrator/domain"

/**
 * `confirmed` means that Pay was clicked. `failed` is practically never reached (a declined payment goes back to
 * `open`); it and unknown words are `open`: somebody might still pay.
 */
export const session = (status: string): Session.SessionState => {
  switch (status) {
    case "confirmed":
      return "processing"
    case "succeeded":
      return "completed"
    case "expired":
      return "expired"
    default:
      return "open"
  }
}

/** Of an order. Unknown words are `pending`: not money yet. */
export const money = (status: string): Session.MoneyState => {
  switch (status) {
    case "paid":
      return "completed"
    case "refunded":
      return "refunded"
    case "partially_refunded":
      return "partially_refunded"
    case "void":
      return "declined"
    default:
      return "pending"
  }
}

/** Unknown words are `pending`: the money is neither back nor free to be asked for again. */
export const refund = (status: string): Refund.RefundState => {
  switch (status) {
    case "succeeded":
      return "succeeded"
    case "failed":
    case "canceled":
      return "failed"
    default:
      return "pending"
  }
}

/** Unknown words are `past_due`: that neither starts nor ends anything. */
export const subscription = (status: string): Subscription.SubscriptionState => {
  switch (status) {
    case "incomplete":
    case "trialing":
    case "active":
    case "paused":
    case "canceled":
      return status
    case "incomplete_expired":
      return "expired"
    default:
      return "past_due"
  }
}

/** Unknown words are `open`: refunds wait until somebody has looked. */
export const dispute = (status: string): Dispute.DisputeState => {
  switch (status) {
    case "won":
    case "lost":
      return status
    case "prevented":
      return "closed"
    default:
      return "open"
  }
}
