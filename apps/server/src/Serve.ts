/** The server as one layer: configuration, providers, orchestrator, HTTP. */
import { NodeHttpServer, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Api } from "@payment-orchestrator/api"
import { Circuits, ClockSkew, Metered, PaymentOrchestrator, Rehearsal } from "@payment-orchestrator/core"
import { PaymentProvider, ProviderClock } from "@payment-orchestrator/domain"
import {
  Backfill,
  Checkouts,
  Claims,
  ConfigurationChanges,
  Deliveries,
  Disputes,
  Keys,
  Moves,
  Recovery,
  Refunds,
  Rejections,
  Settlement,
  SignIns,
  Subscriptions,
  WebhookInbox,
} from "@payment-orchestrator/payments"
import { DatabaseUrl, Encryption, Retention, Storage } from "@payment-orchestrator/storage"
import { Cause, Console, Effect, Layer, Option, Schedule } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApiBuilder } from "effect/http-api"
import { ApiKeys, environmentKey } from "./ApiKeys.ts"
import * as DeepContext from "./DeepContext.ts"
import * as EnvProvider from "./EnvProvider.ts"
import * as Envelope from "./Envelope.ts"
import * as EventSender from "./EventSender.ts"
import * as Guards from "./Guards.ts"
import * as HttpListener from "./HttpListener.ts"
import * as AlertsHttp from "./Http/Alerts.ts"
import * as AuditHttp from "./Http/Audit.ts"
import * as CheckoutsHttp from "./Http/Checkouts.ts"
import * as ConfigurationHttp from "./Http/Configuration.ts"
import * as DashboardHttp from "./Http/Dashboard.ts"
import * as DocsHttp from "./Http/Docs.ts"
import * as DrillsHttp from "./Http/Drills.ts"
import * as InboxHttp from "./Http/Inbox.ts"
import * as KeysHttp from "./Http/Keys.ts"
import * as DisputesHttp from "./Http/Disputes.ts"
import * as EventsHttp from "./Http/Events.ts"
import * as MetricsHttp from "./Http/Metrics.ts"
import * as OperationsHttp from "./Http/Operations.ts"
import * as PayHttp from "./Http/Pay.ts"
import * as PayReturnHttp from "./Http/PayReturn.ts"
import * as PaymentsHttp from "./Http/Payments.ts"
import * as ProvidersHttp from "./Http/Providers.ts"
import * as RefundsHttp from "./Http/Refunds.ts"
import * as SessionHttp from "./Http/Session.ts"
import * as SubscriptionsHttp from "./Http/Subscriptions.ts"
import * as SystemHttp from "./Http/System.ts"
import * as WebhookEndpointsHttp from "./Http/WebhookEndpoints.ts"
import * as WebhooksHttp from "./Http/Webhooks.ts"
import { LiveFeed } from "./LiveFeed.ts"
import * as Log from "./Log.ts"
import * as Oversight from "./Oversight.ts"
import * as Pages from "./Pages.ts"
import * as Providers from "./Providers.ts"
import { configs, contradictions, ServerConfig } from "./ServerConfig.ts"
import * as SignedIn from "./SignedIn.ts"
import * as SettingsShown from "./SettingsShown.ts"
import * as Startup from "./Startup.ts"
import * as Telemetry from "./Telemetry.ts"

export interface Options {
  /** One layer per provider, in any order: `PAYMENT_PROVIDER_ORDER` decides who is asked first. */
  readonly providers: ReadonlyArray<Providers.ProviderLayer>
  /** A sentence that stands on every page a buyer sees from us. */
  readonly notice?: string
}

const handlers = Layer.mergeAll(
  CheckoutsHttp.layer,
  PaymentsHttp.layer,
  RefundsHttp.layer,
  SubscriptionsHttp.layer,
  DisputesHttp.layer,
  EventsHttp.layer,
  WebhookEndpointsHttp.layer,
  OperationsHttp.layer,
  ProvidersHttp.layer,
  AlertsHttp.layer,
  DrillsHttp.layer,
  KeysHttp.layer,
  AuditHttp.layer,
  ConfigurationHttp.layer,
  SessionHttp.layer,
  WebhooksHttp.layer,
  InboxHttp.layer,
  SystemHttp.layer,
)

const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api, { openapiPath: "/openapi.json" }).pipe(
    Layer.provide(handlers),
    Layer.provide(Guards.layer),
  ),
  DocsHttp.layer,
  MetricsHttp.layer,
  DashboardHttp.layer,
  PayHttp.layer,
  PayReturnHttp.layer,
  Envelope.layer,
)

const orchestration = (providers: ReadonlyArray<PaymentProvider.Service>, skew: ClockSkew.Service) =>
  Layer.unwrap(
    Effect.map(ServerConfig, ({ catalog, refundDuplicates, secondPage, settings, takeOverAfterMillis }) =>
      Backfill.Backfill.layer.pipe(
        Layer.provideMerge(
          Layer.mergeAll(
            WebhookInbox.WebhookInbox.layer,
            Rejections.Rejections.layer(providers.map(({ name }) => name)),
          ),
        ),
        Layer.provideMerge(Layer.mergeAll(Subscriptions.Subscriptions.layer, Disputes.Disputes.layer)),
        Layer.provideMerge(Checkouts.Checkouts.layer({ publicUrl: settings.publicUrl, takeOverAfterMillis })),
        Layer.provideMerge(Moves.Moves.layer({ publicUrl: settings.publicUrl, secondPage, takeOverAfterMillis })),
        Layer.provideMerge(Settlement.Settlement.layer),
        Layer.provideMerge(Refunds.Refunds.layer({ refundDuplicates })),
        Layer.provideMerge(
          PaymentOrchestrator.layerNoDeps({
            providers: providers.map((provider) => Layer.succeed(PaymentProvider.PaymentProvider, provider)),
            catalog,
            settings,
          }),
        ),
      ),
    ),
  ).pipe(Layer.provideMerge(Oversight.layer(providers, skew)), Layer.provideMerge(Circuits.layerNoDeps))

/** Events to the merchants and to whoever watches. */
const telling = Layer.unwrap(
  Effect.map(ServerConfig, ({ allowPrivateEndpoints }) =>
    Deliveries.Deliveries.layer.pipe(
      Layer.provide(EventSender.layer({ allowPrivate: allowPrivateEndpoints })),
      Layer.merge(LiveFeed.layer),
    ),
  ),
)

/** People's sign-ins, which end with their keys. */
const signIns = Layer.unwrap(
  Effect.map(ServerConfig, ({ apiKey }) => SignIns.SignIns.layer({ id: environmentKey, digest: Keys.digest(apiKey) })),
)

/** Who changed the configuration is not known here; that it was changed is. */
const configurationAudited = Effect.flatMap(SettingsShown.heldAtStart, ConfigurationChanges.record).pipe(
  Effect.tap((words) =>
    words.length === 0
      ? Effect.void
      : Effect.logInfo(`the configuration has changed since the last start: ${words.join("; ")}`),
  ),
  Effect.retry({ schedule: Schedule.spaced("30 seconds"), times: 10 }),
  Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
)

/** What goes on beside the requests: the money is followed and given back, events are sent, and what a process that died left behind is resolved. */
const workers = Layer.effectDiscard(
  Effect.gen(function* () {
    const settlement = yield* Settlement.Settlement
    const refunds = yield* Refunds.Refunds
    const subscriptions = yield* Subscriptions.Subscriptions
    const disputes = yield* Disputes.Disputes
    const deliveries = yield* Deliveries.Deliveries
    const inbox = yield* WebhookInbox.WebhookInbox
    const backfill = yield* Backfill.Backfill
    const rejections = yield* Rejections.Rejections
    const { takeOverAfterMillis } = yield* ServerConfig
    yield* Effect.forkScoped(inbox.run)
    yield* Effect.forkScoped(rejections.run)
    yield* Effect.forkScoped(backfill.run)
    yield* Effect.forkScoped(settlement.run)
    yield* Effect.forkScoped(refunds.run)
    yield* Effect.forkScoped(Recovery.run)
    yield* Effect.forkScoped(subscriptions.run)
    yield* Effect.forkScoped(disputes.run)
    yield* Effect.forkScoped(deliveries.run)
    yield* Effect.forkScoped(Claims.sweep(takeOverAfterMillis))
    yield* Effect.forkScoped(Oversight.run)
    yield* Effect.forkScoped(configurationAudited)
    yield* Effect.all(
      [
        Retention.sweepRetention,
        Retention.sweepInbox,
        Retention.sweepRejections,
        Retention.sweepDeliveries,
        Retention.sweepTraces,
        Retention.sweepHistory,
        Retention.sweepSignIns,
      ],
      { discard: true },
    ).pipe(
      Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      Effect.repeat(Schedule.spaced("1 hour")),
      Effect.forkScoped,
    )
  }),
)

/** Streams that would never end by themselves end before the running requests are waited for. */
const farewell = Layer.effectDiscard(Effect.flatMap(LiveFeed, ({ close }) => Effect.addFinalizer(() => close)))

/** Requests that are running when the server is told to stop may take this long to end. */
const gracefulStop = "10 seconds"

const http = Layer.unwrap(
  Effect.map(ServerConfig, ({ host, port }) =>
    NodeHttpServer.layer(HttpListener.make, {
      host,
      port,
      gracefulShutdownTimeout: gracefulStop,
    }),
  ),
)

/** Every fault of the environment, as the server's start would tell them. */
export const faultsOf = ({ providers }: Pick<Options, "providers">) =>
  Startup.collect([
    ...Object.values(configs),
    ...Object.values(Log.configs),
    ...Object.values(Telemetry.configs),
    DatabaseUrl.config,
    Encryption.config,
    ...providers.map((provider) => Effect.scoped(Layer.build(provider))),
  ]).pipe(Effect.zipWith(contradictions, (faults, more) => [...faults, ...more]))

const checked = (options: Options) =>
  Effect.gen(function* () {
    const faults = yield* faultsOf(options)
    if (faults.length > 0) return yield* new Startup.StartupError({ faults })
  })

const served = ({ notice = "", providers }: Options) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const { order } = yield* ServerConfig
      const skew = yield* ClockSkew.make
      const built = yield* Effect.provideService(Providers.build(providers), ProviderClock.DateHeard, skew.heard)
      const arranged = (yield* Providers.arrange(built, order)).map(Metered.wrap).map(Rehearsal.wrap)
      return farewell.pipe(
        Layer.provideMerge(HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true })),
        Layer.merge(workers),
        Layer.provide(orchestration(arranged, skew)),
        Layer.provide(SignedIn.SignedIn.layer),
        Layer.provide(signIns),
        Layer.provide(ApiKeys.layer),
        Layer.provide(telling),
        Layer.provide(Storage.layer()),
        Layer.provide(Encryption.layer),
        Layer.provide(Layer.succeed(Pages.Notice, notice)),
        Layer.provideMerge(http),
      )
    }),
  ).pipe(Layer.provideMerge(ServerConfig.layer), Layer.provide(Telemetry.layer))

/** The whole server over these providers, configured by the environment. Fails with every fault of it at once. */
export const layer = (options: Options) => Layer.unwrap(Effect.as(checked(options), served(options)))

const listening = Layer.effectDiscard(
  Effect.gen(function* () {
    const { host, port, settings } = yield* ServerConfig
    const { address } = yield* HttpServer.HttpServer
    const bound =
      address._tag === "InetAddressV4" || address._tag === "InetAddressV6"
        ? `http://${host}:${address.port}`
        : `port ${port}`
    yield* Effect.logInfo(`listening on ${bound}, reached by buyers and providers at ${settings.publicUrl}`)
  }),
)

/** What goes wrong at the start is for a person to read: a sentence for what was foreseen, a stack only for what was not. */
const explain = (cause: Cause.Cause<{ readonly message: string }>) => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.void
  return Console.error(
    Option.match(Cause.findErrorOption(cause), {
      onNone: () => Cause.pretty(cause),
      onSome: ({ message }) => message,
    }),
  )
}

/**
 * Runs the server until it is told to stop; then no new request is taken and running ones may end within 10 seconds.
 * A fault of the configuration is told on standard error, and the process ends with code 1.
 */
export const serve = (options: Options): void =>
  NodeRuntime.runMain(
    Layer.launch(listening.pipe(Layer.provide(layer(options)))).pipe(
      Effect.tapCause(explain),
      DeepContext.deepened,
      Effect.provide(Log.layer.pipe(Layer.provideMerge(EnvProvider.layer), Layer.provideMerge(NodeServices.layer))),
    ),
    { disableErrorReporting: true },
  )
