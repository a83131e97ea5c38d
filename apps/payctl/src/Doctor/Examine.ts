/** Everything that the checklist looks at. Loaded when it is asked for: it brings the whole server with it. */
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { Effect } from "effect"
import * as Environment from "./Environment.ts"
import * as Providers from "./Providers.ts"
import * as Running from "./Running.ts"
import * as Storage from "./Storage.ts"

const providers = [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()]

/** Every item, in the order in which they are shown. */
export const examine = Effect.map(
  Effect.all([Environment.items(providers), Storage.items, Providers.items(providers), Running.items], {
    concurrency: "unbounded",
  }),
  (all) => all.flat(),
)
