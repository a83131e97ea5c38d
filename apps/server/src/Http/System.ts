import { Api } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"

export const layer = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    return handlers.handleAll({
      healthz: () => Effect.succeed({ status: "ok" as const }),
      readyz: () =>
        Effect.map(orchestrator.availableProviders, (statuses) => ({
          status: "ready" as const,
          providers: Object.fromEntries(
            statuses.map(({ available, name, reason }) => [
              name,
              available ? "available" : Option.getOrElse(reason, () => "unavailable"),
            ]),
          ),
        })),
    })
  }),
)
