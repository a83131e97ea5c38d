/** One provider's turn at opening a session: calls and retries within its share of the deadline, under its circuit. */
import { PaymentProvider, type Session, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Duration, Effect, Fiber, Option, Result } from "effect"
import type * as Call from "./Call.ts"
import type { Guarded } from "./Circuits.ts"
import * as Lane from "./Lane.ts"
import * as Pace from "./Pace.ts"
import * as Retry from "./Retry.ts"

/** A provider that is to be asked. */
export interface Candidate {
  readonly _tag: "Candidate"
  readonly provider: PaymentProvider.Service
  readonly request: Session.SessionRequest
}

/** A turn that has begun and goes on beside its caller. */
export interface Turn {
  readonly candidate: Candidate
  /** Its place in the plan. */
  readonly place: number
  readonly fiber: Fiber.Fiber<Guarded<Session.ProviderSession>>
  /** How long it has gone on, and with how many calls. */
  readonly timing: Effect.Effect<Timing>
  /** Gives it up unanswered, without waiting until it has really ended. `slow`: it has taken too long. */
  readonly stop: (slow: boolean) => Effect.Effect<void>
}

export interface Timing {
  readonly startedAt: number
  readonly durationMs: number
  readonly tries: number
}

export interface Options {
  readonly share: Retry.Turn
  /** Circuits are not asked. */
  readonly panic: boolean
  /** Runs once the turn is let through, before the first call. */
  readonly onAdmitted: Effect.Effect<void>
}

const overloaded: Effect.Effect<Guarded<never>> = Effect.succeed(Result.fail("overloaded"))

/** Begins a turn. */
export const start = Effect.fnUntraced(function* (
  candidate: Candidate,
  place: number,
  { bounds, circuits, settings }: Call.Surroundings,
  { onAdmitted, panic, share }: Options,
) {
  const { provider, request } = candidate
  const lane = Lane.make(provider.name, "inert")
  const startedAt = yield* Timestamp.now
  const began = yield* Retry.monotonicMillis
  const timeoutMillis = Duration.toMillis(settings.timeout)
  let tries = 0
  let isTooSlow = false

  const call = Effect.flatMap(Retry.monotonicMillis, (now) => {
    tries += 1
    const timeout = Duration.millis(Math.max(1, Math.min(timeoutMillis, share.end - now)))
    return Effect.provideService(provider.createCheckoutSession(request), PaymentProvider.CallTimeout, timeout)
  })
  const calls = Retry.onceFailed(call, (again) =>
    again.pipe(Effect.retry(Retry.scheduleInProgress(share)), Effect.retry(Retry.schedule(share))),
  ).pipe(Tracing.span("Failover.turn", { provider: provider.name }))

  const guarded = circuits.guard(lane, (slow) => Effect.andThen(onAdmitted, Pace.watch(settings, slow)(calls)), {
    panic,
    needsToken: provider.needsToken,
    tooSlow: () => isTooSlow,
  })
  const fiber = yield* Effect.forkDetach(bounds.within(lane, guarded, overloaded), { startImmediately: true })
  return {
    candidate,
    place,
    fiber,
    stop: (slow) =>
      Effect.suspend(() => {
        isTooSlow = slow
        return Effect.forkDetach(Fiber.interrupt(fiber), { startImmediately: true })
      }),
    timing: Effect.map(Retry.monotonicMillis, (now) => ({
      startedAt,
      durationMs: Math.max(0, Math.round(now - began)),
      tries,
    })),
  } satisfies Turn
})

/** The first of these turns that has ended, in their order; none when none has after that time. */
export const firstEnded = (
  turns: ReadonlyArray<Turn>,
  within: Option.Option<Duration.Duration>,
): Effect.Effect<Turn | undefined> => {
  const ends = turns.map(({ fiber }) => Fiber.await(fiber))
  const [only, ...others] = ends
  // Mostly there is one, and a race would take a fiber more for it.
  const anyEnd = only !== undefined && others.length === 0 ? only : Effect.raceAllFirst(ends)
  return Effect.map(
    Option.match(within, {
      onNone: () => Effect.asVoid(anyEnd),
      onSome: (duration) => Effect.asVoid(Effect.timeoutOption(anyEnd, duration)),
    }),
    () => turns.find(({ fiber }) => fiber.pollUnsafe() !== undefined),
  )
}
