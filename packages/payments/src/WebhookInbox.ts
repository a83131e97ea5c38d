/**
 * What providers tell us: verified, kept, answered, and only then acted upon. A webhook is a reason to look at a session,
 * never the truth itself, so what it makes due is looked up at the provider. One that is about nothing we know yet is
 * parked, and matched again.
 */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import { PaymentError, type Webhook, Tracing } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option } from "effect"
import * as Arrivals from "./Arrivals.ts"
import { Disputes } from "./Disputes.ts"
import { type Arrival, InboxStore, type Received, type Woken } from "./InboxStore.ts"
import { Refunds } from "./Refunds.ts"
import { leaseMillis, Settlement } from "./Settlement.ts"
import type { StorageError } from "./StorageError.ts"
import { Traces } from "./Traces.ts"
import { Subscriptions } from "./Subscriptions.ts"
import * as Sweeping from "./Sweeping.ts"

export type ReceiveError =
  | Webhook.WebhookRejected
  | PaymentError.PaymentError
  | OrchestratorError.UnknownProvider
  | StorageError

export interface Service {
  /**
   * Verifies a delivery and keeps it; when this returns, it may be answered with 200. One that cannot be verified now is
   * not kept, since the provider sends it again; the checkout it names is looked at all the same.
   */
  readonly receive: (
    delivery: Webhook.RawWebhook & { readonly provider: string },
  ) => Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>, ReceiveError>
  /** Keeps an event that the provider's own list holds. */
  readonly fillIn: (event: Webhook.ProviderEvent) => Effect.Effect<Received, StorageError>
  /** Matches what is parked and due until nothing is left; answers how many. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** The sweep at the start and every five seconds. */
  readonly run: Effect.Effect<never>
}

export class WebhookInbox extends Context.Service<WebhookInbox, Service>()(
  "@payment-orchestrator/payments/WebhookInbox",
) {
  static readonly layer = Layer.effect(
    WebhookInbox,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* InboxStore
  const traces = yield* Traces
  const settlement = yield* Settlement
  const refunds = yield* Refunds
  const subscriptions = yield* Subscriptions
  const disputes = yield* Disputes
  const sweeper = yield* Sweeping.make

  const act = Effect.fnUntraced(function* (woken: Woken) {
    yield* settlement.proceed(woken.sessions)
    if (woken.subscriptions) yield* subscriptions.wake
    if (woken.refunds) yield* refunds.wake
    if (woken.disputes) yield* disputes.wake
  })

  const keep = Effect.fnUntraced(function* (arrival: Arrival) {
    const received = yield* store.receive(arrival, leaseMillis)
    yield* act(received)
    return received
  })

  const sweep = Sweeping.drain((limit) => store.rematch(limit, leaseMillis), act)

  return WebhookInbox.of({
    receive: Effect.fnUntraced(function* (delivery) {
      const events = yield* orchestrator
        .verifyWebhook(delivery)
        .pipe(
          Effect.tapError((error) =>
            PaymentError.isPaymentError(error)
              ? Effect.forEach(Arrivals.attemptsNamed(delivery.body), settlement.askedByAttempt)
              : Effect.void,
          ),
        )
      for (const { attemptId } of events) if (Option.isSome(attemptId)) yield* traces.link(attemptId.value)
      for (const arrival of Arrivals.of(delivery, events)) {
        const { eventId, provider, subject, type } = arrival
        const { fresh, state } = yield* keep(arrival)
        yield* Effect.logInfo(`webhook of ${provider}: ${type}`).pipe(
          Effect.annotateLogs({ provider, event_id: eventId, fresh, state, subject }),
        )
      }
      return events
    }, Tracing.span("WebhookInbox.receive")),
    fillIn: (event) => Tracing.span("WebhookInbox.fillIn")(keep(Arrivals.listed(event))),
    sweep,
    run: sweeper.run(sweep),
  })
})
