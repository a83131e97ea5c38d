/**
 * Opening one checkout: its candidates are asked in order. A transient error goes to the next one, a permanent error ends
 * it, a success ends it. Only this operation fails over, because no money moves when a session is opened.
 *
 * With hedging, the next candidate is also asked once the one before has been silent for so long. A success wins at once;
 * otherwise it comes to what asking one after the other would have come to (ADR 7).
 */
import {
  Attempt,
  type Id,
  type PaymentError,
  type PaymentProvider,
  type Session,
  Timestamp,
  Tracing,
} from "@payment-orchestrator/domain"
import { Duration, Effect, Exit, Fiber, Option, Result } from "effect"
import * as Bounds from "./Bounds.ts"
import type * as Call from "./Call.ts"
import * as Deadline from "./Deadline.ts"
import * as Handover from "./Handover.ts"
import * as Lane from "./Lane.ts"
import * as Metrics from "./Metrics.ts"
import type { Failover as Row, Service as Log, Subject } from "./OrchestratorLog.ts"
import * as Retry from "./Retry.ts"
import * as Turns from "./Turn.ts"

/** A provider's place in a plan, ready to run. */
export type Turn =
  | Turns.Candidate
  | { readonly _tag: "Skip"; readonly provider: PaymentProvider.Service; readonly reason: Attempt.SkipReason }

export interface Plan extends Subject {
  readonly turns: ReadonlyArray<Turn>
  /** Circuits are not asked, because nobody else is left. */
  readonly panic: boolean
  /**
   * The checkout has a page already, and its buyer is moved on: its routing was counted when it began. Where the page's
   * provider failed, going on from it is a failover.
   */
  readonly move?: { readonly outage: Option.Option<PaymentError.TransientPaymentError> }
}

/** How a checkout's opening ended. */
export type Verdict =
  | { readonly _tag: "Opened"; readonly session: Session.ProviderSession; readonly attemptId: Id.AttemptId }
  | {
      readonly _tag: "Rejected"
      readonly error: PaymentError.PermanentPaymentError
      /** Whether an outage elsewhere came before, so that the same request may succeed later. */
      readonly afterOutage: boolean
    }
  | { readonly _tag: "Failed"; readonly retryAfterMillis: number }

export interface Routed {
  /** In the order of the plan. */
  readonly attempts: ReadonlyArray<Attempt.Attempt>
  readonly failovers: ReadonlyArray<Row>
  readonly verdict: Verdict
}

/** Whether no time will change that a provider cannot be asked for this. */
const isLasting = (reason: Attempt.SkipReason): boolean => reason === "not_configured" || Attempt.isRequestFault(reason)

/**
 * The skips of a plan that the request itself, and nothing else, leaves without a candidate; none when somebody could
 * be asked, or could be later.
 */
export const unservable = (turns: ReadonlyArray<Turn>, at: number): Option.Option<ReadonlyArray<Attempt.Attempt>> => {
  const reasons = turns.map((turn) => (turn._tag === "Skip" ? turn.reason : undefined))
  const allOfRequest = reasons.every((reason) => reason !== undefined && isLasting(reason))
  return allOfRequest && reasons.some((reason) => reason !== undefined && Attempt.isRequestFault(reason))
    ? Option.some(
        turns.flatMap((turn) => (turn._tag === "Skip" ? [Attempt.skipped(turn.provider.name, turn.reason, at)] : [])),
      )
    : Option.none()
}

/** What the checkouts of an orchestrator have in common. */
export interface Surroundings extends Call.Surroundings {
  readonly log: Log
}

/** Asks the candidates until there is a verdict. Who is being asked stands in `running`, in the order they were. */
const ask = Effect.fnUntraced(function* (
  plan: Plan,
  surroundings: Surroundings,
  running: Set<Turns.Turn>,
): Effect.fn.Return<Routed> {
  const { log, settings } = surroundings
  const handover = Handover.make(log, plan, plan.move === undefined ? Option.none() : plan.move.outage)
  const deadline = (yield* Retry.monotonicMillis) + Duration.toMillis(settings.deadline)
  const hedgeMillis = Option.match(settings.hedgeAfter, { onNone: () => Infinity, onSome: Duration.toMillis })

  /** By place. */
  const attempts: Array<Attempt.Attempt | undefined> = plan.turns.map(() => undefined)
  const toCome = plan.turns.map((turn, place) => ({ turn, place }))
  /** The latest candidate is waited for alone until then, on the monotonic clock. */
  let aloneUntil = 0
  let refusal: { readonly error: PaymentError.PermanentPaymentError; readonly place: number } | undefined

  const close = (place: number, attempt: Attempt.Attempt) => {
    attempts[place] = attempt
    return Effect.andThen(
      log.attemptClosed(plan, attempt),
      Metrics.attemptClosed(attempt.provider, attempt.result, attempt.reason, attempt.durationMs),
    )
  }

  const routed = (verdict: Verdict): Routed => ({
    attempts: attempts.filter((attempt) => attempt !== undefined),
    failovers: handover.failovers(),
    verdict,
  })

  const skip = ({ place, turn: { provider } }: (typeof toCome)[number], reason: Attempt.SkipReason) =>
    Effect.flatMap(Timestamp.now, (now) => close(place, Attempt.skipped(provider.name, reason, now)))

  /** The next place of the plan: its candidate's turn begins, or why not is noted. */
  const goOn = Effect.flatMap(Retry.monotonicMillis, (now) => {
    const next = toCome.shift()
    if (next === undefined) return Effect.void
    const { place, turn } = next
    if (turn._tag === "Skip") return skip(next, turn.reason)
    const others = toCome.filter(({ turn }) => turn._tag === "Candidate").length
    const end = Deadline.shareEnd(now, deadline, others + 1)
    if (end === undefined) return skip(next, "out_of_time")
    const begun = Turns.start(turn, place, surroundings, {
      panic: plan.panic,
      share: { maxRetries: settings.maxRetries, last: others === 0, end },
      onAdmitted: handover.asked(place, turn.provider.name),
    })
    return Effect.map(begun, (one) => {
      running.add(one)
      aloneUntil = now + hedgeMillis
    })
  })

  /** What these would answer is not needed any more. */
  const supersede = (turns: ReadonlyArray<Turns.Turn>, bySuccess: boolean) =>
    Effect.forEach(
      turns,
      (turn) =>
        Effect.gen(function* () {
          const spent = yield* turn.timing
          yield* close(turn.place, Attempt.superseded(turn.candidate.provider.name, spent))
          yield* turn.stop(bySuccess && spent.durationMs >= hedgeMillis)
          running.delete(turn)
        }),
      { discard: true },
    )

  if (plan.move === undefined) yield* Effect.andThen(log.routingBegan(plan), Metrics.requestBegan)

  for (;;) {
    const now = yield* Retry.monotonicMillis
    const mayGoOn = toCome.length > 0 && refusal === undefined
    if (mayGoOn && now >= aloneUntil) {
      yield* Effect.uninterruptible(goOn)
      continue
    }
    if (running.size === 0) break
    const hedge =
      mayGoOn && aloneUntil < Infinity ? Option.some(Duration.millis(Math.ceil(aloneUntil - now))) : Option.none()
    const turn = yield* Turns.firstEnded(Array.from(running), hedge)
    if (turn === undefined) continue
    const { candidate, place } = turn
    const { name } = candidate.provider
    const result = yield* Fiber.join(turn.fiber)
    const timing = yield* turn.timing
    running.delete(turn)
    if (Array.from(running).every((other) => other.place < place)) aloneUntil = now

    if (Result.isSuccess(result)) {
      const session = result.success
      const requestId = session.requestId._tag === "Some" ? { requestId: session.requestId.value } : {}
      yield* close(place, { provider: name, result: "opened", ...requestId, ...timing })
      yield* supersede(Array.from(running), true)
      yield* log.sessionShown(plan, name)
      yield* Metrics.sessionShown(name)
      return routed({ _tag: "Opened", session, attemptId: candidate.request.attemptId })
    }
    const error = result.failure
    if (typeof error === "string") {
      yield* close(place, Attempt.skipped(name, error, timing.startedAt))
    } else if (error._tag === "TransientPaymentError") {
      yield* close(place, Attempt.failed(error, timing))
      yield* handover.failed(place, error)
    } else {
      yield* close(place, Attempt.failed(error, timing))
      refusal = { error, place }
      yield* supersede(
        Array.from(running).filter((other) => other.place > place),
        false,
      )
    }
  }
  return routed(
    refusal === undefined
      ? { _tag: "Failed", retryAfterMillis: yield* retryAfter(plan, surroundings) }
      : { _tag: "Rejected", error: refusal.error, afterOutage: handover.hadOutageBefore(refusal.place) },
  )
})

/** Asks the candidates of a plan. Whoever is still being asked when this is interrupted is let go of. */
export const run = (plan: Plan, surroundings: Surroundings): Effect.Effect<Routed> =>
  Effect.suspend(() => {
    const running = new Set<Turns.Turn>()
    return Effect.onExit(ask(plan, surroundings, running), (exit) =>
      Exit.isSuccess(exit) ? Effect.void : Fiber.interruptAll(Array.from(running, ({ fiber }) => fiber)),
    )
  }).pipe(Tracing.span("Failover.run"))

/** After so long a new try makes sense when no provider said so: the shortest open time of a circuit. */
const defaultRetryAfterMillis = 5_000

/** The least time until a provider of the plan may be asked again. */
const retryAfter = Effect.fnUntraced(function* (plan: Plan, { bounds, circuits }: Surroundings) {
  const able = plan.turns.filter((turn) => turn._tag === "Candidate" || !isLasting(turn.reason))
  const waits = yield* Effect.forEach(able, ({ provider }) =>
    Effect.map(circuits.state(provider), ({ retryAfterMillis }) =>
      Math.max(retryAfterMillis, bounds.isFull(Lane.make(provider.name, "inert")) ? Bounds.retryAfterMillis : 0),
    ),
  )
  const known = waits.filter((millis) => millis > 0)
  return known.length > 0 && known.length === able.length ? Math.round(Math.min(...known)) : defaultRetryAfterMillis
})
