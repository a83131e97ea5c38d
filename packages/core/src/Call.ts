/**
 * Calls to the one provider that holds the money: deadline, retries under the same key, never anybody else. While its
 * circuit is open or its slots are taken, a call fails at once as `circuit_open` or `overloaded`, not sent, so that a job
 * is put off instead of hanging; nothing is given up.
 */
import { Operation, PaymentError, PaymentProvider, Tracing } from "@payment-orchestrator/domain"
import { Effect, Result, Schedule } from "effect"
import * as Bounds from "./Bounds.ts"
import type * as Circuits from "./Circuits.ts"
import * as Lane from "./Lane.ts"
import * as Pace from "./Pace.ts"
import type { Settings } from "./Settings.ts"

/** 250 ms, doubling, at most 5 s, jittered. */
const backoff = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/**
 * Whether repeating is safe though the first try may have happened: reads and ends are, a refund only where the
 * provider keeps idempotency keys.
 */
const repeatable = (operation: Operation.Operation, provider: PaymentProvider.Service): boolean =>
  operation !== "refund" || provider.capabilities.idempotentRefund

/** What the calls run under. */
export interface Surroundings {
  readonly settings: Settings
  readonly circuits: Circuits.Service
  readonly bounds: Bounds.Service
}

const heldBack = (
  provider: PaymentProvider.Service,
  operation: Operation.Operation,
  reason: "circuit_open" | "overloaded",
  retryAfterMillis: number,
) =>
  new PaymentError.TransientPaymentError({
    provider: provider.name,
    operation,
    reason,
    outcome: "not_sent",
    ...(retryAfterMillis > 0 ? { retryAfterMillis: Math.ceil(retryAfterMillis) } : {}),
  })

const overloaded = Effect.succeed("overloaded" as const)

/** An operation with `timeout` per call and `maxRetries` repeats of transient errors. */
const repeated =
  (operation: Operation.Operation, provider: PaymentProvider.Service, settings: Settings) =>
  <A, E, R>(call: Effect.Effect<A, E | PaymentError.PaymentError, R>) =>
    call.pipe(
      Effect.provideService(PaymentProvider.CallTimeout, settings.timeout),
      Effect.retry({
        schedule: backoff,
        times: settings.maxRetries,
        while: (error) =>
          PaymentError.isPaymentError(error) &&
          error._tag === "TransientPaymentError" &&
          (error.outcome !== "unknown" || repeatable(operation, provider)),
      }),
      Tracing.span(`PaymentOrchestrator.${operation}`, { provider: provider.name }),
    )

/**
 * Runs an operation outside of circuits and bounds: for what is mostly no call at all, like checking a signature, and
 * must not be refused because other calls fail.
 */
export const unguarded =
  (operation: Operation.Operation, provider: PaymentProvider.Service, { settings }: Surroundings) =>
  <A, E, R>(call: Effect.Effect<A, E | PaymentError.PaymentError, R>) =>
    repeated(operation, provider, settings)(call)

const guarded = Effect.fnUntraced(function* <A>(
  operation: Operation.Operation,
  provider: PaymentProvider.Service,
  { bounds, circuits, settings }: Surroundings,
  call: Effect.Effect<A, PaymentError.PaymentError>,
): Effect.fn.Return<A, PaymentError.PaymentError> {
  const laneClass = Operation.effectClassOf(operation)
  const lane = Lane.make(provider.name, laneClass)
  const turn = (slow: Effect.Effect<void>) => repeated(operation, provider, settings)(Pace.watch(settings, slow)(call))
  const result = yield* bounds.within(lane, circuits.guard(lane, turn, { needsToken: provider.needsToken }), overloaded)
  if (result === "overloaded") return yield* heldBack(provider, operation, result, Bounds.retryAfterMillis)
  if (Result.isSuccess(result)) return result.success
  const { failure } = result
  if (typeof failure !== "string") return yield* failure
  const { retryAfterMillis } = yield* circuits.state(provider, laneClass)
  return yield* heldBack(provider, operation, "circuit_open", retryAfterMillis)
})

/** Runs an operation under the circuit and the bound of its lane. */
export const run =
  (operation: Operation.Operation, provider: PaymentProvider.Service, surroundings: Surroundings) =>
  <A>(call: Effect.Effect<A, PaymentError.PaymentError>): Effect.Effect<A, PaymentError.PaymentError> =>
    guarded(operation, provider, surroundings, call)
