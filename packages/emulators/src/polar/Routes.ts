/**
 * Polar's API as far as a checkout, its order, its subscription and its refunds need it.
 */
import { Result } from "effect"
import type * as Emulator from "../Emulator.ts"
import * as Checkouts from "./Checkouts.ts"
import type * as Gate from "./Gate.ts"
import { isUuid } from "../internal/Ids.ts"
import * as Input from "./Input.ts"
import * as Listing from "./Listing.ts"
import * as OrderView from "./OrderView.ts"
import * as Organization from "./Organization.ts"
import * as Problem from "./Problem.ts"
import * as Refunds from "./Refunds.ts"
import * as Subscriptions from "./Subscriptions.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

const ok = (value: unknown, status?: number): Gate.Done => (status === undefined ? { value } : { status, value })

/** The thing named by the path, a 422 for a malformed id, a 404 for an unknown one. */
export const byId = <A>(map: ReadonlyMap<string, A>, request: Emulator.Request): Outcome<A> => {
  const id = request.params["id"] ?? ""
  if (!isUuid(id)) {
    const msg = "Input should be a valid UUID"
    return Result.fail(Problem.invalid([{ type: "uuid_parsing", loc: ["path", "id"], msg, input: id }]))
  }
  const value = map.get(id.toLowerCase())
  return value === undefined ? Result.fail(Problem.notFound) : Result.succeed(value)
}

const read = (name: string) => [`${name}:read`, `${name}:write`]
const write = (name: string) => [`${name}:write`]

const checkoutRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("POST", "/v1/checkouts/", write("checkouts"), (turn, request) =>
    Result.gen(function* () {
      const checkout = yield* Checkouts.create(turn, yield* Input.parse(request.text))
      return ok(View.checkout(turn, checkout), 201)
    }),
  ),
  gate.route("GET", "/v1/checkouts/", read("checkouts"), (turn, request) =>
    Result.gen(function* () {
      const query = request.query
      const organizations = yield* Listing.uuids(query, "organization_id")
      const products = yield* Listing.uuids(query, "product_id")
      const customers = yield* Listing.uuids(query, "customer_id")
      const statuses = yield* Listing.words(query, "status", ["open", "expired", "confirmed", "succeeded", "failed"])
      const externals = query.getAll("external_customer_id")
      const text = query.get("query")?.toLowerCase()
      const found = [...turn.state.checkouts.values()].filter((checkout) => {
        const customer = checkout.customer_id === null ? undefined : turn.state.customers.get(checkout.customer_id)
        return (
          Listing.passes(organizations, turn.settings.organizationId) &&
          Listing.passes(products, checkout.price.product_id) &&
          Listing.passes(customers, checkout.customer_id) &&
          Listing.passes(statuses, checkout.status) &&
          // a join on customers that exist: a new customer's checkout is not found by it
          (externals.length === 0 || Listing.passes(externals, customer?.external_id ?? null)) &&
          (text === undefined || like(checkout.customer_email, text))
        )
      })
      const sorters = {
        created_at: (value: (typeof found)[number]) => value.created_at,
        expires_at: (value: (typeof found)[number]) => value.expires_at,
        status: (value: (typeof found)[number]) => value.status,
      }
      return ok(yield* Listing.page(query, found, sorters, (value) => View.checkout(turn, value)))
    }),
  ),
  gate.route("GET", "/v1/checkouts/:id", read("checkouts"), (turn, request) =>
    Result.map(byId(turn.state.checkouts, request), (value) => ok(View.checkout(turn, value))),
  ),
  gate.route("PATCH", "/v1/checkouts/:id", write("checkouts"), (turn, request) =>
    Result.gen(function* () {
      const checkout = yield* byId(turn.state.checkouts, request)
      yield* Checkouts.update(turn, checkout, yield* Input.parse(request.text))
      return ok(View.checkout(turn, checkout))
    }),
  ),
]

/** SQL's `ILIKE '%text%'`: `%` and `_` in the text are wildcards, as they are at Polar. */
const like = (value: string | null, text: string): boolean => {
  const pattern = text
    .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".")
  return value !== null && new RegExp(pattern, "s").test(value.toLowerCase())
}

const orderRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/orders/", ["orders:read"], (turn, request) =>
    Result.gen(function* () {
      const query = request.query
      const organizations = yield* Listing.uuids(query, "organization_id")
      const products = yield* Listing.uuids(query, "product_id")
      const customers = yield* Listing.uuids(query, "customer_id")
      const checkouts = yield* Listing.uuids(query, "checkout_id")
      const subscriptions = yield* Listing.uuids(query, "subscription_id")
      const after = yield* Listing.time(query, "created_after")
      const before = yield* Listing.time(query, "created_before")
      const statuses = yield* Listing.words(query, "status", [
        "draft",
        "pending",
        "paid",
        "refunded",
        "partially_refunded",
        "void",
      ])
      const hasMetadata = Listing.metadata(query)
      const found = [...turn.state.orders.values()].filter(
        (order) =>
          Listing.passes(organizations, turn.settings.organizationId) &&
          Listing.passes(products, order.product_id) &&
          Listing.passes(customers, order.customer_id) &&
          Listing.passes(checkouts, order.checkout_id) &&
          Listing.passes(subscriptions, order.subscription_id) &&
          Listing.passes(statuses, order.status) &&
          (after === undefined || order.created_at >= after) &&
          (before === undefined || order.created_at <= before) &&
          hasMetadata(order.metadata),
      )
      const sorters = {
        created_at: (value: (typeof found)[number]) => value.created_at,
        status: (value: (typeof found)[number]) => value.status,
        amount: (value: (typeof found)[number]) => value.net_amount + value.tax_amount,
        net_amount: (value: (typeof found)[number]) => value.net_amount,
      }
      return ok(yield* Listing.page(query, found, sorters, (value) => OrderView.order(turn, value)))
    }),
  ),
  gate.route("GET", "/v1/orders/:id", ["orders:read"], (turn, request) =>
    Result.map(byId(turn.state.orders, request), (value) => ok(OrderView.order(turn, value))),
  ),
]

const subscriptionRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/subscriptions/", read("subscriptions"), (turn, request) =>
    Result.gen(function* () {
      const query = request.query
      const products = yield* Listing.uuids(query, "product_id")
      const customers = yield* Listing.uuids(query, "customer_id")
      const active = yield* Listing.flag(query, "active")
      const ending = yield* Listing.flag(query, "cancel_at_period_end")
      const externals = query.getAll("external_customer_id")
      const hasMetadata = Listing.metadata(query)
      const statuses = yield* Listing.words(query, "status", [
        "incomplete",
        "incomplete_expired",
        "trialing",
        "active",
        "past_due",
        "canceled",
        "unpaid",
        "paused",
      ])
      const found = [...turn.state.subscriptions.values()].filter(
        (value) =>
          Listing.passes(products, value.product_id) &&
          Listing.passes(customers, value.customer_id) &&
          Listing.passes(statuses, value.status) &&
          (active === undefined || (value.status === "active") === active) &&
          (ending === undefined || value.cancel_at_period_end === ending) &&
          (externals.length === 0 ||
            Listing.passes(externals, turn.state.customers.get(value.customer_id)?.external_id ?? null)) &&
          hasMetadata(value.metadata),
      )
      const sorters = {
        created_at: (value: (typeof found)[number]) => value.created_at,
        started_at: (value: (typeof found)[number]) => value.started_at,
        status: (value: (typeof found)[number]) => value.status,
        current_period_end: (value: (typeof found)[number]) => value.current_period_end,
        ends_at: (value: (typeof found)[number]) => value.ends_at,
        amount: (value: (typeof found)[number]) => value.amount,
      }
      const listed = new URLSearchParams(query)
      if (!listed.has("sorting")) listed.set("sorting", "-started_at")
      return ok(yield* Listing.page(listed, found, sorters, (value) => View.subscription(turn, value)))
    }),
  ),
  gate.route("GET", "/v1/subscriptions/:id", read("subscriptions"), (turn, request) =>
    Result.map(byId(turn.state.subscriptions, request), (value) => ok(View.subscription(turn, value))),
  ),
  gate.route("PATCH", "/v1/subscriptions/:id", write("subscriptions"), (turn, request) =>
    Result.gen(function* () {
      const subscription = yield* byId(turn.state.subscriptions, request)
      yield* Subscriptions.update(turn, subscription, yield* Input.parse(request.text))
      return ok(View.subscription(turn, subscription))
    }),
  ),
  gate.route("DELETE", "/v1/subscriptions/:id", write("subscriptions"), (turn, request) =>
    Result.gen(function* () {
      const subscription = yield* byId(turn.state.subscriptions, request)
      yield* Subscriptions.revoke(turn, subscription)
      return ok(View.subscription(turn, subscription))
    }),
  ),
]

const refundRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("POST", "/v1/refunds/", write("refunds"), (turn, request) =>
    Result.gen(function* () {
      const refund = yield* Refunds.create(turn, yield* Input.parse(request.text))
      return ok(OrderView.refund(turn, refund), 201)
    }),
  ),
  gate.route("GET", "/v1/refunds/", read("refunds"), (turn, request) =>
    Result.gen(function* () {
      const query = request.query
      const ids = yield* Listing.uuids(query, "id")
      const orders = yield* Listing.uuids(query, "order_id")
      const subscriptions = yield* Listing.uuids(query, "subscription_id")
      const customers = yield* Listing.uuids(query, "customer_id")
      const succeeded = yield* Listing.flag(query, "succeeded")
      const found = [...turn.state.refunds.values()].filter(
        (refund) =>
          Listing.passes(ids, refund.id) &&
          Listing.passes(orders, refund.order_id) &&
          Listing.passes(subscriptions, refund.subscription_id) &&
          Listing.passes(customers, refund.customer_id) &&
          (succeeded !== true || refund.status === "succeeded"),
      )
      const sorters = {
        created_at: (value: (typeof found)[number]) => value.created_at,
        amount: (value: (typeof found)[number]) => value.amount,
      }
      return ok(yield* Listing.page(query, found, sorters, (value) => OrderView.refund(turn, value)))
    }),
  ),
]

const disputeRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/disputes/:id", read("disputes"), (turn, request) =>
    Result.map(byId(turn.state.disputes, request), (value) => ok(OrderView.dispute(value))),
  ),
]

const catalogRoutes = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  gate.route("GET", "/v1/products/:id", read("products"), (turn, request) =>
    Result.map(byId(turn.state.products, request), (value) => ok(View.product(turn, value))),
  ),
  gate.route("GET", "/v1/products/", read("products"), (turn, request) =>
    Result.gen(function* () {
      const products = [...turn.state.products.values()]
      const sorters = {
        created_at: (value: (typeof products)[number]) => value.created_at,
        name: (value: (typeof products)[number]) => value.name,
      }
      return ok(yield* Listing.page(request.query, products, sorters, (value) => View.product(turn, value)))
    }),
  ),
  gate.route("GET", "/v1/organizations/", read("organizations"), (turn, request) =>
    Result.map(Listing.page(request.query, [turn.settings], { created_at: () => 0 }, Organization.view), (page) =>
      ok(page),
    ),
  ),
  gate.route("GET", "/v1/organizations/:id", read("organizations"), (turn, request) =>
    Result.map(byId(new Map([[turn.settings.organizationId, turn.settings]]), request), (settings) =>
      ok(Organization.view(settings)),
    ),
  ),
]

/** Every route of the API but the webhooks' own. */
export const make = (gate: Gate.Gate): ReadonlyArray<Emulator.Route> => [
  ...checkoutRoutes(gate),
  ...orderRoutes(gate),
  ...subscriptionRoutes(gate),
  ...refundRoutes(gate),
  ...disputeRoutes(gate),
  ...catalogRoutes(gate),
]
