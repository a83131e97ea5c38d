/**
 * The JSON of plans and subscriptions (v1 with v2 money), and of sales (v1: `currency`, `total`).
 */
import * as Amount from "./Amount.ts"
import type { Fields } from "./Checks.ts"
import { compact, type Core, iso, link } from "./Core.ts"
import type * as Model from "./Model.ts"

export const plan = (core: Core, plan: Model.Plan): Fields => ({
  id: plan.id,
  product_id: plan.productId,
  name: plan.name,
  status: plan.status,
  usage_type: "LICENSED",
  billing_cycles: [
    {
      frequency: { interval_unit: plan.interval.unit, interval_count: plan.interval.count },
      tenure_type: "REGULAR",
      sequence: 1,
      total_cycles: plan.totalCycles,
      pricing_scheme: { version: 1, fixed_price: plan.price },
    },
  ],
  payment_preferences: {
    service_type: "PREPAID",
    auto_bill_outstanding: true,
    setup_fee: Amount.zero(plan.price.currency_code),
    setup_fee_failure_action: "CONTINUE",
    payment_failure_threshold: 3,
  },
  quantity_supported: plan.quantitySupported,
  links: [link(`${core.url}/v1/billing/plans/${plan.id}`, "self", "GET")],
})

const subscriptionLinks = (core: Core, subscription: Model.Subscription) => {
  const self = `${core.url}/v1/billing/subscriptions/${subscription.id}`
  const links = [link(self, "edit", "PATCH"), link(self, "self", "GET")]
  switch (subscription.status) {
    case "APPROVAL_PENDING":
      return [
        link(`${core.url}/webapps/billing/subscriptions?ba_token=${subscription.token}`, "approve", "GET"),
        ...links,
      ]
    case "ACTIVE":
      return [...links, link(`${self}/suspend`, "suspend", "POST"), link(`${self}/cancel`, "cancel", "POST")]
    case "APPROVED":
    case "SUSPENDED":
      return [...links, link(`${self}/activate`, "activate", "POST"), link(`${self}/cancel`, "cancel", "POST")]
    case "CANCELLED":
    case "EXPIRED":
      return links
  }
}

export const subscriptionMinimal = (core: Core, subscription: Model.Subscription): Fields => ({
  id: subscription.id,
  status: subscription.status,
  create_time: iso(subscription.createdAt),
  links: subscriptionLinks(core, subscription),
})

const billing = (subscription: Model.Subscription): Fields =>
  compact({
    outstanding_balance: subscription.outstanding,
    cycle_executions: [
      {
        tenure_type: "REGULAR",
        sequence: 1,
        cycles_completed: subscription.cycles,
        cycles_remaining: 0,
        current_pricing_scheme_version: 1,
        total_cycles: 0,
      },
    ],
    last_payment:
      subscription.lastPayment === undefined
        ? undefined
        : { amount: subscription.lastPayment.amount, time: iso(subscription.lastPayment.at) },
    next_billing_time: subscription.nextBillingAt === undefined ? undefined : iso(subscription.nextBillingAt),
    failed_payments_count: subscription.failedPayments,
    last_failed_payment:
      subscription.lastFailure === undefined
        ? undefined
        : {
            amount: subscription.lastFailure.amount,
            time: iso(subscription.lastFailure.at),
            reason_code: subscription.lastFailure.reason,
            next_payment_retry_time: iso(subscription.lastFailure.at + 5 * 86_400_000),
          },
  })

export const subscription = (core: Core, subscription: Model.Subscription): Fields =>
  compact({
    id: subscription.id,
    status: subscription.status,
    status_change_note: subscription.note,
    status_update_time: iso(subscription.updatedAt),
    plan_id: subscription.planId,
    start_time: iso(subscription.startAt),
    quantity: subscription.quantity,
    shipping_amount: Amount.zero(subscription.price.currency_code),
    subscriber: compact({
      ...subscription.subscriber,
      ...(subscription.payer === undefined ? {} : subscription.payer),
    }),
    billing_info:
      subscription.status === "APPROVAL_PENDING" || subscription.status === "APPROVED"
        ? undefined
        : billing(subscription),
    create_time: iso(subscription.createdAt),
    update_time: iso(subscription.updatedAt),
    custom_id: subscription.custom_id,
    plan_overridden: subscription.overridden,
    links: subscriptionLinks(core, subscription),
  })

const v1 = (amount: Amount.Amount) => ({ total: amount.value, currency: amount.currency_code })

export const sale = (core: Core, sale: Model.Sale): Fields => {
  const self = `${core.url}/v1/payments/sale/${sale.id}`
  return compact({
    id: sale.id,
    state: sale.state,
    amount: { ...v1(sale.amount), details: { subtotal: sale.amount.value } },
    payment_mode: "INSTANT_TRANSFER",
    protection_eligibility: "ELIGIBLE",
    protection_eligibility_type: "ITEM_NOT_RECEIVED_ELIGIBLE,UNAUTHORIZED_PAYMENT_ELIGIBLE",
    transaction_fee: { value: Amount.fee(sale.amount).value, currency: sale.amount.currency_code },
    billing_agreement_id: sale.subscriptionId,
    custom: sale.custom,
    create_time: iso(sale.createdAt),
    update_time: iso(sale.updatedAt),
    links: [link(self, "self", "GET"), link(`${self}/refund`, "refund", "POST")],
  })
}

/** The refund of a sale in the v1 shape; the webhook carries a negative total, the API a positive one. */
export const saleRefund = (core: Core, refund: Model.Refund, sign: "positive" | "negative"): Fields =>
  compact({
    id: refund.id,
    sale_id: refund.of.id,
    state: refund.status.toLowerCase(),
    amount: v1(
      sign === "negative" ? Amount.of(refund.amount.currency_code, -Amount.minor(refund.amount)) : refund.amount,
    ),
    total_refunded_amount: { value: refund.total.value, currency: refund.total.currency_code },
    invoice_number: refund.invoice_id,
    custom: refund.custom_id,
    create_time: iso(refund.createdAt),
    update_time: iso(refund.createdAt),
    links: [
      link(`${core.url}/v1/payments/refund/${refund.id}`, "self", "GET"),
      link(`${core.url}/v1/payments/sale/${refund.of.id}`, "sale", "GET"),
    ],
  })
