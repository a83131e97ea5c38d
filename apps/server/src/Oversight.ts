/** What watches over the providers and the service: health, prices, drains, alerts, drills, and how they are tied together. */
import { Circuits, ClockSkew, Health, Obstacles, OrchestratorLog, PriceCheck } from "@payment-orchestrator/core"
import { type PaymentProvider, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { AlertFacts, Alerts, Drains, Drills, InboxStore, Liveness } from "@payment-orchestrator/payments"
import { Effect, Layer, Stream } from "effect"
import * as AlertPost from "./AlertPost.ts"
import { ServerConfig } from "./ServerConfig.ts"

type Providers = ReadonlyArray<PaymentProvider.Service>

/** The log of real traffic, which health listens to. */
const watchedLog = Layer.effect(
  OrchestratorLog.OrchestratorLog,
  Effect.gen(function* () {
    const log = yield* OrchestratorLog.OrchestratorLog
    const health = yield* Health.Health
    return OrchestratorLog.OrchestratorLog.of({
      ...log,
      attemptClosed: (subject, attempt) => Effect.andThen(health.observe(attempt), log.attemptClosed(subject, attempt)),
    })
  }),
)

/** What keeps providers out of routing besides their own answers. */
const obstacles = Layer.effect(
  Obstacles.Obstacles,
  Effect.gen(function* () {
    const health = yield* Health.Health
    const drains = yield* Drains.Drains
    return Obstacles.all([health.obstacles, drains.obstacles])
  }),
)

/** Whether the providers sell the prices of the catalog as it says. */
const priceCheck = (providers: Providers) =>
  Layer.unwrap(
    Effect.map(ServerConfig, ({ catalog, settings }) =>
      PriceCheck.layer({ providers, catalog, timeout: settings.timeout }),
    ),
  )

const livemodeOf = (providers: Providers) =>
  providers.some(({ capabilities, configured }) => configured && capabilities.livemode)

const thresholds = Effect.map(ServerConfig, ({ alertCritical, alertWarning }) => ({
  warning: alertWarning,
  critical: alertCritical,
}))

const alerts = (providers: Providers, skew: ClockSkew.Service) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const health = yield* Health.Health
      const circuits = yield* Circuits.Circuits
      const configured = providers.filter((provider) => provider.configured)
      return Alerts.Alerts.layer({
        thresholds: yield* thresholds,
        windowMillis: (yield* ServerConfig).alertWindow,
        livemode: livemodeOf(providers),
        providers: Effect.forEach(configured, (provider) =>
          Effect.zipWith(health.of(provider.name), circuits.state(provider), (of, state) =>
            AlertFacts.ofProvider(provider.name, of, state),
          ),
        ),
        skews: Effect.map(skew.skews, (known) => Array.from(known, ([provider, millis]) => ({ provider, millis }))),
      })
    }),
  ).pipe(Layer.provide(AlertPost.layer))

const drills = (providers: Providers) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { catalog, settings } = yield* ServerConfig
      return Drills.Drills.layer({
        providers,
        catalog,
        settings,
        thresholds: yield* thresholds,
        livemode: livemodeOf(providers),
        obstacles: yield* Obstacles.Obstacles,
      })
    }),
  )

/** Whether each provider's webhooks come, as far as the database knows. */
const webhookSignals = Layer.effect(
  Health.WebhookSignals,
  Effect.map(
    InboxStore.InboxStore,
    (store) => (provider: ProviderName.ProviderName) =>
      Effect.flatMap(Timestamp.now, (now) => store.pulse(provider, now - Liveness.graceMillis)).pipe(
        Effect.map(Liveness.signal),
        Effect.catchTag("StorageError", () => Effect.succeed("unknown" as const)),
      ),
  ),
)

/** Everything that watches, over these providers and the clock they tell of. Needs the circuits. */
export const layer = (providers: Providers, skew: ClockSkew.Service) =>
  Layer.mergeAll(watchedLog, alerts(providers, skew), drills(providers)).pipe(
    Layer.provideMerge(obstacles),
    Layer.provideMerge(Layer.mergeAll(Health.Health.layer({ providers }), Drains.Drains.layer, priceCheck(providers))),
    Layer.provide(webhookSignals),
  )

/** The checks of the providers and the look at what is wrong, for ever; a provider that changes is looked at at once. */
export const run = Effect.gen(function* () {
  const health = yield* Health.Health
  const circuits = yield* Circuits.Circuits
  const alerts = yield* Alerts.Alerts
  const prices = yield* PriceCheck.PriceCheck
  yield* Effect.all(
    [
      health.run,
      alerts.run,
      prices.run,
      Stream.runForEach(health.changes, () => alerts.wake),
      Stream.runForEach(circuits.changes, () => alerts.wake),
      Stream.runForEach(prices.changes, () => alerts.wake),
    ],
    { concurrency: "unbounded", discard: true },
  )
})
