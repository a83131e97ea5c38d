/**
 * What is known of each provider's state: its circuits, one per lane, and the holds that its own answers asked for.
 *
 * A circuit hears one outcome per attempt (retries inside it): three transient failures in a row open one; permanent
 * errors, 429 and "still running" never count; one probe at a time; the open time grows. A call that takes long counts as
 * a failure while it is still running, and its end does not count any more.
 */
import { type PaymentError, PaymentProvider, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Exit, Layer, Option, PubSub, Result, Stream } from "effect"
import * as Circuit from "./Circuit.ts"
import * as CircuitStore from "./CircuitStore.ts"
import * as Holds from "./Holds.ts"
import * as Breakers from "./internal/Breakers.ts"
import * as Mirror from "./internal/Mirror.ts"
import * as Lane from "./Lane.ts"
import * as Metrics from "./Metrics.ts"
import type { Obstacle } from "./Router.ts"

export type CircuitState = Circuit.CircuitState

export interface ProviderState {
  readonly circuit: CircuitState
  /** Why the provider should not be asked now. */
  readonly obstacle: Obstacle | undefined
  /** When it may be asked again, in milliseconds from now; 0 when it may be asked. */
  readonly retryAfterMillis: number
}

/** A circuit that changed. */
export interface Change {
  readonly lane: Lane.Lane
  readonly from: CircuitState
  readonly to: CircuitState
  /** Whether it was this process that changed it; others only learn of it. */
  readonly here: boolean
}

/** How a turn ended: with its own result, or not run because of an obstacle. */
export type Guarded<A> = Result.Result<A, PaymentError.PaymentError | Obstacle>

export interface GuardOptions {
  /** Whether the provider has to fetch a token first; no, unless said otherwise. */
  readonly needsToken?: Effect.Effect<boolean> | undefined
  /** Obstacles that are only a guess are not asked for, and what comes of it counts for nothing. */
  readonly panic?: boolean
  /** Asked when the turn was interrupted: whether it had taken too long, which counts as a failure. No, unless said otherwise. */
  readonly tooSlow?: () => boolean
}

export interface Service {
  /**
   * Runs a turn under the circuit of its lane, and notes what its error says about the provider. The turn tells `slow`
   * when one of its calls takes long.
   */
  readonly guard: <A, R>(
    lane: Lane.Lane,
    turn: (slow: Effect.Effect<void>) => Effect.Effect<A, PaymentError.PaymentError, R>,
    options?: GuardOptions,
  ) => Effect.Effect<Guarded<A>, never, R>
  /** Whether a provider may be asked to do what a class of operations does; `inert` (opening) unless said otherwise. */
  readonly state: (
    provider: Pick<PaymentProvider.Service, "name" | "needsToken">,
    laneClass?: Lane.LaneClass,
  ) => Effect.Effect<ProviderState>
  /** Every change of a circuit from now on, this process's own at once, that of others when it is learnt. */
  readonly changes: Stream.Stream<Change>
  /** The provider was seen to answer: open circuits of it may be probed at once. Closes none. */
  readonly probe: (provider: ProviderName.ProviderName) => Effect.Effect<void>
  /** What the provider said of our credentials, besides in answer to a turn. */
  readonly credentials: (provider: ProviderName.ProviderName, verdict: "accepted" | "refused") => Effect.Effect<void>
}

export class Circuits extends Context.Service<Circuits, Service>()("@payment-orchestrator/core/Circuits") {}

const noToken = Effect.succeed(false)

const make = Effect.gen(function* (): Effect.fn.Return<Service, never, CircuitStore.CircuitStore> {
  const pubsub = yield* PubSub.sliding<Change>(128)

  const onChange: Mirror.OnChange = Effect.fnUntraced(function* (key, before, after, here) {
    const [from, to] = [before.circuit.state, after.circuit.state]
    const lane = Lane.parse(key)
    if (from === to || lane === undefined) return
    yield* Metrics.circuit(lane, to)
    if (here) yield* Effect.logInfo(`circuit ${key} is ${to.replace("_", " ")}`)
    yield* PubSub.publish(pubsub, { lane, from, to, here })
    if (here && to === "closed") yield* probe(lane.provider)
  })

  const mirror = yield* Mirror.make(yield* CircuitStore.CircuitStore, onChange)
  const breakers = Breakers.make(mirror)

  const row = (provider: ProviderName.ProviderName, laneClass: Lane.LaneClass) =>
    mirror.look(Lane.key(Lane.make(provider, laneClass)))

  /** What answers one class of operations is likely to answer the others. */
  const probe = Effect.fnUntraced(function* (provider: ProviderName.ProviderName) {
    const now = yield* Timestamp.now
    for (const laneClass of Lane.classes) {
      yield* mirror.change(
        Lane.key(Lane.make(provider, laneClass)),
        CircuitStore.onCircuit((circuit) => [undefined, Circuit.endOpenTime(circuit, now)]),
      )
    }
  })

  /** Holds are kept beside the circuit of opening sessions. */
  const changeHolds = <A>(provider: ProviderName.ProviderName, step: CircuitStore.Step<A, Holds.Holds>) =>
    mirror.change(Lane.key(Lane.make(provider, "inert")), CircuitStore.onHolds(step))

  /** What the end of a turn says about the provider; writes only what is new. */
  const note = <A>(provider: ProviderName.ProviderName, exit: Exit.Exit<A, PaymentError.PaymentError>) =>
    Effect.flatMap(Timestamp.now, (now) =>
      changeHolds(provider, (holds) => {
        if (Exit.isSuccess(exit)) return [undefined, Holds.accepted(holds)]
        const error = Option.getOrUndefined(Exit.findErrorOption(exit))
        return [undefined, error === undefined ? holds : Holds.afterError(holds, error, now)]
      }),
    )

  /** What keeps a session from being opened besides circuits. Credentials are tried again by one caller at a time. */
  const held = Effect.fnUntraced(function* ({ laneClass, provider }: Lane.Lane, panic: boolean) {
    if (laneClass !== "inert") return undefined
    const now = yield* Timestamp.now
    const { holds } = yield* row(provider, laneClass)
    const standing = Holds.standing(holds, now)
    if (standing !== undefined) return panic && standing.hold === "throttled" ? undefined : standing.hold
    if (!Holds.isRecheckDue(holds, now)) return undefined
    const mayAsk = yield* changeHolds(provider, (holds) => Holds.takeRecheck(holds, now))
    return mayAsk ? undefined : "credentials_refused"
  })

  const guard: Service["guard"] = Effect.fnUntraced(function* (lane, turn, options = {}) {
    const { panic = false, tooSlow = () => false } = options
    const obstacle = yield* held(lane, panic)
    if (obstacle !== undefined) return Result.fail(obstacle)
    const phase: { current: "token" | "operation" } = { current: "operation" }
    const needsToken = yield* options.needsToken ?? noToken
    const calls = panic ? Effect.exit(turn(Effect.void)) : breakers.run(lane, turn, { phase, needsToken, tooSlow })
    const exit = yield* Effect.provideService(calls, PaymentProvider.CallPhase, phase)
    if (exit === undefined) return Result.fail("circuit_open")
    yield* note(lane.provider, exit)
    return yield* Effect.result(exit)
  })

  return Circuits.of({
    guard,
    probe,
    changes: Stream.fromPubSub(pubsub),
    credentials: (provider, verdict) =>
      Effect.flatMap(Timestamp.now, (now) =>
        changeHolds(provider, (holds) => [
          undefined,
          verdict === "accepted" ? Holds.accepted(holds) : Holds.refused(holds, now),
        ]),
      ),
    state: Effect.fnUntraced(function* ({ name, needsToken }, laneClass = "inert") {
      const now = yield* Timestamp.now
      const { circuit: own, holds } = yield* row(name, laneClass)
      const hold = laneClass === "inert" ? Holds.standing(holds, now) : undefined
      const token = (yield* needsToken ?? noToken) ? (yield* row(name, "token")).circuit : Circuit.initial
      const stopping = [own, token].find((circuit) => Circuit.blocked(circuit, now).isBlocked)
      const circuit = (stopping ?? (own.state === "closed" ? token : own)).state
      if (hold !== undefined) return { circuit, obstacle: hold.hold, retryAfterMillis: hold.millis }
      return stopping === undefined
        ? { circuit, obstacle: undefined, retryAfterMillis: 0 }
        : { circuit, obstacle: "circuit_open", retryAfterMillis: Circuit.blocked(stopping, now).millis }
    }),
  })
})

/** Needs a store for what is to outlive the process. */
export const layerNoDeps: Layer.Layer<Circuits, never, CircuitStore.CircuitStore> = Layer.effect(Circuits, make)

/** State in the process's memory. */
export const layer: Layer.Layer<Circuits> = Layer.provide(layerNoDeps, CircuitStore.layerMemory)
