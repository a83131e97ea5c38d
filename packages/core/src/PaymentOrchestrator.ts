/**
 * One API in front of several payment providers. Opens hosted checkouts with automatic failover; everything else goes
 * to the provider that holds the money.
 *
 * As a library it needs no database and no HTTP server. Then nothing is deduplicated or settled for the caller: two
 * calls open two checkouts, and at PayPal `successUrl` means *approved*, not paid. Call `complete` there and on the
 * approval event.
 */
import {
  Catalog,
  CheckoutRequest,
  Id,
  type Operation,
  type PaymentError,
  PaymentProvider,
  type ProviderName,
  Timestamp,
  Tracing,
} from "@payment-orchestrator/domain"
import { type Config, Context, Effect, Layer, Option, Schema, type Scope, Stream } from "effect"
import * as Bounds from "./Bounds.ts"
import * as Call from "./Call.ts"
import * as Circuits from "./Circuits.ts"
import * as Failover from "./Failover.ts"
import * as FieldErrors from "./FieldErrors.ts"
import * as Lane from "./Lane.ts"
import * as Metrics from "./Metrics.ts"
import * as Obstacles from "./Obstacles.ts"
import { AllProvidersFailed, InvalidRequest, NoProviderFits, UnknownProvider } from "./OrchestratorError.ts"
import type { ProviderStatus, Service } from "./Orchestration.ts"
import * as OrchestratorLog from "./OrchestratorLog.ts"
import * as PriceCheck from "./PriceCheck.ts"
import * as Router from "./Router.ts"
import * as Settings from "./Settings.ts"

export class PaymentOrchestrator extends Context.Service<PaymentOrchestrator, Service>()(
  "@payment-orchestrator/core/PaymentOrchestrator",
) {
  /** The orchestrator over these providers, in this order; statistics and circuits are kept in memory. */
  static readonly layer = <E, R>(options: Options<E, R>) =>
    this.layerNoDeps(options).pipe(Layer.provide([OrchestratorLog.layerMemory, Circuits.layer]))

  /** The same over an `OrchestratorLog` and `Circuits` of one's own. */
  static readonly layerNoDeps = <E, R>(options: Options<E, R>) => Layer.effect(PaymentOrchestrator, make(options))
}

export interface Options<E = never, R = never> {
  /** One layer per provider; the list's order is the routing order. */
  readonly providers: ReadonlyArray<Layer.Layer<PaymentProvider.PaymentProvider, E, R>>
  readonly catalog?: Catalog.Catalog
  /** What is not said here is read from the environment. */
  readonly settings?: Partial<Settings.Settings>
}

const defaultTenant = "default"
const defaultLifetimeSeconds = 86_400

const decodeRequest = Schema.decodeUnknownEffect(CheckoutRequest.CheckoutRequest, {
  errors: "all",
  onExcessProperty: "error",
})

export const make = Effect.fnUntraced(function* <E, R>(
  options: Options<E, R>,
): Effect.fn.Return<
  Service,
  E | Config.ConfigError,
  R | OrchestratorLog.OrchestratorLog | Circuits.Circuits | Scope.Scope
> {
  const settings = { ...(yield* Settings.config), ...options.settings }
  const catalog = options.catalog ?? Catalog.empty
  const log = yield* OrchestratorLog.OrchestratorLog
  const circuits = yield* Circuits.Circuits
  const providers = yield* Effect.forEach(options.providers, (layer) =>
    Effect.map(Layer.build(layer), (context) => Context.get(context, PaymentProvider.PaymentProvider)),
  )
  const names = providers.map(({ name }) => name)
  const bounds = Bounds.make(settings.concurrency)
  const elsewhere = yield* Obstacles.Obstacles
  const priceCheck = yield* PriceCheck.PriceCheck
  yield* Metrics.expose(names)
  for (const lane of names.flatMap((name) => Lane.classes.map((laneClass) => Lane.make(name, laneClass)))) {
    yield* Metrics.circuit(lane, (yield* circuits.state({ name: lane.provider }, lane.laneClass)).circuit)
  }

  const named = (name: string) =>
    Effect.fromOption(Option.fromUndefinedOr(providers.find((provider) => provider.name === name))).pipe(
      Effect.mapError(() => new UnknownProvider({ provider: name, known: names })),
    )

  const surroundings: Failover.Surroundings = { settings, circuits, bounds, log }

  /** Runs one operation at one provider. */
  const at = <A>(
    name: string,
    operation: Operation.Operation,
    call: (provider: PaymentProvider.Service) => Effect.Effect<A, PaymentError.PaymentError>,
  ) => Effect.flatMap(named(name), (provider) => Call.run(operation, provider, surroundings)(call(provider)))

  /** Why no session should be opened at a provider now, whatever the request is. */
  const obstaclesNow = Effect.fnUntraced(function* (told: Router.Obstacles = new Map()) {
    const seen = new Map<ProviderName.ProviderName, Router.Obstacle>()
    for (const provider of providers) {
      const { obstacle } = yield* circuits.state(provider)
      if (obstacle !== undefined) seen.set(provider.name, obstacle)
    }
    const full = names.filter((name) => bounds.isFull(Lane.make(name, "inert")))
    return Router.firmest([told, yield* elsewhere.obstacles, seen, new Map(full.map((name) => [name, "overloaded"]))])
  })

  const plan: Service["plan"] = Effect.fnUntraced(function* (request, planOptions = {}) {
    const resolved = yield* Effect.fromResult(Router.resolve(request, catalog, providers, settings))
    const obstacles = yield* obstaclesNow(planOptions.obstacles)
    const prices = { catalog, mismatched: yield* priceCheck.mismatched }
    const { moving } = planOptions
    const { panic, places } =
      moving === undefined
        ? Router.plan(resolved, providers, prices, obstacles)
        : Router.plan(resolved, providers, prices, obstacles, Router.movingOn(moving.givenUp))
    const createdAt = yield* Timestamp.now
    const checkoutId = planOptions.checkoutId ?? (yield* Id.makeCheckoutId)
    const expiresAt = moving?.expiresAt ?? createdAt + (request.expiresIn ?? defaultLifetimeSeconds) * 1000
    const turns = yield* Effect.forEach(places, (place) =>
      place._tag === "Skip"
        ? Effect.succeed(place)
        : Effect.map(Id.makeAttemptId, (attemptId): Failover.Turn => ({
            _tag: "Candidate",
            provider: place.provider,
            request: {
              attemptId,
              checkoutId,
              mode: request.mode,
              money: resolved.money,
              priceId: place.priceId,
              goods: Option.fromUndefinedOr(request.goods),
              description: Option.fromUndefinedOr(request.description),
              customerEmail: Option.fromUndefinedOr(request.customerEmail),
              customerId: Option.fromUndefinedOr(request.customerId),
              orderId: Option.fromUndefinedOr(request.orderId),
              metadata: request.metadata,
              successUrl: planOptions.successUrl ?? request.successUrl ?? settings.publicUrl,
              cancelUrl: planOptions.cancelUrl ?? request.cancelUrl ?? settings.publicUrl,
              expiresAt,
            },
          })),
    )
    const nobodyFits = Failover.unservable(turns, createdAt)
    if (Option.isSome(nobodyFits)) return yield* new NoProviderFits({ attempts: nobodyFits.value })
    const tenantId = planOptions.tenantId ?? request.tenantId ?? defaultTenant
    const move = moving === undefined ? {} : { move: { outage: Option.none() } }
    return { checkoutId, tenantId, turns, panic, resolved, createdAt, expiresAt, ...move }
  }, Tracing.span("PaymentOrchestrator.plan"))

  const open: Service["open"] = (aPlan) => Failover.run(aPlan, surroundings)

  const createCheckoutSession: Service["createCheckoutSession"] = Effect.fnUntraced(function* (input) {
    const request = yield* decodeRequest(input).pipe(
      Effect.mapError(
        (error) => new InvalidRequest({ code: "invalid_request", errors: FieldErrors.fromSchemaError(error) }),
      ),
    )
    const aPlan = yield* plan(request)
    const { attempts, verdict } = yield* open(aPlan)
    const { checkoutId } = aPlan
    switch (verdict._tag) {
      case "Opened": {
        const { expiresAt, livemode, provider, sessionId, url } = verdict.session
        return { checkoutId, attemptId: verdict.attemptId, provider, sessionId, url, expiresAt, livemode, attempts }
      }
      case "Rejected":
        return yield* verdict.error
      case "Failed":
        return yield* new AllProvidersFailed({ checkoutId, attempts, retryAfterMillis: verdict.retryAfterMillis })
    }
  }, Tracing.span("PaymentOrchestrator.createCheckoutSession"))

  return PaymentOrchestrator.of({
    providers,
    plan,
    open,
    createCheckoutSession,
    verifyWebhook: ({ provider, ...webhook }) =>
      Effect.flatMap(named(provider), (p) =>
        Call.unguarded("verifyWebhook", p, surroundings)(p.verifyWebhook(webhook)),
      ),
    missedEvents: ({ provider, since }) =>
      Stream.unwrap(Effect.map(named(provider), (p) => p.missedEvents(since))).pipe(
        Stream.provideService(PaymentProvider.CallTimeout, settings.timeout),
      ),
    cancelSubscription: ({ atPeriodEnd = false, provider, reason, subscriptionId }) =>
      at(provider, "cancelSubscription", (p) =>
        p.cancelSubscription({ subscriptionId, atPeriodEnd, reason: Option.fromUndefinedOr(reason) }),
      ),
    getSubscription: ({ provider, subscriptionId }) =>
      at(provider, "getSubscription", (p) => p.getSubscription(subscriptionId)),
    refund: ({ amount, moneyId, provider, reason, refundId }) =>
      Effect.flatMap(refundId === undefined ? Id.makeRefundId : Effect.succeed(refundId), (id) =>
        at(provider, "refund", (p) =>
          p.refund({
            refundId: id,
            moneyId,
            amount: Option.fromUndefinedOr(amount),
            reason: Option.fromUndefinedOr(reason),
          }),
        ),
      ),
    findRefund: ({ moneyId, provider, providerRefundId, refundId }) =>
      at(provider, "findRefund", (p) =>
        p.findRefund({
          refundId,
          moneyId,
          amount: Option.none(),
          reason: Option.none(),
          providerRefundId: Option.fromUndefinedOr(providerRefundId),
        }),
      ),
    findDispute: ({ disputeId, provider }) => at(provider, "findDispute", (p) => p.findDispute(disputeId)),
    findSession: ({ mode = "payment", provider, sessionId }) =>
      at(provider, "findSession", (p) => p.findSession({ _tag: "BySessionId", sessionId, mode })),
    complete: ({ approval = 1, mode = "payment", provider, sessionId }) =>
      at(provider, "complete", (p) => p.complete({ sessionId, mode, approval })),
    withdraw: ({ mode = "payment", provider, sessionId }) =>
      at(provider, "withdraw", (p) => p.withdraw({ sessionId, mode })),
    getStats: log.stats(),
    availableProviders: Effect.gen(function* () {
      const obstacles = yield* obstaclesNow()
      return yield* Effect.forEach(providers, (provider) =>
        Effect.map(circuits.state(provider), ({ circuit }): ProviderStatus => {
          const { capabilities, configured, name } = provider
          const reason = configured
            ? Option.fromUndefinedOr(obstacles.get(name))
            : Option.some("not_configured" as const)
          return {
            name,
            configured,
            livemode: capabilities.livemode,
            available: Option.isNone(reason),
            circuit,
            reason,
          }
        }),
      )
    }),
  })
})
