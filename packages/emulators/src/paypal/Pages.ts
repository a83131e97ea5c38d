/**
 * The pages a buyer sees: `/checkoutnow` for orders, `/webapps/billing/subscriptions` for subscriptions. They work
 * without script and say clearly that no money moves.
 */
import { Effect } from "effect"
import * as Answer from "../Answer.ts"
import type { Request } from "../Emulator.ts"
import * as Html from "../internal/Html.ts"
import type * as Amount from "./Amount.ts"
import type * as Api from "./Api.ts"
import * as Buyer from "./Buyer.ts"
import * as Billing from "./Billing.ts"
import type { Core } from "./Core.ts"
import type * as Model from "./Model.ts"
import * as Orders from "./Orders.ts"
import type { Problem } from "./Problem.ts"

const notice = `<p class="notice" role="note">This page stands in for PayPal. It is not PayPal, and no money moves.</p>`

const shown = (amount: Amount.Amount): string => `${amount.value} ${amount.currency_code}`

const missing = (problem: Problem): Effect.Effect<Answer.Answer> =>
  Effect.succeed(
    Answer.html(
      problem.status === 404 ? 404 : 409,
      Html.page(
        "Not available",
        `${notice}<h1>${problem.status === 404 ? "This payment is not available" : "That is not possible any more"}</h1>
<p>${
          problem.status === 404
            ? "It is not known here, or its time is over. Go back to the shop and start again."
            : Html.escape(problem.details[0]?.description ?? problem.description)
        }</p>`,
      ),
    ),
  )

const finished = (title: string, text: string, back: string | undefined): Answer.Answer =>
  Answer.html(
    200,
    Html.page(
      title,
      `${notice}<h1>${Html.escape(title)}</h1><p>${Html.escape(text)}</p>${
        back === undefined ? "" : `<p><a href="${Html.escape(back)}">Back to the shop</a></p>`
      }`,
    ),
  )

const buttons = (action: string, fields: Readonly<Record<string, string>>, label: string): string =>
  [
    Html.button({ action, label, fields: { ...fields, action: "approve" }, primary: true }),
    Html.button({ action, label: "Use a card that will be declined", fields: { ...fields, action: "decline" } }),
    Html.button({ action, label: "Cancel", fields: { ...fields, action: "cancel" } }),
  ].join("")

const orderPage = (order: Model.Order): Answer.Answer => {
  if (order.status === "COMPLETED" || order.status === "VOIDED") {
    return finished("Already paid", "This payment is finished.", Buyer.orderReturn(order))
  }
  if (order.status === "APPROVED") {
    return finished(
      "Already approved",
      "You have approved this payment. The shop completes it.",
      Buyer.orderReturn(order),
    )
  }
  const units = order.units.map((unit) =>
    Html.facts([
      ["Amount", shown(unit.amount), "amount"],
      ["For", unit.description ?? ""],
      ["Invoice", unit.invoice_id ?? ""],
      ["Reference", unit.custom_id ?? ""],
    ]),
  )
  return Answer.html(
    200,
    Html.page(
      `Pay ${order.brand ?? "Example Merchant"}`,
      `${notice}<h1>Pay ${Html.escape(order.brand ?? "Example Merchant")}</h1>${units.join("")}
${Html.facts([["Order", order.id]])}
${buttons("/checkoutnow", { token: order.id }, order.userAction === "PAY_NOW" ? "Pay now" : "Continue")}`,
    ),
  )
}

const intervals: Readonly<Record<Model.IntervalUnit, string>> = {
  DAY: "day",
  WEEK: "week",
  MONTH: "month",
  YEAR: "year",
}

const subscriptionPage = (subscription: Model.Subscription, plan: Model.Plan | undefined): Answer.Answer => {
  if (subscription.status !== "APPROVAL_PENDING") {
    return finished(
      "Already answered",
      `This subscription is ${subscription.status}.`,
      Buyer.subscriptionReturn(subscription),
    )
  }
  const count = plan?.interval.count ?? 1
  const unit = intervals[plan?.interval.unit ?? "MONTH"]
  return Answer.html(
    200,
    Html.page(
      `Subscribe at ${subscription.brand ?? "Example Merchant"}`,
      `${notice}<h1>Subscribe at ${Html.escape(subscription.brand ?? "Example Merchant")}</h1>
${Html.facts([
  ["Amount", `${shown(subscription.price)} every ${count === 1 ? unit : `${count} ${unit}s`}`, "amount"],
  ["Plan", plan?.name ?? ""],
  ["Quantity", subscription.quantity === "1" ? "" : subscription.quantity],
  ["Subscription", subscription.id],
])}
${buttons(
  "/webapps/billing/subscriptions",
  { ba_token: subscription.token },
  subscription.userAction === "SUBSCRIBE_NOW" ? "Agree and subscribe" : "Agree and continue",
)}`,
    ),
  )
}

const act = (buyer: Buyer.Buyer, id: string, action: string | null): Effect.Effect<Answer.Answer, Problem> => {
  switch (action) {
    case "approve":
      return Effect.map(buyer.approve(id), (to) =>
        to === undefined ? finished("Approved", "You may close this page.", undefined) : Answer.redirect(to),
      )
    case "decline":
      return Effect.map(buyer.decline(id), (to) =>
        to === undefined ? finished("Approved", "You may close this page.", undefined) : Answer.redirect(to),
      )
    case "cancel":
      return Effect.map(buyer.cancel(id), (to) =>
        to === undefined
          ? finished("Cancelled", "Nothing was paid. You may close this page.", undefined)
          : Answer.redirect(to),
      )
    default:
      return Effect.succeed(
        Answer.html(
          400,
          Html.page("Bad request", `${notice}<h1>Nothing was chosen</h1><p>Use one of the buttons.</p>`),
        ),
      )
  }
}

const byToken = (core: Core, token: string): Effect.Effect<Model.Subscription, Problem> => {
  const found = [...core.memory.subscriptions.values()].find((subscription) => subscription.token === token)
  return Billing.find(core, found?.id ?? token)
}

const form = (request: Request) => new URLSearchParams(request.text)

/** The routes of the pages. */
export const routes = (core: Core, buyer: Buyer.Buyer, { page }: Api.Maker) => [
  page("GET", "/checkoutnow", (request) =>
    Orders.find(core, request.query.get("token") ?? "").pipe(
      Effect.map(orderPage),
      Effect.catchTag("PayPalProblem", missing),
    ),
  ),
  page("POST", "/checkoutnow", (request) =>
    act(buyer, form(request).get("token") ?? "", form(request).get("action")).pipe(
      Effect.catchTag("PayPalProblem", missing),
    ),
  ),
  page("GET", "/webapps/billing/subscriptions", (request) =>
    byToken(core, request.query.get("ba_token") ?? "").pipe(
      Effect.map((subscription) => subscriptionPage(subscription, core.memory.plans.get(subscription.planId))),
      Effect.catchTag("PayPalProblem", missing),
    ),
  ),
  page("POST", "/webapps/billing/subscriptions", (request) =>
    byToken(core, form(request).get("ba_token") ?? "").pipe(
      Effect.flatMap((subscription) => act(buyer, subscription.id, form(request).get("action"))),
      Effect.catchTag("PayPalProblem", missing),
    ),
  ),
]
