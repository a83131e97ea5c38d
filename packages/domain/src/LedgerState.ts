/** What is known of the money of a checkout, what can be told of it, and what follows: the words of `Ledger`. */
import type { Option } from "effect"
import type { CheckoutStatus } from "./Checkout.ts"
import type { Mode } from "./CheckoutRequest.ts"
import type { AttemptId } from "./Id.ts"
import type * as Money from "./Money.ts"
import type { MoneyState, PaymentKind } from "./Payment.ts"
import type { ProviderName } from "./ProviderName.ts"

/** `completing` is the lock: money is being taken, or may have been; no other page is shown meanwhile. */
export type SessionStatus = "payable" | "completing" | "completed" | "withdrawn"

export interface SessionRecord {
  readonly attemptId: AttemptId
  readonly provider: ProviderName
  readonly sessionId: string
  readonly status: SessionStatus
  /** How often the buyer approved: part of the key under which the money is taken. */
  readonly approvals: number
  /** When the fetch of the last applied snapshot started, in epoch milliseconds; 0 before the first. */
  readonly seenAt: number
}

export type { PaymentKind } from "./Payment.ts"

export interface PaymentRecord {
  readonly moneyId: string
  readonly provider: ProviderName
  readonly sessionId: string
  readonly state: MoneyState
  readonly gross: Money.Money
  /** Only once the money was completed. */
  readonly kind: Option.Option<PaymentKind>
  /** In the currency of `gross`, where the provider says so. */
  readonly tax: Option.Option<Money.Money>
  readonly fee: Option.Option<Money.Money>
  readonly net: Option.Option<Money.Money>
}

export interface State {
  readonly mode: Mode
  readonly status: CheckoutStatus
  /** What was asked for; in mode `subscription` only when the price is known. */
  readonly asked: Option.Option<Money.Money>
  /** Paid after it had expired. */
  readonly late: boolean
  readonly sessions: ReadonlyArray<SessionRecord>
  readonly payments: ReadonlyArray<PaymentRecord>
  /** The session that paid the checkout. */
  readonly paidBy: Option.Option<string>
  /** What has been reported, so that one fact makes one event. */
  readonly reported: ReadonlyArray<string>
}

export type Event =
  | { readonly type: "checkout.processing" | "checkout.paid" | "checkout.expired"; readonly provider: ProviderName }
  | {
      readonly type: "payment.captured" | "payment.failed" | "payment.duplicate" | "payment.mismatched"
      readonly provider: ProviderName
      readonly moneyId: string
      readonly gross: Money.Money
    }

export type Command =
  /** Take the money (PayPal), under a key of this approval; safe to repeat. */
  | {
      readonly _tag: "Complete"
      readonly provider: ProviderName
      readonly sessionId: string
      readonly approval: number
    }
  /** Make sure that a sibling can no longer be paid. */
  | { readonly _tag: "Withdraw"; readonly provider: ProviderName; readonly sessionId: string }
  /** A second payment: to be refunded where that is configured. */
  | {
      readonly _tag: "Duplicate"
      readonly provider: ProviderName
      readonly sessionId: string
      readonly moneyId: string
    }
  /**
   * A subscription runs behind a session: from now on it is followed by itself. `second`: another page paid the
   * checkout, so that this one is to be ended.
   */
  | {
      readonly _tag: "Follow"
      readonly provider: ProviderName
      readonly sessionId: string
      readonly subscriptionId: string
      readonly second: boolean
    }

export interface Step {
  readonly state: State
  readonly events: ReadonlyArray<Event>
  readonly commands: ReadonlyArray<Command>
}
