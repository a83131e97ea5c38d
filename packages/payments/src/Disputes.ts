/**
 * Follows disputes. A webhook names one, and what counts is what the provider then says of it: nothing is told, and no
 * payment is taken for lost, on a webhook's word. The row is the job.
 */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { type Dispute, type Id, Timestamp } from "@payment-orchestrator/domain"
import { Context, Effect, Layer, Option } from "effect"
import { type DisputeQuery, DisputeStore, type DueDispute } from "./DisputeStore.ts"
import type { StorageError } from "./StorageError.ts"
import * as Sweeping from "./Sweeping.ts"

export interface Service {
  /** A dispute; `tenantId` undefined means any tenant's. */
  readonly get: (
    id: Id.DisputeId,
    tenantId: string | undefined,
  ) => Effect.Effect<Option.Option<Dispute.Dispute>, StorageError>
  readonly list: (query: DisputeQuery) => Effect.Effect<ReadonlyArray<Dispute.Dispute>, StorageError>
  /** Looks at what is due until nothing is left; answers how many. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** The sweep at the start and every five seconds, and at once when something has become due. */
  readonly run: Effect.Effect<never>
  /** Something has become due: the sweep does not wait for its turn. */
  readonly wake: Effect.Effect<void>
}

/** A process that looks holds the dispute for so long; then somebody else may take it. */
const leaseMillis = 120_000
/** An open dispute is looked at as often, though no webhook comes. */
const everyMillis = 86_400_000
/** A provider that could not be asked is asked again after so long. */
const askAgainMillis = 600_000
/** A dispute that a webhook named and its provider does not have, after so long, never was. */
const forgetAfterMillis = 3_600_000

export class Disputes extends Context.Service<Disputes, Service>()("@payment-orchestrator/payments/Disputes") {
  static readonly layer = Layer.effect(
    Disputes,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* DisputeStore
  const sweeper = yield* Sweeping.make

  const lookAfter = Effect.fnUntraced(function* (taken: DueDispute, millis: number) {
    const now = yield* Timestamp.now
    yield* store.lookAgain(taken, Option.some(now + millis))
  })

  const look = Effect.fnUntraced(function* (taken: DueDispute) {
    const { createdAt, disputeId, id, known, provider } = taken
    const found = yield* orchestrator.findDispute({ provider, disputeId })
    if (Option.isSome(found)) {
      yield* store.apply(id, found.value)
      return yield* found.value.state === "open" ? lookAfter(taken, everyMillis) : store.lookAgain(taken, Option.none())
    }
    yield* Effect.logWarning(`${provider} has no dispute ${disputeId}, which a webhook named`)
    const now = yield* Timestamp.now
    yield* !known && now - createdAt > forgetAfterMillis ? store.forget(id) : lookAfter(taken, askAgainMillis)
  })

  /** Never fails: what could not be done stays due. */
  const proceed = (taken: DueDispute): Effect.Effect<void> =>
    look(taken).pipe(
      Effect.catch((error) =>
        Effect.logError(
          `${taken.id} could not be looked at, and refunds of ${taken.paymentId} wait: ${error.message}`,
        ).pipe(
          Effect.andThen(lookAfter(taken, askAgainMillis)),
          Effect.catchTag("StorageError", () => Effect.void),
        ),
      ),
      Effect.annotateLogs({ dispute_id: taken.id, checkout_id: taken.checkoutId, provider: taken.provider }),
      Effect.withSpan("Disputes.look", { attributes: { provider: taken.provider } }),
    )

  const sweep = Sweeping.drain((limit) => store.takeDue(limit, leaseMillis), proceed)

  return Disputes.of({
    get: (id, tenantId) =>
      Effect.map(
        store.find(id),
        Option.filter((found) => tenantId === undefined || found.tenantId === tenantId),
      ),
    list: store.list,
    sweep,
    run: sweeper.run(sweep),
    wake: sweeper.wake,
  })
})
