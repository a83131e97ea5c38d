/** Ending subscriptions, in the words of the HTTP contract: those that are managed here, and any other by its provider. */
import { Problem, Subscriptions as Contract } from "@payment-orchestrator/api"
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { JsonText, type Subscription, type SubscriptionLife } from "@payment-orchestrator/domain"
import { Subscriptions } from "@payment-orchestrator/payments"
import { Effect, Option } from "effect"
import * as Idempotent from "./Idempotent.ts"
import * as Problems from "./Problems.ts"

type Wish = typeof Contract.CancelRequest.Type
type ByProviderId = typeof Contract.CancelByProviderId.Type
type Canceled = typeof Contract.CanceledSubscription.Type

const wishOf = ({ at_period_end: atPeriodEnd = false, reason }: Wish): SubscriptionLife.Wish => ({
  when: atPeriodEnd ? "period_end" : "now",
  reason: Option.fromUndefinedOr(reason),
})

const managed = (found: Subscription.Subscription): Canceled => ({
  id: found.id,
  provider: found.provider,
  subscription_id: found.providerSubscriptionId,
  status: found.status,
  cancel_at_period_end: found.cancelAtPeriodEnd,
  cancel_requested: found.cancelRequested,
  current_period_end: found.currentPeriodEnd,
  livemode: found.livemode,
})

const unmanaged = (snapshot: Subscription.SubscriptionSnapshot, livemode: boolean): Canceled => ({
  id: null,
  provider: snapshot.provider,
  subscription_id: snapshot.subscriptionId,
  status: snapshot.state,
  cancel_at_period_end: snapshot.cancelAtPeriodEnd,
  cancel_requested: null,
  current_period_end: Option.getOrNull(snapshot.currentPeriodEnd),
  livemode,
})

const answered = Idempotent.json(JsonText.writer(Contract.CanceledSubscription), 200)
const refused = Idempotent.json(JsonText.writer(Problem.ProviderRejected), 422)

export const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const subscriptions = yield* Subscriptions.Subscriptions

  /** Written down first, and then sent: a provider that is down is no error. */
  const end = (found: Subscription.Subscription, wish: Wish) =>
    Effect.map(
      subscriptions.cancel(found.id, wishOf(wish)),
      Option.getOrElse(() => found),
    )

  /** Only the provider knows it: its answer is waited for. */
  const endThere = (wanted: ByProviderId) =>
    orchestrator
      .cancelSubscription({
        provider: wanted.provider,
        subscriptionId: wanted.subscription_id,
        atPeriodEnd: wanted.at_period_end ?? false,
        ...(wanted.reason === undefined ? {} : { reason: wanted.reason }),
      })
      .pipe(
        Effect.flatMap((snapshot) => {
          const at = orchestrator.providers.find(({ name }) => name === snapshot.provider)
          return answered(unmanaged(snapshot, at?.capabilities.livemode ?? false))
        }),
        Effect.catchTag("UnknownProvider", (error) => Effect.fail(Problems.unknownProvider(error))),
        Effect.catchTag(["TransientPaymentError", "PermanentPaymentError"], (error) =>
          Effect.fail(Problems.fromPaymentError(error)),
        ),
        Effect.catchTag("ProviderRejected", refused),
      )

  const endByProviderId = Effect.fnUntraced(function* (
    found: Option.Option<Subscription.Subscription>,
    wanted: ByProviderId,
  ) {
    return Option.isSome(found) ? yield* answered(managed(yield* end(found.value, wanted))) : yield* endThere(wanted)
  })

  return { end, endByProviderId }
})
