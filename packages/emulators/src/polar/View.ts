/**
 * The wire form of what the emulator remembers, with every field the OpenAPI document requires.
 */
import { DateTime } from "effect"
import type * as Model from "./Model.ts"
import type { State } from "./State.ts"

/** What a view needs to know besides the thing itself. */
export interface Context {
  readonly state: State
  readonly url: string
  readonly settings: { readonly organizationId: string }
}

/** ISO 8601 in UTC. */
export const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** ISO 8601 in UTC, or null. */
export const isoOrNull = (millis: number | null): string | null => (millis === null ? null : iso(millis))

/** `ProductPriceFixed`. */
export const price = (value: Model.Price) => ({
  id: value.id,
  created_at: iso(value.created_at),
  modified_at: null,
  source: value.source,
  amount_type: "fixed",
  price_currency: value.price_currency,
  price_amount: value.price_amount,
  tax_behavior: value.tax_behavior,
  is_archived: false,
  product_id: value.product_id,
})

/** What every form of a product has. */
export const productBase = (context: Context, value: Model.Product) => ({
  id: value.id,
  created_at: iso(value.created_at),
  modified_at: null,
  trial_interval: null,
  trial_interval_count: null,
  name: value.name,
  description: value.description,
  visibility: "public",
  recurring_interval: value.recurring_interval,
  recurring_interval_count: value.recurring_interval_count,
  meter_interval: null,
  meter_interval_count: null,
  is_recurring: value.recurring_interval !== null,
  is_archived: value.is_archived,
  organization_id: context.settings.organizationId,
})

const checkoutProduct = (context: Context, value: Model.Product) => ({
  ...productBase(context, value),
  prices: value.prices.map(price),
  benefits: [],
  medias: [],
})

/** `Product`. */
export const product = (context: Context, value: Model.Product) => ({
  ...checkoutProduct(context, value),
  metadata: {},
  attached_custom_fields: [],
})

/** `OrderCustomer`, `SubscriptionCustomer`. */
export const customer = (context: Context, value: Model.Customer) => ({
  id: value.id,
  created_at: iso(value.created_at),
  modified_at: null,
  metadata: value.metadata,
  external_id: value.external_id,
  email: value.email,
  email_verified: false,
  type: "individual",
  name: value.name,
  billing_name: value.name,
  billing_address: value.billing_address,
  tax_id: null,
  locale: "en",
  organization_id: context.settings.organizationId,
  default_payment_method_id: null,
  deleted_at: null,
  first_user_event_at: null,
  avatar_url: null,
})

const checkoutDiscount = (value: Model.Discount) => ({
  id: value.id,
  name: value.name,
  code: value.code,
  type: "percentage",
  duration: "once",
  basis_points: value.basis_points,
})

/** `DiscountPercentageOnceForeverDurationBase`. */
export const discount = (context: Context, value: Model.Discount) => ({
  ...checkoutDiscount(value),
  created_at: iso(value.created_at),
  modified_at: null,
  metadata: {},
  starts_at: null,
  ends_at: null,
  max_redemptions: null,
  max_redemptions_per_customer: null,
  redemptions_count: 0,
  organization_id: context.settings.organizationId,
})

/** The view of the thing with this id, null when there is none. */
export const found = <A, B>(map: ReadonlyMap<string, A>, id: string | null, view: (value: A) => B): B | null => {
  const value = id === null ? undefined : map.get(id)
  return value === undefined ? null : view(value)
}

/** Where the buyer goes after paying; `{CHECKOUT_ID}` is the checkout's id, percent-encoded braces too. */
export const successUrl = (context: Context, value: Model.Checkout): string =>
  value.success_url === null
    ? `${context.url}/checkout/${value.client_secret}/confirmation`
    : value.success_url.replaceAll("{CHECKOUT_ID}", value.id).replaceAll(/%7BCHECKOUT_ID%7D/gi, value.id)

/** `Checkout`. */
export const checkout = (context: Context, value: Model.Checkout) => {
  const products = value.products.flatMap((id) => {
    const entry = context.state.products.get(id)
    return entry === undefined ? [] : [entry]
  })
  const total = value.net_amount + (value.tax_amount ?? 0)
  const pricesOf = (entry: Model.Product) => value.ad_hoc_prices.get(entry.id) ?? entry.prices
  const first = products[0]
  return {
    id: value.id,
    created_at: iso(value.created_at),
    modified_at: isoOrNull(value.modified_at),
    payment_processor: "stripe",
    status: value.status,
    client_secret: value.client_secret,
    url: `${context.url}/checkout/${value.client_secret}`,
    expires_at: iso(value.expires_at),
    success_url: successUrl(context, value),
    return_url: value.return_url,
    embed_origin: value.embed_origin,
    amount: value.amount,
    seats: null,
    discount_amount: value.discount_amount,
    net_amount: value.net_amount,
    tax_amount: value.tax_amount,
    tax_behavior: value.tax_behavior,
    total_amount: total,
    currency: value.currency,
    allow_trial: true,
    active_trial_interval: null,
    active_trial_interval_count: null,
    trial_end: null,
    organization_id: context.settings.organizationId,
    product_id: value.price.product_id,
    product_price_id: value.price.id,
    discount_id: value.discount_id,
    allow_discount_codes: value.allow_discount_codes,
    require_billing_address: value.require_billing_address,
    is_discount_applicable: value.amount > 0,
    is_free_product_price: value.amount === 0,
    is_payment_required: total > 0,
    is_payment_setup_required: first !== undefined && first.recurring_interval !== null,
    is_payment_form_required: total > 0 || (first !== undefined && first.recurring_interval !== null),
    customer_id: value.customer_id,
    is_business_customer: value.is_business_customer,
    customer_name: value.customer_name,
    customer_email: value.customer_email,
    customer_ip_address: value.customer_ip_address,
    customer_billing_name: null,
    customer_billing_address: value.customer_billing_address,
    customer_tax_id: null,
    locale: "en",
    payment_method_type: null,
    payment_processor_metadata: {},
    billing_address_fields: {
      country: "required",
      state: "disabled",
      city: "disabled",
      postal_code: "disabled",
      line1: "disabled",
      line2: "disabled",
    },
    trial_interval: null,
    trial_interval_count: null,
    metadata: value.metadata,
    custom_field_data: {},
    external_customer_id: value.external_customer_id,
    products: products.map((entry) => checkoutProduct(context, entry)),
    product: first === undefined ? null : checkoutProduct(context, first),
    product_price: price(value.price),
    prices: Object.fromEntries(products.map((entry) => [entry.id, pricesOf(entry).map(price)])),
    discount: found(context.state.discounts, value.discount_id, checkoutDiscount),
    subscription_id: value.subscription_id,
    attached_custom_fields: [],
    customer_metadata: value.customer_metadata,
  }
}

/** `OrderSubscription`. */
export const subscriptionBase = (value: Model.Subscription) => ({
  id: value.id,
  created_at: iso(value.created_at),
  modified_at: isoOrNull(value.modified_at),
  amount: value.amount,
  currency: value.currency,
  recurring_interval: value.recurring_interval,
  recurring_interval_count: value.recurring_interval_count,
  status: value.status,
  current_period_start: iso(value.current_period_start),
  current_period_end: iso(value.current_period_end),
  current_meter_period_start: null,
  current_meter_period_end: null,
  trial_start: null,
  trial_end: null,
  cancel_at_period_end: value.cancel_at_period_end,
  canceled_at: isoOrNull(value.canceled_at),
  started_at: iso(value.started_at),
  ends_at: isoOrNull(value.ends_at),
  ended_at: isoOrNull(value.ended_at),
  past_due_at: isoOrNull(value.past_due_at),
  pause_at_period_end: false,
  paused_at: null,
  resumes_at: null,
  customer_id: value.customer_id,
  product_id: value.product_id,
  discount_id: value.discount_id,
  checkout_id: value.checkout_id,
  seats: null,
  customer_cancellation_reason: value.customer_cancellation_reason,
  customer_cancellation_comment: value.customer_cancellation_comment,
  metadata: value.metadata,
})

/** `Subscription`. */
export const subscription = (context: Context, value: Model.Subscription) => ({
  ...subscriptionBase(value),
  custom_field_data: {},
  customer: found(context.state.customers, value.customer_id, (entry) => customer(context, entry)),
  product: found(context.state.products, value.product_id, (entry) => product(context, entry)),
  discount: found(context.state.discounts, value.discount_id, (entry) => discount(context, entry)),
  prices: [price(value.price)],
  meters: [],
  pending_update: null,
})
