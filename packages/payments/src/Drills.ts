/**
 * Rehearses an outage beside live traffic. The checkouts of a drill run through the same routing, retries and circuits,
 * but through an orchestrator of their own: its circuits, counters and log are thrown away afterwards, and nothing of it
 * is written where real checkouts are. Only the provider that is played to fail is not asked; the others open real pages,
 * which no buyer ever gets, and which are withdrawn at the end where that can be done.
 */
import {
  type Circuits,
  HealthCheck,
  Obstacles,
  PaymentOrchestrator,
  Rehearsal,
  type Settings,
} from "@payment-orchestrator/core"
import {
  type Catalog,
  type CheckoutRequest,
  Displacement,
  type Drill,
  Id,
  PaymentProvider,
  ProviderName,
  Timestamp,
  Tracing,
} from "@payment-orchestrator/domain"
import { Clock, Context, Duration, Effect, Layer, Logger, Metric, Option, Schema, type Scope } from "effect"
import * as AlertRule from "./AlertRule.ts"
import { type DrillQuery, DrillStore } from "./DrillStore.ts"
import type { StorageError } from "./StorageError.ts"

/** A drill cannot begin now, or would show nothing. */
export class DrillRefused extends Schema.TaggedError<DrillRefused>()("DrillRefused", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

export interface Wish {
  readonly provider: ProviderName.ProviderName
  readonly fault: Drill.DrillFault
  /** How many checkouts are opened, one after the other. */
  readonly checkouts: number
  readonly request: CheckoutRequest.CheckoutRequest
  readonly actor: string
}

export interface Service {
  /** Begins a drill, which goes on by itself; the report is there when it is done. */
  readonly start: (wish: Wish) => Effect.Effect<Drill.Drill, DrillRefused | StorageError>
  readonly find: (id: Id.DrillId) => Effect.Effect<Option.Option<Drill.Drill>, StorageError>
  readonly list: (query: DrillQuery) => Effect.Effect<ReadonlyArray<Drill.Drill>, StorageError>
}

export interface Options {
  /** Those of real traffic, at which an outage can be rehearsed (`Rehearsal.wrap`). */
  readonly providers: ReadonlyArray<PaymentProvider.Service>
  readonly catalog: Catalog.Catalog
  readonly settings: Settings.Settings
  readonly thresholds: AlertRule.Thresholds
  readonly livemode: boolean
  /** What keeps real traffic from asking providers: it keeps the drill too. */
  readonly obstacles: Obstacles.Service
}

/** Marks every line of a drill, so that nobody takes its failovers for real ones. */
const marked = (id: Id.DrillId) =>
  Effect.updateService(
    Logger.CurrentLoggers,
    (loggers): ReadonlySet<Logger.Logger<unknown, unknown>> =>
      new Set(
        Array.from(loggers, (logger) =>
          Logger.make((options) => logger.log({ ...options, message: [`DRILL ${id}:`, options.message].flat() })),
        ),
      ),
  )

type Opened = Drill.DrilledCheckout

const make = Effect.fnUntraced(function* ({
  catalog,
  livemode,
  obstacles,
  providers,
  settings,
  thresholds,
}: Options): Effect.fn.Return<Service, never, DrillStore | Scope.Scope> {
  const store = yield* DrillStore
  const scope = yield* Effect.scope

  /** One checkout of the drill, up to the page a buyer would have got. */
  const openOne = Effect.fnUntraced(function* (
    orchestrator: PaymentOrchestrator["Service"],
    request: CheckoutRequest.CheckoutRequest,
  ): Effect.fn.Return<Opened> {
    const began = yield* Clock.monotonicTimeNanos
    const plan = yield* Effect.result(orchestrator.plan(request))
    const routed =
      plan._tag === "Success"
        ? { id: plan.success.checkoutId, ...(yield* orchestrator.open(plan.success)) }
        : {
            id: yield* Id.makeCheckoutId,
            attempts: plan.failure._tag === "NoProviderFits" ? plan.failure.attempts : [],
            verdict: { _tag: "Rejected" as const },
          }
    const waitMs = Math.round(Number((yield* Clock.monotonicTimeNanos) - began) / 1e6)
    const { attempts, id, verdict } = routed
    const session = "session" in verdict ? verdict.session : undefined
    return {
      id,
      attempts,
      waitMs,
      result: verdict._tag === "Opened" ? "opened" : verdict._tag === "Rejected" ? "refused" : "failed",
      provider: session?.provider ?? null,
      sessionId: session?.sessionId ?? null,
      expiresAt: session === undefined ? null : Option.getOrNull(session.expiresAt),
      withdrawal: null,
    }
  })

  /** Makes sure, as far as the provider offers it, that nobody can pay the page any more. */
  const withdrawOne = Effect.fnUntraced(function* (
    orchestrator: PaymentOrchestrator["Service"],
    opened: Opened,
    mode: CheckoutRequest.Mode,
  ): Effect.fn.Return<Opened> {
    const { provider, sessionId } = opened
    if (provider === null || sessionId === null) return opened
    const withdrawal: Drill.Withdrawal = yield* orchestrator
      .withdraw({ provider, sessionId, mode })
      .pipe(Effect.catch((error) => Effect.as(Effect.logWarning(error.message), "failed" as const)))
    return { ...opened, withdrawal }
  })

  /** The alerts that the same thing would raise: the same rules over the drill's own facts. */
  const wouldAlert = Effect.fnUntraced(function* (
    orchestrator: PaymentOrchestrator["Service"],
    drilled: PaymentProvider.Service,
    opened: ReadonlyArray<Opened>,
  ) {
    let checked = HealthCheck.unchecked
    for (const _ of [1, 2]) {
      const availability = yield* Effect.provideService(
        drilled.checkAvailability,
        PaymentProvider.CallTimeout,
        HealthCheck.within,
      )
      checked = HealthCheck.after(checked, availability, yield* Timestamp.now)
    }
    const statuses = yield* orchestrator.availableProviders
    const circuit: Circuits.CircuitState = statuses.find(({ name }) => name === drilled.name)?.circuit ?? "closed"
    const readings = AlertRule.read(
      {
        now: yield* Timestamp.now,
        routing: {
          checkouts: opened.length,
          displaced: opened.filter(({ attempts }) => Displacement.isDisplaced(attempts)).length,
        },
        providers: [
          {
            name: drilled.name,
            health: checked.signal,
            credentials: checked.credentials,
            circuit,
            reason: Option.getOrNull(checked.reason),
            webhooks: "unknown",
            wellSince: null,
          },
        ],
        unknown: [],
        secondPayments: [],
        mismatched: [],
        deadEndpoints: [],
        prices: [],
        skews: [],
      },
      thresholds,
    )
    return readings.flatMap(({ details, kind, severity, state, summary }) =>
      state === "raised" ? [{ kind, severity, summary, details }] : [],
    )
  })

  const run = Effect.fnUntraced(function* (drill: Drill.Drill, drilled: PaymentProvider.Service, wish: Wish) {
    const orchestrator = yield* Effect.map(
      // Fresh: a layer that was built before would bring the circuits of real traffic.
      Layer.build(
        Layer.fresh(
          PaymentOrchestrator.layer({
            catalog,
            settings,
            providers: providers.map((provider) => Layer.succeed(PaymentProvider.PaymentProvider, provider)),
          }),
        ),
      ),
      Context.get(PaymentOrchestrator),
    )
    const request = { ...wish.request, metadata: { ...wish.request.metadata, drill: drill.id } }
    const opened: Array<Opened> = []
    for (let i = 0; i < drill.checkouts; i++) opened.push(yield* openOne(orchestrator, request))
    const alerts = yield* wouldAlert(orchestrator, drilled, opened)
    const { failovers } = yield* orchestrator.getStats
    const checkouts = yield* Effect.forEach(opened, (one) => withdrawOne(orchestrator, one, request.mode))
    const report: Drill.Report = {
      checkouts,
      alerts,
      failovers,
      opened: opened.filter(({ result }) => result === "opened").length,
      longestWaitMs: Math.max(...opened.map(({ waitMs }) => waitMs)),
    }
    yield* store.end(drill.id, report).pipe(Effect.retry({ times: 3 }))
    yield* Effect.logInfo(`done: ${report.opened} of ${drill.checkouts} checkouts got a page`)
  })

  /** Under the drill's token, with metrics that are thrown away, and with everything it logs marked. */
  const isolated = (drill: Drill.Drill) => {
    const token = { token: drill.id, provider: drill.provider, fault: drill.fault }
    return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
      effect.pipe(
        Effect.provideService(Rehearsal.CurrentRehearsal, Option.some(token)),
        Effect.provideService(Metric.MetricRegistry, new Map()),
        Effect.provideService(Obstacles.Obstacles, obstacles),
        Effect.annotateLogs({ drill_id: drill.id }),
        marked(drill.id),
      )
  }

  const start: Service["start"] = Effect.fnUntraced(function* (wish) {
    const { actor, checkouts, fault, provider } = wish
    const drilled = providers.find(({ configured, name }) => configured && name === provider)
    if (drilled === undefined) return yield* new DrillRefused({ why: `${provider} has no credentials here` })
    if ((yield* obstacles.obstacles).get(provider) === "drained") {
      return yield* new DrillRefused({ why: `${provider} is drained, so that its outage would change nothing` })
    }
    const startedAt = yield* Timestamp.now
    const drill: Drill.Drill = {
      id: yield* Id.makeDrillId,
      provider,
      fault,
      checkouts,
      status: "running",
      actor,
      livemode,
      startedAt,
      endedAt: null,
      report: null,
    }
    const longest = checkouts * 2 * Duration.toMillis(settings.deadline) + 60_000
    if (!(yield* store.begin(drill, startedAt + longest))) {
      return yield* new DrillRefused({ why: "another drill is running" })
    }
    yield* Effect.logWarning(`${actor} rehearses an outage of ${provider} (${fault}): drill ${drill.id}`)
    yield* run(drill, drilled, wish).pipe(
      Effect.scoped,
      isolated(drill),
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logError(`drill ${drill.id} came to no end`, cause),
          Effect.catchTag(store.interrupt(drill.id), "StorageError", (error) => Effect.logWarning(error.message)),
        ),
      ),
      Effect.forkIn(scope),
    )
    return drill
  }, Tracing.span("Drills.start"))

  return Drills.of({ start, find: store.find, list: store.list })
})

export class Drills extends Context.Service<Drills, Service>()("@payment-orchestrator/payments/Drills") {
  static readonly layer = (options: Options) => Layer.effect(Drills, make(options))
}
