/** The circuit breakers of every class, and what a turn tells them. */
import type { PaymentError } from "@payment-orchestrator/domain"
import { Duration, Effect, Exit, Option, Schedule, type Scope } from "effect"
import { CircuitBreaker } from "effect/persistence"
import * as Lane from "../Lane.ts"
import * as BreakerStore from "./BreakerStore.ts"
import type { Mirror } from "./Mirror.ts"
import type * as Watch from "./Watch.ts"

const failures = 3
const shortest = Duration.seconds(5)

/**
 * The open time doubles from 5 s up to this. A buyer who cannot be sent to one provider is sent to the next, so opening
 * may wait longest; a look at money that was perhaps paid may wait least.
 */
const longest: { readonly [laneClass in Lane.LaneClass]: Duration.Duration } = {
  inert: Duration.minutes(2),
  money_moving: Duration.seconds(30),
  reversing: Duration.seconds(30),
  read: Duration.seconds(15),
  token: Duration.seconds(30),
}

/** Where a turn is, told by providers that fetch a token first. */
export interface Phase {
  readonly current: "token" | "operation"
}

/** Whether it speaks against the provider, and for how long it asked to be left alone. */
const failureOf = <A>(heard: Watch.Heard<A>): CircuitBreaker.Outcome.Failure | undefined => {
  const failure = { _tag: "Failure" } as const
  if (heard._tag === "Slow") return failure
  if (heard._tag === "Stopped") return heard.slow ? failure : undefined
  if (Exit.isSuccess(heard.exit)) return undefined
  const error = Option.getOrUndefined(Exit.findErrorOption(heard.exit))
  if (error === undefined) return failure
  return isOutage(error) ? { ...failure, retryAfter: Duration.millis(error.retryAfterMillis ?? 0) } : undefined
}

const isOutage = (error: PaymentError.PaymentError): error is PaymentError.TransientPaymentError =>
  error._tag === "TransientPaymentError" && error.reason !== "rate_limited" && error.reason !== "in_progress"

/**
 * What the lane's own circuit is told: trouble with the token is not its own. A probe without a token has failed all the
 * same, or the next buyers would all be probes.
 */
const ofLane = <A>(heard: Watch.Heard<A>, phase: Phase, isProbe: boolean): CircuitBreaker.Outcome => {
  const failure = failureOf(heard)
  if (failure !== undefined) return phase.current === "token" && !isProbe ? CircuitBreaker.ignored : failure
  return heard._tag === "Ended" && Exit.isSuccess(heard.exit) ? CircuitBreaker.success : CircuitBreaker.ignored
}

/** What the circuit of the token is told of a call that fetched one: whatever came after it, the token was had. */
const ofToken = <A>(heard: Watch.Heard<A>, phase: Phase): CircuitBreaker.Outcome =>
  phase.current === "operation" ? CircuitBreaker.success : (failureOf(heard) ?? CircuitBreaker.ignored)

export interface Breakers {
  /** Runs a watched turn under the circuit of its lane, and of the token where it needs one; none: not let through. */
  readonly run: <A, R>(
    lane: Lane.Lane,
    watched: Effect.Effect<Watch.Heard<A>, never, R>,
    options: { readonly phase: Phase; readonly needsToken: boolean },
  ) => Effect.Effect<Option.Option<Watch.Heard<A>>, never, R>
}

const breaker = (laneClass: Lane.LaneClass, store: CircuitBreaker.CircuitBreakerStore["Service"]) =>
  CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(failures),
    openDuration: Schedule.min([Schedule.exponential(shortest), Schedule.spaced(longest[laneClass])]),
    maxOpenDuration: longest[laneClass],
  }).pipe(Effect.provideService(CircuitBreaker.CircuitBreakerStore, store))

export const make = Effect.fnUntraced(function* (mirror: Mirror): Effect.fn.Return<Breakers, never, Scope.Scope> {
  const store = BreakerStore.make(mirror)
  const breakers = yield* Effect.all({
    inert: breaker("inert", store),
    money_moving: breaker("money_moving", store),
    reversing: breaker("reversing", store),
    read: breaker("read", store),
    token: breaker("token", store),
  })

  const isHalfOpen = (lane: Lane.Lane) =>
    Effect.map(mirror.look(Lane.key(lane)), ({ circuit }) => circuit.state === "half_open")

  const underLane = <A, R>(lane: Lane.Lane, watched: Effect.Effect<Watch.Heard<A>, never, R>, phase: Phase) =>
    breakers[lane.laneClass].execute(watched, {
      key: Lane.key(lane),
      classify: (exit) =>
        Exit.isSuccess(exit)
          ? Effect.map(isHalfOpen(lane), (isProbe) => ofLane(exit.value, phase, isProbe))
          : CircuitBreaker.ignored,
    })

  const underToken = <A, E, R>(lane: Lane.Lane, watched: Effect.Effect<Watch.Heard<A>, E, R>, phase: Phase) =>
    breakers.token.execute(watched, {
      key: Lane.key(Lane.make(lane.provider, "token")),
      classify: (exit) => (Exit.isSuccess(exit) ? ofToken(exit.value, phase) : CircuitBreaker.ignored),
    })

  return {
    run: Effect.fnUntraced(function* (lane, watched, { needsToken, phase }) {
      const guarded = underLane(lane, watched, phase)
      const heard = yield* Effect.option(needsToken ? underToken(lane, guarded, phase) : guarded)
      // A token that was held, and was refused or ran out on the way, had to be fetched after all.
      if (!needsToken && phase.current === "token" && Option.isSome(heard)) {
        yield* Effect.ignore(underToken(lane, Effect.succeed(heard.value), phase))
      }
      return heard
    }),
  }
})
