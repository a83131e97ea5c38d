/** The server with Acme beside two of its own providers: `PAYMENT_PROVIDER_ORDER=acme,paypal,polar`. */
import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import { serve } from "@payment-orchestrator/server"
import * as Acme from "./index.ts"

serve({ providers: [Acme.layerConfig(), PayPal.layerConfig(), Polar.layerConfig()] })
