import * as PayPal from "@payment-orchestrator/provider-paypal"
import * as Polar from "@payment-orchestrator/provider-polar"
import * as Stripe from "@payment-orchestrator/provider-stripe"
import { serve } from "./Serve.ts"

serve({ providers: [PayPal.layerConfig(), Polar.layerConfig(), Stripe.layerConfig()] })
