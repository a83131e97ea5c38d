/**
 * Why a provider is not to be asked to open sessions though it works: it asked us to wait, or refuses our credentials.
 * Kept beside its circuit. Pure; all times are epoch milliseconds, 0 is never.
 */
import type { PaymentError } from "@payment-orchestrator/domain"
import { isAhead } from "./internal/Moment.ts"

export interface Holds {
  readonly throttledUntil: number
  /** When credentials that were refused may be tried again; it stands until they were accepted. */
  readonly refusedUntil: number
}

export const none: Holds = { throttledUntil: 0, refusedUntil: 0 }

/** Credentials that were refused are tried again after so long, by one checkout. */
const recheckMillis = 30_000

/** No `Retry-After` keeps a provider out for longer. */
const longestThrottleMillis = 3_600_000

/** The least by which a throttle must grow to be written again: answers of one moment ask for about the same. */
const worthWritingMillis = 1_000

export type Hold = "throttled" | "credentials_refused"

const isThrottled = ({ throttledUntil }: Holds, now: number): boolean =>
  isAhead(throttledUntil, now, longestThrottleMillis)

const isRefused = ({ refusedUntil }: Holds, now: number): boolean => isAhead(refusedUntil, now, recheckMillis)

/** What stands in the way now, the firmer of both, and for how long. */
export const standing = (holds: Holds, now: number): { readonly hold: Hold; readonly millis: number } | undefined => {
  if (isRefused(holds, now)) return { hold: "credentials_refused", millis: holds.refusedUntil - now }
  return isThrottled(holds, now) ? { hold: "throttled", millis: holds.throttledUntil - now } : undefined
}

/** Whether the time to try refused credentials again has come. */
export const isRecheckDue = (holds: Holds, now: number): boolean => holds.refusedUntil > 0 && !isRefused(holds, now)

/** Who tries them first puts everybody else off. True: this one may ask. */
export const takeRecheck = (holds: Holds, now: number): readonly [boolean, Holds] =>
  isRecheckDue(holds, now) ? [true, refused(holds, now)] : [holds.refusedUntil === 0, holds]

export const refused = (holds: Holds, now: number): Holds => ({ ...holds, refusedUntil: now + recheckMillis })

export const accepted = (holds: Holds): Holds => (holds.refusedUntil === 0 ? holds : { ...holds, refusedUntil: 0 })

/** What an error says about the provider; the same holds when nothing, or nothing new. */
export const afterError = (holds: Holds, error: PaymentError.PaymentError, now: number): Holds => {
  if (error.reason === "credentials_refused") return refused(holds, now)
  if (error._tag !== "TransientPaymentError" || error.reason !== "rate_limited") return holds
  const until = now + Math.min(error.retryAfterMillis ?? 0, longestThrottleMillis)
  const least = isThrottled(holds, now) ? holds.throttledUntil + worthWritingMillis : now
  return until > least ? { ...holds, throttledUntil: until } : holds
}
