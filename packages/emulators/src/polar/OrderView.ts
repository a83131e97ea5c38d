/**
 * The wire form of orders and refunds.
 */
import type * as Model from "./Model.ts"
import * as View from "./View.ts"

/** `Order`. `refundable_amount` excludes tax, as Polar's refunds do. */
export const order = (context: View.Context, value: Model.Order) => {
  const sold = context.state.products.get(value.product_id)
  return {
    id: value.id,
    created_at: View.iso(value.created_at),
    modified_at: View.isoOrNull(value.modified_at),
    status: value.status,
    paid: value.status !== "pending" && value.status !== "draft" && value.status !== "void",
    subtotal_amount: value.subtotal_amount,
    discount_amount: value.discount_amount,
    net_amount: value.net_amount,
    tax_amount: value.tax_amount,
    total_amount: value.net_amount + value.tax_amount,
    applied_balance_amount: 0,
    due_amount: value.net_amount + value.tax_amount,
    refunded_amount: value.refunded_amount,
    refunded_tax_amount: value.refunded_tax_amount,
    refundable_amount: value.net_amount - value.refunded_amount,
    refundable_tax_amount: value.tax_amount - value.refunded_tax_amount,
    currency: value.currency,
    billing_reason: value.billing_reason,
    billing_name: null,
    billing_address: null,
    invoice_number: value.invoice_number,
    is_invoice_generated: false,
    receipt_number: null,
    seats: null,
    customer_id: value.customer_id,
    product_id: value.product_id,
    discount_id: value.discount_id,
    subscription_id: value.subscription_id,
    checkout_id: value.checkout_id,
    next_payment_attempt_at: null,
    metadata: value.metadata,
    custom_field_data: {},
    platform_fee_amount: 0,
    platform_fee_currency: null,
    customer: View.found(context.state.customers, value.customer_id, (entry) => View.customer(context, entry)),
    product: sold === undefined ? null : { ...View.productBase(context, sold), metadata: {} },
    discount: View.found(context.state.discounts, value.discount_id, (entry) => View.discount(context, entry)),
    subscription: View.found(context.state.subscriptions, value.subscription_id, View.subscriptionBase),
    items: [
      {
        id: value.id,
        created_at: View.iso(value.created_at),
        modified_at: null,
        label: sold?.name ?? "",
        amount: value.subtotal_amount,
        tax_amount: value.tax_amount,
        proration: false,
        product_price_id: value.price_id,
      },
    ],
    description: sold?.name ?? "",
  }
}

/** `Refund`. */
export const refund = (context: View.Context, value: Model.Refund) => ({
  id: value.id,
  created_at: View.iso(value.created_at),
  modified_at: View.isoOrNull(value.modified_at),
  metadata: value.metadata,
  status: value.status,
  reason: value.reason,
  amount: value.amount,
  tax_amount: value.tax_amount,
  currency: value.currency,
  organization_id: context.settings.organizationId,
  order_id: value.order_id,
  subscription_id: value.subscription_id,
  customer_id: value.customer_id,
  revoke_benefits: value.revoke_benefits,
  dispute: null,
})

/** `Dispute`. */
export const dispute = (value: Model.Dispute) => ({
  id: value.id,
  created_at: View.iso(value.created_at),
  modified_at: View.isoOrNull(value.modified_at),
  status: value.status,
  resolved: value.status !== "needs_response",
  closed: value.status !== "needs_response",
  amount: value.amount,
  tax_amount: value.tax_amount,
  currency: value.currency,
  reason: value.reason,
  evidence_due_by: value.status === "needs_response" ? View.iso(value.created_at + 7 * 86_400_000) : null,
  past_due: false,
  order_id: value.order_id,
  payment_id: value.order_id,
})
