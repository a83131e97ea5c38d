/**
 * The wire form of sessions and of what pays for them. Other objects are ids here; `Expand` puts them in.
 */
import type * as Model from "./Model.ts"

/** A JSON object on the wire. */
export interface Wire {
  [key: string]: unknown
}

/** A list object; `url` is the path it was asked for at. */
export const list = (data: ReadonlyArray<unknown>, url: string, hasMore = false): Wire => ({
  object: "list",
  data,
  has_more: hasMore,
  url,
})

/** `price`. */
export const price = (value: Model.Price): Wire => ({
  id: value.id,
  object: "price",
  active: value.active,
  billing_scheme: "per_unit",
  created: value.created,
  currency: value.currency,
  custom_unit_amount: null,
  livemode: false,
  lookup_key: null,
  metadata: {},
  nickname: null,
  product: value.product,
  recurring:
    value.recurring === null
      ? null
      : { ...value.recurring, meter: null, trial_period_days: null, usage_type: "licensed" },
  tax_behavior: "unspecified",
  tiers_mode: null,
  transform_quantity: null,
  type: value.recurring === null ? "one_time" : "recurring",
  unit_amount: value.unit_amount,
  unit_amount_decimal: String(value.unit_amount),
})

/** `item`: a line of a session. */
export const lineItem = (value: Model.LineItem): Wire => ({
  id: value.id,
  object: "item",
  adjustable_quantity: null,
  amount_discount: 0,
  amount_subtotal: value.price.unit_amount * value.quantity,
  amount_tax: 0,
  amount_total: value.price.unit_amount * value.quantity,
  currency: value.price.currency,
  description: value.price.productName,
  metadata: {},
  price: price(value.price),
  quantity: value.quantity,
})

/** `checkout.session`. `url` is null unless it is open. */
export const session = (value: Model.Session, base: string): Wire => {
  const email = value.customer_email ?? value.buyer_email
  return {
    id: value.id,
    object: "checkout.session",
    adaptive_pricing: null,
    after_expiration: null,
    allow_promotion_codes: null,
    allowed_payment_method_types: null,
    amount_subtotal: value.amount_total,
    amount_total: value.amount_total,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    billing_address_collection: null,
    cancel_url: value.cancel_url,
    client_reference_id: value.client_reference_id,
    client_secret: null,
    collected_information: null,
    consent: null,
    consent_collection: null,
    created: value.created,
    currency: value.currency,
    currency_conversion: null,
    custom_fields: [],
    custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
    customer: value.customer,
    customer_account: null,
    customer_creation: value.mode === "payment" ? "if_required" : "always",
    customer_details:
      email === null
        ? null
        : {
            address: null,
            business_name: null,
            email,
            individual_name: null,
            name: null,
            phone: null,
            tax_exempt: "none",
            tax_ids: [],
          },
    customer_email: value.customer_email,
    discounts: [],
    expires_at: value.expires_at,
    integration_identifier: null,
    invoice: value.invoice,
    invoice_creation: value.mode === "payment" ? { enabled: false, invoice_data: {} } : null,
    livemode: false,
    locale: null,
    managed_payments: null,
    metadata: value.metadata,
    mode: value.mode,
    origin_context: null,
    payment_intent: value.payment_intent,
    payment_link: null,
    payment_method_collection: value.mode === "payment" ? "if_required" : "always",
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ["card", "us_bank_account"],
    payment_status: value.payment_status,
    permissions: null,
    phone_number_collection: { enabled: false },
    recovered_from: null,
    saved_payment_method_options: null,
    setup_intent: null,
    shipping_address_collection: null,
    shipping_cost: null,
    shipping_options: [],
    status: value.status,
    submit_type: null,
    subscription: value.subscription,
    success_url: value.success_url,
    total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
    ui_mode: "hosted_page",
    url: value.status === "open" ? `${base}/c/pay/${value.id}` : null,
    wallet_options: null,
  }
}

/** `customer`. */
export const customer = (value: Model.Customer): Wire => ({
  id: value.id,
  object: "customer",
  address: null,
  balance: 0,
  created: value.created,
  currency: null,
  default_source: null,
  delinquent: false,
  description: null,
  email: value.email,
  invoice_prefix: "STANDIN",
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: {},
  name: null,
  phone: null,
  preferred_locales: [],
  shipping: null,
  tax_exempt: "none",
  test_clock: null,
})

/** `event`. */
export const event = (value: Model.Event, apiVersion: string): Wire => ({
  id: value.id,
  object: "event",
  api_version: apiVersion,
  created: value.created,
  data: { object: value.object },
  livemode: false,
  pending_webhooks: 0,
  request: value.request,
  type: value.type,
})
