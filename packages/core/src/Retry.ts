/** When the same provider is asked again, and after which wait. */
import type { PaymentError } from "@payment-orchestrator/domain"
import { Clock, Duration, Effect, Schedule } from "effect"
import * as Deadline from "./Deadline.ts"

/** The provider's turn as far as retrying depends on it. */
export interface Turn {
  readonly maxRetries: number
  /** Whether no other candidate is left. */
  readonly last: boolean
  /** When the provider's share of the deadline ends, on the monotonic clock, in milliseconds. */
  readonly end: number
}

/** Milliseconds on the clock that never jumps; for deadlines. */
export const monotonicMillis: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(Number(clock.monotonicTimeNanosUnsafe()) / 1e6),
)

/**
 * Repeats a call by a policy that is made once it has failed: most calls never do, and what steps a schedule costs more
 * than all the rest of a turn.
 */
export const onceFailed = <A, E, R>(
  call: Effect.Effect<A, E, R>,
  policy: (call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> =>
  Effect.catch(call, (error) => {
    let isFirst = true
    return policy(
      Effect.suspend(() => {
        if (!isFirst) return call
        isFirst = false
        return Effect.fail(error)
      }),
    )
  })

/** 250 ms, doubling, at most 5 s, jittered. */
const backoff = Schedule.min([Schedule.exponential("250 millis"), Schedule.spaced("5 seconds")]).pipe(Schedule.jittered)

/** No verdict yet: the same key is asked again after 500 ms, 750 ms, …, at most 5 s. */
const patience = Schedule.min([Schedule.exponential("500 millis", 1.5), Schedule.spaced("5 seconds")])

/** Whether waiting for this provider is pointless while another candidate is left. */
const movesOn = (error: PaymentError.TransientPaymentError): boolean =>
  error.reason === "timeout" ||
  error.reason === "rate_limited" ||
  (error.reason === "network" && error.outcome === "not_sent")

const lengthen = ({
  duration,
  input,
}: {
  readonly duration: Duration.Duration
  readonly input: PaymentError.PaymentError
}) =>
  Effect.succeed(
    input._tag === "TransientPaymentError" && input.retryAfterMillis !== undefined
      ? Duration.max(duration, Duration.millis(input.retryAfterMillis))
      : duration,
  )

const stillFits =
  (turn: Turn) =>
  ({ duration }: { readonly duration: Duration.Duration }) =>
    Effect.map(monotonicMillis, (now) => Deadline.fits(now, Duration.toMillis(duration), turn.end))

/**
 * Retries of a transient error: exponential with jitter, at most `maxRetries`, and only if the wait plus one second
 * fits the share. At the last candidate `Retry-After` lengthens the wait; while another is left, a time-out, a refused
 * connection, a 429, and a `Retry-After` longer than the backoff move on at once instead.
 */
export const schedule = (turn: Turn) =>
  backoff.pipe(
    Schedule.upTo({ times: turn.maxRetries }),
    Schedule.setInputType<PaymentError.PaymentError>(),
    Schedule.while(
      ({ duration, input }) =>
        input._tag === "TransientPaymentError" &&
        input.reason !== "in_progress" &&
        (turn.last || (!movesOn(input) && (input.retryAfterMillis ?? 0) <= Duration.toMillis(duration))),
    ),
    Schedule.modifyDelay(lengthen),
    Schedule.while(stillFits(turn)),
  )

/** Repeats while the same key is still running there; not counted as retries, bounded by the share alone. */
export const scheduleInProgress = (turn: Turn) =>
  patience.pipe(
    Schedule.setInputType<PaymentError.PaymentError>(),
    Schedule.while(({ input }) => input._tag === "TransientPaymentError" && input.reason === "in_progress"),
    Schedule.modifyDelay(lengthen),
    Schedule.while(stillFits(turn)),
  )
