/**
 * Stripe for the payment orchestrator.
 *
 * ```ts
 * import * as Stripe from "@payment-orchestrator/provider-stripe"
 * PaymentOrchestrator.layer({ providers: [Stripe.layerConfig()] })
 * ```
 */
export { config, type Options } from "./StripeConfig.ts"
export { capabilities, layer, layerConfig, make } from "./StripeProvider.ts"
