/** Money that goes back: how it is asked for, and what the provider says of it. */
import type { Option } from "effect"
import type { RefundId } from "./Id.ts"
import type { Money } from "./Money.ts"
import type { ProviderName } from "./ProviderName.ts"

export interface RefundRequest {
  /** Our refund id: the idempotency key where the provider has one, and metadata where it has not. */
  readonly refundId: RefundId
  readonly moneyId: string
  /** Gross; all that is left when none. */
  readonly amount: Option.Option<Money>
  readonly reason: Option.Option<string>
}

export type RefundState = "pending" | "succeeded" | "failed"

export interface RefundSnapshot {
  readonly provider: ProviderName
  readonly providerRefundId: string
  readonly state: RefundState
  /** What the buyer gets back, tax included, as the provider says. */
  readonly amount: Money
  readonly refundId: Option.Option<RefundId>
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  readonly rawState: string
}
