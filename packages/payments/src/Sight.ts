/** What is seen of a session where its provider shows nothing. */
import { PaymentError, type Session } from "@payment-orchestrator/domain"
import { Duration, Option } from "effect"
import type { DueSession } from "./LedgerStore.ts"

/** A page that the provider no longer knows cannot be paid. */
export const gone = (session: DueSession, fetchStartedAt: number): Session.SessionSnapshot => ({
  provider: session.provider,
  sessionId: session.sessionId,
  mode: session.mode,
  state: "expired",
  url: Option.none(),
  attemptId: Option.none(),
  payments: [],
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: "not found",
})

/** The provider did not answer while somebody waited. */
export const slow = ({ provider }: DueSession, within: Duration.Input): PaymentError.TransientPaymentError =>
  new PaymentError.TransientPaymentError({
    provider,
    operation: "findSession",
    reason: "timeout",
    outcome: "unknown",
    timeoutMillis: Duration.toMillis(Duration.fromInputUnsafe(within)),
  })
