/** What can be asked of a provider, and what each question may do to money. */
import { Schema } from "effect"

export const Operation = Schema.Literals([
  "checkAvailability",
  "createCheckoutSession",
  "findSession",
  "complete",
  "withdraw",
  "getSubscription",
  "cancelSubscription",
  "refund",
  "findRefund",
  "findDispute",
  "findPrice",
  "verifyWebhook",
  "missedEvents",
]).annotate({ identifier: "Operation" })
export type Operation = typeof Operation.Type

/**
 * `inert`: nothing happens to money, so another provider may be asked instead. `money_moving`: takes money.
 * `reversing`: gives money back or ends a right to it. `read`: only looks.
 */
export type EffectClass = "inert" | "money_moving" | "reversing" | "read"

const effectClasses: { readonly [operation in Operation]: EffectClass } = {
  checkAvailability: "read",
  createCheckoutSession: "inert",
  findSession: "read",
  complete: "money_moving",
  withdraw: "reversing",
  getSubscription: "read",
  cancelSubscription: "reversing",
  refund: "reversing",
  findRefund: "read",
  findDispute: "read",
  findPrice: "read",
  verifyWebhook: "read",
  missedEvents: "read",
}

export const effectClassOf = (operation: Operation): EffectClass => effectClasses[operation]
