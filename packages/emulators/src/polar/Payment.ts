/**
 * What the buyer does on the hosted page: pay (in two steps, as Polar does), or be declined.
 */
import { Result } from "effect"
import * as Checkouts from "./Checkouts.ts"
import type { Checkout, Customer, Order, Subscription } from "./Model.ts"
import * as OrderView from "./OrderView.ts"
import * as Period from "./Period.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"
import * as View from "./View.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** What the buyer types on the page. */
export interface Buyer {
  readonly email?: string
  readonly name?: string
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
}

/** Finds the buyer by e-mail address, else by external id, else makes a new customer. */
const customerOf = (turn: Turn, checkout: Checkout, email: string): Outcome<Customer> => {
  const known = [...turn.state.customers.values()]
  const sameEmail = known.find((entry) => entry.email.toLowerCase() === email.toLowerCase())
  if (sameEmail !== undefined) return Result.succeed(sameEmail)
  const external = checkout.external_customer_id
  if (external !== null && known.some((entry) => entry.external_id === external)) {
    return Result.fail(Problem.externalIdMismatch)
  }
  const customer: Customer = {
    id: turn.ids.uuid(),
    created_at: turn.now,
    external_id: external,
    email,
    name: checkout.customer_name,
    billing_address: checkout.customer_billing_address,
    metadata: checkout.customer_metadata,
  }
  turn.state.customers.set(customer.id, customer)
  turn.happened.push({ type: "customer.created", data: View.customer(turn, customer) })
  return Result.succeed(customer)
}

/** Pay was clicked: the checkout is `confirmed`, its tax is fixed, no money has moved. */
export const confirm = (turn: Turn, checkout: Checkout, buyer: Buyer = {}): Outcome<Customer> =>
  Result.gen(function* () {
    if (checkout.status !== "open") return yield* Result.fail(Problem.notOpen(checkout.id, checkout.status))
    const email = buyer.email ?? checkout.customer_email ?? "buyer@buyer.example"
    if (buyer.name !== undefined) checkout.customer_name = buyer.name
    const customer = yield* customerOf(turn, checkout, email)
    const country = buyer.country ?? checkout.customer_billing_address?.country ?? turn.settings.buyerCountry
    checkout.customer_billing_address ??= {
      line1: null,
      line2: null,
      postal_code: null,
      city: null,
      state: null,
      country,
    }
    Checkouts.retotal(turn, checkout, country)
    checkout.customer_email = email
    checkout.customer_id = customer.id
    checkout.status = "confirmed"
    Checkouts.touch(turn, checkout)
    return customer
  })

const subscribe = (turn: Turn, checkout: Checkout, customer: Customer): Subscription | null => {
  const product = turn.state.products.get(checkout.price.product_id)
  if (product?.recurring_interval === null || product === undefined) return null
  const count = product.recurring_interval_count ?? 1
  const subscription: Subscription = {
    id: turn.ids.uuid(),
    created_at: turn.now,
    modified_at: null,
    amount: checkout.amount,
    currency: checkout.currency,
    recurring_interval: product.recurring_interval,
    recurring_interval_count: count,
    status: "active",
    current_period_start: turn.now,
    current_period_end: Period.next(turn.now, product.recurring_interval, count),
    cancel_at_period_end: false,
    canceled_at: null,
    started_at: turn.now,
    ends_at: null,
    ended_at: null,
    past_due_at: null,
    customer_id: customer.id,
    product_id: product.id,
    discount_id: checkout.discount_id,
    checkout_id: checkout.id,
    price: checkout.price,
    tax_behavior: checkout.tax_behavior ?? "exclusive",
    customer_cancellation_reason: null,
    customer_cancellation_comment: null,
    metadata: checkout.metadata,
  }
  turn.state.subscriptions.set(subscription.id, subscription)
  for (const type of ["subscription.created", "subscription.active"]) {
    turn.happened.push({ type, data: View.subscription(turn, subscription) })
  }
  return subscription
}

/** Remembers a paid order and tells `order.created`, `order.updated` and `order.paid`. */
export const book = (
  turn: Turn,
  order: Omit<Order, "id" | "created_at" | "modified_at" | "invoice_number" | "status">,
) => {
  const booked: Order = {
    ...order,
    id: turn.ids.uuid(),
    created_at: turn.now,
    modified_at: null,
    invoice_number: `STANDIN-${String(turn.state.orders.size + 1).padStart(4, "0")}`,
    status: "pending",
  }
  turn.state.orders.set(booked.id, booked)
  turn.happened.push({ type: "order.created", data: OrderView.order(turn, booked) })
  booked.status = "paid"
  booked.modified_at = turn.now
  for (const type of ["order.updated", "order.paid"]) {
    turn.happened.push({ type, data: OrderView.order(turn, booked) })
  }
  return booked
}

/** The money arrived: `confirmed` becomes `succeeded`, with an order and, for a recurring product, a subscription. */
export const settle = (turn: Turn, checkout: Checkout): Outcome<Order> =>
  Result.gen(function* () {
    const customer = checkout.customer_id === null ? undefined : turn.state.customers.get(checkout.customer_id)
    if (checkout.status !== "confirmed" || customer === undefined) {
      return yield* Result.fail(Problem.notOpen(checkout.id, checkout.status))
    }
    checkout.status = "succeeded"
    const subscription = subscribe(turn, checkout, customer)
    const order = book(turn, {
      subtotal_amount: checkout.amount,
      discount_amount: checkout.discount_amount,
      net_amount: checkout.net_amount,
      tax_amount: checkout.tax_amount ?? 0,
      refunded_amount: 0,
      refunded_tax_amount: 0,
      currency: checkout.currency,
      billing_reason: subscription === null ? "purchase" : "subscription_create",
      customer_id: customer.id,
      product_id: checkout.price.product_id,
      discount_id: checkout.discount_id,
      subscription_id: subscription?.id ?? null,
      checkout_id: checkout.id,
      price_id: checkout.price.id,
      metadata: checkout.metadata,
      disputed: false,
    })
    Checkouts.touch(turn, checkout)
    return order
  })

/** The bank said no: back to `open`. */
export const fail = (turn: Turn, checkout: Checkout): Outcome<Checkout> => {
  if (checkout.status !== "confirmed") return Result.fail(Problem.notOpen(checkout.id, checkout.status))
  checkout.status = "open"
  Checkouts.touch(turn, checkout)
  return Result.succeed(checkout)
}
