/**
 * What the tests of the Stripe stand-in share: Stripe's own SDK on the stand-in's address.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { Stripe } from "stripe"
import * as StripeEmulator from "../src/StripeEmulator.ts"

/** The SDK's client for an emulator. */
export const sdk = (stripe: StripeEmulator.StripeEmulator, key = StripeEmulator.apiKey) =>
  new Stripe(key, {
    host: "127.0.0.1",
    port: stripe.port,
    protocol: "http",
    maxNetworkRetries: 0,
    timeout: 5000,
    telemetry: false,
    httpClient: Stripe.createFetchHttpClient(),
  })

/** Parameters of a session of 19.99 usd. */
export const params = (
  change: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Stripe.Checkout.SessionCreateParams => ({
  mode: "payment",
  line_items: [{ quantity: 1, price_data: { currency: "usd", unit_amount: 1999, product_data: { name: "Order 1" } } }],
  success_url: "https://shop.example/ok?sid={CHECKOUT_SESSION_ID}",
  cancel_url: "https://shop.example/no",
  customer_email: "buyer@shop.example",
  client_reference_id: "int_1",
  metadata: { intent_id: "int_1" },
  payment_intent_data: { metadata: { intent_id: "int_1" } },
  ...change,
})

/** Parameters of a subscription session on the seeded monthly price. */
export const monthly: Stripe.Checkout.SessionCreateParams = {
  mode: "subscription",
  line_items: [{ price: StripeEmulator.monthlyPriceId, quantity: 1 }],
  success_url: "https://shop.example/ok",
  subscription_data: { metadata: { intent_id: "int_2" } },
}

/** Opens a session through the SDK. */
export const open = (
  stripe: StripeEmulator.StripeEmulator,
  change: Partial<Stripe.Checkout.SessionCreateParams> = {},
  options: Stripe.RequestOptions = {},
) => Effect.promise(() => sdk(stripe).checkout.sessions.create(params(change), options))

/** A session paid by card, with the id of its PaymentIntent. */
export const paid = Effect.fnUntraced(function* (stripe: StripeEmulator.StripeEmulator) {
  const session = yield* open(stripe)
  const { payment_intent } = yield* stripe.buyer.pay(session.id)
  return payment_intent ?? assert.fail("no PaymentIntent")
})

/** A subscription that is paid for, by its id. */
export const subscribed = Effect.fnUntraced(function* (stripe: StripeEmulator.StripeEmulator) {
  const session = yield* Effect.promise(() => sdk(stripe).checkout.sessions.create(monthly))
  const { subscription } = yield* stripe.buyer.pay(session.id)
  return subscription ?? assert.fail("no subscription")
})

/** A request of our own, form-encoded; answers the status, the headers and the JSON body. */
export const call = (
  stripe: StripeEmulator.StripeEmulator,
  method: string,
  path: string,
  form: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
) =>
  Effect.promise(async () => {
    const response = await fetch(`${stripe.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${StripeEmulator.apiKey}`, ...headers },
      ...(method === "GET" ? {} : { body: new URLSearchParams(form) }),
    })
    const value: unknown = await response.json()
    return { status: response.status, headers: response.headers, value }
  })

/** A session's parameters as a form. */
export const form: Readonly<Record<string, string>> = {
  mode: "payment",
  success_url: "https://shop.example/ok",
  "line_items[0][price_data][currency]": "usd",
  "line_items[0][price_data][unit_amount]": "1999",
  "line_items[0][price_data][product_data][name]": "Order 1",
  "line_items[0][quantity]": "1",
}

/** The Stripe error a promise is rejected with. */
export const rejection = (promise: () => Promise<unknown>) =>
  Effect.map(
    Effect.promise(() =>
      promise().then(
        () => Promise.reject(new Error("the promise was not rejected")),
        (error: unknown) => error,
      ),
    ),
    (error) => (error instanceof Stripe.errors.StripeError ? error : assert.fail(`no Stripe error: ${String(error)}`)),
  )
