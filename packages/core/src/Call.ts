/** Calls to the one provider that holds the money: deadline, retries under the same key, never anybody else. */
import { type Operation, PaymentError, PaymentProvider } from "@payment-orchestrator/domain"
import { Effect, Schedule } from "effect"
import type { Settings } from "./Settings.ts"

/** 250 ms, doubling, at most 5 s, jittered. */
const backoff = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/**
 * Whether repeating is safe though the first try may have happened: reads and ends are, a refund only where the
 * provider keeps idempotency keys.
 */
const repeatable = (operation: Operation.Operation, provider: PaymentProvider.Service): boolean =>
  operation !== "refund" || provider.capabilities.idempotentCreate

/** Runs an operation with `timeout` per call and `maxRetries` repeats of transient errors. */
export const run =
  (operation: Operation.Operation, provider: PaymentProvider.Service, settings: Settings) =>
  <A, E, R>(
    call: Effect.Effect<A, E | PaymentError.PaymentError, R>,
  ): Effect.Effect<A, E | PaymentError.PaymentError, R> =>
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
      Effect.withSpan(`PaymentOrchestrator.${operation}`, { attributes: { provider: provider.name } }),
    )
