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

/** What the lane's own circuit is told: trouble with the token is not its own. */
const ofLane = <A>(heard: Watch.Heard<A>, phase: Phase): CircuitBreaker.Outcome => {
  const failure = failureOf(heard)
  if (failure !== undefined) return phase.current === "token" ? CircuitBreaker.ignored : failure
  return heard._tag === "Ended" && Exit.isSuccess(heard.exit) ? CircuitBreaker.success : CircuitBreaker.ignored
}

/** What the circuit of the token is told: whatever came after the token, the token was had. */
const ofToken = <A>(heard: Watch.Heard<A>, phase: Phase): CircuitBreaker.Outcome =>
  phase.current === "operation" ? CircuitBreaker.success : (failureOf(heard) ?? CircuitBreaker.ignored)

export interface Breakers {
  /** Runs a watched turn under the circuits of its lane and of its provider's token; none: they did not let it. */
  readonly run: <A, R>(
    lane: Lane.Lane,
    watched: Effect.Effect<Watch.Heard<A>, never, R>,
    phase: Phase,
  ) => Effect.Effect<Option.Option<Watch.Heard<A>>, never, R>
}

const breaker = (laneClass: Lane.LaneClass, mirror: Mirror) =>
  CircuitBreaker.make({
    tripPolicy: CircuitBreaker.consecutive(failures),
    openDuration: Schedule.min([Schedule.exponential(shortest), Schedule.spaced(longest[laneClass])]),
    maxOpenDuration: longest[laneClass],
  }).pipe(Effect.provideService(CircuitBreaker.CircuitBreakerStore, BreakerStore.make(mirror)))

/** `shared` keeps the circuits of operations, `own` those of tokens. */
export const make = Effect.fnUntraced(function* (
  shared: Mirror,
  own: Mirror,
): Effect.fn.Return<Breakers, never, Scope.Scope> {
  const breakers = yield* Effect.all({
    inert: breaker("inert", shared),
    money_moving: breaker("money_moving", shared),
    reversing: breaker("reversing", shared),
    read: breaker("read", shared),
    token: breaker("token", own),
  })
  return {
    run: (lane, watched, phase) =>
      watched.pipe(
        breakers[lane.laneClass].execute({
          key: Lane.key(lane),
          classify: (exit) => (Exit.isSuccess(exit) ? ofLane(exit.value, phase) : CircuitBreaker.ignored),
        }),
        breakers.token.execute({
          key: Lane.key(Lane.make(lane.provider, "token")),
          classify: (exit) => (Exit.isSuccess(exit) ? ofToken(exit.value, phase) : CircuitBreaker.ignored),
        }),
        Effect.asSome,
        Effect.catchTag("CircuitBreakerError", () => Effect.succeedNone),
      ),
  }
})
