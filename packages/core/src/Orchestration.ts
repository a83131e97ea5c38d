/** The words of `PaymentOrchestrator`: what it is asked and what it answers. */
import type {
  Attempt,
  CheckoutRequest,
  Dispute,
  Id,
  Money,
  PaymentError,
  PaymentProvider,
  ProviderName,
  Refund,
  Session,
  Subscription,
  Webhook,
} from "@payment-orchestrator/domain"
import type { Effect, Option, Stream } from "effect"
import type * as Circuits from "./Circuits.ts"
import type * as Failover from "./Failover.ts"
import type { AllProvidersFailed, InvalidRequest, NoProviderFits, UnknownProvider } from "./OrchestratorError.ts"
import type * as OrchestratorLog from "./OrchestratorLog.ts"
import type * as Router from "./Router.ts"

/** A checkout about to be opened: ids are drawn and the candidates stand; nothing has been called. */
export interface Plan extends Failover.Plan {
  readonly resolved: Router.Resolved
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly expiresAt: number
}

export interface PlanOptions {
  readonly checkoutId?: Id.CheckoutId
  readonly tenantId?: string
  /** Where providers send the buyer back to, instead of the request's own URLs. */
  readonly successUrl?: string
  readonly cancelUrl?: string
  /** Why providers should not be asked now, besides what their own answers said: drains, failed health. */
  readonly obstacles?: Router.Obstacles
  /** The checkout is shown already, and its buyer is to be moved on to another page. */
  readonly moving?: Moving
}

/** What a further page of a checkout keeps to. */
export interface Moving {
  /** The provider that is not asked, because it failed its buyer. */
  readonly givenUp: Option.Option<ProviderName.ProviderName>
  /** When the checkout's time is over, in epoch milliseconds. */
  readonly expiresAt: number
}

/** What the library answers: where to send the buyer, and how it came about. */
export interface OpenedCheckout {
  readonly checkoutId: Id.CheckoutId
  readonly attemptId: Id.AttemptId
  readonly provider: ProviderName.ProviderName
  readonly sessionId: string
  /** Redirect the buyer there. */
  readonly url: string
  readonly expiresAt: Option.Option<number>
  readonly livemode: boolean
  readonly attempts: ReadonlyArray<Attempt.Attempt>
}

/** Whether a provider would be asked now, and if not, why. */
export interface ProviderStatus {
  readonly name: ProviderName.ProviderName
  readonly configured: boolean
  readonly livemode: boolean
  readonly available: boolean
  readonly circuit: Circuits.CircuitState
  readonly reason: Option.Option<Attempt.SkipReason>
}

/** Something asked of one provider by name. */
export type At<A> = A & { readonly provider: string }

/** What the orchestrator can do. */
export interface Service {
  /** All providers in routing order. */
  readonly providers: ReadonlyArray<PaymentProvider.Service>
  /**
   * Resolves a request and lays down who would be asked, without asking. For a buyer who is moved on, providers whose
   * pages can be withdrawn come first.
   */
  readonly plan: (
    request: CheckoutRequest.CheckoutRequest,
    options?: PlanOptions,
  ) => Effect.Effect<Plan, InvalidRequest | NoProviderFits>
  /** Runs a plan to its verdict. Never fails: every outcome is a value. */
  readonly open: (plan: Failover.Plan) => Effect.Effect<Failover.Routed>
  /** Opens a hosted checkout at the first provider that can, moving on after transient errors. */
  readonly createCheckoutSession: (
    request: CheckoutRequest.CheckoutRequestInput,
  ) => Effect.Effect<
    OpenedCheckout,
    InvalidRequest | NoProviderFits | PaymentError.PermanentPaymentError | AllProvidersFailed
  >
  /** Checks a delivery by the provider's own scheme; no events for a type that is not needed. */
  readonly verifyWebhook: (
    webhook: At<Webhook.RawWebhook>,
  ) => Effect.Effect<
    ReadonlyArray<Webhook.ProviderEvent>,
    Webhook.WebhookRejected | PaymentError.PaymentError | UnknownProvider
  >
  /** What happened since a time (epoch milliseconds), by the provider's own list of events; each page has a deadline. */
  readonly missedEvents: (
    from: At<{ readonly since: number }>,
  ) => Stream.Stream<Webhook.ProviderEvent, PaymentError.PaymentError | UnknownProvider>
  /** Ends a subscription; one that is already canceled is a success. */
  readonly cancelSubscription: (request: {
    readonly provider: string
    readonly subscriptionId: string
    readonly reason?: string
    readonly atPeriodEnd?: boolean
  }) => Effect.Effect<Subscription.SubscriptionSnapshot, PaymentError.PaymentError | UnknownProvider>
  /** What the provider says of a subscription now; none when it has no such subscription. */
  readonly getSubscription: (request: {
    readonly provider: string
    readonly subscriptionId: string
  }) => Effect.Effect<Option.Option<Subscription.SubscriptionSnapshot>, PaymentError.PaymentError | UnknownProvider>
  /** Gives money back: all that is left unless `amount` says less. Repeat with the same `refundId`. */
  readonly refund: (request: {
    readonly provider: string
    readonly moneyId: string
    readonly refundId?: Id.RefundId
    readonly amount?: Money.Money
    readonly reason?: string
  }) => Effect.Effect<Refund.RefundSnapshot, PaymentError.PaymentError | UnknownProvider>
  /** The refund that was asked for with this `refundId`, as the provider says now; none when it has no such refund. */
  readonly findRefund: (request: {
    readonly provider: string
    readonly moneyId: string
    readonly refundId: Id.RefundId
    /** The provider's own id, where it is known: not every provider can look by ours. */
    readonly providerRefundId?: string
  }) => Effect.Effect<Option.Option<Refund.RefundSnapshot>, PaymentError.PaymentError | UnknownProvider>
  /** What the provider says of a dispute now, by its own id; none when it has no such dispute. */
  readonly findDispute: (request: {
    readonly provider: string
    readonly disputeId: string
  }) => Effect.Effect<Option.Option<Dispute.DisputeSnapshot>, PaymentError.PaymentError | UnknownProvider>
  /** What the provider says of a session now. `mode` is `payment` unless said otherwise. */
  readonly findSession: (session: {
    readonly provider: string
    readonly sessionId: string
    readonly mode?: CheckoutRequest.Mode
  }) => Effect.Effect<Option.Option<Session.SessionSnapshot>, PaymentError.PaymentError | UnknownProvider>
  /** Captures or activates where we move the money; elsewhere only looks. Safe to repeat. */
  readonly complete: (session: {
    readonly provider: string
    readonly sessionId: string
    readonly mode?: CheckoutRequest.Mode
    /** Counts approvals of this session from 1: one more after a definite decline. */
    readonly approval?: number
  }) => Effect.Effect<Session.SessionSnapshot, PaymentError.PaymentError | UnknownProvider>
  /** Makes sure that a session can no longer be paid, as far as the provider offers it. */
  readonly withdraw: (session: {
    readonly provider: string
    readonly sessionId: string
    readonly mode?: CheckoutRequest.Mode
  }) => Effect.Effect<Session.WithdrawResult, PaymentError.PaymentError | UnknownProvider>
  readonly getStats: Effect.Effect<OrchestratorLog.Stats>
  readonly availableProviders: Effect.Effect<ReadonlyArray<ProviderStatus>>
}
