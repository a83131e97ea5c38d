/** `demo`: everything on this machine, a walk through an outage, and then it keeps serving (`--once`: ends). */
import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Logger, Redacted, References } from "effect"
import { Command, Flag } from "effect/cli"
import * as House from "./House.ts"
import * as Walk from "./Walk.ts"

const welcome = (house: House.House) => `
Payment Orchestrator, demo. The providers are stand-ins on this machine; no account is needed and no money moves.
  server     ${house.url}   (reference: ${house.url}/docs)
  dashboard  ${house.url}/dashboard   (key: ${Redacted.value(house.apiKey)})
  stand-ins  PayPal ${house.paypal.url}   Polar ${house.polar.url}   Stripe ${house.stripe.url}
  break them ${house.control.url}`

const invitation = (house: House.House) => `
Everything keeps running. Try it:
  curl ${house.url}/v1/checkouts -H 'Authorization: Bearer ${Redacted.value(house.apiKey)}' \\
    -H 'content-type: application/json' -d '{"amount":"99.99","currency":"USD"}'
Open the url of the answer in a browser to pay as a buyer; break a provider at ${house.control.url} and try again.
Ctrl-C ends it.`

const demo = Effect.fnUntraced(function* (once: boolean) {
  const house = yield* House.make
  yield* Console.log(welcome(house))
  yield* Walk.run(house)
  if (once) return yield* Console.log("\nEverything happened as it should.")
  yield* Console.log(invitation(house))
  return yield* Effect.never
}, Effect.scoped)

const once = Flag.Boolean("once").pipe(
  Flag.withDefault(false),
  Flag.withDescription("End after the walk; exit code 0 only if all went as it should"),
)

Command.make("demo", { once }, (flags) => demo(flags.once)).pipe(
  Command.withDescription("Starts the whole thing with local stand-ins and walks through an outage"),
  Command.run({ version: "0.1.0" }),
  Effect.provide(
    Layer.mergeAll(
      NodeServices.layer,
      NodeHttpClient.layerFetch,
      Logger.layer([Logger.consolePretty()]),
      Layer.succeed(References.MinimumLogLevel, "Warn"),
    ),
  ),
  NodeRuntime.runMain,
)
