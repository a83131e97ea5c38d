import { Api } from "@payment-orchestrator/api"
import { Health, PaymentOrchestrator } from "@payment-orchestrator/core"
import { Timestamp, Tracing } from "@payment-orchestrator/domain"
import { AlertStore, DrillStore, EndpointStore, Keys } from "@payment-orchestrator/payments"
import { DatabaseUrl, Encryption } from "@payment-orchestrator/storage"
import { Effect, Option, Redacted } from "effect"
import { HttpApiBuilder } from "effect/http-api"
import * as Access from "../Access.ts"
import * as Checklist from "../Checklist.ts"
import * as Problems from "../Problems.ts"
import { ServerConfig } from "../ServerConfig.ts"
import * as SettingsShown from "../SettingsShown.ts"
import * as Variables from "../Variables.ts"

/** Enough to know that there are some. */
const most = 100

/** What the running server knows of itself. */
const running = Effect.gen(function* () {
  const alerts = yield* AlertStore.AlertStore
  const drills = yield* DrillStore.DrillStore
  const endpoints = yield* EndpointStore.EndpointStore
  const health = yield* Health.Health
  const keys = yield* Keys.Keys
  const { providers } = yield* PaymentOrchestrator
  const configured = providers.filter((provider) => provider.configured)

  return Effect.gen(function* () {
    const receiving = yield* endpoints.list({ limit: most })
    const made = yield* keys.list({ limit: most })
    const last = (yield* drills.list({ limit: most })).find(({ status }) => status === "done")
    const now = yield* Timestamp.now
    const known: Checklist.Running = {
      endpoints: receiving.filter(({ status }) => status === "enabled").length,
      keys: made.filter(({ revokedAt }) => Option.isNone(revokedAt)).length,
      webhooks: yield* Effect.forEach(configured, ({ name }) =>
        Effect.map(health.of(name), ({ webhooks: signal }) => ({ name, signal })),
      ),
      alerts: yield* alerts.list({ open: true, limit: most }),
      drill: last === undefined ? null : { id: last.id, ageMillis: now - last.startedAt },
    }
    return known
  })
})

export const layer = HttpApiBuilder.group(
  Api,
  "configuration",
  Effect.fn(function* (handlers) {
    const config = yield* ServerConfig
    const { providers } = yield* PaymentOrchestrator
    const settings = yield* SettingsShown.read
    const database = (yield* DatabaseUrl.config)._tag === "Sqlite" ? ("sqlite" as const) : ("postgres" as const)
    const encryptionKeys = Option.match(yield* Encryption.config, {
      onNone: () => 0,
      onSome: (keys) => Redacted.value(keys).length,
    })
    const known = yield* running

    const order = providers.map(({ capabilities, configured, name }) => ({
      name,
      configured,
      livemode: capabilities.livemode,
    }))
    const isSet = (variable: string | undefined) => settings.some(({ name, set }) => name === variable && set)
    const fixed = Checklist.settings({
      order,
      publicUrl: config.settings.publicUrl,
      database,
      encryptionKeys,
      times: config.settings,
      alertUrl: Option.isSome(config.alertUrl),
      webhookSecrets: order
        .filter(({ configured }) => configured)
        .map(({ name }) => ({ name, isSet: isSet(Variables.webhookOf(name)) })),
      allowPrivateEndpoints: config.allowPrivateEndpoints,
      rateLimit: config.rateLimit,
      refundDuplicates: config.refundDuplicates,
    })

    return handlers.handleAll({
      get: Effect.fnUntraced(function* () {
        yield* Access.requireAll("read")
        const checks = Checklist.running(yield* Effect.mapError(known, Problems.storage))
        return {
          database,
          alert_thresholds: { warning: config.alertWarning, critical: config.alertCritical },
          settings,
          providers: providers.map(({ capabilities, configured, name }) => ({
            name,
            configured,
            livemode: capabilities.livemode,
            modes: capabilities.modes,
            currencies: capabilities.currencies.size,
          })),
          checks: [...fixed, ...checks],
        }
      }, Tracing.span("Http.configuration")),
    })
  }),
)
