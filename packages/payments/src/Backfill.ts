/**
 * What a provider could not deliver, or stopped to: its own list of events is read from time to time, and what was not
 * delivered is acted upon as if it had been (F50). A list is read again from where it was read to the end.
 */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { ProviderName, Timestamp, type Webhook, Tracing } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option, Stream } from "effect"
import { BackfillStore } from "./BackfillStore.ts"
import { WebhookInbox } from "./WebhookInbox.ts"

export interface Service {
  /** Reads the lists whose time has come; answers how many events had not been delivered. Never fails. */
  readonly sweep: Effect.Effect<number>
  /** The sweep at the start and every ten seconds. */
  readonly run: Effect.Effect<never>
}

const minute = 60_000
/** A list is read every five minutes, and every minute while it holds what was not delivered, or cannot be read. */
const usualMillis = 5 * minute
const soonMillis = minute
/** A process that reads a list holds it for so long; then somebody else may take it. */
const leaseMillis = 5 * minute
/** What is younger may still be delivered. */
const youngMillis = 2 * minute
/** Lists may lag behind: each reading begins so long before the one before. */
const overlapMillis = 10 * minute

export class Backfill extends Context.Service<Backfill, Service>()("@payment-orchestrator/payments/Backfill") {
  static readonly layer = Layer.effect(
    Backfill,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* BackfillStore
  const inbox = yield* WebhookInbox
  /** Whose list could not be read the last time, which is told once. */
  const unreadable = new Set<string>()
  const names = orchestrator.providers.filter(({ configured }) => configured).map(({ name }) => name)

  /** How many events of a list were new to us. */
  const read = Effect.fnUntraced(function* (provider: ProviderName.ProviderName, since: number, now: number) {
    let missed = 0
    const fillIn = Effect.fnUntraced(function* (event: Webhook.ProviderEvent) {
      if (Option.exists(event.occurredAt, (at) => at > now - youngMillis)) return
      const { fresh, state } = yield* inbox.fillIn(event)
      if (!fresh) return
      missed += 1
      yield* Effect.logInfo(`${provider} lists an event that was not delivered: ${event.type}`).pipe(
        Effect.annotateLogs({ provider, event_id: event.eventId, state }),
      )
    })
    yield* Stream.runForEach(orchestrator.missedEvents({ provider, since }), fillIn)
    return missed
  })

  const once = Effect.fnUntraced(function* (provider: ProviderName.ProviderName) {
    const since = yield* store.take(provider, leaseMillis)
    if (Option.isNone(since)) return 0
    const now = yield* Timestamp.now
    const missed = yield* Effect.option(
      read(provider, since.value, now).pipe(
        Effect.tapError((error) =>
          unreadable.has(provider)
            ? Effect.logDebug(error.message)
            : Effect.logWarning(
                `${ProviderName.label(provider)}'s list of events cannot be read, and is tried every minute: ${error.message}`,
              ),
        ),
      ),
    )
    if (Option.isNone(missed)) unreadable.add(provider)
    else if (unreadable.delete(provider)) {
      yield* Effect.logInfo(`${ProviderName.label(provider)}'s list of events can be read again`)
    }
    yield* store.done(
      provider,
      Option.isSome(missed) ? Math.max(since.value, now - overlapMillis) : since.value,
      now + (Option.contains(missed, 0) ? usualMillis : soonMillis),
    )
    return Option.getOrElse(missed, () => 0)
  }, Tracing.span("Backfill.once"))

  const sweep = Effect.map(
    Effect.forEach(
      names,
      (provider) =>
        once(provider).pipe(
          Effect.catchTag("StorageError", (error) => Effect.as(Effect.logWarning(error.message), 0)),
          Effect.annotateLogs({ provider }),
        ),
      { concurrency: "unbounded" },
    ),
    (missed) => missed.reduce((sum, n) => sum + n, 0),
  )

  return Backfill.of({ sweep, run: Effect.forever(Effect.andThen(sweep, Effect.sleep("10 seconds"))) })
})
