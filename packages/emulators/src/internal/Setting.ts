/**
 * The flags of the command, and what it prints when everything runs.
 */
import { Redacted, Schema } from "effect"
import { Flag } from "effect/cli"
import type { Running } from "../Emulator.ts"
import { accessToken, carrierProductId } from "../PolarEmulator.ts"
import { apiKey } from "../StripeEmulator.ts"

const port = (name: string, of: string, usual: number) =>
  Flag.Int(name).pipe(
    Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
    Flag.withDescription(`Port of ${of}; 0 takes a free one`),
    Flag.withDefault(usual),
  )

const text = (name: string, description: string, usual: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.withDefault(usual))

const secret = (name: string, description: string, usual: string) =>
  Flag.Redacted(name).pipe(Flag.withDescription(description), Flag.withDefault(Redacted.make(usual)))

const target = (provider: string) => text(`${provider}-webhook`, "Address that gets the webhooks; none when empty", "")

export const flags = {
  host: text("host", "Address to listen on. Other machines can reach anything but 127.0.0.1", "127.0.0.1"),
  controlPort: port("control-port", "the control page", 4009),
  paypalPort: port("paypal-port", "PayPal", 4010),
  polarPort: port("polar-port", "Polar", 4011),
  stripePort: port("stripe-port", "Stripe", 4012),
  paypalWebhook: target("paypal"),
  paypalWebhookId: text("paypal-webhook-id", "The webhook id that is signed", "8PT597110X687430L"),
  paypalClientId: text("paypal-client-id", "The only client id that gets a token", "emulator-client"),
  paypalClientSecret: secret("paypal-client-secret", "Its secret", "emulator-secret"),
  polarWebhook: target("polar"),
  polarAccessToken: secret("polar-access-token", "The only token that is accepted", accessToken),
  polarWebhookSecret: secret(
    "polar-webhook-secret",
    "What Polar's webhooks are signed with",
    "whsec_cGF5bWVudC1lbXVsYXRvcnMtcG9sYXItc2VjcmV0MDE=",
  ),
  stripeWebhook: target("stripe"),
  stripeApiKey: secret("stripe-api-key", "The only key that is accepted", apiKey),
  stripeWebhookSecret: secret("stripe-webhook-secret", "What Stripe's webhooks are signed with", "whsec_emulator"),
} as const

/** What the flags come to. */
export interface Values {
  readonly host: string
  readonly controlPort: number
  readonly paypalPort: number
  readonly polarPort: number
  readonly stripePort: number
  readonly paypalWebhook: string
  readonly paypalWebhookId: string
  readonly paypalClientId: string
  readonly paypalClientSecret: Redacted.Redacted
  readonly polarWebhook: string
  readonly polarAccessToken: Redacted.Redacted
  readonly polarWebhookSecret: Redacted.Redacted
  readonly stripeWebhook: string
  readonly stripeApiKey: Redacted.Redacted
  readonly stripeWebhookSecret: Redacted.Redacted
}

interface Servers {
  readonly control: Running
  readonly paypal: Running
  readonly polar: Running
  readonly stripe: Running
}

/** Where everything is, and an environment for an application. The secrets open nothing but these emulators. */
export const banner = (values: Values, { control, paypal, polar, stripe }: Servers): string =>
  [
    "Payment emulators (stand-ins, no money moves)",
    `  control  ${control.url}/`,
    `  PayPal   ${paypal.url}`,
    `  Polar    ${polar.url}`,
    `  Stripe   ${stripe.url}`,
    "",
    "An environment for your application:",
    `  PAYPAL_BASE_URL=${paypal.url}`,
    `  PAYPAL_CLIENT_ID=${values.paypalClientId}`,
    `  PAYPAL_CLIENT_SECRET=${Redacted.value(values.paypalClientSecret)}`,
    `  PAYPAL_WEBHOOK_ID=${values.paypalWebhookId}`,
    `  POLAR_BASE_URL=${polar.url}`,
    `  POLAR_API_KEY=${Redacted.value(values.polarAccessToken)}`,
    `  POLAR_WEBHOOK_SECRET=${Redacted.value(values.polarWebhookSecret)}`,
    `  POLAR_CARRIER_PRODUCT_ID=${carrierProductId}`,
    `  STRIPE_BASE_URL=${stripe.url}`,
    `  STRIPE_API_KEY=${Redacted.value(values.stripeApiKey)}`,
    `  STRIPE_WEBHOOK_SECRET=${Redacted.value(values.stripeWebhookSecret)}`,
    "",
    "Break something:",
    `  curl -X POST ${control.url}/paypal/faults -H 'content-type: application/json' \\`,
    `    -d '{"route":"*","fault":{"kind":"Status","status":503}}'`,
    "",
    "Ctrl-C ends it.",
  ].join("\n")
