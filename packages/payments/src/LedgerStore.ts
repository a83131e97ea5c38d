/** The port to the money of checkouts: sessions, payments, events, and what providers told us. */
import type { Capabilities, CheckoutRequest, Id, Ledger, Payment, ProviderName } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type * as AuditLog from "./AuditLog.ts"
import type { StorageError } from "./StorageError.ts"

/** A session of a checkout, as far as settling it needs. */
export interface DueSession {
  readonly checkoutId: Id.CheckoutId
  readonly provider: ProviderName.ProviderName
  readonly sessionId: string
  readonly mode: CheckoutRequest.Mode
  readonly status: Ledger.SessionStatus
  readonly fence: Capabilities.Fence
  /** A verified webhook said that the buyer had acted there, and nobody has looked since. */
  readonly hinted: boolean
  /** The approval under which the money is being taken. */
  readonly approvals: number
  /** How often it was looked at since its status changed. */
  readonly looks: number
  /** When the page was shown, in epoch milliseconds. */
  readonly shownAt: number
  /** When the page's own time is over, in epoch milliseconds, where the provider says so. */
  readonly expiresAt: Option.Option<number>
  /** When the checkout's own time is over, in epoch milliseconds. */
  readonly checkoutExpiresAt: number
  /** When it is due (epoch milliseconds), as it was read or leased; what has made it due since then stands. */
  readonly dueAt: Option.Option<number>
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

/** What is written beside a step. */
export interface Beside {
  /** Who asked for it, so that it is audited when it changes something. */
  readonly askedFor?: AuditLog.Action
  /** The look that led to it. */
  readonly look?: Look
}

/** A session was looked at: when to look again, and which webhooks are dealt with by that. */
export interface Look {
  readonly session: DueSession
  /** When the provider was asked, in epoch milliseconds. */
  readonly startedAt: number
  /** When to look next (epoch milliseconds); none: never again. */
  readonly next: (step: Ledger.Step) => Option.Option<number>
}

export interface Service {
  /**
   * Reads a checkout's ledger, runs one step of it, and writes state and events in one transaction; the checkout's row
   * is held meanwhile, so that two roads at once follow each other. A session whose status changed starts counting its
   * looks again. None: no such checkout.
   */
  readonly transact: (
    checkoutId: Id.CheckoutId,
    step: (state: Ledger.State) => Ledger.Step,
    beside?: Beside,
  ) => Effect.Effect<Option.Option<Ledger.Step>, StorageError>
  /** The sessions of one checkout that are not over, and those that were given up but are still watched. */
  readonly openSessions: (checkoutId: Id.CheckoutId) => Effect.Effect<ReadonlyArray<DueSession>, StorageError>
  /**
   * Sessions whose time to be looked at has come, each given to one caller only: it is put off by `leaseMillis`, so
   * that nobody else takes it, and somebody does if this process dies.
   */
  readonly takeDue: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<DueSession>, StorageError>
  /**
   * Takes the sessions of a checkout, or of one attempt, that may still be paid, because somebody asks how they are: each
   * at most once in `everyMillis`, and none that was looked at within that time.
   */
  readonly takeAsked: (
    of: { readonly checkoutId: Id.CheckoutId } | { readonly attemptId: Id.AttemptId },
    everyMillis: number,
    leaseMillis: number,
  ) => Effect.Effect<ReadonlyArray<DueSession>, StorageError>
  /**
   * When to look at a session next (epoch milliseconds); none: never again. Counts the look that was. What made it due
   * since it was taken stands.
   */
  readonly lookAgain: (session: DueSession, at: Option.Option<number>) => Effect.Effect<void, StorageError>
  /** Puts off (epoch milliseconds) a look that did not take place, because the provider was not asked. */
  readonly postpone: (session: DueSession, at: number) => Effect.Effect<void, StorageError>
  /** Makes a session due at once, whoever has taken it. */
  readonly makeDue: (session: Pick<DueSession, "provider" | "sessionId">) => Effect.Effect<void, StorageError>
  /** Nobody needs to look at a session any more, unless a webhook still waits to be looked up. */
  readonly leave: (session: Pick<DueSession, "provider" | "sessionId">) => Effect.Effect<void, StorageError>
  /** Makes every session of a provider whose money is being taken due at once. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void, StorageError>
  readonly findPayment: (id: Id.PaymentId) => Effect.Effect<Option.Option<Payment.Payment>, StorageError>
  readonly listPayments: (query: PaymentQuery) => Effect.Effect<ReadonlyArray<Payment.Payment>, StorageError>
}

export class LedgerStore extends Context.Service<LedgerStore, Service>()(
  "@payment-orchestrator/payments/LedgerStore",
) {}
