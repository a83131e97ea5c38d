/** The life of a checkout: here, its opening. Long because claim, routing, commit and answer are one road, read in one go. */
import { type Failover, OrchestratorError, PaymentOrchestrator, type Plan } from "@payment-orchestrator/core"
import {
  Attempt,
  Checkout,
  type CheckoutRequest,
  Id,
  PaymentError,
  Subscription,
  Tracing,
} from "@payment-orchestrator/domain"
import { Context, Effect, Fiber, Layer, Option, Result, Schedule, Schema, type Scope } from "effect"
import { type Claimant, CheckoutStore, type ListQuery, type StoredCheckout } from "./CheckoutStore.ts"
import { Idempotency } from "./Idempotency.ts"
import * as Links from "./Links.ts"
import { Moves } from "./Moves.ts"
import * as ShownPage from "./ShownPage.ts"
import type { StorageError } from "./StorageError.ts"
import { Traces } from "./Traces.ts"

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

/** The first request with this key is still running. */
export class KeyRunning extends Schema.TaggedError<KeyRunning>()("KeyRunning", {}) {
  override readonly message = "the first request with this Idempotency-Key is still running"
}

/** This key came with another body before. */
export class KeyReused extends Schema.TaggedError<KeyReused>()("KeyReused", {}) {
  override readonly message = "this Idempotency-Key was used with another body before; use a new key for a new request"
}

/** The order was paid already, or is being paid through another checkout. */
export class OrderTaken extends Schema.TaggedError<OrderTaken>()("OrderTaken", {
  checkout: Checkout.Checkout,
}) {
  override get message(): string {
    const { id, status } = this.checkout
    return status === "paid"
      ? `this order was paid already, through checkout ${id}`
      : `this order is being paid through checkout ${id}, which was asked for with other words`
  }
}

/** The customer has a subscription to this price already, and it runs. */
export class AlreadySubscribed extends Schema.TaggedError<AlreadySubscribed>()("AlreadySubscribed", {
  subscription: Subscription.Subscription,
}) {
  override get message(): string {
    const { id, provider, status } = this.subscription
    return `this customer has a subscription to this price already: ${id} at ${provider}, which is ${status}`
  }
}

/** What ends a request for good, so that the same key gets the same answer again. */
export type Final =
  | { readonly _tag: "Opened"; readonly checkout: Checkout.Checkout }
  /** The same order's checkout, asked for with the same words before. */
  | { readonly _tag: "Existing"; readonly checkout: Checkout.Checkout }
  | { readonly _tag: "Rejected"; readonly error: CheckoutRejected }
  | { readonly _tag: "Unfit"; readonly error: OrchestratorError.NoProviderFits }

export interface OpenOptions {
  readonly tenantId: string
  /** `Idempotency-Key` and what makes two requests the same. */
  readonly key: Option.Option<{ readonly key: string; readonly fingerprint: string }>
  /** The answer to give and to keep. */
  readonly render: (final: Final) => Effect.Effect<string>
}

export interface Reply {
  readonly answer: string
  readonly replayed: boolean
}

export type OpenError =
  | OrchestratorError.InvalidRequest
  | OrchestratorError.AllProvidersFailed
  | KeyRunning
  | KeyReused
  | OrderTaken
  | AlreadySubscribed
  | StorageError

export interface Service {
  /**
   * Opens a checkout over the providers: claimed in the store before anybody is asked, recorded before it is answered.
   * Once begun it is brought to its end even when the caller goes away.
   */
  readonly open: (request: CheckoutRequest.CheckoutRequest, options: OpenOptions) => Effect.Effect<Reply, OpenError>
  /** A checkout; `tenantId` undefined means any tenant's. */
  readonly get: (
    id: Id.CheckoutId,
    tenantId: string | undefined,
  ) => Effect.Effect<Option.Option<Checkout.Checkout>, StorageError>
  readonly list: (query: ListQuery) => Effect.Effect<ReadonlyArray<Checkout.Checkout>, StorageError>
  readonly findByLink: (linkToken: string) => Effect.Effect<Option.Option<StoredCheckout>, StorageError>
}

export class Checkouts extends Context.Service<Checkouts, Service>()("@payment-orchestrator/payments/Checkouts") {
  static readonly layer = (options: Options) => Layer.effect(Checkouts, make(options))
}

export interface Options {
  /** Where providers and buyers are sent back to. */
  readonly publicUrl: string
  /** After so long a claim without an outcome belongs to a process that died: the whole deadline and ten seconds. */
  readonly takeOverAfterMillis: number
}

/** How long a result that could not be recorded is kept and tried again. */
const commitRetries = Schedule.max([Schedule.spaced("250 millis"), Schedule.recurs(12)])

/** The checkout as it stands before anybody is asked. */
const planned = (plan: Plan, link: string, livemode: boolean): Checkout.Checkout => {
  const { request } = plan.resolved
  return {
    id: plan.checkoutId,
    status: "open",
    late: false,
    livemode,
    mode: request.mode,
    provider: null,
    url: null,
    link,
    providerSessionId: null,
    amount: Option.getOrNull(Option.map(plan.resolved.money, ({ amount }) => amount)),
    amountPaid: 0,
    amountRefunded: 0,
    currency: plan.resolved.currency,
    paymentId: null,
    subscriptionId: null,
    orderId: request.orderId ?? null,
    reference: request.reference ?? null,
    customerId: request.customerId ?? null,
    tenantId: plan.tenantId,
    metadata: request.metadata,
    expiresAt: plan.expiresAt,
    createdAt: plan.createdAt,
    attempts: [],
  }
}

const isPayable = ({ status, url }: Checkout.Checkout): boolean => status === "open" && url !== null

const routed = (checkout: Checkout.Checkout, { attempts, verdict }: Failover.Routed): Checkout.Checkout => {
  if (verdict._tag !== "Opened") return { ...checkout, status: "failed", attempts }
  const { livemode, provider, sessionId, url } = verdict.session
  return { ...checkout, status: "open", livemode, provider, url, providerSessionId: sessionId, attempts }
}

/** The same plan under another checkout's id and link. */
const moved = (
  plan: Plan,
  { checkoutId, createdAt }: { readonly checkoutId: Id.CheckoutId; readonly createdAt: number },
  urls: Links.Links,
): Plan => ({
  ...plan,
  checkoutId,
  createdAt,
  turns: plan.turns.map((turn) =>
    turn._tag === "Skip"
      ? turn
      : {
          ...turn,
          request: { ...turn.request, checkoutId, successUrl: urls.successUrl, cancelUrl: urls.cancelUrl },
        },
  ),
})

const make = Effect.fnUntraced(function* ({
  publicUrl,
  takeOverAfterMillis,
}: Options): Effect.fn.Return<Service, never, PaymentOrchestrator | CheckoutStore | Idempotency | Moves | Scope.Scope> {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* CheckoutStore
  const idempotency = yield* Idempotency
  const traces = yield* Traces
  const moves = yield* Moves
  const scope = yield* Effect.scope
  const livemode = orchestrator.providers.some(({ capabilities, configured }) => configured && capabilities.livemode)

  /** A final answer to a request that makes no checkout. */
  const answerOnce = Effect.fnUntraced(function* (claimant: Option.Option<Claimant>, render: Effect.Effect<string>) {
    if (Option.isNone(claimant)) return { answer: yield* render, replayed: false }
    const claim = yield* idempotency.claim(claimant.value, takeOverAfterMillis)
    if (claim._tag === "Replay") return { answer: claim.answer, replayed: true }
    if (claim._tag === "Running") return yield* new KeyRunning()
    if (claim._tag === "OtherBody") return yield* new KeyReused()
    const answer = yield* render
    yield* idempotency.settle(claimant.value, answer)
    return { answer, replayed: false }
  })

  /** Asks the providers, records what came of it, and only then answers. */
  const run = Effect.fnUntraced(function* (
    plan: Plan,
    link: string,
    claimant: Option.Option<Claimant>,
    render: OpenOptions["render"],
  ) {
    yield* traces.remember(plan.checkoutId)
    const result = yield* orchestrator.open(plan)
    const checkout = routed(planned(plan, link, livemode), result)
    const { attempts, verdict } = result
    const { checkoutId } = plan
    const final: Option.Option<Final> =
      verdict._tag === "Opened"
        ? Option.some({ _tag: "Opened", checkout })
        : verdict._tag === "Rejected"
          ? Option.some({
              _tag: "Rejected",
              error: new CheckoutRejected({
                checkoutId,
                attempts,
                error: verdict.error,
                afterOutage: verdict.afterOutage,
              }),
            })
          : Option.none()
    const answer = Option.isSome(final) ? Option.some(yield* render(final.value)) : Option.none()
    yield* store
      .commit({
        checkout,
        planned: ShownPage.planned(plan),
        session: ShownPage.opened(plan, verdict),
        failovers: result.failovers,
        claimant: Option.map(claimant, (of) => ({ claimant: of, answer })),
      })
      .pipe(Effect.retry(commitRetries))
    if (Option.isSome(answer)) return { answer: answer.value, replayed: false }
    return yield* new OrchestratorError.AllProvidersFailed({
      checkoutId,
      attempts,
      retryAfterMillis: verdict._tag === "Failed" ? verdict.retryAfterMillis : 0,
    })
  })

  /** The order's open checkout; its buyer is moved on first where the page's provider has failed since. */
  const existing = Effect.fnUntraced(function* (id: Id.CheckoutId, render: OpenOptions["render"]) {
    yield* moves.goOn(id)
    const { checkout } = yield* Effect.orDie(Effect.flatMap(store.find(id), Effect.fromOption))
    return isPayable(checkout)
      ? { answer: yield* render({ _tag: "Existing", checkout }), replayed: false }
      : yield* new OrderTaken({ checkout })
  })

  const openNow = Effect.fnUntraced(function* (
    request: CheckoutRequest.CheckoutRequest,
    { key, render, tenantId }: OpenOptions,
  ) {
    const claimant = Option.map(key, (of): Claimant => ({ ...of, tenantId }))
    const linkToken = yield* Id.makeLinkToken
    const urls = Links.of(publicUrl, linkToken)
    const plan = yield* Effect.result(orchestrator.plan(request, { ...urls, tenantId }))
    if (Result.isFailure(plan)) {
      const error = plan.failure
      return error._tag === "InvalidRequest"
        ? yield* error
        : yield* answerOnce(claimant, render({ _tag: "Unfit", error }))
    }
    const claimed = yield* store.claim(openingOf(plan.success, urls.link, linkToken), claimant, takeOverAfterMillis)
    switch (claimed._tag) {
      case "Replay":
        return { answer: claimed.answer, replayed: true }
      case "Running":
        return yield* new KeyRunning()
      case "OtherBody":
        return yield* new KeyReused()
      case "OrderTaken": {
        const { checkout, equal } = claimed
        return equal && isPayable(checkout) ? yield* existing(checkout.id, render) : yield* new OrderTaken({ checkout })
      }
      case "Subscribed":
        return yield* new AlreadySubscribed({ subscription: claimed.subscription })
      case "Fresh":
        return yield* run(plan.success, urls.link, claimant, render)
      case "Again": {
        const first = Links.of(publicUrl, claimed.linkToken)
        return yield* run(moved(plan.success, claimed, first), first.link, claimant, render)
      }
    }
  })

  const openingOf = (plan: Plan, link: string, linkToken: string) => ({
    checkout: planned(plan, link, livemode),
    linkToken,
    successUrl: Option.fromUndefinedOr(plan.resolved.request.successUrl),
    cancelUrl: Option.fromUndefinedOr(plan.resolved.request.cancelUrl),
    request: plan.resolved.request,
    attempts: ShownPage.planned(plan),
  })

  return Checkouts.of({
    open: (request, options) =>
      Tracing.span("Checkouts.open")(Effect.flatMap(Effect.forkIn(openNow(request, options), scope), Fiber.join)),
    get: (id, tenantId) =>
      Effect.map(store.find(id), (found) =>
        Option.filter(
          Option.map(found, ({ checkout }) => checkout),
          (checkout) => tenantId === undefined || checkout.tenantId === tenantId,
        ),
      ),
    list: store.list,
    findByLink: store.findByLink,
  })
})
