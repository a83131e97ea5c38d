/** The port to money that goes back: what was asked for, what is reserved for it, and when to go on with it. */
import type { Id, Money, ProviderName, Refund as DomainRefund } from "@payment-orchestrator/domain"
import { Context, type Effect, type Option } from "effect"
import type { StorageError } from "./StorageError.ts"

export type Refund = DomainRefund.Refund
export type RefundStatus = DomainRefund.RefundStatus

/** A refund with what going on with it needs. */
export interface DueRefund extends Refund {
  readonly moneyId: string
  readonly providerRefundId: Option.Option<string>
  /** When it was last about to be sent, in epoch milliseconds; none when it is certain that nothing arrived. */
  readonly sentAt: Option.Option<number>
  /** How often it was gone on with. */
  readonly tries: number
  /** Named by a webhook only: nobody is told of it, and nothing is set aside for it, until the provider has shown it. */
  readonly unseen: boolean
  /** The provider took the money back by itself. */
  readonly reversal: boolean
}

export interface Wish {
  readonly paymentId: Id.PaymentId
  /** Gross; all that is left when none. */
  readonly amount: Option.Option<Money.Money>
  readonly reason: Option.Option<string>
  /** Whether a dispute that is open or was lost is to be passed over (F37). */
  readonly despiteDispute: boolean
  /** What makes two wishes the same: the second finds the first one's refund. Never forgotten. */
  readonly origin: string
}

/** What a reservation finds. A new refund is leased to its maker. */
export type Reserved =
  | { readonly _tag: "Fresh"; readonly refund: DueRefund }
  | { readonly _tag: "Existing"; readonly refund: DueRefund }
  | { readonly _tag: "TooLarge"; readonly left: Money.Money }
  | { readonly _tag: "NoPayment" }
  /** Whoever gave the money back now would lose it twice. */
  | { readonly _tag: "Disputed"; readonly disputeId: Id.DisputeId }

/** What became known of a refund. */
export type Finding =
  | { readonly _tag: "Seen"; readonly snapshot: DomainRefund.RefundSnapshot }
  /** The provider will not do it, and nothing went back. */
  | { readonly _tag: "Refused"; readonly message: string }
  | { readonly _tag: "Unresolved"; readonly message: string }

export interface RefundQuery {
  /** Undefined: every tenant's. */
  readonly tenantId?: string | undefined
  readonly paymentId?: Id.PaymentId | undefined
  readonly createdAfter?: number | undefined
  readonly createdBefore?: number | undefined
  /** The id of the last row of the page before: newest first. */
  readonly before?: Id.RefundId | undefined
  readonly limit: number
}

export interface Service {
  /**
   * Sets the amount aside before anybody is asked, the payment held meanwhile: all refunds of a payment that did not
   * fail are never more than what was captured, however many are asked for at once. A new refund is audited.
   */
  readonly reserve: (wish: Wish, leaseMillis: number) => Effect.Effect<Reserved, StorageError>
  /** Refunds whose time has come, each given to one caller only, put off by `leaseMillis`. */
  readonly takeDue: (limit: number, leaseMillis: number) => Effect.Effect<ReadonlyArray<DueRefund>, StorageError>
  /**
   * Notes that it is about to be sent. With `once`, false when that was noted before: then it must not be sent, only
   * looked for.
   */
  readonly sending: (id: Id.RefundId, once: boolean) => Effect.Effect<boolean, StorageError>
  /** Takes the note back: nothing arrived. Only for whoever made it. */
  readonly notSent: (id: Id.RefundId) => Effect.Effect<void, StorageError>
  /** When to go on (epoch milliseconds; none: no more), and why it is not done. Counts the try that was. */
  readonly putOff: (
    id: Id.RefundId,
    at: Option.Option<number>,
    message: Option.Option<string>,
  ) => Effect.Effect<void, StorageError>
  /**
   * Writes what became known, with the payment's and the checkout's sums and the event, in one transaction. `again` is
   * when to go on with one that is not over. A refund that failed stays failed.
   */
  readonly record: (id: Id.RefundId, finding: Finding, again: number) => Effect.Effect<void, StorageError>
  /** Makes every refund at a provider that is not done yet due at once. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void, StorageError>
  /** The provider has no such refund, and was never seen to have it. */
  readonly forget: (id: Id.RefundId) => Effect.Effect<void, StorageError>
  /**
   * Second payments known since then (epoch milliseconds) of which nothing went back, no refund was asked for and no
   * dispute is open: `ended`, the charges of a checkout's second subscription, which we ended; `all`, every other second
   * payment too.
   */
  readonly duplicates: (
    which: "ended" | "all",
    since: number,
    limit: number,
  ) => Effect.Effect<ReadonlyArray<Id.PaymentId>, StorageError>
  readonly find: (id: Id.RefundId) => Effect.Effect<Option.Option<Refund>, StorageError>
  readonly list: (query: RefundQuery) => Effect.Effect<ReadonlyArray<Refund>, StorageError>
}

export class RefundStore extends Context.Service<RefundStore, Service>()(
  "@payment-orchestrator/payments/RefundStore",
) {}
