/**
 * What is known of each provider's state: its circuit, and the holds that its own answers asked for.
 *
 * The circuit is Effect's `CircuitBreaker`, one outcome per attempt (retries inside it): three transient failures in
 * a row open it; permanent errors, 429 and "still running" never count; one probe at a time; the open time grows from
 * 5 s to 2 min.
 */
import { type PaymentError, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Exit, Layer, Option, Result, Schedule, Stream } from "effect"
import { CircuitBreaker } from "effect/persistence"
import * as Metrics from "./Metrics.ts"
import type { Obstacle } from "./Router.ts"

export type CircuitState = "closed" | "open" | "half_open"

export interface ProviderState {
  readonly circuit: CircuitState
  /** Why the provider should not be asked now. */
  readonly obstacle: Obstacle | undefined
  /** When it may be asked again, in milliseconds from now; 0 when it may be asked. */
  readonly retryAfterMillis: number
}

/** How a turn ended: with its own result, or not run because the circuit did not let it. */
export type Guarded<A> = Result.Result<A, PaymentError.PaymentError | "circuit_open">

export interface Service {
  /** Runs a provider's turn under its circuit, and notes what its error says about the provider. */
  readonly guard: <A, R>(
    provider: ProviderName.ProviderName,
    turn: Effect.Effect<A, PaymentError.PaymentError, R>,
    options: { readonly panic: boolean },
  ) => Effect.Effect<Guarded<A>, never, R>
  readonly state: (provider: ProviderName.ProviderName) => Effect.Effect<ProviderState>
}

export class Circuits extends Context.Service<Circuits, Service>()("@payment-orchestrator/core/Circuits") {}

/** How long a provider that refused our credentials is skipped before it is tried again. */
const credentialsHoldMillis = 30_000

const classify = <A>(exit: Exit.Exit<A, PaymentError.PaymentError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return CircuitBreaker.success
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error === undefined) return CircuitBreaker.failure()
  return error._tag === "PermanentPaymentError" || error.reason === "rate_limited" || error.reason === "in_progress"
    ? CircuitBreaker.ignored
    : CircuitBreaker.failure()
}

/** 5 s, 10 s, … up to 2 min. */
const openDuration = Schedule.min([Schedule.exponential("5 seconds"), Schedule.spaced("2 minutes")])

interface Hold {
  readonly obstacle: "throttled" | "credentials_refused"
  readonly until: number
}

const holdOf = (error: PaymentError.PaymentError, now: number): Hold | undefined => {
  if (error.reason === "credentials_refused")
    return { obstacle: "credentials_refused", until: now + credentialsHoldMillis }
  return error._tag === "TransientPaymentError" &&
    error.reason === "rate_limited" &&
    error.retryAfterMillis !== undefined
    ? { obstacle: "throttled", until: now + error.retryAfterMillis }
    : undefined
}

const labels = { Closed: "closed", Open: "open", HalfOpen: "half_open" } as const

const make = Effect.gen(function* () {
  const breaker = yield* CircuitBreaker.make({ tripPolicy: CircuitBreaker.consecutive(3), openDuration })
  const holds = new Map<ProviderName.ProviderName, Hold>()

  yield* breaker.transitions.pipe(
    Stream.runForEach(({ key, to }) =>
      Effect.andThen(
        Metrics.circuit(key, labels[to]),
        Effect.logInfo(`circuit of ${key} is ${labels[to].replace("_", " ")}`),
      ),
    ),
    Effect.forkScoped({ startImmediately: true }),
  )

  const note = (error: PaymentError.PaymentError) =>
    Effect.map(Timestamp.now, (now) => {
      const hold = holdOf(error, now)
      if (hold !== undefined) holds.set(error.provider, hold)
    })

  return Circuits.of({
    guard: (provider, turn, { panic }) => {
      const noted = Effect.tapError(turn, note)
      return panic
        ? Effect.result(noted)
        : noted.pipe(
            breaker.execute({ key: provider, classify }),
            Effect.catchTag("CircuitBreakerError", () => Effect.fail("circuit_open" as const)),
            Effect.result,
          )
    },
    state: Effect.fnUntraced(function* (provider) {
      const now = yield* Timestamp.now
      const state = yield* breaker.state(provider).pipe(Effect.orDie)
      const circuit = labels[state._tag]
      const openMillis = state._tag === "Open" ? Duration.toMillis(state.retryAfter) : 0
      const hold = holds.get(provider)
      if (hold !== undefined && hold.until > now) {
        return { circuit, obstacle: hold.obstacle, retryAfterMillis: hold.until - now }
      }
      if (openMillis > 0 || (state._tag === "HalfOpen" && state.probing)) {
        return { circuit, obstacle: "circuit_open" as const, retryAfterMillis: openMillis }
      }
      return { circuit, obstacle: undefined, retryAfterMillis: 0 }
    }),
  })
})

/** Needs a store for the circuits. */
export const layerNoDeps: Layer.Layer<Circuits, never, CircuitBreaker.CircuitBreakerStore> = Layer.effect(
  Circuits,
  make,
)

/** State in the process's memory. A streak is forgotten after 60 minutes without a call. */
export const layer: Layer.Layer<Circuits> = Layer.provide(
  layerNoDeps,
  CircuitBreaker.layerStoreMemory({ idleTimeToLive: "60 minutes" }),
)
