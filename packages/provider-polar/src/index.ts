/**
 * Polar for the payment orchestrator.
 *
 * ```ts
 * import * as Polar from "@payment-orchestrator/provider-polar"
 * PaymentOrchestrator.layer({ providers: [Polar.layerConfig()] })
 * ```
 */
export { config, type Options } from "./PolarConfig.ts"
export { layer, layerConfig, make } from "./PolarProvider.ts"
