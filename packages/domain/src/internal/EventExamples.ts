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
