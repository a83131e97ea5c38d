/**
 * Follows subscriptions: each is looked at around the end of every paid period, and when a webhook names it. What is
 * asked of one (a cancellation) is written down before it is sent, and is gone on with until its provider has confirmed
 * it, whoever dies. The row is the job.
 */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { type Id, type Subscription, SubscriptionLife, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Fiber, Layer, Option, Result, type Scope } from "effect"
import { Settlement } from "./Settlement.ts"
import type { StorageError } from "./StorageError.ts"
import { type DueSubscription, type SubscriptionQuery, SubscriptionStore } from "./SubscriptionStore.ts"
import * as Sweeping from "./Sweeping.ts"

export interface Service {
  /**
   * Asks for a cancellation, waits at most 5 s for the provider, and answers what is known then; what the provider has
   * not confirmed by then shows as asked for. None: no such subscription. One that is over is a success.
   */
  readonly cancel: (
    id: Id.SubscriptionId,
    wish: SubscriptionLife.Wish,
  ) => Effect.Effect<Option.Option<Subscription.Subscription>, StorageError>
  /** A subscription; `tenantId` undefined means any tenant's. */
  readonly get: (
    id: Id.SubscriptionId,
    tenantId: string | undefined,
  ) => Effect.Effect<Option.Option<Subscription.Subscription>, StorageError>
  /** The same by the provider's own id. */
  readonly getAt: (
    provider: string,
    subscriptionId: string,
    tenantId: string | undefined,
  ) => Effect.Effect<Option.Option<Subscription.Subscription>, StorageError>
  readonly list: (query: SubscriptionQuery) => Effect.Effect<ReadonlyArray<Subscription.Subscription>, StorageError>
  /** Looks at what is due until nothing is left; answers how many. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** The sweep at the start and every five seconds, and at once when something has become due. */
  readonly run: Effect.Effect<never>
  /** Something has become due: the sweep does not wait for its turn. */
  readonly wake: Effect.Effect<void>
}

/** A process that looks holds the subscription for so long; then somebody else may take it. */
const leaseMillis = 120_000
const answerWithin = "5 seconds"
/** Two that have run beside each other for longer were meant to, or were dealt with by people. */
const secondsOfMillis = 86_400_000

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A provider that could not be asked is asked again after so long. */
const askAgainMillis = 10 * minute
/** Ends that were asked for: after 5, 10, 20, 30 s, then every 60 s, without end. */
const ending = ["5 seconds", "10 seconds", "20 seconds", "30 seconds"] as const

/** Providers charge some time after a period's end, and move its end then: ever more seldom, until they have. */
const afterEnd = (late: number): number => {
  if (late < 10 * minute) return 2 * minute
  if (late < 2 * hour) return 15 * minute
  return late < day ? hour : day
}

/** When to look next (epoch milliseconds), by what the subscription is and how often it was looked at; none: never. */
export const nextLook = (state: SubscriptionLife.State, looks: number, now: number): Option.Option<number> => {
  const end = Option.getOrUndefined(state.currentPeriodEnd)
  if (Option.isSome(state.wish)) return Option.some(now + Duration.toMillis(ending[looks] ?? "1 minute"))
  // Once more, for a charge that crossed its cancellation.
  if (SubscriptionLife.isOver(state.status)) return looks === 0 ? Option.some(now + day) : Option.none()
  if (state.runsOut) return Option.some(end ?? now)
  const latest =
    state.status === "active" || state.status === "trialing" ? 7 * day : state.status === "incomplete" ? hour : day
  if (end === undefined) return Option.some(now + Math.min(day, latest))
  return Option.some(end > now ? Math.min(end + minute, now + latest) : now + Math.min(afterEnd(now - end), latest))
}

export class Subscriptions extends Context.Service<Subscriptions, Service>()(
  "@payment-orchestrator/payments/Subscriptions",
) {
  static readonly layer = Layer.effect(
    Subscriptions,
    Effect.suspend(() => make),
  )
}

const make: Effect.Effect<Service, never, PaymentOrchestrator | Settlement | SubscriptionStore | Scope.Scope> =
  Effect.gen(function* () {
    const orchestrator = yield* PaymentOrchestrator
    const settlement = yield* Settlement
    const store = yield* SubscriptionStore
    const scope = yield* Effect.scope
    const sweeper = yield* Sweeping.make

    /** Asks the provider how it is, and ends it there if that was asked for: never without a look first. */
    const ask = Effect.fnUntraced(function* ({ id, provider, subscriptionId }: DueSubscription) {
      const found = yield* orchestrator.getSubscription({ provider, subscriptionId })
      if (Option.isNone(found)) {
        return yield* Effect.logError(`${provider} does not know its subscription ${subscriptionId} any more`)
      }
      const looked = yield* store.transact(id, (state) => SubscriptionLife.apply(state, found.value))
      const [wish] = Option.match(looked, { onNone: () => [], onSome: ({ step }) => step.commands })
      if (wish === undefined) return
      const ended = yield* orchestrator.cancelSubscription({
        provider,
        subscriptionId,
        atPeriodEnd: wish.when === "period_end",
        ...(Option.isSome(wish.reason) ? { reason: wish.reason.value } : {}),
      })
      yield* store.transact(id, (state) => SubscriptionLife.apply(state, ended))
    })

    /** A customer who pays twice for the same thing: the later subscription is ended. */
    const endSecond = Effect.fnUntraced(function* ({ id }: DueSubscription) {
      const now = yield* Timestamp.now
      const rivals = yield* store.rivals(id, now - secondsOfMillis)
      if (Option.isNone(rivals)) return
      const { ends, stays } = rivals.value
      yield* Effect.logError(`SECOND SUBSCRIPTION: ${ends} runs beside ${stays} and is ended`)
      yield* store.endSecond(rivals.value)
      yield* sweeper.wake
    })

    const putOff = Effect.fnUntraced(function* (taken: DueSubscription, failed: boolean) {
      const now = yield* Timestamp.now
      const current = yield* store.transact(taken.id, (state) => SubscriptionLife.elapse(state, now))
      if (Option.isNone(current)) return
      const { state } = current.value.step
      const looks = state.status === taken.status ? taken.looks : 0
      const again =
        failed && Option.isNone(state.wish) ? Option.some(now + askAgainMillis) : nextLook(state, looks, now)
      yield* store.lookAgain(taken, again)
    })

    /** Its money is looked at also when the provider will not speak of the subscription, or will not end it. */
    const look = Effect.fnUntraced(function* (taken: DueSubscription) {
      const asked = yield* Effect.result(ask(taken))
      yield* settlement.lookAt(taken.session)
      yield* store.transact(taken.id, SubscriptionLife.charged)
      yield* endSecond(taken)
      if (Result.isFailure(asked)) return yield* asked.failure
      yield* putOff(taken, false)
    })

    /** Never fails: what could not be done stays due. */
    const proceed = (taken: DueSubscription): Effect.Effect<void> =>
      look(taken).pipe(
        Effect.catch((error) =>
          Effect.logWarning(`${taken.id} could not be looked at now: ${error.message}`).pipe(
            Effect.andThen(putOff(taken, true)),
            Effect.catchTag("StorageError", () => Effect.void),
          ),
        ),
        Effect.annotateLogs({
          subscription_id: taken.id,
          checkout_id: taken.checkoutId,
          provider: taken.provider,
        }),
        Effect.withSpan("Subscriptions.look", { attributes: { provider: taken.provider } }),
      )

    const begin = Effect.fnUntraced(function* (id: Id.SubscriptionId, wish: SubscriptionLife.Wish) {
      const now = yield* Timestamp.now
      const asked = yield* store.transact(id, (state) => SubscriptionLife.cancel(state, wish, now))
      if (Option.isNone(asked)) return Option.none()
      const { step, subscription } = asked.value
      const taken = step.commands.length === 0 ? Option.none() : yield* store.take(id, leaseMillis)
      if (Option.isNone(taken)) return Option.some(subscription)
      const sent = yield* Effect.forkIn(proceed(taken.value), scope)
      yield* Effect.timeoutOption(Fiber.await(sent), answerWithin)
      return yield* store.find(id)
    })

    const own = (tenantId: string | undefined) =>
      Option.filter<Subscription.Subscription>((found) => tenantId === undefined || found.tenantId === tenantId)

    const sweep = Sweeping.drain((limit) => store.takeDue(limit, leaseMillis), proceed)

    return Subscriptions.of({
      /** Once asked for it goes on even when the caller goes away. */
      cancel: (id, wish) =>
        Tracing.span("Subscriptions.cancel")(Effect.flatMap(Effect.forkIn(begin(id, wish), scope), Fiber.join)),
      get: (id, tenantId) => Effect.map(store.find(id), own(tenantId)),
      getAt: (provider, subscriptionId, tenantId) => Effect.map(store.findAt(provider, subscriptionId), own(tenantId)),
      list: store.list,
      sweep,
      run: sweeper.run(sweep),
      wake: sweeper.wake,
    })
  })
