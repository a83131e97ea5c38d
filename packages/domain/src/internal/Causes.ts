/** What led to a change, in words, as far as the records say it. */
import { Option } from "effect"
import type { Records } from "../Explanation.ts"
import * as Money from "../Money.ts"
import { label, type ProviderName } from "../ProviderName.ts"

type Session = Records["sessions"][number]
type Told = Records["events"][number]

const nameOf = (provider: ProviderName | null): string => (provider === null ? "the provider" : label(provider))

/** A page that is no longer one that waits for its buyer. */
interface Changed {
  readonly provider: ProviderName
  readonly state: Exclude<Session["state"], "unexposed" | "payable">
}

export const causeOfState = ({ checkout, sessions }: Records, { provider, state }: Changed): string => {
  const name = label(provider)
  switch (state) {
    case "completing":
      return `${name} says that the buyer approved it, or is confirming the money`
    case "completed":
      return `${name} says that it did what it was for`
    case "withdrawn":
      if (sessions.some((other) => other.state === "completed")) return "another page of this checkout was paid"
      return checkout.status === "expired"
        ? "the checkout is over, and this page was withdrawn"
        : `${name} says that it can no longer be paid, or it was withdrawn for another page`
  }
}

/** The webhook after which it was looked at, when one came shortly before. */
const heardBefore = ({ webhooks }: Records, { at, provider }: Told): string => {
  const last = webhooks.findLast(
    (webhook) => webhook.provider === provider && webhook.at <= at && at - webhook.at < 60_000,
  )
  return last === undefined ? "" : `, looked at after its webhook ${last.eventId}`
}

const askedFor = ({ checkout }: Records): string =>
  Option.match(checkout.asked, {
    onNone: () => "another amount",
    onSome: (money) => `${Money.toDecimal(money)} ${money.currency}`,
  })

/** Money events are about a payment, the others about their own object. */
const money = (records: Records, { objectId }: Told) => {
  const payment = records.payments.find(({ id }) => id === objectId)
  return payment === undefined
    ? undefined
    : { ...payment, words: `${payment.amount} ${payment.currency} (${payment.moneyId})` }
}

export const causeOfEvent = (records: Records, told: Told): string => {
  const { actions, checkout, payments, refunds } = records
  const name = nameOf(told.provider)
  const heard = heardBefore(records, told)
  const payment = money(records, told)
  switch (told.type) {
    case "checkout.opened":
      return `${name} opened a page`
    case "checkout.moved":
      return `the buyer went on to ${name}`
    case "checkout.failed":
      return "no page could be opened: see the candidates above"
    case "checkout.processing":
      return `money is under way at ${name}${heard}`
    case "checkout.paid": {
      const initial = payments.find(({ paymentKind }) => paymentKind === "initial")
      return initial === undefined
        ? `the subscription runs at ${name}${heard}`
        : `${nameOf(initial.provider)} has ${initial.amount} ${initial.currency} for it (${initial.id})${heard}`
    }
    case "checkout.expired": {
      const by = actions.findLast(({ action, at }) => action === "checkout.expire" && at <= told.at)
      if (by !== undefined) return `asked for by ${by.actor}`
      return told.at >= checkout.expiresAt ? "its time was over" : "it was closed before its time was over"
    }
    case "payment.captured":
    case "payment.failed":
    case "payment.reversed":
      return payment === undefined ? `${name} says so${heard}` : `${name} says so of ${payment.words}${heard}`
    case "payment.duplicate":
      return `the checkout was paid already${heard}`
    case "payment.mismatched":
      return `${payment?.words ?? "another amount"} came where ${askedFor(records)} was asked${heard}`
    case "refund.pending":
    case "refund.succeeded":
    case "refund.failed":
      return refunds.find(({ id }) => id === told.objectId)?.message ?? `${name} says so${heard}`
    default:
      return `${name} says so${heard}`
  }
}
