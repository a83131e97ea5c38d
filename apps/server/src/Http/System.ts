import { Api } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Readiness } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Problems from "../Problems.ts"

export const layer = HttpApiBuilder.group(
  Api,
  "system",
  Effect.fn(function* (handlers) {
    const orchestrator = yield* PaymentOrchestrator
    const database = yield* Effect.context<Effect.Services<typeof Readiness.check>>()
    const ready = Readiness.check.pipe(Effect.mapError(Problems.storage), Effect.provideContext(database))
    return handlers.handleAll({
      healthz: () => Effect.succeed({ status: "ok" as const }),
      readyz: () =>
        Effect.map(Effect.andThen(ready, orchestrator.availableProviders), (statuses) => ({
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
