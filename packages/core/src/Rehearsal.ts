/**
 * An outage that is played for some calls alone: those that run under `CurrentRehearsal`. It is played at the boundary
 * of the adapter, so that everything above it (routing, retries, circuits) does what it would do, and nothing is sent to
 * the provider. All other calls pass through untouched.
 */
import {
  type Drill,
  type Id,
  type Operation,
  PaymentError,
  PaymentProvider,
  type ProviderName,
} from "@payment-orchestrator/domain"
import { Context, Effect, Option } from "effect"

export interface Rehearsal {
  /** The drill's id: the token its calls bear. */
  readonly token: Id.DrillId
  readonly provider: ProviderName.ProviderName
  readonly fault: Drill.DrillFault
}

/** The rehearsal that a call belongs to; none for real traffic. */
export const CurrentRehearsal = Context.Reference<Option.Option<Rehearsal>>(
  "@payment-orchestrator/core/Rehearsal/CurrentRehearsal",
  { defaultValue: () => Option.none() },
)

const played = (
  fault: Drill.DrillFault,
  provider: ProviderName.ProviderName,
  operation: Operation.Operation,
): Effect.Effect<never, PaymentError.TransientPaymentError> => {
  const base = { provider, operation }
  switch (fault) {
    case "down":
      return Effect.fail(
        new PaymentError.TransientPaymentError({
          ...base,
          reason: "network",
          code: "ECONNREFUSED",
          outcome: "not_sent",
        }),
      )
    case "error":
      return Effect.fail(
        new PaymentError.TransientPaymentError({ ...base, reason: "http", status: 503, outcome: "unknown" }),
      )
    case "slow":
      return PaymentProvider.withDeadline(provider, operation)(Effect.never)
  }
}

/** The provider, at which an outage can be rehearsed. */
export const wrap = (provider: PaymentProvider.Service): PaymentProvider.Service => {
  const { name } = provider

  const around = <A, E>(operation: Operation.Operation, call: Effect.Effect<A, E>) =>
    Effect.flatMap(CurrentRehearsal, (rehearsal): Effect.Effect<A, E | PaymentError.TransientPaymentError> =>
      Option.isSome(rehearsal) && rehearsal.value.provider === name
        ? played(rehearsal.value.fault, name, operation)
        : call,
    )

  return {
    ...provider,
    checkAvailability: around("checkAvailability", provider.checkAvailability).pipe(
      Effect.catchTag("TransientPaymentError", ({ message }) =>
        Effect.succeed<PaymentProvider.Availability>({
          configured: provider.configured,
          reachable: false,
          credentials: "unknown",
          reason: Option.some(message),
        }),
      ),
    ),
    createCheckoutSession: (request) => around("createCheckoutSession", provider.createCheckoutSession(request)),
    findSession: (by) => around("findSession", provider.findSession(by)),
    complete: (session) => around("complete", provider.complete(session)),
    withdraw: (session) => around("withdraw", provider.withdraw(session)),
    getSubscription: (id) => around("getSubscription", provider.getSubscription(id)),
    cancelSubscription: (request) => around("cancelSubscription", provider.cancelSubscription(request)),
    refund: (request) => around("refund", provider.refund(request)),
    findRefund: (request) => around("findRefund", provider.findRefund(request)),
    findPrice: (priceId) => around("findPrice", provider.findPrice(priceId)),
  }
}
