#!/usr/bin/env node
/**
 * `payment-emulators`: all emulators and their control page in one process.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Redacted } from "effect"
import { Command } from "effect/cli"
import * as Control from "./Control.ts"
import * as Emulator from "./Emulator.ts"
import * as Setting from "./internal/Setting.ts"
import * as PayPalEmulator from "./PayPalEmulator.ts"
import * as PolarEmulator from "./PolarEmulator.ts"
import * as StripeEmulator from "./StripeEmulator.ts"

const start = Effect.fnUntraced(function* (flags: Setting.Values) {
  const { host } = flags
  const paypal = yield* PayPalEmulator.make({
    host,
    port: flags.paypalPort,
    clientId: flags.paypalClientId,
    clientSecret: Redacted.value(flags.paypalClientSecret),
    webhooks: flags.paypalWebhook === "" ? [] : [{ id: flags.paypalWebhookId, url: flags.paypalWebhook }],
  })
  const polar = yield* PolarEmulator.make({
    host,
    port: flags.polarPort,
    accessToken: Redacted.value(flags.polarAccessToken),
    webhooks:
      flags.polarWebhook === "" ? [] : [{ url: flags.polarWebhook, secret: Redacted.value(flags.polarWebhookSecret) }],
  })
  const stripe = yield* StripeEmulator.make({
    host,
    port: flags.stripePort,
    apiKey: Redacted.value(flags.stripeApiKey),
    webhooks:
      flags.stripeWebhook === ""
        ? []
        : [{ url: flags.stripeWebhook, secrets: [Redacted.value(flags.stripeWebhookSecret)] }],
  })
  const control = yield* Control.serve({ emulators: [paypal, polar, stripe], host, port: flags.controlPort })
  yield* Console.log(Setting.banner(flags, { control, paypal, polar, stripe }))
  return yield* Effect.never
}, Effect.scoped)

const refused = (defect: unknown) =>
  defect instanceof Emulator.CannotListen
    ? Effect.andThen(Console.error(`${defect.message}; choose another port, see --help`), Effect.fail(defect))
    : Effect.die(defect)

Command.make("payment-emulators", Setting.flags, (flags) => start(flags).pipe(Effect.catchDefect(refused))).pipe(
  Command.withDescription(
    "Stand-ins of PayPal, Polar and Stripe over HTTP, with payment pages, signed webhooks and faults on demand. No money moves.",
  ),
  Command.withExamples([
    {
      command: "payment-emulators --paypal-webhook http://127.0.0.1:3000/webhooks/paypal",
      description: "Start everything and deliver PayPal's webhooks to an application",
    },
  ]),
  Command.run({ version: "0.1.0" }),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({ disableErrorReporting: false }),
)
