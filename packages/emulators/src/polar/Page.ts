/**
 * The hosted checkout page: what is bought, what it costs, and buttons to pay, to be declined, to go back.
 */
import * as Html from "../internal/Html.ts"
import * as Currency from "./Currency.ts"
import type { Checkout } from "./Model.ts"
import type { State } from "./State.ts"
import * as Totals from "./Totals.ts"
import type { Settings } from "./State.ts"

const notice =
  '<p class="notice">This page is a stand-in of Polar for development. No card is asked for and no money moves.</p>'

const facts = (state: State, settings: Settings, checkout: Checkout): string => {
  const product = state.products.get(checkout.price.product_id)
  const discount = checkout.discount_id === null ? undefined : state.discounts.get(checkout.discount_id)
  const totals = Totals.compute({
    amount: checkout.amount,
    basisPoints: discount?.basis_points ?? 0,
    taxBehavior: checkout.price.tax_behavior,
    country: checkout.customer_billing_address?.country ?? settings.buyerCountry,
    settings,
  })
  const tax = totals.tax_amount ?? 0
  const money = (amount: number) => Currency.display(amount, checkout.currency)
  const every = product?.recurring_interval ?? null
  return Html.facts([
    ["Merchant", settings.organizationName],
    ["Product", product?.name ?? ""],
    ["Renews", every === null ? "" : `every ${product?.recurring_interval_count ?? 1} ${every}`],
    ["Price", money(checkout.amount)],
    ["Discount", totals.discount_amount === 0 ? "" : money(totals.discount_amount)],
    ["Tax", `${money(tax)}${totals.tax_behavior === "inclusive" ? " (included)" : ""}`],
    ["Total", money(totals.net_amount + tax), "amount"],
    ["Buyer", checkout.customer_email ?? ""],
  ])
}

const ended: Readonly<Record<Checkout["status"], string>> = {
  open: "",
  confirmed: "The payment is being processed.",
  succeeded: "This checkout is paid.",
  expired: "This checkout has expired.",
  failed: "This checkout has failed.",
}

/** The page of one checkout; `message` is told to the buyer, for instance after a decline. */
export const checkout = (options: {
  readonly state: State
  readonly settings: Settings
  readonly checkout: Checkout
  readonly message?: string
}): string => {
  const { state, settings, checkout, message } = options
  const action = `/checkout/${encodeURIComponent(checkout.client_secret)}`
  const alert = message === undefined ? "" : `<p class="notice" role="alert">${Html.escape(message)}</p>`
  const emailField =
    checkout.customer_email === null
      ? '<label for="email">E-mail address</label><input id="email" name="email" type="email" autocomplete="email">'
      : ""
  const forms =
    checkout.status === "open"
      ? `<form method="post" action="${Html.escape(action)}"><input type="hidden" name="action" value="pay">${emailField}` +
        '<p><button class="primary">Pay</button></p></form>' +
        Html.button({ action, label: "Decline the payment method", fields: { action: "decline" } }) +
        (checkout.return_url === null ? "" : Html.button({ action, label: "Back", fields: { action: "back" } }))
      : `<p role="status">${ended[checkout.status]}</p>`
  return Html.page(
    "Polar stand-in: checkout",
    `<h1>Checkout</h1>${notice}${alert}${facts(state, settings, checkout)}${forms}`,
  )
}

/** Where a buyer lands when the merchant gave no `success_url`. */
export const confirmation = (checkout: Checkout): string =>
  Html.page(
    "Polar stand-in: confirmation",
    `<h1>Thank you</h1>${notice}<p role="status">${checkout.status === "open" ? "This checkout is not paid." : ended[checkout.status]}</p>`,
  )

/** There is no checkout of this secret. */
export const missing: string = Html.page("Polar stand-in", `<h1>There is no such checkout</h1>${notice}`)
