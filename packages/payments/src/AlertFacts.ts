/** The facts that alerts are decided by, and who knows them. */
import type { Circuits, Health, PriceCheck } from "@payment-orchestrator/core"
import type { Id, ProviderName, WebhookEndpoint } from "@payment-orchestrator/domain"
import { Option } from "effect"

/** What is known of one provider that takes part. */
export interface ProviderFacts {
  readonly name: ProviderName.ProviderName
  /** The worse of its health check and of how buyers fared there. */
  readonly health: "up" | "down" | "unknown"
  readonly credentials: "accepted" | "refused" | "unknown"
  /** Of opening sessions. */
  readonly circuit: Circuits.CircuitState
  /** In words, when something is wrong. */
  readonly reason: string | null
  readonly webhooks: "ok" | "silent" | "unknown"
  /** Since when all is well (epoch milliseconds); null while it is not, or not known. */
  readonly wellSince: number | null
}

const worse = ({ active, passive }: Health.ProviderHealth): ProviderFacts["health"] =>
  active === "down" || passive === "down" ? "down" : active

/** What health and circuit together say of one. */
export const ofProvider = (
  name: ProviderName.ProviderName,
  health: Health.ProviderHealth,
  { circuit, obstacle }: Circuits.ProviderState,
): ProviderFacts => ({
  name,
  circuit,
  health: worse(health),
  // A checkout may learn of it before the next check does.
  credentials: obstacle === "credentials_refused" ? "refused" : health.credentials,
  reason: Option.getOrNull(health.reason),
  webhooks: health.webhooks,
  wellSince: Option.getOrNull(health.wellSince),
})

/** Operations whose outcome nobody has known for too long. */
export interface Unknown {
  readonly what: "capture" | "refund" | "cancellation" | "claim"
  readonly count: number
  /** The id of the oldest. */
  readonly first: string
  /** Epoch milliseconds. */
  readonly oldestAt: number
}

export interface Money {
  readonly paymentId: Id.PaymentId
  readonly checkoutId: Id.CheckoutId
  readonly tenantId: string
  readonly provider: ProviderName.ProviderName
}

/** A merchant's endpoint that takes no events. */
export interface DeadEndpoint {
  readonly id: Id.EndpointId
  readonly host: string
  /** The first failure since its last success, in epoch milliseconds. */
  readonly failingSince: number | null
  /** The share (percent) of the time to being disabled that it has failed for, as people are told it; 100: disabled. */
  readonly percent: number
  readonly disabled: Exclude<WebhookEndpoint.DisabledReason, "requested"> | null
}

/** What the database knows. */
export interface StoredFacts {
  /**
   * The checkouts of the window, or the last ones of before when those are more, and how many of them were kept from
   * their first candidate by its state.
   */
  readonly routing: { readonly checkouts: number; readonly displaced: number }
  readonly unknown: ReadonlyArray<Unknown>
  /** Of the last seven days, of which not everything went back; the newest hundred. */
  readonly secondPayments: ReadonlyArray<Money>
  readonly mismatched: ReadonlyArray<Money>
  readonly deadEndpoints: ReadonlyArray<DeadEndpoint>
}

/** How far our clock is ahead of a provider's. */
export interface Skew {
  readonly provider: ProviderName.ProviderName
  readonly millis: number
}

export interface Facts extends StoredFacts {
  /** Epoch milliseconds. */
  readonly now: number
  readonly providers: ReadonlyArray<ProviderFacts>
  readonly skews: ReadonlyArray<Skew>
  /** What is known of each price of the catalog at each provider. */
  readonly prices: ReadonlyArray<PriceCheck.Finding>
}
