/** The whole thing on this machine: stand-ins of the providers, and the server configured to use them. */
import { Id, ProviderName } from "@payment-orchestrator/domain"
import { Control, PayPalEmulator, PolarEmulator, StripeEmulator } from "@payment-orchestrator/emulators"
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import * as Server from "@payment-orchestrator/server"
import { ConfigProvider, Effect, FileSystem, Layer, Path, Redacted } from "effect"
import * as FreePort from "./FreePort.ts"

const webhookId = "8PT597110X687430L"
const polarSecret = "whsec_ZGVtby1zZWNyZXQtb2YtdGhlLXBvbGFyLXN0YW5kaW4="
const stripeSecret = "whsec_demo"
/** Of no use to anybody: the database goes with the demo. */
const encryptionKey = "ZGVtby1lbmNyeXB0aW9uLWtleS1vZi0zMi1ieXRlcyE="

const catalog = {
  gold: {
    amount: "10.00",
    currency: "EUR",
    interval: "month",
    paypal: "P-EMULATOR00000000000MONTHLY",
    polar: PolarEmulator.monthlyProductId,
    stripe: StripeEmulator.monthlyPriceId,
  },
}

/** Stand-ins of the three providers, which sell what the catalog says, and a page to break them. */
const standIns = Effect.gen(function* () {
  const paypal = yield* PayPalEmulator.make()
  const polar = yield* PolarEmulator.make({
    products: [
      { id: PolarEmulator.carrierProductId, name: "Order" },
      {
        id: PolarEmulator.monthlyProductId,
        name: "Monthly membership",
        recurring: { interval: "month" },
        prices: { usd: 1200, eur: 1000 },
      },
    ],
  })
  const stripe = yield* StripeEmulator.make({
    prices: [
      {
        id: StripeEmulator.monthlyPriceId,
        productName: "Monthly membership",
        currency: "eur",
        unitAmount: 1000,
        recurring: { interval: "month", interval_count: 1 },
      },
    ],
  })
  const control = yield* Control.serve({ emulators: [paypal, polar, stripe] })
  return { paypal, polar, stripe, control }
})

/** A fresh folder for the catalog and the database, gone with the demo. */
const makeFolder = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const folder = yield* fs.makeTempDirectoryScoped({ prefix: "payment-demo-" })
  const catalogFile = path.join(folder, "catalog.json")
  yield* fs.writeFileString(catalogFile, JSON.stringify(catalog))
  return { catalogFile, database: path.join(folder, "payments.db") }
})

/** Starts everything; it lives as long as the scope. Nothing of the process's environment is read. */
export const make = Effect.gen(function* () {
  const { control, paypal, polar, stripe } = yield* standIns
  const port = yield* FreePort.find(8080)
  const url = `http://127.0.0.1:${port}`
  const apiKey = `sk_demo_${yield* Id.makeLinkToken}`
  yield* paypal.addWebhook({ id: webhookId, url: `${url}/webhooks/paypal` })
  yield* polar.addWebhook({ url: `${url}/webhooks/polar`, secret: polarSecret })
  yield* stripe.addWebhook({ url: `${url}/webhooks/stripe`, secrets: [stripeSecret] })

  const folder = yield* makeFolder
  const environment = ConfigProvider.fromUnknown({
    HOST: "127.0.0.1",
    PORT: String(port),
    PAYMENT_PUBLIC_URL: url,
    PAYMENT_API_KEY: apiKey,
    PAYMENT_PROVIDER_ORDER: "paypal,polar,stripe",
    PAYMENT_ENCRYPTION_KEY: encryptionKey,
    PAYMENT_ALLOW_PRIVATE_ENDPOINTS: "true",
    PAYMENT_TIMEOUT: "2",
    PAYMENT_CATALOG: folder.catalogFile,
    DATABASE_URL: `sqlite:${folder.database}`,
    PAYPAL_BASE_URL: paypal.url,
    PAYPAL_CLIENT_ID: "emulator-client",
    PAYPAL_CLIENT_SECRET: "emulator-secret",
    PAYPAL_WEBHOOK_ID: webhookId,
    POLAR_BASE_URL: polar.url,
    POLAR_API_KEY: PolarEmulator.accessToken,
    POLAR_WEBHOOK_SECRET: polarSecret,
    POLAR_CARRIER_PRODUCT_ID: PolarEmulator.carrierProductId,
    STRIPE_BASE_URL: stripe.url,
    STRIPE_API_KEY: StripeEmulator.apiKey,
    STRIPE_WEBHOOK_SECRET: stripeSecret,
  })
  yield* Layer.build(
    Server.layer({
      providers: [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()],
      notice: "This is a demo: the providers are stand-ins on this machine, and no money moves.",
    }).pipe(Layer.provide(ConfigProvider.layer(environment))),
  )
  const paypalName = ProviderName.ProviderName.make("paypal")
  return { url, apiKey: Redacted.make(apiKey), control, paypal, paypalName, polar, stripe }
})

export type House = Effect.Success<typeof make>
