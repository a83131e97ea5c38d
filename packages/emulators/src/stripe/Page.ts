/**
 * The hosted payment page: what is bought, what it costs, and buttons to pay now, pay by bank debit, be declined, go
 * back.
 */
import * as Html from "../internal/Html.ts"
import * as Currency from "./Currency.ts"
import type { Session } from "./Model.ts"

const notice =
  '<p class="notice">This page is a stand-in of Stripe for development. No card is asked for and no money moves.</p>'

const ended: Readonly<Record<Session["status"], string>> = {
  open: "",
  complete: "You have completed your payment.",
  expired: "This Checkout Session has expired.",
}

const renews = (session: Session): string => {
  const recurring = session.line_items.find((item) => item.price.recurring !== null)?.price.recurring ?? null
  return recurring === null ? "" : `every ${recurring.interval_count} ${recurring.interval}`
}

/** The page of one session; `message` is told to the buyer, for instance after a decline. */
export const session = (value: Session, merchant: string, message?: string): string => {
  const action = `/c/pay/${encodeURIComponent(value.id)}`
  const alert = message === undefined ? "" : `<p class="notice" role="alert">${Html.escape(message)}</p>`
  const facts = Html.facts([
    ["Merchant", merchant],
    ...value.line_items.map(
      (item) => [item.quantity === 1 ? "Item" : `${item.quantity} of`, item.price.productName] as const,
    ),
    ["Renews", renews(value)],
    ["Total", Currency.display(value.amount_total, value.currency), "amount"],
    ["Buyer", value.customer_email ?? ""],
  ])
  const emailField =
    value.customer_email === null
      ? '<label for="email">E-mail address</label><input id="email" name="email" type="email" autocomplete="email">'
      : ""
  const forms =
    value.status === "open"
      ? `<form method="post" action="${Html.escape(action)}"><input type="hidden" name="action" value="pay">${emailField}` +
        '<p><button class="primary">Pay</button></p></form>' +
        Html.button({ action, label: "Pay later by bank debit", fields: { action: "later" } }) +
        Html.button({ action, label: "Decline the card", fields: { action: "decline" } }) +
        (value.cancel_url === null ? "" : Html.button({ action, label: "Back", fields: { action: "back" } }))
      : `<p role="status">${ended[value.status]}</p>`
  return Html.page("Stripe stand-in: payment", `<h1>Payment</h1>${notice}${alert}${facts}${forms}`)
}

/** There is no session of this id. */
export const missing: string = Html.page("Stripe stand-in", `<h1>There is no such Checkout Session</h1>${notice}`)
