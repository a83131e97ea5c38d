/**
 * Whether providers are well, by three signals that are shown apart: an active check of ours, how buyers fared there,
 * and whether its webhooks come. The first two keep a provider out of routing (`health_down`, a guess that panic
 * ignores); silent webhooks only alarm, since checkouts are followed without them.
 *
 * A check closes no circuit. One that passes after one that failed ends an open circuit's wait, so that the next buyer
 * is its probe. Every process checks for itself: what one cannot reach another may.
 */
import { type Attempt, PaymentProvider, ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Layer, Metric, Option, PubSub, Queue, Random, type Scope, Stream } from "effect"
import * as Circuits from "./Circuits.ts"
import * as HealthCheck from "./HealthCheck.ts"
import type * as Obstacles from "./Obstacles.ts"
import * as Retry from "./Retry.ts"
import type { Obstacle } from "./Router.ts"
import * as Traffic from "./Traffic.ts"

const upGauge = Metric.gauge("payment_provider_up", {
  description: "Whether a provider passes its health check (1) or not (0)",
})

/** Whether a provider's webhooks come. */
export type WebhookSignal = "ok" | "silent" | "unknown"

/** Who receives webhooks provides this; nobody knows unless somebody does. */
export const WebhookSignals = Context.Reference<(provider: ProviderName.ProviderName) => Effect.Effect<WebhookSignal>>(
  "@payment-orchestrator/core/Health/WebhookSignals",
  { defaultValue: () => () => Effect.succeed("unknown") },
)

export interface ProviderHealth {
  readonly active: HealthCheck.Signal
  readonly passive: HealthCheck.Signal
  readonly webhooks: WebhookSignal
  readonly credentials: PaymentProvider.Availability["credentials"]
  /** In words, what is wrong; the worst when several things are. */
  readonly reason: Option.Option<string>
  readonly successRate: Traffic.Summary["successRate"]
  /** Milliseconds. */
  readonly latency: Traffic.Summary["latency"]
  /** Since when it is well and its circuit closed, in epoch milliseconds; none while it is not, or not known. */
  readonly wellSince: Option.Option<number>
}

export interface Service {
  /** Checks every provider in turn, for ever. */
  readonly run: Effect.Effect<never>
  /** One check of one provider now, with what follows from it. */
  readonly check: (provider: ProviderName.ProviderName) => Effect.Effect<void>
  /** An attempt of real traffic has ended. */
  readonly observe: (attempt: Attempt.Attempt) => Effect.Effect<void>
  readonly of: (provider: ProviderName.ProviderName) => Effect.Effect<ProviderHealth>
  /** What health has against asking providers. */
  readonly obstacles: Obstacles.Service
  /** Which provider's signal has changed, from now on. */
  readonly changes: Stream.Stream<ProviderName.ProviderName>
}

const repeats = ["250 millis", "500 millis"] as const
/** A repeat is started only with so much time left. */
const leastMillis = 1_000

/** One check: a first try and its repeats while there is time. A provider that has answered is not asked again. */
const checked = (provider: PaymentProvider.Service): Effect.Effect<PaymentProvider.Availability> =>
  Effect.gen(function* () {
    const end = (yield* Retry.monotonicMillis) + Duration.toMillis(HealthCheck.within)
    const ask = Effect.flatMap(Retry.monotonicMillis, (now) =>
      Effect.provideService(provider.checkAvailability, PaymentProvider.CallTimeout, Duration.millis(end - now)),
    )
    let availability = yield* ask
    for (const wait of repeats) {
      const left = end - (yield* Retry.monotonicMillis) - Duration.toMillis(Duration.fromInputUnsafe(wait))
      if (availability.reachable || availability.credentials === "refused" || left < leastMillis) break
      yield* Effect.sleep(wait)
      availability = yield* ask
    }
    return availability
  }).pipe(Effect.withSpan("Health.check", { attributes: { provider: provider.name } }))

interface State {
  readonly provider: PaymentProvider.Service
  checked: HealthCheck.Checked
  traffic: Traffic.Traffic
  /** When it was last seen to have recovered: by a check, or by the probe that closed its circuit. */
  healedAt: number
  wellSince: Option.Option<number>
  readonly bell: Queue.Queue<void>
}

export interface Options {
  /** Those that take part; one without credentials is not checked. */
  readonly providers: ReadonlyArray<PaymentProvider.Service>
}

const make = Effect.fnUntraced(function* ({
  providers,
}: Options): Effect.fn.Return<Service, never, Circuits.Circuits | Scope.Scope> {
  const circuits = yield* Circuits.Circuits
  const webhookSignals = yield* WebhookSignals
  const pubsub = yield* PubSub.sliding<ProviderName.ProviderName>(64)
  const configured = providers.filter((provider) => provider.configured)
  const states = new Map<ProviderName.ProviderName, State>()
  for (const provider of providers) {
    states.set(provider.name, {
      provider,
      checked: HealthCheck.unchecked,
      traffic: Traffic.none,
      healedAt: -Infinity,
      wellSince: Option.none(),
      bell: yield* Queue.sliding<void>(1),
    })
  }

  const tell = Effect.fnUntraced(function* (
    name: ProviderName.ProviderName,
    before: HealthCheck.Checked,
    now: HealthCheck.Checked,
  ) {
    const label = ProviderName.label(name)
    if (now.credentials === "refused" && before.credentials !== "refused") {
      yield* Effect.logError(`${label} REFUSES OUR CREDENTIALS, so no checkout is sent there`)
    } else if (now.signal === "down" && before.signal !== "down") {
      yield* Effect.logWarning(
        `${label} fails its health check: ${Option.getOrElse(now.reason, () => "no reason given")}`,
      )
    } else if (now.signal === "up" && before.signal === "down") {
      yield* Effect.logInfo(`${label} passes its health check again`)
    }
    if (now.signal !== before.signal) yield* PubSub.publish(pubsub, name)
    yield* Metric.update(Metric.withAttributes(upGauge, { provider: name }), now.signal === "down" ? 0 : 1)
  })

  const checkOnce = Effect.fnUntraced(function* (provider: PaymentProvider.Service, state: State) {
    const availability = yield* checked(provider)
    const before = state.checked
    const after = HealthCheck.after(before, availability, yield* Timestamp.now)
    state.checked = after
    if (availability.credentials !== "unknown") yield* circuits.credentials(provider.name, availability.credentials)
    if (before.signal === "down" && after.signal === "up") state.healedAt = after.since
    if (before.failures > 0 && after.failures === 0) yield* circuits.probe(provider.name)
    yield* tell(provider.name, before, after)
  })

  /** Until the next check; at once when the circuit opens. */
  const pause = Effect.fnUntraced(function* (provider: PaymentProvider.Service, state: State, began: number) {
    const { circuit } = yield* circuits.state(provider)
    const usual = Duration.toMillis(HealthCheck.interval(state.checked, circuit !== "closed"))
    // Replicas that start together must not ask together for ever.
    const jittered = usual * (1 - 0.1 * (yield* Random.next))
    const passed = (yield* Retry.monotonicMillis) - began
    yield* Effect.timeoutOption(Queue.take(state.bell), Duration.millis(Math.max(leastMillis, jittered - passed)))
  })

  const follow = (provider: PaymentProvider.Service, state: State) =>
    Effect.gen(function* () {
      const began = yield* Retry.monotonicMillis
      yield* checkOnce(provider, state)
      yield* pause(provider, state, began)
    }).pipe(Effect.forever)

  /** A circuit that opens is a reason to look at once; one that closes has seen a buyer fare well. */
  const listen = Stream.runForEach(circuits.changes, ({ lane, to }) => {
    const state = states.get(lane.provider)
    if (state === undefined || to === "half_open") return Effect.void
    return to === "open"
      ? Queue.offer(state.bell, undefined)
      : Effect.map(Timestamp.now, (now) => {
          state.healedAt = now
        })
  })

  const assess = Effect.fnUntraced(function* (state: State) {
    const now = yield* Timestamp.now
    const summary = Traffic.summary(state.traffic, now, state.healedAt)
    const { circuit } = yield* circuits.state(state.provider)
    const well = state.checked.signal === "up" && summary.signal !== "down" && circuit === "closed"
    if (!well) state.wellSince = Option.none()
    else if (Option.isNone(state.wellSince)) state.wellSince = Option.some(now)
    return summary
  })

  const reasonOf = (name: ProviderName.ProviderName, { checked }: State, summary: Traffic.Summary) => {
    if (checked.signal === "down") return Option.orElseSome(checked.reason, () => "it fails its health check")
    return summary.signal === "down"
      ? Option.some(
          `only ${Math.round(Option.getOrElse(summary.successRate, () => 0) * 100)} % of the last checkouts got a page at ${ProviderName.label(name)}`,
        )
      : checked.reason
  }

  const of: Service["of"] = Effect.fn("Health.of")(function* (name) {
    const webhooks = yield* webhookSignals(name)
    const state = states.get(name)
    const summary = state === undefined ? Traffic.summary(Traffic.none, 0) : yield* assess(state)
    const { checked = HealthCheck.unchecked, wellSince = Option.none() } = state ?? {}
    const reason = state === undefined ? Option.none() : reasonOf(name, state, summary)
    return {
      active: checked.signal,
      passive: summary.signal,
      webhooks,
      credentials: checked.credentials,
      reason: Option.orElse(reason, () =>
        webhooks === "silent" ? Option.some("its webhooks have stopped coming") : Option.none(),
      ),
      successRate: summary.successRate,
      latency: summary.latency,
      wellSince,
    }
  })

  /**
   * How buyers fared keeps a provider out only while its circuit is closed: an open one knows itself when to try again,
   * and must be let.
   */
  const obstacleOf = Effect.fnUntraced(function* (state: State) {
    const { checked, healedAt, traffic } = state
    if (checked.credentials === "refused") return "credentials_refused" satisfies Obstacle
    if (checked.signal === "down") return "health_down" satisfies Obstacle
    if (Traffic.signal(traffic, yield* Timestamp.now, healedAt) !== "down") return undefined
    return (yield* circuits.state(state.provider)).circuit === "closed" ? ("health_down" satisfies Obstacle) : undefined
  })

  return Health.of({
    run: Effect.scoped(
      Effect.andThen(
        Effect.forkScoped(listen, { startImmediately: true }),
        Effect.forEach(
          configured,
          (provider) => {
            const state = states.get(provider.name)
            return state === undefined ? Effect.void : follow(provider, state)
          },
          { concurrency: "unbounded", discard: true },
        ),
      ),
    ).pipe(Effect.andThen(Effect.never)),
    check: (name) => {
      const provider = configured.find((candidate) => candidate.name === name)
      const state = states.get(name)
      return provider === undefined || state === undefined ? Effect.void : checkOnce(provider, state)
    },
    observe: (attempt) =>
      Effect.sync(() => {
        const state = states.get(attempt.provider)
        if (state !== undefined) state.traffic = Traffic.add(state.traffic, attempt)
      }),
    of,
    obstacles: {
      obstacles: Effect.gen(function* () {
        const found = new Map<ProviderName.ProviderName, Obstacle>()
        for (const [name, state] of states) {
          const obstacle = yield* obstacleOf(state)
          if (obstacle !== undefined) found.set(name, obstacle)
        }
        return found
      }),
    },
    changes: Stream.fromPubSub(pubsub),
  })
})

export class Health extends Context.Service<Health, Service>()("@payment-orchestrator/core/Health") {
  static readonly layer = (options: Options) => Layer.effect(Health, make(options))
}
