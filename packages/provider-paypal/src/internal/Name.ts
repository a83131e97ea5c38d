/** The name this provider goes by. */
import { ProviderName } from "@payment-orchestrator/domain"

export const name: ProviderName.ProviderName = ProviderName.ProviderName.make("paypal")
