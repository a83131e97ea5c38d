/** A subscription at the provider that made it. */
import type { Option } from "effect"
import type { AttemptId } from "./Id.ts"
import type { ProviderName } from "./ProviderName.ts"

/** `incomplete`: not started yet. `paused`: suspended; nothing is charged. */
export type SubscriptionState = "incomplete" | "trialing" | "active" | "past_due" | "paused" | "canceled" | "expired"

export interface SubscriptionSnapshot {
  readonly provider: ProviderName
  readonly subscriptionId: string
  readonly state: SubscriptionState
  /** Whether it ends by itself at the end of the paid period. */
  readonly cancelAtPeriodEnd: boolean
  /** End of the paid period in epoch milliseconds, where the provider says so. */
  readonly currentPeriodEnd: Option.Option<number>
  readonly attemptId: Option.Option<AttemptId>
  readonly customerEmail: Option.Option<string>
  readonly fetchStartedAt: number
  readonly requestId: Option.Option<string>
  readonly rawState: string
}

export interface CancelRequest {
  readonly subscriptionId: string
  /** Seen by the provider, at some providers by the customer. */
  readonly reason: Option.Option<string>
  /** Asked of a provider that cannot (see capabilities) it cancels at once; the snapshot tells. */
  readonly atPeriodEnd: boolean
}
