/** One provider's turn at opening a session: calls and retries within its share of the deadline, under its circuit. */
import { PaymentProvider, type Session, Timestamp } from "@payment-orchestrator/domain"
import { Deferred, Duration, Effect, Fiber, Option, Result } from "effect"
import { Bounds } from "./Bounds.ts"
import { Circuits, type Guarded } from "./Circuits.ts"
import * as Lane from "./Lane.ts"
import * as Pace from "./Pace.ts"
import * as Retry from "./Retry.ts"
import type { Settings } from "./Settings.ts"

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
  readonly settings: Settings
  /** Circuits are not asked. */
  readonly panic: boolean
  /** Runs once the turn is let through, before the first call. */
  readonly onAdmitted: Effect.Effect<void>
}

/** The calls of a turn; each one that is made is counted by `onCall`. */
const calls = (
  { provider, request }: Candidate,
  { settings, share }: Options,
  onCall: Effect.Effect<void>,
  slow: Effect.Effect<void>,
) => {
  const timeoutMillis = Duration.toMillis(settings.timeout)
  const call = Effect.gen(function* () {
    yield* onCall
    const left = share.end - (yield* Retry.monotonicMillis)
    const timeout = Duration.millis(Math.max(1, Math.min(timeoutMillis, left)))
    return yield* provider
      .createCheckoutSession(request)
      .pipe(Pace.watch(settings, slow), Effect.provideService(PaymentProvider.CallTimeout, timeout))
  })
  return call.pipe(
    Effect.retry(Retry.scheduleInProgress(share)),
    Effect.retry(Retry.schedule(share)),
    Effect.withSpan("Failover.turn", { attributes: { provider: provider.name } }, { captureStackTrace: false }),
  )
}

/** Begins a turn. */
export const start = Effect.fnUntraced(function* (candidate: Candidate, place: number, options: Options) {
  const bounds = yield* Bounds
  const circuits = yield* Circuits
  const startedAt = yield* Timestamp.now
  const began = yield* Retry.monotonicMillis
  const stop = yield* Deferred.make<boolean>()
  const lane = Lane.make(candidate.provider.name, "inert")
  let tries = 0
  const onCall = Effect.sync(() => void (tries += 1))
  const guarded = circuits.guard(
    lane,
    (slow) => Effect.andThen(options.onAdmitted, calls(candidate, options, onCall, slow)),
    {
      panic: options.panic,
      needsToken: candidate.provider.needsToken,
      // Only beside another turn is one given up.
      ...(Option.isSome(options.settings.hedgeAfter) ? { stop } : {}),
    },
  )
  const fiber = yield* bounds
    .within(lane, guarded)
    .pipe(
      Effect.map(Option.getOrElse(() => Result.fail("overloaded" as const))),
      Effect.forkDetach({ startImmediately: true }),
    )
  return {
    candidate,
    place,
    fiber,
    stop: (slow) => Effect.asVoid(Deferred.succeed(stop, slow)),
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
