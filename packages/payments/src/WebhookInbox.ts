/**
 * What providers tell us: verified, kept, answered, and only then acted upon. A webhook is a reason to look at a session,
 * never the truth itself, so what it makes due is looked up at the provider.
 */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import type { PaymentError, Webhook } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option } from "effect"
import { cluesOf, LedgerStore } from "./LedgerStore.ts"
import { Disputes } from "./Disputes.ts"
import { DisputeStore } from "./DisputeStore.ts"
import { Refunds } from "./Refunds.ts"
import { RefundStore } from "./RefundStore.ts"
import { Settlement } from "./Settlement.ts"
import type { StorageError } from "./StorageError.ts"
import { Traces } from "./Traces.ts"
import { Subscriptions } from "./Subscriptions.ts"
import { clueOf, SubscriptionStore } from "./SubscriptionStore.ts"

export type ReceiveError =
  | Webhook.WebhookRejected
  | PaymentError.PaymentError
  | OrchestratorError.UnknownProvider
  | StorageError

export interface Service {
  /** Verifies a delivery and keeps it; when this returns, it may be answered with 200. */
  readonly receive: (
    delivery: Webhook.RawWebhook & { readonly provider: string },
  ) => Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>, ReceiveError>
}

export class WebhookInbox extends Context.Service<WebhookInbox, Service>()(
  "@payment-orchestrator/payments/WebhookInbox",
) {
  static readonly layer = Layer.effect(
    WebhookInbox,
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const store = yield* LedgerStore
      const settlement = yield* Settlement
      const refunds = yield* Refunds
      const refundStore = yield* RefundStore
      const subscriptions = yield* Subscriptions
      const subscriptionStore = yield* SubscriptionStore
      const disputes = yield* Disputes
      const disputeStore = yield* DisputeStore
      const traces = yield* Traces
      return WebhookInbox.of({
        receive: Effect.fn("WebhookInbox.receive")(function* (delivery) {
          const events = yield* orchestrator.verifyWebhook(delivery)
          for (const event of events) {
            if (Option.isSome(event.attemptId)) yield* traces.link(event.attemptId.value)
            const { eventId, provider, type } = event
            const { known, matched } = yield* store.receive({ provider, eventId, type, body: delivery.body }, [
              cluesOf(event),
            ])
            if (yield* subscriptionStore.poke(clueOf(event))) yield* subscriptions.wake
            if (event.subject._tag === "Refund") {
              const { moneyId, providerRefundId, reversal = false } = event.subject
              const ours = yield* refundStore.notice({ provider, providerRefundId, moneyId, reversal })
              if (ours) yield* refunds.wake
            }
            if (event.subject._tag === "Dispute") {
              const { disputeId, moneyId } = event.subject
              if (yield* disputeStore.notice({ provider, disputeId, moneyId })) yield* disputes.wake
            }
            yield* Effect.logInfo(`webhook of ${provider}: ${type}`).pipe(
              Effect.annotateLogs({ provider, event_id: eventId, known, matched, subject: event.subject._tag }),
            )
          }
          if (events.length > 0) yield* settlement.wake
          return events
        }),
      })
    }),
  )
}
