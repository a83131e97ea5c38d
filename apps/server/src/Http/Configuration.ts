import { Api } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { AlertStore, EndpointStore, Keys } from "@payment-orchestrator/payments"
import { DatabaseUrl, Encryption } from "@payment-orchestrator/storage"
import { Effect, Option } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Checklist from "../Checklist.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"
import * as SettingsShown from "../SettingsShown.ts"

/** Enough to know that there are some. */
const most = 100

export const layer = HttpApiBuilder.group(
  Api,
  "configuration",
  Effect.fn(function* (handlers) {
    const config = yield* ServerConfig
    const { providers } = yield* PaymentOrchestrator
    const alerts = yield* AlertStore.AlertStore
    const endpoints = yield* EndpointStore.EndpointStore
    const keys = yield* Keys.Keys
    const settings = yield* SettingsShown.read
    const database = (yield* DatabaseUrl.config)._tag === "Sqlite" ? ("sqlite" as const) : ("postgres" as const)
    const encrypted = Option.isSome(yield* Encryption.Encryption)

    const shown = providers.map(({ capabilities, configured, name }) => ({
      name,
      configured,
      livemode: capabilities.livemode,
      modes: capabilities.modes,
      currencies: capabilities.currencies.size,
    }))

    return handlers.handleAll({
      get: Effect.fn("Http.configuration")(function* () {
        yield* Access.requireAll("read")
        return yield* Effect.gen(function* () {
          const receiving = yield* endpoints.list({ limit: most })
          const made = yield* keys.list({ limit: most })
          return {
            database,
            alert_thresholds: { warning: config.alertWarning, critical: config.alertCritical },
            settings,
            providers: shown,
            checks: Checklist.of({
              publicUrl: config.settings.publicUrl,
              database,
              encrypted,
              alertUrl: Option.isSome(config.alertUrl),
              refundDuplicates: config.refundDuplicates,
              allowPrivateEndpoints: config.allowPrivateEndpoints,
              rateLimit: config.rateLimit,
              enabledEndpoints: receiving.filter(({ status }) => status === "enabled").length,
              madeKeys: made.filter(({ revokedAt }) => Option.isNone(revokedAt)).length,
              openAlerts: (yield* alerts.open).length,
              providers: shown,
            }),
          }
        }).pipe(Effect.mapError(Problems.storage))
      }),
    })
  }),
)
