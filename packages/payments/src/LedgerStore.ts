/** The port to the money of checkouts: sessions, payments, events, and what providers told us. */
import type { CheckoutRequest, Id, Ledger, Payment, ProviderName, Webhook } from "@payment-orchestrator/domain"
import { Context, type Effect, Option } from "effect"
import type * as AuditLog from "./AuditLog.ts"
import type { StorageError } from "./StorageError.ts"

/** A session of a checkout, as far as settling it needs. */
export interface DueSession {
  readonly checkoutId: Id.CheckoutId
  readonly provider: ProviderName.ProviderName
  readonly sessionId: string
  readonly mode: CheckoutRequest.Mode
  readonly status: Ledger.SessionStatus
  /** The approval under which the money is being taken. */
  readonly approvals: number
  /** How often it was looked at since its status changed. */
  readonly looks: number
  /** When the page's own time is over, in epoch milliseconds, where the provider says so. */
  readonly expiresAt: Option.Option<number>
  /** When the checkout's own time is over, in epoch milliseconds. */
  readonly checkoutExpiresAt: number
}

/** By what a provider names a session in a webhook. */
export interface Clue {
  readonly provider: ProviderName.ProviderName
  readonly sessionId: Option.Option<string>
  readonly attemptId: Option.Option<Id.AttemptId>
  readonly moneyId: Option.Option<string>
}

export interface PaymentQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly checkoutId?: Id.CheckoutId | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  readonly before?: Id.PaymentId | undefined
  readonly limit: number
}

/** A verified delivery. */
export interface InboxEntry {
  readonly provider: ProviderName.ProviderName
  readonly eventId: string
  readonly type: string
  readonly body: Uint8Array
}

export interface Service {
  /**
   * Reads a checkout's ledger, runs one step of it, and writes state and events in one transaction; the checkout's row
   * is held meanwhile, so that two roads at once follow each other. A session whose status changed starts counting its
   * looks again. None: no such checkout. A step that somebody asked for is audited when it changes something.
   */
  readonly transact: (
    checkoutId: Id.CheckoutId,
    step: (state: Ledger.State) => Ledger.Step,
    askedFor?: AuditLog.Action,
  ) => Effect.Effect<Option.Option<Ledger.Step>, StorageError>
  /** The sessions of one checkout that are not over. */
  readonly openSessions: (checkoutId: Id.CheckoutId) => Effect.Effect<ReadonlyArray<DueSession>, StorageError>
  /**
   * Sessions whose time to be looked at has come, each given to one caller only: it is put off by `leaseMillis`, so
   * that nobody else takes it, and somebody does if this process dies.
   */
  readonly takeDue: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<DueSession>, StorageError>
  /** When to look at a session next (epoch milliseconds); none: never again. Counts the look that was. */
  readonly lookAgain: (
    session: Pick<DueSession, "provider" | "sessionId">,
    at: Option.Option<number>,
  ) => Effect.Effect<void, StorageError>
  /** Puts off (epoch milliseconds) a look that did not take place, because the provider was not asked. */
  readonly postpone: (
    session: Pick<DueSession, "provider" | "sessionId">,
    at: number,
  ) => Effect.Effect<void, StorageError>
  /** Makes every session of a provider whose money is being taken due at once. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void, StorageError>
  /**
   * Keeps a delivery, once per provider and event id, and makes the sessions it may be about due at once, in one
   * transaction. `known` is false for an event that came before.
   */
  readonly receive: (
    entry: InboxEntry,
    clues: ReadonlyArray<Clue>,
  ) => Effect.Effect<{ readonly known: boolean; readonly matched: boolean }, StorageError>
  readonly findPayment: (id: Id.PaymentId) => Effect.Effect<Option.Option<Payment.Payment>, StorageError>
  readonly listPayments: (query: PaymentQuery) => Effect.Effect<ReadonlyArray<Payment.Payment>, StorageError>
}

export class LedgerStore extends Context.Service<LedgerStore, Service>()(
  "@payment-orchestrator/payments/LedgerStore",
) {}

/** An id that an event may name. */
export const optional = (id: string | Option.Option<string>): Option.Option<string> =>
  typeof id === "string" ? Option.some(id) : id

/** What an event may be about. */
export const cluesOf = (event: Webhook.ProviderEvent): Clue => {
  const { subject } = event
  return {
    provider: event.provider,
    attemptId: event.attemptId,
    sessionId: "sessionId" in subject ? optional(subject.sessionId) : Option.none(),
    moneyId: "moneyId" in subject ? optional(subject.moneyId) : Option.none(),
  }
}
