/**
 * Opening one checkout: a fold over its candidates. A transient error goes to the next one, a permanent error ends it,
 * a success ends it. Only this operation fails over, because no money moves when a session is opened.
 */
import { Attempt, Id, PaymentError, PaymentProvider, type Session, Timestamp } from "@payment-orchestrator/domain"
import { Duration, Effect, Option, Ref, Result } from "effect"
import { Circuits } from "./Circuits.ts"
import * as Deadline from "./Deadline.ts"
import * as Metrics from "./Metrics.ts"
import { type Failover as Row, OrchestratorLog, type Subject } from "./OrchestratorLog.ts"
import * as Retry from "./Retry.ts"
import type { Settings } from "./Settings.ts"

/** A provider's place in a plan, ready to run. */
export type Turn =
  | { readonly _tag: "Candidate"; readonly provider: PaymentProvider.Service; readonly request: Session.SessionRequest }
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
  readonly attempts: ReadonlyArray<Attempt.Attempt>
  readonly failovers: ReadonlyArray<Row>
  readonly verdict: Verdict
}

type CandidateTurn = Extract<Turn, { _tag: "Candidate" }>

/** One provider's turn: a call and its retries within its share of the deadline. */
const takeTurn = (turn: CandidateTurn, share: Retry.Turn, settings: Settings, tries: Ref.Ref<number>) => {
  const timeoutMillis = Duration.toMillis(settings.timeout)
  const call = Effect.gen(function* () {
    yield* Ref.update(tries, (n) => n + 1)
    const left = share.end - (yield* Retry.monotonicMillis)
    return yield* turn.provider
      .createCheckoutSession(turn.request)
      .pipe(
        Effect.provideService(PaymentProvider.CallTimeout, Duration.millis(Math.max(1, Math.min(timeoutMillis, left)))),
      )
  })
  return call.pipe(
    Effect.retry(Retry.scheduleInProgress(share)),
    Effect.retry(Retry.schedule(share)),
    Effect.withSpan("Failover.turn", { attributes: { provider: turn.provider.name } }),
  )
}

/**
 * The skips of a plan that the request itself, and nothing else, leaves without a candidate; none when somebody could
 * be asked, or could be later.
 */
export const unservable = (turns: ReadonlyArray<Turn>, at: number): Option.Option<ReadonlyArray<Attempt.Attempt>> => {
  const reasons = turns.map((turn) => (turn._tag === "Skip" ? turn.reason : undefined))
  const allOfRequest = reasons.every(
    (reason) => reason !== undefined && (reason === "not_configured" || Attempt.isRequestFault(reason)),
  )
  return allOfRequest && reasons.some((reason) => reason !== undefined && Attempt.isRequestFault(reason))
    ? Option.some(
        turns.flatMap((turn) => (turn._tag === "Skip" ? [Attempt.skipped(turn.provider.name, turn.reason, at)] : [])),
      )
    : Option.none()
}

/** Seconds after which a new try makes sense when no provider said so: the shortest open time of a circuit. */
const defaultRetryAfterMillis = 5_000

export const run = Effect.fn("Failover.run")(function* (plan: Plan, settings: Settings) {
  const log = yield* OrchestratorLog
  const circuits = yield* Circuits
  const deadline = (yield* Retry.monotonicMillis) + Duration.toMillis(settings.deadline)
  const attempts: Array<Attempt.Attempt> = []
  const failovers: Array<Row> = []
  let outage = plan.move === undefined ? undefined : Option.getOrUndefined(plan.move.outage)
  let toCome = plan.turns.filter(({ _tag }) => _tag === "Candidate").length

  const close = (attempt: Attempt.Attempt) => {
    attempts.push(attempt)
    return Effect.andThen(
      log.attemptClosed(plan, attempt),
      Metrics.attemptClosed(attempt.provider, attempt.result, attempt.reason, attempt.durationMs),
    )
  }

  if (plan.move === undefined) yield* Effect.andThen(log.routingBegan(plan), Metrics.requestBegan)

  for (const turn of plan.turns) {
    const { name } = turn.provider
    const startedAt = yield* Timestamp.now
    if (turn._tag === "Skip") {
      yield* close(Attempt.skipped(name, turn.reason, startedAt))
      continue
    }
    const began = yield* Retry.monotonicMillis
    const end = Deadline.shareEnd(began, deadline, toCome)
    toCome -= 1
    if (end === undefined) {
      yield* close(Attempt.skipped(name, "out_of_time", startedAt))
      continue
    }
    const tries = yield* Ref.make(0)
    const before = outage
    const share = { maxRetries: settings.maxRetries, last: toCome === 0, end }
    const result = yield* circuits.guard(
      name,
      Effect.andThen(
        before === undefined
          ? Effect.void
          : Effect.map(recordFailover(plan, before, name), (row) => void failovers.push(row)),
        takeTurn(turn, share, settings, tries),
      ),
      plan,
    )
    const timing = {
      startedAt,
      durationMs: Math.max(0, Math.round((yield* Retry.monotonicMillis) - began)),
      tries: yield* Ref.get(tries),
    }
    if (Result.isSuccess(result)) {
      const session = result.success
      const requestId = session.requestId._tag === "Some" ? { requestId: session.requestId.value } : {}
      yield* close({ provider: name, result: "opened", ...requestId, ...timing })
      yield* log.sessionShown(plan, name)
      yield* Metrics.sessionShown(name)
      return verdict({ _tag: "Opened", session, attemptId: turn.request.attemptId })
    }
    const error = result.failure
    if (error === "circuit_open") {
      yield* close(Attempt.skipped(name, "circuit_open", startedAt))
      continue
    }
    yield* close(Attempt.failed(error, timing))
    if (error._tag === "PermanentPaymentError") {
      return verdict({ _tag: "Rejected", error, afterOutage: before !== undefined })
    }
    outage = error
  }
  return verdict({ _tag: "Failed", retryAfterMillis: yield* retryAfter(plan) })

  function verdict(value: Verdict): Routed {
    return { attempts, failovers, verdict: value }
  }
})

/** The log line, the row and the count of one failover. */
const recordFailover = Effect.fnUntraced(function* (
  plan: Plan,
  error: PaymentError.TransientPaymentError,
  to: PaymentProvider.Service["name"],
) {
  const log = yield* OrchestratorLog
  const reason = PaymentError.reasonCode(error)
  const row: Row = {
    id: yield* Id.makeFailoverId,
    at: yield* Timestamp.now,
    checkoutId: plan.checkoutId,
    tenantId: plan.tenantId,
    from: error.provider,
    to,
    reason,
    message: error.message,
    requestId: error.requestId ?? null,
  }
  const total = yield* log.failedOver(row)
  yield* Metrics.failedOver(error.provider, to)
  yield* Effect.logWarning(
    `PAYMENT FAILOVER: ${error.provider} -> ${to} | Reason: ${error.message} | Total failovers: ${total}`,
  ).pipe(
    Effect.annotateLogs({
      from: error.provider,
      to,
      reason,
      checkout_id: plan.checkoutId,
      total_failovers: total,
      ...(error.requestId === undefined ? {} : { provider_request_id: error.requestId }),
    }),
  )
  return row
})

/** The least time until a provider of the plan may be asked again. */
const retryAfter = Effect.fnUntraced(function* (plan: Plan) {
  const circuits = yield* Circuits
  const waits = yield* Effect.forEach(plan.turns, ({ provider }) => circuits.state(provider.name))
  const known = waits.map(({ retryAfterMillis }) => retryAfterMillis).filter((millis) => millis > 0)
  return known.length === plan.turns.length ? Math.round(Math.min(...known)) : defaultRetryAfterMillis
})
