/**
 * What providers tell us: verified, kept, answered, and only then acted upon. A webhook is a reason to look at a session,
 * never the truth itself, so what it makes due is looked up at the provider.
 */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import type { PaymentError, Webhook } from "@payment-orchestrator/domain"
import { Context, Effect, Layer } from "effect"
import { cluesOf, LedgerStore } from "./LedgerStore.ts"
import { Refunds } from "./Refunds.ts"
import { RefundStore } from "./RefundStore.ts"
import { Settlement } from "./Settlement.ts"
import type { StorageError } from "./StorageError.ts"

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
      return WebhookInbox.of({
        receive: Effect.fn("WebhookInbox.receive")(function* (delivery) {
          const events = yield* orchestrator.verifyWebhook(delivery)
          for (const event of events) {
            const { eventId, provider, type } = event
            const { known, matched } = yield* store.receive({ provider, eventId, type, body: delivery.body }, [
              cluesOf(event),
            ])
            if (event.subject._tag === "Refund") {
              const ours = yield* refundStore.poke(provider, event.subject.providerRefundId)
              if (ours) yield* refunds.wake
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
