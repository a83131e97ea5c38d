/** The objects of the events' examples, as they are sent. */
export const time = "2026-11-22T20:00:00.000Z"

const checkoutId = "co_01JD8ZJ5M0E9Q3R7T1V5X8Z2B4"
const paymentId = "pay_01JD8ZM1C2D3E4F5G6H7J8K9M0"

export const checkout = {
  id: checkoutId,
  status: "paid",
  late: false,
  livemode: true,
  mode: "payment",
  provider: "paypal",
  url: "https://www.paypal.com/checkoutnow?token=5O190127TN364715T",
  link: "https://pay.example.com/pay/0123456789ABCDEFGHJKMNPQRSTVWXYZ",
  provider_session_id: "5O190127TN364715T",
  amount: "99.99",
  amount_paid: "99.99",
  amount_refunded: "0.00",
  currency: "USD",
  payment_id: paymentId,
  subscription_id: null,
  order_id: "order-1001",
  reference: "spring sale",
  customer_id: "user_42",
  tenant_id: "default",
  metadata: { cart: "77" },
  expires_at: "2026-11-23T20:00:00.000Z",
  created_at: time,
  attempts: [{ provider: "paypal", result: "opened", started_at: time, duration_ms: 312, tries: 1 }],
}

export const payment = {
  id: paymentId,
  checkout_id: checkoutId,
  provider: "paypal",
  provider_payment_id: "3C679366HH908993F",
  kind: "initial",
  status: "completed",
  amount: "99.99",
  amount_refunded: "0.00",
  tax: null,
  fee: "3.98",
  net: "96.01",
  disputed: false,
  reversed: false,
  currency: "USD",
  tenant_id: "default",
  livemode: true,
  created_at: time,
}

export const refund = {
  id: "re_01JD9A0B1C2D3E4F5G6H7J8K9M",
  payment_id: paymentId,
  checkout_id: checkoutId,
  provider: "paypal",
  reason: "damaged",
  origin: "request",
  status: "succeeded",
  message: null,
  amount: "10.00",
  currency: "USD",
  tenant_id: "default",
  livemode: true,
  created_at: time,
}

export const endpoint = {
  id: "whe_01JD8ZK6QW4T7N2M5X9B3C1D0F",
  url: "https://shop.example/hook",
  events: ["checkout.*", "refund.succeeded"],
  description: null,
  status: "enabled",
  disabled_reason: null,
  failing_since: null,
  tenant_id: "default",
  livemode: true,
  created_at: time,
}

export const dispute = {
  id: "dp_01JD9A0B1C2D3E4F5G6H7J8K9N",
  payment_id: paymentId,
  checkout_id: checkoutId,
  provider: "paypal",
  provider_dispute_id: "PP-D-4012",
  status: "open",
  reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
  respond_by: "2026-12-02T20:00:00.000Z",
  tenant_id: "default",
  livemode: true,
  created_at: time,
  amount: "99.99",
  currency: "USD",
}

export const subscription = {
  id: "sub_01JD8ZK6QW4T7N2M5X9B3C1D0F",
  checkout_id: checkoutId,
  provider: "paypal",
  provider_subscription_id: "I-BW452GLLEP1G",
  status: "active",
  price_id: "plan_123",
  customer_id: "user_42",
  amount: "19.99",
  currency: "USD",
  cancel_at_period_end: false,
  cancel_requested: null,
  current_period_end: "2026-12-22T20:00:00.000Z",
  canceled_at: null,
  duplicate_of: null,
  checked_at: time,
  tenant_id: "default",
  metadata: { cart: "77" },
  livemode: true,
  created_at: time,
}

export const alert = {
  id: "alr_01JD8ZK6QW4T7N2M5X9B3C1D0F",
  kind: "endpoint_dead",
  severity: "warning",
  provider: null,
  subject: "whe_01JD8ZK6QW4T7N2M5X9B3C1D0F",
  summary: "the endpoint at shop.example has taken no event for 60 hours; it is disabled after 120",
  details: { endpoint_id: "whe_01JD8ZK6QW4T7N2M5X9B3C1D0F", host: "shop.example", percent: 50 },
  livemode: true,
  raised_at: time,
  cleared_at: null,
}
