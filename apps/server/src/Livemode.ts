/** Whether money is real at any configured provider of this server. */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Effect } from "effect"

export const Livemode = Effect.map(PaymentOrchestrator, ({ providers }) =>
  providers.some(({ capabilities, configured }) => configured && capabilities.livemode),
)
