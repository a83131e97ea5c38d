/** By what an event of a provider names the things of ours that it may be about. */
import { Id, type InboxEntry, type Webhook } from "@payment-orchestrator/domain"
import { Option, Schema } from "effect"

const Text = Schema.NullOr(Schema.String)

/** The provider's ids, and our attempt id as the provider carries it. */
export const Clue = Schema.Struct({
  sessionId: Text,
  attemptId: Schema.NullOr(Id.AttemptId),
  moneyId: Text,
  subscriptionId: Text,
  refundId: Text,
  /** The refund is money that the provider took back. */
  reversal: Schema.Boolean,
  disputeId: Text,
  /** It says that the buyer has acted: until somebody has looked, money may be on its way. */
  acted: Schema.Boolean,
})
export type Clue = typeof Clue.Type

/** Names nothing. */
export const none: Clue = {
  sessionId: null,
  attemptId: null,
  moneyId: null,
  subscriptionId: null,
  refundId: null,
  reversal: false,
  disputeId: null,
  acted: false,
}

/** An id that an event may name. */
const optional = (id: string | Option.Option<string>): string | null =>
  typeof id === "string" ? id : Option.getOrNull(id)

/** A page that is only open, or over, was not paid; nor was a subscription that has not started yet. */
const hasActed = (subject: Webhook.EventSubject): boolean => {
  switch (subject._tag) {
    case "Session":
      return subject.state !== "open" && subject.state !== "expired"
    case "Subscription":
      return subject.state !== "incomplete"
    case "Payment":
      return true
    case "Refund":
    case "Dispute":
      return false
  }
}

export const of = ({ attemptId, subject }: Webhook.ProviderEvent): Clue => ({
  sessionId: "sessionId" in subject ? optional(subject.sessionId) : null,
  attemptId: Option.getOrNull(attemptId),
  moneyId: "moneyId" in subject ? optional(subject.moneyId) : null,
  subscriptionId: "subscriptionId" in subject ? optional(subject.subscriptionId) : null,
  refundId: subject._tag === "Refund" ? subject.providerRefundId : null,
  reversal: subject._tag === "Refund" && subject.reversal === true,
  disputeId: subject._tag === "Dispute" ? subject.disputeId : null,
  acted: hasActed(subject),
})

const subjects: { readonly [tag in Webhook.EventSubject["_tag"]]: InboxEntry.InboxSubject } = {
  Session: "session",
  Payment: "payment",
  Refund: "refund",
  Subscription: "subscription",
  Dispute: "dispute",
}

export const subjectOf = ({ subject }: Webhook.ProviderEvent): InboxEntry.InboxSubject => subjects[subject._tag]
