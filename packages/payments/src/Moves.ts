/**
 * Which page a buyer is to be sent to, and moving a buyer on from one whose provider has failed since. The page before
 * is looked at first and withdrawn, and what is shown next is recorded before anybody sees it. Where only we take money
 * from the page before, it is withdrawn in the very commit that shows the next: there is never none.
 */
import { type Plan, PaymentOrchestrator, type ProviderStatus } from "@payment-orchestrator/core"
import {
  type Id,
  Ledger,
  Money,
  type PaymentError,
  type ProviderName,
  Timestamp,
  Tracing,
} from "@payment-orchestrator/domain"
import { Context, Effect, Fiber, Layer, Option, Schedule, type Scope } from "effect"
import { CheckoutStore, type StoredCheckout } from "./CheckoutStore.ts"
import * as Links from "./Links.ts"
import { MoveStore, type Page } from "./MoveStore.ts"
import { Settlement, type Trouble } from "./Settlement.ts"
import * as ShownPage from "./ShownPage.ts"
import type { StorageError } from "./StorageError.ts"

/** The buyer's page cannot be used (any more). */
export interface Stuck {
  readonly _tag: "Stuck"
  /** The provider that failed; none when only the page is over. */
  readonly givenUp: Option.Option<ProviderName.ProviderName>
  /** The page, where it may still be paid all the same. */
  readonly url: Option.Option<string>
}

/** How things are with a checkout that is not stuck. */
export type Settled =
  | { readonly _tag: "Paid" }
  /** Money is being taken, or may have been: no other page is shown. */
  | { readonly _tag: "Processing" }
  | { readonly _tag: "Expired" }
  /** No page could ever be opened. */
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Page"; readonly url: string }

export type Standing = Settled | Stuck

/** What came of the wish to go on; `url` is the page before, where it may still be paid. */
export type Moved =
  | Settled
  /** The page before cannot be withdrawn now: it is safer to wait, and to try again. */
  | { readonly _tag: "Waits"; readonly url: Option.Option<string> }
  /** There is no other page for this checkout. */
  | { readonly _tag: "NoOther"; readonly url: Option.Option<string> }
  /** Nobody who could open one can be reached. */
  | { readonly _tag: "Unreachable"; readonly url: Option.Option<string>; readonly retryAfterMillis: number }

/** Another page may be shown now. */
interface Left {
  readonly _tag: "Left"
  readonly stuck: Stuck
  /** What could not be looked at. */
  readonly troubles: ReadonlyArray<Trouble>
}

export interface Service {
  /** Where a buyer of this checkout is to go. Asks no provider and changes nothing. */
  readonly standing: (stored: StoredCheckout) => Effect.Effect<Standing, StorageError>
  /**
   * Goes on from a page that cannot be used: looks at it, withdraws it, opens the next one. One at a time per checkout;
   * who comes meanwhile waits for what the first one gets. Once begun it is brought to its end even when the caller goes
   * away. None: no such checkout.
   */
  readonly goOn: (checkoutId: Id.CheckoutId) => Effect.Effect<Option.Option<Moved>, StorageError>
}

export interface Options {
  /** Where providers and buyers are sent back to. */
  readonly publicUrl: string
  /** After so long a claim without an outcome belongs to a process that died. */
  readonly takeOverAfterMillis: number
  /** Whether another page may be shown beside one that cannot be withdrawn: `PAYMENT_SECOND_PAGE`. */
  readonly secondPage: Ledger.SecondPage
}

export class Moves extends Context.Service<Moves, Service>()("@payment-orchestrator/payments/Moves") {
  static readonly layer = (options: Options) => Layer.effect(Moves, make(options))
}

/** A buyer waits: so long a last look may take, and a withdrawal. Both go on by the sweep. */
const lookWithin = "3 seconds"
const withdrawWithin = "3 seconds"
/** So long a second click waits for the first one. */
const patience = "20 seconds"
const commitRetries = Schedule.max([Schedule.spaced("250 millis"), Schedule.recurs(12)])

/** Whether a provider would fail a buyer now. Being drained, throttled or busy is no failure of a page that is open. */
const isFailing = (status: ProviderStatus | undefined): boolean =>
  status === undefined ||
  !status.configured ||
  status.circuit !== "closed" ||
  Option.exists(status.reason, (reason) => reason === "health_down" || reason === "credentials_refused")

const isUsable = ({ expiresAt, status }: Page, now: number): boolean =>
  status === "payable" && Option.getOrElse(expiresAt, () => Infinity) > now

/** A database that could not be asked leaves every provider in doubt. */
const isOf = (trouble: Trouble, provider: ProviderName.ProviderName): boolean =>
  trouble._tag === "StorageError" || trouble.provider === provider

const isTransient = (trouble: Trouble): trouble is PaymentError.TransientPaymentError =>
  trouble._tag === "TransientPaymentError"

/** The provider that is given up failed just now, when it was asked: then going on is a failover. */
const outageOf = (troubles: ReadonlyArray<Trouble>, givenUp: Stuck["givenUp"]) =>
  Option.fromUndefinedOr(troubles.filter(isTransient).find(({ provider }) => Option.contains(givenUp, provider)))

const make = Effect.fnUntraced(function* ({
  publicUrl,
  secondPage,
  takeOverAfterMillis,
}: Options): Effect.fn.Return<
  Service,
  never,
  PaymentOrchestrator | CheckoutStore | MoveStore | Settlement | Scope.Scope
> {
  const orchestrator = yield* PaymentOrchestrator
  const checkouts = yield* CheckoutStore
  const store = yield* MoveStore
  const settlement = yield* Settlement
  const scope = yield* Effect.scope

  const standing: Service["standing"] = Effect.fnUntraced(function* ({
    checkout,
  }: StoredCheckout): Effect.fn.Return<Standing, StorageError> {
    if (checkout.status === "paid") return { _tag: "Paid" }
    if (checkout.url === null) return { _tag: "Failed" }
    const { pages } = yield* store.pages(checkout.id)
    const busy = pages.some(({ hinted, status }) => status === "completing" || (hinted && status !== "completed"))
    if (checkout.status === "processing" || busy) return { _tag: "Processing" }
    if (checkout.status === "expired") return { _tag: "Expired" }
    const now = yield* Timestamp.now
    const statuses = yield* orchestrator.availableProviders
    const fails = (name: string | null) => isFailing(statuses.find((status) => status.name === name))
    const usable = pages.filter((page) => isUsable(page, now))
    const good = usable.filter(({ provider }) => !fails(provider))
    const page = good.find(({ sessionId }) => sessionId === checkout.providerSessionId) ?? good.at(-1)
    if (page !== undefined) return { _tag: "Page", url: page.url }
    return {
      _tag: "Stuck",
      givenUp: Option.filter(Option.fromNullOr(checkout.provider), fails),
      url: Option.map(Option.fromUndefinedOr(usable.at(-1)), ({ url }) => url),
    }
  }, Tracing.span("Moves.standing"))

  /** Who would be asked for the next page, over what the checkout was asked for then; none when nobody can be. */
  const planned = Effect.fnUntraced(function* (
    { checkout, linkToken }: StoredCheckout,
    givenUp: Stuck["givenUp"],
  ): Effect.fn.Return<Option.Option<Plan>, StorageError> {
    const { amount, currency, expiresAt, id: checkoutId, tenantId } = checkout
    const request = yield* store.request(checkoutId)
    if (Option.isNone(request)) return Option.none()
    const { successUrl, cancelUrl } = Links.of(publicUrl, linkToken)
    const asked = amount === null ? {} : { amount: Money.toDecimal({ amount, currency }), currency }
    const plan = yield* orchestrator
      .plan(
        { ...request.value, ...asked },
        { checkoutId, tenantId, successUrl, cancelUrl, moving: { givenUp, expiresAt } },
      )
      .pipe(
        Effect.asSome,
        Effect.catch((error) => Effect.as(Effect.logInfo(`no other page: ${error.message}`), Option.none<Plan>())),
      )
    return Option.filter(plan, ({ turns }) => turns.some(({ _tag }) => _tag === "Candidate"))
  })

  const again = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId): Effect.fn.Return<Standing, StorageError> {
    const stored = yield* checkouts.find(checkoutId)
    return Option.isNone(stored) ? { _tag: "Failed" } : yield* standing(stored.value)
  })

  /** How things are now; what is still stuck waits. */
  const orWaits = (checkoutId: Id.CheckoutId) =>
    Effect.map(again(checkoutId), (now): Moved => (now._tag === "Stuck" ? { _tag: "Waits", url: now.url } : now))

  /** Somebody else is at it: what they get is shown here too. */
  const afterTheOther = Effect.fnUntraced(function* (checkoutId: Id.CheckoutId) {
    yield* store
      .pages(checkoutId)
      .pipe(
        Effect.repeat({ schedule: Schedule.spaced("250 millis"), until: ({ asking }) => !asking }),
        Effect.timeoutOption(patience),
      )
    return yield* orWaits(checkoutId)
  })

  /** Looks at the page before and withdraws it, so far as only its provider can. */
  const leave = Effect.fnUntraced(function* (
    checkoutId: Id.CheckoutId,
    from: Stuck,
  ): Effect.fn.Return<Moved | Left, StorageError> {
    const before = yield* again(checkoutId)
    if (before._tag !== "Stuck") return before
    const troubles = yield* settlement.settleCheckout(checkoutId, lookWithin)
    const paying = yield* settlement.withdrawElsewhere(checkoutId, withdrawWithin)
    const stuck = yield* again(checkoutId)
    if (stuck._tag !== "Stuck") return stuck
    const { url } = stuck
    if (paying || Option.getOrNull(stuck.givenUp) !== Option.getOrNull(from.givenUp)) return { _tag: "Waits", url }
    const inTheWay = (yield* store.pages(checkoutId)).pages.filter((page) => Ledger.standsInTheWay(page))
    if (inTheWay.length === 0 || secondPage === "compensate") return { _tag: "Left", stuck, troubles }
    // The one page that may be shown is the one before: where its provider answers again, it is.
    const answering = inTheWay.find(({ provider }) => !troubles.some((trouble) => isOf(trouble, provider)))
    return answering === undefined ? { _tag: "Waits", url } : { _tag: "Page", url: answering.url }
  })

  const ask = Effect.fnUntraced(function* (
    plan: Plan,
    round: number,
    { stuck: { givenUp, url }, troubles }: Left,
  ): Effect.fn.Return<Moved, StorageError> {
    const { checkoutId } = plan
    const routed = yield* orchestrator.open({ ...plan, move: { outage: outageOf(troubles, givenUp) } })
    const { attempts, failovers, verdict } = routed
    const session = ShownPage.opened(plan, verdict)
    const shown = yield* store
      .commit({ checkoutId, round, planned: ShownPage.planned(plan), attempts, session, failovers, secondPage })
      .pipe(Effect.retry(commitRetries))
    switch (verdict._tag) {
      case "Opened":
        return shown ? { _tag: "Page", url: verdict.session.url } : yield* orWaits(checkoutId)
      case "Rejected":
        yield* Effect.logWarning(`no other page for ${checkoutId}: ${verdict.error.message}`)
        return { _tag: "NoOther", url }
      case "Failed":
        return { _tag: "Unreachable", url, retryAfterMillis: verdict.retryAfterMillis }
    }
  })

  const goOnNow = Effect.fnUntraced(function* (stored: StoredCheckout): Effect.fn.Return<Moved, StorageError> {
    const { id } = stored.checkout
    const stuck = yield* standing(stored)
    if (stuck._tag !== "Stuck") return stuck
    const { asking, pages } = yield* store.pages(id)
    if (asking) return yield* afterTheOther(id)
    const plan = pages.length < Ledger.maxPages ? yield* planned(stored, stuck.givenUp) : Option.none<Plan>()
    if (Option.isNone(plan)) return { _tag: "NoOther", url: stuck.url }
    const begun = yield* store.begin(id, ShownPage.planned(plan.value), takeOverAfterMillis)
    if (begun._tag === "Running") return yield* afterTheOther(id)
    if (begun._tag === "NotNow") return yield* orWaits(id)
    const { round } = begun
    const release = Effect.ignore(store.release(id, round))
    const left = yield* leave(id, stuck).pipe(Effect.onError(() => release))
    return left._tag === "Left" ? yield* ask(plan.value, round, left) : yield* Effect.as(release, left)
  })

  return Moves.of({
    standing,
    goOn: (checkoutId) =>
      Tracing.span("Moves.goOn")(
        Effect.flatMap(checkouts.find(checkoutId), (stored) =>
          Effect.transposeOption(
            Option.map(stored, (found) =>
              Effect.flatMap(
                Effect.forkIn(goOnNow(found).pipe(Effect.annotateLogs({ checkout_id: checkoutId })), scope),
                Fiber.join,
              ),
            ),
          ),
        ),
      ),
  })
})
