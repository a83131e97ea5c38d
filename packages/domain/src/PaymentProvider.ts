/**
 * The contract a provider keeps. Provider packages implement it; nothing outside them knows which one answered.
 */
import { Clock, type Config, Context, Duration, Effect, Layer, Option, type Scope, Stream } from "effect"
import { type Capabilities, misfit } from "./Capabilities.ts"
import type { DisputeSnapshot } from "./Dispute.ts"
import type { Operation } from "./Operation.ts"
import { PermanentPaymentError, TransientPaymentError, type PaymentError } from "./PaymentError.ts"
import type { PriceSnapshot } from "./Price.ts"
import type { ProviderName } from "./ProviderName.ts"
import type { RefundRequest, RefundSnapshot } from "./Refund.ts"
import type { ProviderSession, SessionRef, SessionRequest, SessionSnapshot, WithdrawResult } from "./Session.ts"
import type { CancelRequest, SubscriptionSnapshot } from "./Subscription.ts"
import type { ProviderEvent, RawWebhook, WebhookRejected } from "./Webhook.ts"
import type { Mode } from "./CheckoutRequest.ts"
import * as Tracing from "./Tracing.ts"

/** Whether the provider would answer now. `credentials` is `unknown` while it cannot be reached. */
export interface Availability {
  readonly configured: boolean
  readonly reachable: boolean
  readonly credentials: "accepted" | "refused" | "unknown"
  /** In words, when something is wrong. */
  readonly reason: Option.Option<string>
}

export interface Service {
  readonly name: ProviderName
  /** False when it has no credentials: it is then skipped, and every call fails with `not_configured`. */
  readonly configured: boolean
  readonly capabilities: Capabilities
  /**
   * Whether the next call has to fetch a token first, for providers whose token endpoint may fail while the rest of them
   * works: only then does trouble with it concern the call. What is being fetched is told in `CallPhase`.
   */
  readonly needsToken?: Effect.Effect<boolean>
  /** Asks the cheapest thing the provider offers with our credentials. Never fails. */
  readonly checkAvailability: Effect.Effect<Availability>
  /**
   * Opens a hosted page. Inert: no money moves before the buyer acts. Never asked again in here: retries and failover are
   * the caller's.
   */
  readonly createCheckoutSession: (request: SessionRequest) => Effect.Effect<ProviderSession, PaymentError>
  /** What the provider says of a session now; none when it has no such session. */
  readonly findSession: (by: SessionRef) => Effect.Effect<Option.Option<SessionSnapshot>, PaymentError>
  /**
   * Captures or activates where we move the money; elsewhere only looks. Safe to repeat. A session that the provider does
   * not have is a `not_found`.
   */
  readonly complete: (session: {
    readonly sessionId: string
    readonly mode: Mode
    /** Counts approvals of this session from 1: a new one after a definite decline. Part of the provider-side key. */
    readonly approval: number
  }) => Effect.Effect<SessionSnapshot, PaymentError>
  /** Makes sure that a session can no longer be paid, as far as the provider offers it. */
  readonly withdraw: (session: {
    readonly sessionId: string
    readonly mode: Mode
  }) => Effect.Effect<WithdrawResult, PaymentError>
  readonly getSubscription: (subscriptionId: string) => Effect.Effect<Option.Option<SubscriptionSnapshot>, PaymentError>
  /** Ends a subscription. One that is already canceled is a success. */
  readonly cancelSubscription: (request: CancelRequest) => Effect.Effect<SubscriptionSnapshot, PaymentError>
  /**
   * Gives money back. The same request again answers with the refund that is there already: by the provider's keys
   * (`idempotentRefund`), elsewhere by looking for our refund id first.
   */
  readonly refund: (request: RefundRequest) => Effect.Effect<RefundSnapshot, PaymentError>
  /**
   * The refund that was asked for with this request, if the provider has it: by the provider's own id where that is known
   * (a refund that began there has no id of ours), else by our refund id.
   */
  readonly findRefund: (
    request: RefundRequest & { readonly providerRefundId: Option.Option<string> },
  ) => Effect.Effect<Option.Option<RefundSnapshot>, PaymentError>
  /** What the provider says of a dispute now, by its own id; none when it has no such dispute, or tells of none. */
  readonly findDispute: (disputeId: string) => Effect.Effect<Option.Option<DisputeSnapshot>, PaymentError>
  /** What the provider says now of one of its own price ids (plan, product, price); none when it has no such one. */
  readonly findPrice: (priceId: string) => Effect.Effect<Option.Option<PriceSnapshot>, PaymentError>
  /** Checks a delivery by the provider's own scheme; no events for a type that is not needed. */
  readonly verifyWebhook: (
    webhook: RawWebhook,
  ) => Effect.Effect<ReadonlyArray<ProviderEvent>, WebhookRejected | PaymentError>
  /**
   * What happened since then (epoch milliseconds), by the provider's own list of events, for back-fill. Each page runs
   * under `withDeadline`, which a stream cannot be given from outside.
   */
  readonly missedEvents: (since: number) => Stream.Stream<ProviderEvent, PaymentError>
}

/** The one tag for every provider. */
export class PaymentProvider extends Context.Service<PaymentProvider, Service>()(
  "@payment-orchestrator/domain/PaymentProvider",
) {}

/** The deadline of one call to a provider, over headers and body; the caller sets it, `PAYMENT_TIMEOUT` is the default. */
export const CallTimeout = Context.Reference<Duration.Duration>(
  "@payment-orchestrator/domain/PaymentProvider/CallTimeout",
  {
    defaultValue: () => Duration.seconds(30),
  },
)

/** Whom the caller wants told of a call that takes long, and after which time; the call goes on. Nobody, unless said otherwise. */
export const SlowCall = Context.Reference<{ readonly after: Duration.Duration; readonly tell: Effect.Effect<void> }>(
  "@payment-orchestrator/domain/PaymentProvider/SlowCall",
  { defaultValue: () => ({ after: Duration.infinity, tell: Effect.void }) },
)

/**
 * What a call is busy with, told by providers that fetch a token first. Whoever wants to know provides an object of its
 * own.
 */
export const CallPhase = Context.Reference<{ current: "token" | "operation" }>(
  "@payment-orchestrator/domain/PaymentProvider/CallPhase",
  { defaultValue: () => ({ current: "operation" }) },
)

/** Waits until the deadline of a call has passed, and tells on the way that it takes long. */
const alarm = (timeoutMillis: number): Effect.Effect<void> =>
  Effect.flatMap(SlowCall, ({ after, tell }) => {
    if (Duration.toMillis(after) >= timeoutMillis) return Effect.sleep(timeoutMillis)
    return Effect.flatMap(Clock.monotonicTimeNanos, (began) => {
      const rest = Effect.flatMap(Clock.monotonicTimeNanos, (now) =>
        Effect.sleep(timeoutMillis - Number(now - began) / 1e6),
      )
      return Effect.sleep(after).pipe(Effect.andThen(tell), Effect.andThen(rest))
    })
  })

/**
 * One call under the deadline of `CallTimeout`: a time-out is transient, and nobody knows what happened. `SlowCall` is
 * told by the same clock.
 */
export const withDeadline =
  (provider: ProviderName, operation: Operation) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E | TransientPaymentError, R> =>
    Effect.flatMap(CallTimeout, (timeout) => {
      const timeoutMillis = Duration.toMillis(timeout)
      return Effect.raceFirst(
        call,
        Effect.flatMap(alarm(timeoutMillis), () =>
          Effect.fail(
            new TransientPaymentError({
              provider,
              operation,
              reason: "timeout",
              outcome: "unknown",
              timeoutMillis: Math.round(timeoutMillis),
            }),
          ),
        ),
      )
    }).pipe(Tracing.span(`PaymentProvider.${operation}`, { provider }))

/**
 * The constructor every provider goes through. It adds what all share: a deadline over the whole call, a span, and the
 * last check that a session is asked for only within the provider's capabilities (the router skips first).
 */
export const make = (implementation: Service): Service => {
  const { capabilities, name } = implementation
  const guard = <A, E, R>(operation: Operation, call: Effect.Effect<A, E, R>) => withDeadline(name, operation)(call)
  return {
    ...implementation,
    checkAvailability: guard("checkAvailability", implementation.checkAvailability).pipe(
      Effect.catchTag("TransientPaymentError", (error) =>
        Effect.succeed<Availability>({
          configured: implementation.configured,
          reachable: false,
          credentials: "unknown",
          reason: Option.some(error.message),
        }),
      ),
    ),
    createCheckoutSession: (request) =>
      Option.match(misfit(capabilities, request), {
        onNone: () => guard("createCheckoutSession", implementation.createCheckoutSession(request)),
        onSome: (reason) =>
          Effect.fail(
            new PermanentPaymentError({
              provider: name,
              operation: "createCheckoutSession",
              reason,
              outcome: "not_sent",
            }),
          ),
      }),
    findSession: (by) => guard("findSession", implementation.findSession(by)),
    complete: (session) => guard("complete", implementation.complete(session)),
    withdraw: (session) => guard("withdraw", implementation.withdraw(session)),
    getSubscription: (id) => guard("getSubscription", implementation.getSubscription(id)),
    cancelSubscription: (request) => guard("cancelSubscription", implementation.cancelSubscription(request)),
    refund: (request) => guard("refund", implementation.refund(request)),
    findRefund: (request) => guard("findRefund", implementation.findRefund(request)),
    findDispute: (disputeId) => guard("findDispute", implementation.findDispute(disputeId)),
    findPrice: (priceId) => guard("findPrice", implementation.findPrice(priceId)),
    verifyWebhook: (webhook) => guard("verifyWebhook", implementation.verifyWebhook(webhook)),
  }
}

/**
 * What the cheapest call with our credentials says of availability: any answer shows that the provider is reachable, a
 * 401 that it refuses us, a 403 that it knows us and forbids just this.
 */
export const availabilityBy = (call: Effect.Effect<unknown, PaymentError>): Effect.Effect<Availability> =>
  Effect.match(call, {
    onSuccess: (): Availability => ({
      configured: true,
      reachable: true,
      credentials: "accepted",
      reason: Option.none(),
    }),
    onFailure: (error): Availability => ({
      configured: true,
      reachable: error._tag === "PermanentPaymentError" || error.reason === "rate_limited",
      credentials: error.reason === "credentials_refused" ? "refused" : error.status === 403 ? "accepted" : "unknown",
      reason: Option.some(error.message),
    }),
  })

/** The operations of a provider that takes single payments only: it has no subscriptions, prices or disputes to tell of. */
export const paymentsOnly = (
  name: ProviderName,
): Pick<Service, "getSubscription" | "cancelSubscription" | "findDispute" | "findPrice"> => ({
  getSubscription: () => Effect.succeedNone,
  cancelSubscription: () =>
    Effect.fail(
      new PermanentPaymentError({
        provider: name,
        operation: "cancelSubscription",
        reason: "not_supported",
        outcome: "not_sent",
      }),
    ),
  findDispute: () => Effect.succeedNone,
  findPrice: () => Effect.succeedNone,
})

/** A provider without credentials: known by name, skipped by the router, refusing every call. */
export const notConfigured = (name: ProviderName, capabilities: Capabilities): Service => {
  const refuse = (operation: Operation) =>
    new PermanentPaymentError({ provider: name, operation, reason: "not_configured", outcome: "not_sent" })
  return {
    name,
    configured: false,
    capabilities,
    checkAvailability: Effect.succeed({
      configured: false,
      reachable: false,
      credentials: "unknown",
      reason: Option.some("no credentials are configured"),
    }),
    createCheckoutSession: () => Effect.fail(refuse("createCheckoutSession")),
    findSession: () => Effect.fail(refuse("findSession")),
    complete: () => Effect.fail(refuse("complete")),
    withdraw: () => Effect.fail(refuse("withdraw")),
    getSubscription: () => Effect.fail(refuse("getSubscription")),
    cancelSubscription: () => Effect.fail(refuse("cancelSubscription")),
    refund: () => Effect.fail(refuse("refund")),
    findRefund: () => Effect.fail(refuse("findRefund")),
    findDispute: () => Effect.fail(refuse("findDispute")),
    findPrice: () => Effect.fail(refuse("findPrice")),
    verifyWebhook: () => Effect.fail(refuse("verifyWebhook")),
    missedEvents: () => Stream.fail(refuse("missedEvents")),
  }
}

/** A provider made of what the environment says; {@link notConfigured}, and so skipped, where it says nothing. */
export const layerConfig = <Options>(from: {
  readonly name: ProviderName
  /** What the provider could do, were it configured. */
  readonly capabilities: Capabilities
  readonly config: Config.Config<Option.Option<Options>>
  readonly make: (options: Options) => Effect.Effect<Service, never, Scope.Scope>
}): Layer.Layer<PaymentProvider, Config.ConfigError> =>
  Layer.effect(
    PaymentProvider,
    Effect.flatMap(
      from.config,
      Option.match({
        onNone: () => Effect.succeed(notConfigured(from.name, from.capabilities)),
        onSome: from.make,
      }),
    ),
  )
