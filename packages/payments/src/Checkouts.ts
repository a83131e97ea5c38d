/** The life of a checkout: here, its opening. */
import { type Failover, OrchestratorError, PaymentOrchestrator, type Plan } from "@payment-orchestrator/core"
import { Attempt, type Checkout, type CheckoutRequest, Id, PaymentError } from "@payment-orchestrator/domain"
import { Context, Effect, Fiber, Layer, Option, Result, Schema } from "effect"
import { CheckoutStore, type StoredCheckout } from "./CheckoutStore.ts"

/** The provider refused for good; with all that was tried. */
export class CheckoutRejected extends Schema.TaggedError<CheckoutRejected>()("CheckoutRejected", {
  checkoutId: Id.CheckoutId,
  error: PaymentError.PermanentPaymentError,
  attempts: Schema.Array(Attempt.Attempt),
  /** Whether an outage elsewhere came before, so that the same request may succeed later. */
  afterOutage: Schema.Boolean,
}) {
  override get message(): string {
    return this.error.message
  }
}

export type OpenError =
  | OrchestratorError.InvalidRequest
  | OrchestratorError.NoProviderFits
  | OrchestratorError.AllProvidersFailed
  | CheckoutRejected

export interface OpenOptions {
  readonly tenantId: string
  /** The id of the checkout; drawn with `Id.makeCheckoutId`, and the same when a request is tried again. */
  readonly checkoutId: Id.CheckoutId
}

export interface Service {
  /**
   * Opens a checkout over the providers. Once begun it is brought to its end even when the caller goes away, so that
   * no session is opened without being recorded.
   */
  readonly open: (
    request: CheckoutRequest.CheckoutRequest,
    options: OpenOptions,
  ) => Effect.Effect<Checkout.Checkout, OpenError>
  /** A checkout; `tenantId` undefined means any tenant's. */
  readonly get: (id: Id.CheckoutId, tenantId: string | undefined) => Effect.Effect<Option.Option<Checkout.Checkout>>
  readonly findByLink: (linkToken: string) => Effect.Effect<Option.Option<StoredCheckout>>
}

const statusOf = (verdict: Failover.Verdict): Checkout.CheckoutStatus => (verdict._tag === "Opened" ? "open" : "failed")

const checkoutOf = (plan: Plan, routed: Failover.Routed, link: string, livemode: boolean): Checkout.Checkout => {
  const { request } = plan.resolved
  const session = routed.verdict._tag === "Opened" ? routed.verdict.session : undefined
  return {
    id: plan.checkoutId,
    status: statusOf(routed.verdict),
    livemode: session?.livemode ?? livemode,
    mode: request.mode,
    provider: session?.provider ?? null,
    url: session?.url ?? null,
    link,
    providerSessionId: session?.sessionId ?? null,
    amount: Option.getOrNull(Option.map(plan.resolved.money, ({ amount }) => amount)),
    currency: plan.resolved.currency,
    amountPaid: 0,
    amountRefunded: 0,
    paymentId: null,
    subscriptionId: null,
    orderId: request.orderId ?? null,
    reference: request.reference ?? null,
    customerId: request.customerId ?? null,
    tenantId: plan.tenantId,
    metadata: request.metadata,
    expiresAt: plan.expiresAt,
    createdAt: plan.createdAt,
    attempts: routed.attempts,
  }
}

export class Checkouts extends Context.Service<Checkouts, Service>()("@payment-orchestrator/payments/Checkouts") {
  /** `publicUrl` is where providers and buyers are sent back to. */
  static readonly layer = (options: { readonly publicUrl: string }) => Layer.effect(Checkouts, make(options))
}

const make = Effect.fnUntraced(function* ({ publicUrl }: { readonly publicUrl: string }) {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* CheckoutStore
  const scope = yield* Effect.scope
  const livemode = orchestrator.providers.some(({ capabilities, configured }) => configured && capabilities.livemode)

  const openNow = Effect.fnUntraced(function* (request: CheckoutRequest.CheckoutRequest, options: OpenOptions) {
    const linkToken = yield* Id.makeLinkToken
    const link = `${publicUrl}/pay/${linkToken}`
    const plan = yield* orchestrator.plan(request, {
      ...options,
      successUrl: `${link}/return`,
      cancelUrl: `${link}/cancel`,
    })
    const routed = yield* orchestrator.open(plan)
    const checkout = checkoutOf(plan, routed, link, livemode)
    yield* store.save({
      checkout,
      linkToken,
      successUrl: Option.fromUndefinedOr(request.successUrl),
      cancelUrl: Option.fromUndefinedOr(request.cancelUrl),
    })
    const { attempts, verdict } = routed
    const { checkoutId } = plan
    switch (verdict._tag) {
      case "Opened":
        return checkout
      case "Rejected":
        return yield* new CheckoutRejected({
          checkoutId,
          attempts,
          error: verdict.error,
          afterOutage: verdict.afterOutage,
        })
      case "Failed":
        return yield* new OrchestratorError.AllProvidersFailed({
          checkoutId,
          attempts,
          retryAfterMillis: verdict.retryAfterMillis,
        })
    }
  })

  return Checkouts.of({
    open: Effect.fn("Checkouts.open")((request, options) =>
      Effect.flatMap(Effect.forkIn(openNow(request, options), scope), Fiber.join),
    ),
    get: (id, tenantId) =>
      Effect.map(store.find(id), (found) =>
        Option.filterMap(found, ({ checkout }) =>
          tenantId === undefined || checkout.tenantId === tenantId ? Result.succeed(checkout) : Result.failVoid,
        ),
      ),
    findByLink: store.findByLink,
  })
})
