/** PayPal's stand-in, a place where its webhooks arrive, and our provider in front of it. */
import type { PaymentProvider, Webhook } from "@payment-orchestrator/domain"
import { PayPalEmulator } from "@payment-orchestrator/emulators"
import { Emulated } from "@payment-orchestrator/provider-kit"
import { DateTime, Effect, Redacted, type Scope } from "effect"
import { randomUUID, sign } from "node:crypto"
import { crc32 } from "node:zlib"
import * as PayPal from "../../src/index.ts"

export const clientId = "AcanaryClientId"
export const clientSecret = "EcanaryClientSecret-0123456789"
export const webhookId = "1CANARYWEBHOOK"
export const monthlyPlan = "P-EMULATOR00000000000MONTHLY"

/** What must never be seen outside: the secret, its Basic form, and every token (they all begin so). */
export const canaries = [clientSecret, Buffer.from(`${clientId}:${clientSecret}`).toString("base64"), "A21AA"]

export const createOrder = "POST /v2/checkout/orders"
export const createSubscription = "POST /v1/billing/subscriptions"
export const token = "POST /v1/oauth2/token"

export interface Stage {
  readonly emulator: PayPalEmulator.PayPalEmulator
  readonly provider: PaymentProvider.Service
  readonly options: PayPal.Options
  readonly deliveries: Effect.Effect<ReadonlyArray<Webhook.RawWebhook>>
  /** Signs any body as PayPal would. */
  readonly signed: (
    body: string,
    more?: { readonly at?: number; readonly webhookId?: string; readonly headers?: Webhook.RawWebhook["headers"] },
  ) => Effect.Effect<Webhook.RawWebhook>
}

export const optionsFor = (baseUrl: string): PayPal.Options => ({
  clientId,
  clientSecret: Redacted.make(clientSecret),
  mode: "sandbox",
  baseUrl,
  webhookIds: [webhookId],
  webhookVerify: "offline",
  subscriptionAction: "subscribe_now",
})

const encoder = new TextEncoder()

export const make = Effect.fnUntraced(function* (
  settings: {
    readonly options?: Partial<PayPal.Options>
    readonly emulator?: PayPalEmulator.Options
  } = {},
): Effect.fn.Return<Stage, never, Scope.Scope> {
  const arrivals = yield* Emulated.receiver
  const emulator = yield* PayPalEmulator.make({
    clientId,
    clientSecret,
    webhooks: [{ id: webhookId, url: arrivals.url }],
    ...settings.emulator,
  })
  const options = { ...optionsFor(emulator.url), ...settings.options }
  const provider = yield* PayPal.make(options)
  return {
    emulator,
    provider,
    options,
    deliveries: arrivals.webhooks,
    signed: Effect.fnUntraced(function* (body, more = {}) {
      const certificate = yield* emulator.certificate
      const at = more.at ?? (yield* DateTime.now).epochMilliseconds
      const time = DateTime.formatIso(DateTime.makeUnsafe(at))
      const id = randomUUID()
      const message = `${id}|${time}|${more.webhookId ?? webhookId}|${crc32(encoder.encode(body))}`
      return {
        headers: {
          "paypal-transmission-id": id,
          "paypal-transmission-time": time,
          "paypal-transmission-sig": sign("RSA-SHA256", Buffer.from(message), certificate.key).toString("base64"),
          "paypal-cert-url": `${emulator.url}/v1/notifications/certs/${certificate.id}`,
          "paypal-auth-algo": "SHA256withRSA",
          ...more.headers,
        },
        body: encoder.encode(body),
      }
    }),
  }
})
