/** What each endpoint is asked and answers, as the reference shows it; a test decodes every one with the contract. Long because it is a table. */
import { EventCatalogue } from "@payment-orchestrator/domain"
import type { Schema } from "effect"

type Json = { readonly [key: string]: Schema.Json }

export interface Example {
  readonly request?: Json
  /** The body of a success; none where there is no body. */
  readonly response?: Schema.Json
}

const { alert, checkout, dispute, endpoint, payment, refund, subscription } = EventCatalogue.subjects

const time = "2026-11-22T20:00:00.000Z"
const ulid = "01JD8ZK6QW4T7N2M5X9B3C1D0F"
const event = EventCatalogue.entries.find(({ type }) => type === "checkout.paid")?.example ?? null

/** The first page of a list, and the last. */
const page = (item: Schema.Json): Example => ({ response: { data: [item], next_cursor: null } })
const one = (item: Schema.Json): Example => ({ response: item })

const open: Json = {
  ...checkout.example,
  status: "open",
  payment_id: null,
  amount_paid: "0.00",
  attempts: [
    {
      provider: "paypal",
      result: "transient_error",
      reason: "http_503",
      message: "PayPal 503 Service Unavailable",
      outcome: "unknown",
      started_at: time,
      duration_ms: 480,
      tries: 3,
    },
    { provider: "polar", result: "opened", started_at: time, duration_ms: 312, tries: 1 },
  ],
  provider: "polar",
  url: "https://buy.polar.sh/polar_c_0a1b2c3d",
  provider_session_id: "c6f7d5c5-5a0e-4c0f-9b0a-6c1a5b0d8e21",
}

const explanation: Json = {
  checkout_id: open["id"] ?? null,
  data: [
    {
      at: time,
      kind: "requested",
      mode: "payment",
      amount: "99.99",
      currency: "USD",
      price_id: null,
      preferred_provider: null,
    },
    {
      at: time,
      kind: "failed_over",
      id: `fo_${ulid}`,
      from: "paypal",
      to: "polar",
      reason: "http_503",
      message: "PayPal 503 Service Unavailable",
      request_id: "f5e1c2a7b3d84",
    },
    { at: time, kind: "decided", round: 0, verdict: "opened", provider: "polar", cause: "polar opened a page" },
  ],
}

const canceled: Json = {
  id: null,
  provider: "paypal",
  subscription_id: "I-BW452GLLEP1G",
  status: "canceled",
  cancel_at_period_end: false,
  cancel_requested: null,
  current_period_end: null,
  livemode: true,
}

const delivery: Json = {
  id: `dlv_${ulid}`,
  endpoint_id: `whe_${ulid}`,
  event_id: `evt_${ulid}`,
  event_type: "checkout.paid",
  object_id: `co_${ulid}`,
  sequence: 2,
  status: "pending",
  tries: 1,
  next_try_at: "2026-11-22T20:00:05.000Z",
  last_try_at: time,
  last_status: 503,
  last_error: "http_503",
  last_duration_ms: 41,
  tenant_id: "default",
  livemode: true,
  created_at: time,
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

const provider: Json = {
  name: "paypal",
  available: false,
  livemode: true,
  circuit: "open",
  reason: "circuit_open",
  health: { active: "down", passive: "down", webhooks: "ok", reason: "PayPal 503 Service Unavailable" },
  drained: false,
  drain: null,
  success_rate: 0.25,
  latency_ms: { p50: 310, p95: 4_800 },
}

const drained: Json = {
  ...provider,
  available: false,
  circuit: "closed",
  reason: "drained",
  drained: true,
  drain: { reason: "maintenance until eight", actor: `key_${ulid}`, drained_at: time, expires_at: null },
}

const drill: Json = {
  id: `drl_${ulid}`,
  provider: "paypal",
  fault: "down",
  checkouts: 1,
  status: "running",
  actor: `key_${ulid}`,
  livemode: true,
  started_at: time,
  ended_at: null,
  report: null,
}

const key: Json = {
  id: `key_${ulid}`,
  role: "operator",
  tenant_id: null,
  name: "on call",
  created_at: time,
  last_used_at: null,
  revoked_at: null,
}

const signedIn: Json = {
  key_id: `key_${ulid}`,
  name: "on call",
  role: "operator",
  tenant_id: null,
  csrf_token: "0123456789ABCDEFGHJKMNPQRSTVWXYZ",
  expires_at: "2026-11-23T08:00:00.000Z",
  livemode: true,
}

/** By operation. */
export const examples: { readonly [operation: string]: Example } = {
  "checkouts.open": {
    request: {
      amount: "99.99",
      currency: "USD",
      order_id: "order-1001",
      reference: "spring sale",
      success_url: "https://shop.example/success",
      cancel_url: "https://shop.example/cancel",
      customer_email: "buyer@example.com",
      metadata: { cart: "77" },
    },
    response: open,
  },
  "checkouts.list": page(open),
  "checkouts.get": one(checkout.example),
  "checkouts.explain": one(explanation),
  "checkouts.expire": { request: { reason: "the buyer called" }, response: { ...open, status: "expired" } },
  "payments.list": page(payment.example),
  "payments.get": one(payment.example),
  "refunds.create": { request: { amount: "10.00", reason: "damaged" }, response: refund.example },
  "refunds.list": page(refund.example),
  "refunds.get": one(refund.example),
  "subscriptions.list": page(subscription.example),
  "subscriptions.get": one(subscription.example),
  "subscriptions.cancel": {
    request: { at_period_end: true, reason: "customer request" },
    response: { ...subscription.example, cancel_at_period_end: true },
  },
  "subscriptions.cancelByProviderId": {
    request: { provider: "paypal", subscription_id: "I-BW452GLLEP1G", reason: "customer request" },
    response: canceled,
  },
  "disputes.list": page(dispute.example),
  "disputes.get": one(dispute.example),
  "events.list": page(event),
  "events.get": one(event),
  "events.redeliver": { request: { reason: "their database was restored" }, response: { deliveries: 2 } },
  "events.live": one({ id: `evt_${ulid}`, event: "checkout.paid", data: JSON.stringify(event) }),
  "webhookEndpoints.create": {
    request: { url: "https://shop.example/hook", events: ["checkout.*", "refund.succeeded"] },
    response: { ...endpoint.example, secret },
  },
  "webhookEndpoints.list": page(endpoint.example),
  "webhookEndpoints.get": one(endpoint.example),
  "webhookEndpoints.change": {
    request: { status: "disabled" },
    response: { ...endpoint.example, status: "disabled", disabled_reason: "requested" },
  },
  "webhookEndpoints.remove": {},
  "webhookEndpoints.rotate": one({ ...endpoint.example, secret }),
  "webhookEndpoints.test": one({
    ...delivery,
    event_type: "endpoint.test",
    tries: 0,
    last_try_at: null,
    last_status: null,
    last_error: null,
    last_duration_ms: null,
  }),
  "webhookEndpoints.redeliver": {
    request: { since: time, reason: "their outage is over" },
    response: { deliveries: 14 },
  },
  "webhookEndpoints.deliveries": page(delivery),
  "operations.stats": one({
    total_requests: 1_204,
    failovers: 31,
    provider_usage: { paypal: 1_171, polar: 31 },
    failover_rate: 0.0257,
  }),
  "operations.series": one({
    from: time,
    to: "2026-11-22T20:00:30.000Z",
    step_seconds: 30,
    data: [
      {
        at: time,
        checkouts: 12,
        failed: 0,
        paid: 9,
        failovers: 1,
        providers: { paypal: { shown: 11, mean_ms: 320 }, polar: { shown: 1, mean_ms: 410 } },
      },
    ],
    rescued: [{ currency: "USD", amount: "99.99", checkouts: 1 }],
    watch: { checkouts: 20, displaced: 1, unknown_outcomes: 0 },
  }),
  "operations.failovers": page({
    id: `fo_${ulid}`,
    at: time,
    checkout_id: `co_${ulid}`,
    from: "paypal",
    to: "polar",
    reason: "http_503",
    message: "PayPal 503 Service Unavailable",
    request_id: "f5e1c2a7b3d84",
  }),
  "providers.list": one({ data: [provider] }),
  "providers.drain": { request: { reason: "maintenance until eight", expires_in: 3_600 }, response: drained },
  "providers.restore": {
    request: { reason: "maintenance is over" },
    response: { ...provider, available: true, circuit: "closed", reason: null, success_rate: null, latency_ms: null },
  },
  "alerts.list": page(alert.example),
  "drills.start": { request: { provider: "paypal", fault: "down", checkouts: 1 }, response: drill },
  "drills.list": page(drill),
  "drills.get": one({
    ...drill,
    status: "done",
    ended_at: "2026-11-22T20:00:02.000Z",
    report: {
      checkouts: [
        {
          id: `co_${ulid}`,
          result: "opened",
          provider: "polar",
          wait_ms: 640,
          attempts: [],
          session_id: "c6f7d5c5-5a0e-4c0f-9b0a-6c1a5b0d8e21",
          expires_at: null,
          withdrawal: "cannot",
        },
      ],
      opened: 1,
      failovers: 1,
      longest_wait_ms: 640,
      alerts: [],
    },
  }),
  "keys.create": {
    request: { role: "operator", name: "on call" },
    response: { ...key, secret: "sk_0123456789ABCDEFGHJKMNPQRSTVWXYZ" },
  },
  "keys.list": page(key),
  "keys.get": one(key),
  "keys.revoke": one({ ...key, revoked_at: time }),
  "audit.list": page({
    id: `aud_${ulid}`,
    at: time,
    actor: `key_${ulid}`,
    role: "operator",
    tenant_id: null,
    action: "provider.drain",
    target: "paypal",
    reason: "maintenance until eight",
    address: "192.0.2.7",
    request_id: "req_0123456789ABCDEFGHJKMNPQRSTVWXYZ",
  }),
  "configuration.get": one({
    database: "postgres",
    alert_thresholds: { warning: 0.1, critical: 0.5 },
    settings: [
      { name: "PAYMENT_TIMEOUT", value: "30", set: false, secret: false },
      { name: "PAYPAL_CLIENT_SECRET", value: null, set: true, secret: true },
    ],
    providers: [
      { name: "paypal", configured: true, livemode: true, modes: ["payment", "subscription"], currencies: 25 },
    ],
    checks: [
      { name: "public URL", state: "ok", found: "https://pay.example.com", fix: null },
      {
        name: "rate limit",
        state: "warn",
        found: "PAYMENT_RATE_LIMIT=0: a key may send without limit",
        fix: "leave it out, or set a number",
      },
    ],
  }),
  "signIn.begin": { request: { api_key: "sk_0123456789ABCDEFGHJKMNPQRSTVWXYZ" }, response: signedIn },
  "signIn.get": one(signedIn),
  "session.end": {},
  "webhooks.receive": one({ received: true }),
  "inbox.list": page({
    id: `inb_${ulid}`,
    provider: "paypal",
    event_id: "WH-2WR32451HC0233532-67976317FL4543714",
    type: "PAYMENT.CAPTURE.COMPLETED",
    subject: "payment",
    origin: "webhook",
    state: "applied",
    checkout_id: `co_${ulid}`,
    tries: 0,
    received_at: time,
    occurred_at: time,
    match_at: null,
    applied_at: time,
    livemode: true,
  }),
  "inbox.rejected": page({
    id: `rej_${ulid}`,
    provider: "paypal",
    reason: "bad_signature",
    detail: null,
    address: "192.0.2.7",
    count: 12,
    headers: ["content-type", "paypal-transmission-id", "paypal-transmission-sig", "user-agent"],
    delivery_id: "69cd13f0-d67a-11e5-baa3-778b53f4ae55",
    body_bytes: 1_204,
    body_sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    first_at: time,
    last_at: "2026-11-22T20:04:11.000Z",
    livemode: true,
  }),
  "system.healthz": one({ status: "ok" }),
  "system.readyz": one({ status: "ready", providers: { paypal: "available", polar: "circuit_open" } }),
}
