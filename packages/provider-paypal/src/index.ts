/**
 * PayPal for the payment orchestrator: one-time payments by Orders v2, subscriptions by Subscriptions v1.
 *
 * ```ts
 * import * as PayPal from "@payment-orchestrator/provider-paypal"
 * PayPal.layerConfig()   // from PAYPAL_CLIENT_ID, PAYPAL_CLIENT_SECRET, …
 * ```
 */
export { config, type Options } from "./PayPalConfig.ts"
export { capabilities, layer, layerConfig, make } from "./PayPalProvider.ts"
