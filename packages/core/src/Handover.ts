/**
 * Who was given up for whom: a candidate that failed for the next one that was asked, be that before or after it failed.
 * The same failovers come out of it whether candidates are asked one after the other or beside each other.
 */
import { Id, PaymentError, type ProviderName, Timestamp } from "@payment-orchestrator/domain"
import { Effect, Option } from "effect"
import * as Metrics from "./Metrics.ts"
import type { Failover, Service as Log, Subject } from "./OrchestratorLog.ts"

export interface Handover {
  /** A candidate, by its place in the plan, is being asked from now on. */
  readonly asked: (place: number, provider: ProviderName.ProviderName) => Effect.Effect<void>
  /** It has failed transiently. */
  readonly failed: (place: number, error: PaymentError.TransientPaymentError) => Effect.Effect<void>
  readonly failovers: () => ReadonlyArray<Failover>
  /** Whether one before this place has failed transiently. */
  readonly hadOutageBefore: (place: number) => boolean
}

/** The log line, the row and the count of one failover. */
const record = Effect.fnUntraced(function* (
  log: Log,
  subject: Subject,
  error: PaymentError.TransientPaymentError,
  to: ProviderName.ProviderName,
) {
  const reason = PaymentError.reasonCode(error)
  const row: Failover = {
    id: yield* Id.makeFailoverId,
    at: yield* Timestamp.now,
    checkoutId: subject.checkoutId,
    tenantId: subject.tenantId,
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
      checkout_id: subject.checkoutId,
      total_failovers: total,
      ...(error.requestId === undefined ? {} : { provider_request_id: error.requestId }),
    }),
  )
  return row
})

/** `before`: what had already failed when the plan was made, such as the page that a buyer is moved on from. */
export const make = (
  log: Log,
  subject: Subject,
  before: Option.Option<PaymentError.TransientPaymentError>,
): Handover => {
  const places = new Map<number, ProviderName.ProviderName>()
  const failovers: Array<Failover> = []
  const outages: Array<number> = Option.isSome(before) ? [-1] : []
  /** The last candidate that was asked has failed, and nobody was asked after it yet. */
  let waiting = Option.getOrUndefined(before)

  const hand = (error: PaymentError.TransientPaymentError, to: ProviderName.ProviderName) =>
    Effect.map(record(log, subject, error, to), (row) => void failovers.push(row))

  return {
    failovers: () => failovers,
    hadOutageBefore: (place) => outages.some((other) => other < place),
    asked: (place, provider) =>
      Effect.suspend(() => {
        const error = waiting
        waiting = undefined
        places.set(place, provider)
        return error === undefined ? Effect.void : hand(error, provider)
      }),
    failed: (place, error) =>
      Effect.suspend(() => {
        outages.push(place)
        const next = Math.min(...Array.from(places.keys()).filter((other) => other > place))
        const to = places.get(next)
        if (to !== undefined) return hand(error, to)
        waiting = error
        return Effect.void
      }),
  }
}
