/**
 * Stripe's API as far as a checkout, its payment, its subscription and its refunds need it.
 */
import { Result } from "effect"
import type * as Emulator from "../Emulator.ts"
import * as Billing from "./Billing.ts"
import * as BillingView from "./BillingView.ts"
import * as Form from "./Form.ts"
import type * as Gate from "./Gate.ts"
import * as Listing from "./Listing.ts"
import * as MoneyView from "./MoneyView.ts"
import * as Problem from "./Problem.ts"
import * as Refunds from "./Refunds.ts"
import * as Sessions from "./Sessions.ts"
import type { State } from "./State.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const find = <A>(map: ReadonlyMap<string, A>, request: Emulator.Request, what: string, param = "id"): Outcome<A> => {
  const id = request.params["id"] ?? ""
  const value = map.get(id)
  return value === undefined ? Result.fail(Problem.noSuch(what, id, param)) : Result.succeed(value)
}

/** A filter by a text that may be absent. */
const filter = (node: Form.Node | undefined) => {
  const wanted = Form.text(node)
  return (value: string | null): boolean => wanted === null || value === wanted
}

const sessionRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("POST", "/v1/checkout/sessions", "rak_checkout_session_write", (turn, params) =>
    Result.map(Sessions.create(turn, params), (session) => View.session(session, turn.url)),
  ),
  gate.route("GET", "/v1/checkout/sessions", "rak_checkout_session_read", (turn, params) =>
    Result.gen(function* () {
      const intent = filter(params["payment_intent"])
      const subscription = filter(params["subscription"])
      const customer = filter(params["customer"])
      const email = filter(Form.tree(params["customer_details"])["email"])
      const wanted = yield* Form.oneOf(params["status"], "status", ["open", "complete", "expired"])
      return yield* Listing.page({
        params,
        all: turn.state.sessions.values(),
        keep: (session) =>
          intent(session.payment_intent) &&
          subscription(session.subscription) &&
          customer(session.customer) &&
          email(session.customer_email ?? session.buyer_email) &&
          (wanted === null || session.status === wanted),
        view: (session) => View.session(session, turn.url),
        url: "/v1/checkout/sessions",
        what: "checkout.session",
      })
    }),
  ),
  gate.route("GET", "/v1/checkout/sessions/:id", "rak_checkout_session_read", (turn, _, request) =>
    Result.map(find(turn.state.sessions, request, "checkout.session", "session"), (session) =>
      View.session(session, turn.url),
    ),
  ),
  gate.route("POST", "/v1/checkout/sessions/:id", "rak_checkout_session_write", (turn, params, request) =>
    Result.gen(function* () {
      const session = yield* find(turn.state.sessions, request, "checkout.session", "session")
      return View.session(yield* Sessions.update(session, params), turn.url)
    }),
  ),
  gate.route("GET", "/v1/checkout/sessions/:id/line_items", "rak_checkout_session_read", (turn, _, request) =>
    Result.map(find(turn.state.sessions, request, "checkout.session", "session"), (session) =>
      View.list(session.line_items.map(View.lineItem), `/v1/checkout/sessions/${session.id}/line_items`),
    ),
  ),
  gate.route("POST", "/v1/checkout/sessions/:id/expire", "rak_checkout_session_write", (turn, _, request) =>
    Result.gen(function* () {
      const session = yield* find(turn.state.sessions, request, "checkout.session", "session")
      return View.session(yield* Sessions.expire(turn, session), turn.url)
    }),
  ),
]

const billingRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/subscriptions/:id", "rak_subscription_read", (turn, _, request) =>
    Result.map(find(turn.state.subscriptions, request, "subscription"), BillingView.subscription),
  ),
  gate.route("POST", "/v1/subscriptions/:id", "rak_subscription_write", (turn, params, request) =>
    Result.gen(function* () {
      const subscription = yield* find(turn.state.subscriptions, request, "subscription")
      return BillingView.subscription(yield* Billing.update(turn, subscription, params))
    }),
  ),
  gate.route("DELETE", "/v1/subscriptions/:id", "rak_subscription_write", (turn, params, request) =>
    Result.gen(function* () {
      const subscription = yield* find(turn.state.subscriptions, request, "subscription")
      return BillingView.subscription(yield* Billing.cancel(turn, subscription, params))
    }),
  ),
  gate.route("GET", "/v1/subscriptions", "rak_subscription_read", (turn, params) => {
    const customer = filter(params["customer"])
    const status = Form.text(params["status"])
    return Listing.page({
      params,
      all: turn.state.subscriptions.values(),
      keep: (value) =>
        customer(value.customer) &&
        (status === "all" || (status === null ? value.status !== "canceled" : value.status === status)),
      view: BillingView.subscription,
      url: "/v1/subscriptions",
      what: "subscription",
    })
  }),
  gate.route("GET", "/v1/invoices/:id", "rak_invoice_read", (turn, _, request) =>
    Result.map(find(turn.state.invoices, request, "invoice", "invoice"), BillingView.invoice),
  ),
  gate.route("GET", "/v1/invoices", "rak_invoice_read", (turn, params) => {
    const subscription = filter(params["subscription"])
    const customer = filter(params["customer"])
    const status = filter(params["status"])
    return Listing.page({
      params,
      all: turn.state.invoices.values(),
      keep: (value) => subscription(value.subscription) && customer(value.customer) && status(value.status),
      view: BillingView.invoice,
      url: "/v1/invoices",
      what: "invoice",
    })
  }),
]

const paymentRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/payment_intents/:id", "rak_payment_intent_read", (turn, _, request) =>
    Result.map(find(turn.state.intents, request, "payment_intent", "intent"), MoneyView.intent),
  ),
  gate.route("GET", "/v1/charges/:id", "rak_charge_read", (turn, _, request) =>
    Result.map(find(turn.state.charges, request, "charge"), MoneyView.charge),
  ),
  gate.route("GET", "/v1/balance_transactions/:id", "rak_balance_read", (turn, _, request) =>
    Result.map(find(turn.state.balanceTransactions, request, "balance transaction"), MoneyView.balanceTransaction),
  ),
  gate.route("POST", "/v1/refunds", "rak_charge_write", (turn, params) =>
    Result.map(Refunds.create(turn, params), MoneyView.refund),
  ),
  gate.route("GET", "/v1/refunds/:id", "rak_charge_read", (turn, _, request) =>
    Result.map(find(turn.state.refunds, request, "refund", "refund"), MoneyView.refund),
  ),
  gate.route("GET", "/v1/refunds", "rak_charge_read", (turn, params) => {
    const intent = filter(params["payment_intent"])
    const charge = filter(params["charge"])
    return Listing.page({
      params,
      all: turn.state.refunds.values(),
      keep: (value) => intent(value.payment_intent) && charge(value.charge),
      view: MoneyView.refund,
      url: "/v1/refunds",
      what: "refund",
    })
  }),
  gate.route("GET", "/v1/disputes/:id", "rak_dispute_read", (turn, _, request) =>
    Result.map(find(turn.state.disputes, request, "dispute", "dispute"), MoneyView.dispute),
  ),
  gate.route("GET", "/v1/disputes", "rak_dispute_read", (turn, params) => {
    const intent = filter(params["payment_intent"])
    const charge = filter(params["charge"])
    return Listing.page({
      params,
      all: turn.state.disputes.values(),
      keep: (value) => intent(value.payment_intent) && charge(value.charge),
      view: MoneyView.dispute,
      url: "/v1/disputes",
      what: "dispute",
    })
  }),
]

/** The account's money by currency. */
const balance = (state: State): View.Wire => {
  const sums = new Map<string, number>([["usd", 0]])
  for (const entry of state.balanceTransactions.values()) {
    sums.set(entry.currency, (sums.get(entry.currency) ?? 0) + entry.amount - entry.fee)
  }
  const available = [...sums].map(([currency, amount]) => ({ amount, currency, source_types: { card: amount } }))
  return { object: "balance", available, livemode: false, pending: [] }
}

const accountRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/balance", "rak_balance_read", (turn) => Result.succeed(balance(turn.state))),
  gate.route("GET", "/v1/prices/:id", "rak_price_read", (turn, _, request) =>
    Result.map(find(turn.state.prices, request, "price", "price"), View.price),
  ),
  gate.route("GET", "/v1/customers/:id", "rak_customer_read", (turn, _, request) =>
    Result.map(find(turn.state.customers, request, "customer"), View.customer),
  ),
  gate.route("GET", "/v1/events/:id", "rak_event_read", (turn, _, request) =>
    Result.map(find(turn.state.events, request, "event"), (event) => View.event(event, turn.settings.apiVersion)),
  ),
  gate.route("GET", "/v1/events", "rak_event_read", (turn, params) => {
    const types = Form.list(params["types"]).flatMap((node) => Form.text(node) ?? [])
    const type = Form.text(params["type"])
    const matches = (value: string) =>
      (types.length === 0 || types.includes(value)) &&
      (type === null || value === type || (type.endsWith(".*") && value.startsWith(type.slice(0, -1))))
    return Listing.page({
      params,
      all: turn.state.events.values(),
      keep: (event) => matches(event.type),
      view: (event) => View.event(event, turn.settings.apiVersion),
      url: "/v1/events",
      what: "event",
    })
  }),
]

/** Every route of the API. */
export const make = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  ...sessionRoutes(gate),
  ...billingRoutes(gate),
  ...paymentRoutes(gate),
  ...accountRoutes(gate),
]
