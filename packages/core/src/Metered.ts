/** Measures every call to a provider, whoever makes it. */
import { type Operation, PaymentError, type PaymentProvider, type ProviderName } from "@payment-orchestrator/domain"
import { Cause, Effect, Exit, Metric } from "effect"
import * as Retry from "./Retry.ts"
import { series } from "./Series.ts"

const durationOf = series(
  Metric.histogram("payment_provider_call_duration_seconds", {
    description: "How long single calls to providers took, by operation and by what came of them",
    boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  }),
)

/** `rejected`: a webhook that is not genuine. `interrupted`: nobody waited for it any more. */
const resultOf = (exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return "ok"
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  if (!PaymentError.isPaymentError(error)) return "rejected"
  return error._tag === "TransientPaymentError" ? "transient" : "permanent"
}

const measured =
  (provider: ProviderName.ProviderName, operation: Operation.Operation) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(Retry.monotonicMillis, (began) =>
      Effect.onExit(call, (exit) =>
        Effect.flatMap(Retry.monotonicMillis, (ended) =>
          Metric.update(durationOf({ provider, operation, result: resultOf(exit) }), (ended - began) / 1000),
        ),
      ),
    )

/** The provider, whose calls are measured. */
export const wrap = (provider: PaymentProvider.Service): PaymentProvider.Service => {
  const of = (operation: Operation.Operation) => measured(provider.name, operation)
  return {
    ...provider,
    checkAvailability: of("checkAvailability")(provider.checkAvailability),
    createCheckoutSession: (request) => of("createCheckoutSession")(provider.createCheckoutSession(request)),
    findSession: (by) => of("findSession")(provider.findSession(by)),
    complete: (session) => of("complete")(provider.complete(session)),
    withdraw: (session) => of("withdraw")(provider.withdraw(session)),
    getSubscription: (id) => of("getSubscription")(provider.getSubscription(id)),
    cancelSubscription: (request) => of("cancelSubscription")(provider.cancelSubscription(request)),
    refund: (request) => of("refund")(provider.refund(request)),
    findRefund: (request) => of("findRefund")(provider.findRefund(request)),
    findDispute: (disputeId) => of("findDispute")(provider.findDispute(disputeId)),
    findPrice: (priceId) => of("findPrice")(provider.findPrice(priceId)),
    verifyWebhook: (webhook) => of("verifyWebhook")(provider.verifyWebhook(webhook)),
  }
}
