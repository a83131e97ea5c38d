/** The hosted page one provider opened for a checkout: how it is asked for, and what the provider says of it. */
import type { Option } from "effect"
import type { Goods, Metadata, Mode } from "./CheckoutRequest.ts"
import type { AttemptId, CheckoutId } from "./Id.ts"
import type { Money } from "./Money.ts"
import type { MoneyState } from "./Payment.ts"
import type { ProviderName } from "./ProviderName.ts"

/** One order to open one session. The attempt id is the idempotency key and travels as metadata. */
export interface SessionRequest {
  readonly attemptId: AttemptId
  readonly checkoutId: CheckoutId
  readonly mode: Mode
  /** Always there in mode `payment`; in mode `subscription` it is what the price must cost, if known. */
  readonly money: Option.Option<Money>
  /** The provider's own plan, product or price id; always there in mode `subscription`. */
  readonly priceId: Option.Option<string>
  readonly goods: Option.Option<Goods>
  readonly description: Option.Option<string>
  readonly customerEmail: Option.Option<string>
  readonly customerId: Option.Option<string>
  readonly orderId: Option.Option<string>
  readonly metadata: Metadata
  /** Where the provider sends the buyer after approval, and after turning back. */
  readonly successUrl: string
  readonly cancelUrl: string
  /** When the session should end, in epoch milliseconds; the provider's own limits apply. Part of the idempotent body. */
  readonly expiresAt: number
}

/** A session that a buyer may be sent to. */
export interface ProviderSession {
  readonly provider: ProviderName
  readonly sessionId: string
  /** Where the buyer goes. */
  readonly url: string
  /** When it ends, in epoch milliseconds, where the provider says so. */
  readonly expiresAt: Option.Option<number>
  readonly livemode: boolean
  readonly requestId: Option.Option<string>
  /** What of the request was cut or left out to fit the provider's limits, e.g. `description`. */
  readonly adjusted: ReadonlyArray<string>
}

/** A session by the provider's id, or by our attempt id (with what it was opened for) after a lost answer. */
export type SessionRef =
  | { readonly _tag: "BySessionId"; readonly sessionId: string; readonly mode: Mode }
  | { readonly _tag: "ByAttempt"; readonly request: SessionRequest; readonly startedAt: number }

/**
 * `open`: the buyer has not acted. `approved`: the buyer agreed, the money waits for us to move it. `processing`: the
 * provider is confirming. `completed`: the session did what it was for. `expired`: nobody can pay it any more.
 */
export type SessionState = "open" | "approved" | "processing" | "completed" | "expired"

export type { MoneyState } from "./Payment.ts"

/** Money at the provider: a PayPal capture or sale, a Polar order, a Stripe PaymentIntent or invoice. */
export interface MoneySnapshot {
  readonly moneyId: string
  readonly state: MoneyState
  /** What the buyer paid, tax included. */
  readonly gross: Money
  readonly fee: Option.Option<Money>
  readonly tax: Option.Option<Money>
  /** What reaches the merchant's balance, where the provider itself says so. */
  readonly net: Option.Option<Money>
}

/** What the provider says of a session now. A snapshot whose fetch started before the last applied one is stale. */
export interface SessionSnapshot {
  readonly provider: ProviderName
  readonly sessionId: string
  readonly mode: Mode
  readonly state: SessionState
  readonly url: Option.Option<string>
  /** Our attempt id, as the provider carries it. */
  readonly attemptId: Option.Option<AttemptId>
  readonly payments: ReadonlyArray<MoneySnapshot>
  readonly subscriptionId: Option.Option<string>
  readonly expiresAt: Option.Option<number>
  /** Epoch milliseconds. */
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  /** The provider's own status word. */
  readonly rawState: string
}

/** `being_paid`: too late, the buyer is paying or has paid. `cannot`: the provider offers no way. */
export type WithdrawResult = "withdrawn" | "being_paid" | "cannot"
