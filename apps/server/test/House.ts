/** A running server over stand-ins of the providers, spoken to over real HTTP. */
import { NodeServices } from "@effect/platform-node"
import { PayPalEmulator, PolarEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import * as Server from "@payment-orchestrator/server"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import { HttpServer } from "effect/http"

/** Words that must never be seen outside: in an answer, a log line, a metric. */
export const canaries = {
  apiKey: "sk_canary_admin_5d1c0a7e",
  paypalSecret: "canary-paypal-secret-77aa",
  polarKey: "polar_oat_canary_3b9f",
  polarWebhook: "whsec_Y2FuYXJ5LXBvbGFyLXdlYmhvb2stc2VjcmV0",
  stripeKey: "sk_test_canary_91f2",
  stripeWebhook: "whsec_canary_stripe_44",
}

const webhookId = "WH-CANARY-1"

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export interface SendOptions {
  readonly body?: unknown
  readonly key?: string | null
  readonly headers?: { readonly [name: string]: string }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const send =
  (url: string) =>
  (method: string, path: string, { body, headers = {}, key = canaries.apiKey }: SendOptions = {}) =>
    Effect.promise(async (signal): Promise<Answer> => {
      const response = await fetch(`${url}${path}`, {
        method,
        signal,
        redirect: "manual",
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: parse(text) }
    })

/** Starts stand-ins and a server that live as long as the scope; `environment` is added to a usual one. */
export const start = Effect.fnUntraced(function* (
  environment: { readonly [name: string]: string } = {},
  options: {
    readonly providers?: Server.Options["providers"]
    /** What PayPal's stand-in sells, in place of the usual. */
    readonly plans?: ReadonlyArray<PayPalEmulator.PlanSeed>
  } = {},
) {
  const { plans } = options
  const paypal = yield* PayPalEmulator.make({
    clientSecret: canaries.paypalSecret,
    ...(plans === undefined ? {} : { plans }),
  })
  const polar = yield* PolarEmulator.make({ accessToken: canaries.polarKey })
  const stripe = yield* StripeEmulator.make({ apiKey: canaries.stripeKey })
  const log: Array<string> = []
  const logger = Logger.formatJson.pipe(Logger.map((line) => void log.push(line)))

  const context = yield* Layer.build(
    Server.layer({
      providers: options.providers ?? [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()],
    }).pipe(
      Layer.provide(
        ConfigProvider.layer(
          ConfigProvider.fromUnknown({
            HOST: "127.0.0.1",
            PORT: "0",
            PAYMENT_API_KEY: canaries.apiKey,
            PAYMENT_PUBLIC_URL: "https://pay.example.com",
            PAYMENT_PROVIDER_ORDER: "paypal,polar,stripe",
            DATABASE_URL: "sqlite::memory:",
            PAYPAL_BASE_URL: paypal.url,
            PAYPAL_CLIENT_ID: "emulator-client",
            PAYPAL_CLIENT_SECRET: canaries.paypalSecret,
            PAYPAL_WEBHOOK_ID: webhookId,
            POLAR_BASE_URL: polar.url,
            POLAR_API_KEY: canaries.polarKey,
            POLAR_WEBHOOK_SECRET: canaries.polarWebhook,
            POLAR_CARRIER_PRODUCT_ID: PolarEmulator.carrierProductId,
            STRIPE_BASE_URL: stripe.url,
            STRIPE_API_KEY: canaries.stripeKey,
            STRIPE_WEBHOOK_SECRET: canaries.stripeWebhook,
            ...environment,
          }),
        ),
      ),
      Layer.provide(NodeServices.layer),
      Layer.provideMerge(Logger.layer([logger])),
    ),
  )
  const { address } = Context.get(context, HttpServer.HttpServer)
  const port = "port" in address ? address.port : 0
  const url = `http://127.0.0.1:${port}`
  yield* paypal.addWebhook({ id: webhookId, url: `${url}/webhooks/paypal` })
  yield* polar.addWebhook({ url: `${url}/webhooks/polar`, secret: canaries.polarWebhook })
  yield* stripe.addWebhook({ url: `${url}/webhooks/stripe`, secrets: [canaries.stripeWebhook] })
  return { url, paypal, polar, stripe, log, send: send(url) }
})

export type House = Effect.Success<ReturnType<typeof start>>

/** Opens a checkout with the usual request. */
export const open = (house: House, body: object = {}, headers: { readonly [name: string]: string } = {}) =>
  house.send("POST", "/v1/checkouts", { body: { amount: "99.99", currency: "USD", ...body }, headers })

/** Makes a key and answers its secret. */
export const makeKey = (house: House, body: { readonly role: string; readonly tenant_id?: string }) =>
  Effect.map(house.send("POST", "/v1/keys", { body }), ({ json, status, text }) => {
    if (status !== 201) throw new Error(`no key was made: ${text}`)
    const { id, secret } = json as { readonly id: string; readonly secret: string }
    return { id, secret }
  })
