/**
 * The parameters of `POST /v1/checkout/sessions`, checked one by one; the first wrong one ends it, as at Stripe.
 *
 * Source: docs.stripe.com/api/checkout/sessions/create.
 */
import { Result } from "effect"
import * as Currency from "./Currency.ts"
import * as Form from "./Form.ts"
import type { LineItem, Metadata, Price, Recurring } from "./Model.ts"
import * as Problem from "./Problem.ts"
import type { Turn } from "./State.ts"

type Outcome<A> = Result.Result<A, Problem.Problem>

/** Parameters that fit. */
export interface SessionInput {
  readonly mode: "payment" | "subscription"
  readonly line_items: ReadonlyArray<LineItem>
  readonly currency: string
  readonly amount_total: number
  readonly success_url: string
  readonly cancel_url: string | null
  readonly customer: string | null
  readonly customer_email: string | null
  readonly client_reference_id: string | null
  readonly expires_at: number
  readonly metadata: Metadata
  readonly intentMetadata: Metadata
  readonly intentDescription: string | null
  readonly subscriptionMetadata: Metadata
}

/** Every parameter Stripe takes; those the emulator has no use for are read over. */
const known: ReadonlySet<string> = new Set(
  (
    "adaptive_pricing after_expiration allow_promotion_codes automatic_tax billing_address_collection branding_settings " +
    "cancel_url client_reference_id consent_collection currency custom_fields custom_text customer customer_account " +
    "customer_creation customer_email customer_update discounts excluded_payment_method_types expand expires_at " +
    "integration_identifier invoice_creation line_items locale managed_payments metadata mode name_collection " +
    "optional_items origin_context payment_intent_data payment_method_collection payment_method_configuration " +
    "payment_method_data payment_method_options payment_method_types permissions phone_number_collection " +
    "redirect_on_completion return_url saved_payment_method_options setup_intent_data shipping_address_collection " +
    "shipping_options submit_type subscription_data success_url tax_id_collection ui_mode wallet_options"
  ).split(" "),
)

const intervals = ["day", "week", "month", "year"] as const

const currencyOf = (node: Form.Node | undefined, param: string): Outcome<string> => {
  const code = Form.text(node)
  if (code === null) return Result.fail(Problem.missing(param))
  const lower = code.toLowerCase()
  return Currency.isSupported(lower)
    ? Result.succeed(lower)
    : Result.fail(
        Problem.invalid(
          `Invalid currency: ${lower}. See https://stripe.com/docs/currencies for those that are supported.`,
          {
            param,
          },
        ),
      )
}

const recurringOf = (node: Form.Node | undefined, param: string): Outcome<Recurring | null> =>
  Result.gen(function* () {
    if (node === undefined) return null
    const params = Form.tree(node)
    const interval = yield* Form.oneOf(params["interval"], `${param}[interval]`, intervals)
    if (interval === null) return yield* Result.fail(Problem.missing(`${param}[interval]`))
    const count = (yield* Form.integer(params["interval_count"], `${param}[interval_count]`)) ?? 1
    if (count < 1) {
      return yield* Result.fail(
        Problem.invalid("This value must be greater than or equal to 1.", { param: `${param}[interval_count]` }),
      )
    }
    return { interval, interval_count: count }
  })

const priceData = (turn: Turn, node: Form.Tree, param: string): Outcome<Price> =>
  Result.gen(function* () {
    const currency = yield* currencyOf(node["currency"], `${param}[currency]`)
    const at = `${param}[unit_amount]`
    const amount = yield* Form.integer(node["unit_amount"], at)
    if (amount === null) return yield* Result.fail(Problem.missing(at))
    if (amount < 0) {
      const extra = { code: "parameter_invalid_integer", param: at }
      return yield* Result.fail(Problem.invalid("Invalid non-negative integer", extra))
    }
    if (amount % Currency.step(currency) !== 0) {
      const message = `Invalid amount: amounts in ${currency} must be evenly divisible by ${Currency.step(currency)}.`
      return yield* Result.fail(Problem.invalid(message, { param: at }))
    }
    const product = Form.text(node["product"])
    const name = Form.text(Form.tree(node["product_data"])["name"])
    if (product === null && name === null) {
      return yield* Result.fail(Problem.missing(`${param}[product_data][name]`))
    }
    return {
      id: turn.ids.token("price_", 24),
      created: turn.now,
      active: true,
      currency,
      unit_amount: amount,
      recurring: yield* recurringOf(node["recurring"], `${param}[recurring]`),
      product: product ?? turn.ids.token("prod_", 14),
      productName: name ?? product ?? "",
    }
  })

const lineItem = (turn: Turn, node: Form.Node, param: string): Outcome<LineItem> =>
  Result.gen(function* () {
    const params = Form.tree(node)
    const id = Form.text(params["price"])
    if (id === null && params["price_data"] === undefined) {
      const message = "You must specify either `price` or `price_data` when using prices."
      return yield* Result.fail(Problem.invalid(message, { param }))
    }
    const price =
      id === null
        ? yield* priceData(turn, Form.tree(params["price_data"]), `${param}[price_data]`)
        : turn.state.prices.get(id)
    if (price === undefined) return yield* Result.fail(Problem.noSuch("price", id ?? "", `${param}[price]`, 400))
    if (!price.active) {
      const message = "The price specified is inactive. This field only accepts active prices."
      return yield* Result.fail(Problem.invalid(message, { code: "price_inactive", param: `${param}[price]` }))
    }
    const quantity = yield* Form.integer(params["quantity"], `${param}[quantity]`)
    if (quantity === null) {
      const message = "Quantity is required. Add `quantity` to each of your line items."
      return yield* Result.fail(Problem.invalid(message, { param: `${param}[quantity]` }))
    }
    if (quantity < 1) {
      const extra = { code: "parameter_invalid_integer", param: `${param}[quantity]` }
      return yield* Result.fail(Problem.invalid("This value must be greater than or equal to 1.", extra))
    }
    return { id: turn.ids.token("li_", 24), price, quantity }
  })

const lineItems = (turn: Turn, node: Form.Node | undefined): Outcome<ReadonlyArray<LineItem>> =>
  Result.gen(function* () {
    const nodes = Form.list(node)
    if (nodes.length === 0) return yield* Result.fail(Problem.missing("line_items"))
    const items: Array<LineItem> = []
    for (const [index, entry] of nodes.entries()) items.push(yield* lineItem(turn, entry, `line_items[${index}]`))
    return items
  })

const checkTotal = (mode: "payment" | "subscription", total: number, currency: string): Outcome<void> => {
  if (total > Currency.maximum) {
    const message = `The Checkout Session's total amount must be no more than ${Currency.display(Currency.maximum, currency)}`
    return Result.fail(Problem.invalid(message, { code: "amount_too_large" }))
  }
  if (mode === "payment" && total > 0 && total < Currency.minimum(currency)) {
    const least = Currency.display(Currency.minimum(currency), currency)
    const message = `The Checkout Session's total amount due must add up to at least ${least} ${currency}`
    return Result.fail(Problem.invalid(message, { code: "amount_too_small" }))
  }
  return Result.void
}

const checkMode = (mode: "payment" | "subscription", items: ReadonlyArray<LineItem>): Outcome<void> => {
  const recurring = items.some((item) => item.price.recurring !== null)
  if (mode === "payment" && recurring) {
    const message =
      "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices."
    return Result.fail(Problem.invalid(message, { param: "line_items" }))
  }
  if (mode === "subscription" && !recurring) {
    const message = "You must provide at least one recurring price in `subscription` mode when using prices."
    return Result.fail(Problem.invalid(message, { param: "line_items" }))
  }
  const currencies = new Set(items.map((item) => item.price.currency))
  return currencies.size > 1
    ? Result.fail(
        Problem.invalid("All prices on a Checkout Session must use the same currency.", { param: "line_items" }),
      )
    : Result.void
}

const badExpiry = (message: string) => Result.fail(Problem.invalid(message, { param: "expires_at" }))

const expiry = (turn: Turn, node: Form.Node | undefined): Outcome<number> =>
  Result.gen(function* () {
    const at = yield* Form.integer(node, "expires_at")
    if (at === null) return turn.now + 86_400
    if (at < turn.now + 1800) {
      return yield* badExpiry("The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.")
    }
    if (at > turn.now + 86_400) {
      return yield* badExpiry("The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.")
    }
    return at
  })

/** Reads the parameters. */
export const read = (turn: Turn, params: Form.Tree): Outcome<SessionInput> =>
  Result.gen(function* () {
    yield* Form.only(params, known)
    const mode = yield* Form.oneOf(params["mode"], "mode", ["payment", "subscription", "setup"])
    if (mode === null) return yield* Result.fail(Problem.missing("mode"))
    if (mode === "setup")
      return yield* Result.fail(Problem.invalid("This stand-in of Stripe has no setup mode.", { param: "mode" }))
    const successUrl = yield* Form.url(params["success_url"], "success_url")
    if (successUrl === null) return yield* Result.fail(Problem.missing("success_url"))
    const items = yield* lineItems(turn, params["line_items"])
    yield* checkMode(mode, items)
    const currency = items[0]?.price.currency ?? "usd"
    const total = items.reduce((sum, item) => sum + item.price.unit_amount * item.quantity, 0)
    yield* checkTotal(mode, total, currency)
    const customer = Form.text(params["customer"])
    if (customer !== null && !turn.state.customers.has(customer)) {
      return yield* Result.fail(Problem.noSuch("customer", customer, "customer", 400))
    }
    const email = Form.text(params["customer_email"])
    if (email !== null && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) {
      const extra = { code: "email_invalid", param: "customer_email" }
      return yield* Result.fail(Problem.invalid(`Invalid email address: ${email}`, extra))
    }
    if (customer !== null && email !== null) {
      const message = "You may only specify one of these parameters: customer, customer_email."
      return yield* Result.fail(Problem.invalid(message, { param: "customer" }))
    }
    const intentData = Form.tree(params["payment_intent_data"])
    if (mode === "subscription" && params["payment_intent_data"] !== undefined) {
      const message = "You can not pass `payment_intent_data` in `subscription` mode."
      return yield* Result.fail(Problem.invalid(message, { param: "payment_intent_data" }))
    }
    if (mode === "payment" && params["subscription_data"] !== undefined) {
      const message = "You can not pass `subscription_data` in `payment` mode."
      return yield* Result.fail(Problem.invalid(message, { param: "subscription_data" }))
    }
    const reference = Form.text(params["client_reference_id"])
    if (reference !== null && reference.length > 200) {
      const extra = { code: "parameter_invalid_string_length", param: "client_reference_id" }
      return yield* Result.fail(Problem.invalid("Invalid string: must be at most 200 characters", extra))
    }
    return {
      mode,
      line_items: items,
      currency,
      amount_total: total,
      success_url: successUrl,
      cancel_url: yield* Form.url(params["cancel_url"], "cancel_url"),
      customer,
      customer_email: email,
      client_reference_id: reference,
      expires_at: yield* expiry(turn, params["expires_at"]),
      metadata: yield* Form.metadata(params["metadata"], "metadata"),
      intentMetadata: yield* Form.metadata(intentData["metadata"], "payment_intent_data[metadata]"),
      intentDescription: Form.text(intentData["description"]),
      subscriptionMetadata: yield* Form.metadata(
        Form.tree(params["subscription_data"])["metadata"],
        "subscription_data[metadata]",
      ),
    }
  })
