/** Looking at sessions: by their id, or by our attempt id after a lost answer. */
import type { PaymentError, Session } from "@payment-orchestrator/domain"
import { getCheckouts, listCheckouts } from "@polar-sh/sdk/2026-10/services/checkouts"
import { listOrders } from "@polar-sh/sdk/2026-10/services/orders"
import { listSubscriptions } from "@polar-sh/sdk/2026-10/services/subscriptions"
import { Effect, Option, Schema } from "effect"
import type { Answer, Client } from "../PolarClient.ts"
import { type Options, uuid } from "../PolarConfig.ts"
import * as CheckoutBody from "./CheckoutBody.ts"
import * as Currencies from "./Currencies.ts"
import { badResponse, notSent, provider } from "./errors.ts"
import * as States from "./States.ts"
import * as Ascii from "./Ascii.ts"
import * as Wire from "./Wire.ts"

type Looking = "findSession" | "complete" | "withdraw"
const Orders = Wire.page(Wire.Order)
const Checkouts = Wire.page(Wire.Checkout)
const Subscriptions = Wire.page(Schema.Struct({ id: Schema.NonEmptyString }))

/** The largest page Polar gives, and how many of them are read. */
const pageSize = 100
const mostPages = 5

/** How far Polar's clock may be behind ours. */
const skewMillis = 5 * 60_000

/** An order as money; none when its amounts make no sense. */
export const moneyOf = (order: Wire.Order): Option.Option<Session.MoneySnapshot> =>
  Option.map(Currencies.moneyOf(order.total_amount, order.currency), (gross) => ({
    moneyId: order.id,
    state: States.money(order.status),
    gross,
    fee: Option.flatMap(Option.fromNullishOr(order.platform_fee_currency), (currency) =>
      Currencies.moneyOf(order.platform_fee_amount ?? -1, currency),
    ),
    tax: Currencies.moneyOf(order.tax_amount, order.currency),
    // What Polar pays out is settled by payout, not by order.
    net: Option.none(),
  }))

/** The order's money; an order of nothing (a free trial, a checkout withdrawn by a discount) is none. */
const paymentsOf = (orders: ReadonlyArray<Wire.Order>): Option.Option<ReadonlyArray<Session.MoneySnapshot>> =>
  Option.all(orders.filter((order) => order.total_amount !== 0).map(moneyOf))

export const make = (client: Client, options: Options) => {
  const ordersOf = Effect.fnUntraced(function* (
    operation: Looking,
    by: { readonly checkout_id: string } | { readonly subscription_id: string },
  ) {
    const orders: Array<Wire.Order> = []
    for (let page = 1; page <= mostPages; page++) {
      const { value } = yield* client.call(operation, Orders, "a list of orders", (core) =>
        listOrders(core)({ ...by, page, limit: pageSize }),
      )
      orders.push(...value.items)
      if (page >= value.pagination.max_page) break
    }
    return orders
  })

  /** A trial may have no order that names its subscription. */
  const subscriptionOf = Effect.fnUntraced(function* (operation: Looking, checkout: Wire.Checkout) {
    const attemptId = Wire.attemptIdOf(checkout)
    if (Option.isNone(attemptId)) return Option.none<string>()
    const { value } = yield* client.call(operation, Subscriptions, "a list of subscriptions", (core) =>
      listSubscriptions(core)({ metadata: { attempt_id: attemptId.value }, limit: 1 }),
    )
    return Option.map(Option.fromUndefinedOr(value.items[0]), (item) => item.id)
  })

  const snapshotOf = Effect.fnUntraced(function* (
    operation: Looking,
    mode: Session.SessionSnapshot["mode"],
    answer: Answer<Wire.Checkout>,
  ): Effect.fn.Return<Session.SessionSnapshot, PaymentError.PaymentError> {
    const checkout = answer.value
    // An open checkout has no order yet.
    const first = checkout.status === "open" ? [] : yield* ordersOf(operation, { checkout_id: checkout.id })
    const named = Option.fromNullishOr(
      first.find((order) => typeof order.subscription_id === "string")?.subscription_id ?? checkout.subscription_id,
    )
    const subscriptionId =
      Option.isNone(named) && mode === "subscription" && checkout.status === "succeeded"
        ? yield* subscriptionOf(operation, checkout)
        : named
    // Orders of later periods name the subscription only.
    const later = Option.isSome(subscriptionId)
      ? yield* ordersOf(operation, { subscription_id: subscriptionId.value })
      : []
    const known = new Set(first.map(({ id }) => id))
    const payments = paymentsOf([...first, ...later.filter(({ id }) => !known.has(id))])
    if (Option.isNone(payments)) return yield* badResponse(operation, "an order whose amount makes no sense")
    return {
      provider,
      sessionId: checkout.id,
      mode,
      state: States.session(checkout.status),
      url: Option.some(checkout.url),
      attemptId: Wire.attemptIdOf(checkout),
      payments: payments.value,
      subscriptionId,
      expiresAt: Wire.millisOf(checkout.expires_at),
      fetchStartedAt: answer.startedAt,
      requestId: answer.requestId,
      rawState: checkout.status,
    }
  })

  /** The checkout; none when Polar says that it has none of this id. An id of another form needs no call. */
  const checkout = (operation: Looking, id: string) =>
    uuid.test(id)
      ? client
          .call(operation, Wire.Checkout, "a checkout", (core) => getCheckouts(core)(id))
          .pipe(
            Effect.asSome,
            Effect.catchIf(
              (error) => error.reason === "not_found",
              () => Effect.succeedNone,
            ),
          )
      : Effect.succeedNone

  const byId = Effect.fnUntraced(function* (
    operation: Looking,
    id: string,
    mode: Session.SessionSnapshot["mode"],
  ): Effect.fn.Return<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError> {
    const found = yield* checkout(operation, id)
    return Option.isNone(found) ? Option.none() : Option.some(yield* snapshotOf(operation, mode, found.value))
  })

  /**
   * Newest first, back to the beginning of the attempt, whatever the status. `query` narrows the list to the buyer's
   * e-mail address; `external_customer_id` would not find new customers, and metadata cannot be asked for.
   */
  const search = Effect.fnUntraced(function* (
    product: string,
    attempt: { readonly request: Session.SessionRequest; readonly startedAt: number },
    query: string | undefined,
  ): Effect.fn.Return<Option.Option<Answer<Wire.Checkout>>, PaymentError.PaymentError> {
    for (let page = 1; page <= mostPages; page++) {
      const { requestId, startedAt, value } = yield* client.call(
        "findSession",
        Checkouts,
        "a list of checkouts",
        (core) =>
          listCheckouts(core)({
            product_id: product,
            page,
            limit: pageSize,
            sorting: ["-created_at"],
            ...(query === undefined ? {} : { query }),
          }),
      )
      const found = value.items.find((item) => Option.contains(Wire.attemptIdOf(item), attempt.request.attemptId))
      if (found !== undefined) return Option.some({ value: found, startedAt, requestId })
      const older = value.items.some((item) =>
        Option.exists(Wire.millisOf(item.created_at), (at) => at < attempt.startedAt - skewMillis),
      )
      if (older || value.items.length === 0 || page >= value.pagination.max_page) return Option.none()
    }
    return yield* notSent(
      "findSession",
      "not_supported",
      `more than ${mostPages * pageSize} newer checkouts to look through`,
    )
  })

  const byAttempt = Effect.fnUntraced(function* (attempt: {
    readonly request: Session.SessionRequest
    readonly startedAt: number
  }): Effect.fn.Return<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError> {
    const product = CheckoutBody.productOf(attempt.request, options)
    if (Option.isNone(product)) return Option.none()
    const email = Option.map(attempt.request.customerEmail, Ascii.email)
    const withEmail = Option.isSome(email) ? yield* search(product.value, attempt, email.value) : Option.none()
    // The address may have been left out, because Polar refused it.
    const found = Option.isSome(withEmail) ? withEmail : yield* search(product.value, attempt, undefined)
    return Option.isNone(found)
      ? Option.none()
      : Option.some(yield* snapshotOf("findSession", attempt.request.mode, found.value))
  })

  return { checkout, byId, byAttempt }
}
