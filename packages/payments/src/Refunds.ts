/**
 * Gives money back. A refund is reserved before anybody is asked, and its row is the job: it is gone on with until the
 * provider has said yes or no, whoever dies. The refund's id is the provider's idempotency key; where a provider keeps
 * none, it is sent once and from then on only looked for.
 */
import { PaymentOrchestrator } from "@payment-orchestrator/core"
import { Id, Money, type PaymentError, type ProviderName, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Context, Effect, Fiber, Layer, Option, Result, Schema, type Scope } from "effect"
import { type DueRefund, type Finding, type Refund, type RefundQuery, RefundStore, type Wish } from "./RefundStore.ts"
import type { StorageError } from "./StorageError.ts"
import * as Sweeping from "./Sweeping.ts"

/** More than is left of the payment. */
export class RefundTooLarge extends Schema.TaggedError<RefundTooLarge>()("RefundTooLarge", {
  paymentId: Id.PaymentId,
  left: Money.Money,
}) {
  override get message(): string {
    return this.left.amount === 0
      ? `nothing of ${this.paymentId} is left to give back`
      : `only ${Money.toDecimal(this.left)} ${this.left.currency} of ${this.paymentId} is left to give back`
  }
}

/** The buyer disputes the payment, or has won: whoever gave the money back now would lose it twice (F37). */
export class PaymentDisputed extends Schema.TaggedError<PaymentDisputed>()("PaymentDisputed", {
  paymentId: Id.PaymentId,
  disputeId: Id.DisputeId,
}) {
  override get message(): string {
    return `${this.paymentId} is disputed (${this.disputeId}), so that nothing of it is given back`
  }
}

export interface Service {
  /**
   * Asks for a refund, waits at most 5 s for the provider, and answers what is known then. None: no such payment. The
   * same origin finds the same refund.
   */
  readonly refund: (wish: Wish) => Effect.Effect<Option.Option<Refund>, RefundTooLarge | PaymentDisputed | StorageError>
  /** A refund; `tenantId` undefined means any tenant's. */
  readonly get: (id: Id.RefundId, tenantId: string | undefined) => Effect.Effect<Option.Option<Refund>, StorageError>
  readonly list: (query: RefundQuery) => Effect.Effect<ReadonlyArray<Refund>, StorageError>
  /** Goes on with what is due until nothing is left; answers how many refunds. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** The sweep at the start and every five seconds, and at once when something has become due. */
  readonly run: Effect.Effect<never>
  /** Something has become due: the sweep does not wait for its turn. */
  readonly wake: Effect.Effect<void>
  /** The provider is there again: its refunds do not wait for their next turn. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void>
}

export interface Options {
  /** Whether a second payment of a checkout goes back by itself: `PAYMENT_REFUND_DUPLICATES`. */
  readonly refundDuplicates: boolean
}

/** A process that goes on with a refund holds it for so long; then somebody else may take it. */
const leaseMillis = 120_000
const duplicatesAtOnce = 8
const answerWithin = "5 seconds"
/** So long a refund that may have been sent is looked for before a person must decide. */
const unresolvedAfterMillis = 900_000
/** Second payments older than this were dealt with by people; switching the refunds on does not touch them. */
const duplicatesOfMillis = 86_400_000

/** Every 60 s for an hour, then hourly, without end. */
const nextTry = (tries: number): number => (tries < 60 ? 60_000 : 3_600_000)

export class Refunds extends Context.Service<Refunds, Service>()("@payment-orchestrator/payments/Refunds") {
  static readonly layer = (options: Options) => Layer.effect(Refunds, make(options))
}

/** What says nothing about this refund, only about our access to the provider now. */
const ours: ReadonlySet<PaymentError.PermanentReason> = new Set(["not_configured", "credentials_refused"])

const isRefusal = (error: { readonly _tag: string }): error is PaymentError.PermanentPaymentError =>
  error._tag === "PermanentPaymentError"

const make = Effect.fnUntraced(function* ({
  refundDuplicates,
}: Options): Effect.fn.Return<Service, never, PaymentOrchestrator | RefundStore | Scope.Scope> {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* RefundStore
  const scope = yield* Effect.scope
  const sweeper = yield* Sweeping.make
  const keyed = new Set<string>(
    orchestrator.providers.flatMap(({ capabilities, name }) => (capabilities.idempotentRefund ? [name] : [])),
  )

  const again = (refund: DueRefund) => Effect.map(Timestamp.now, (now) => now + nextTry(refund.tries))

  const record = Effect.fnUntraced(function* (refund: DueRefund, finding: Finding) {
    yield* store.record(refund.id, finding, yield* again(refund))
  })

  const putOff = Effect.fnUntraced(function* (refund: DueRefund, message: Option.Option<string>) {
    yield* store.putOff(refund.id, Option.some(yield* again(refund)), message)
  })

  const find = ({ id, moneyId, provider, providerRefundId }: DueRefund) =>
    orchestrator.findRefund({
      provider,
      moneyId,
      refundId: id,
      ...(Option.isSome(providerRefundId) ? { providerRefundId: providerRefundId.value } : {}),
    })

  /** Sends it under its id. At a provider without keys only who notes the sending first may do so. */
  const send = Effect.fnUntraced(function* (refund: DueRefund) {
    const { amount, id, moneyId, provider, reason } = refund
    const safe = keyed.has(provider)
    if (!(yield* store.sending(id, !safe))) return yield* putOff(refund, Option.fromNullOr(refund.message))
    const answer = yield* Effect.result(
      orchestrator.refund({
        provider,
        moneyId,
        refundId: id,
        amount,
        ...(reason === null ? {} : { reason }),
      }),
    )
    if (Result.isSuccess(answer)) return yield* record(refund, { _tag: "Seen", snapshot: answer.success })
    const error = answer.failure
    const arrived = error._tag !== "UnknownProvider" && error.outcome === "unknown"
    if (!arrived && !safe) yield* store.notSent(id)
    if (isRefusal(error) && !arrived && !ours.has(error.reason)) {
      yield* Effect.logWarning(`${id} was refused: ${error.message}`)
      return yield* record(refund, { _tag: "Refused", message: error.message })
    }
    return yield* error
  })

  /** What may have arrived is looked for before it is sent again, and at a provider without keys instead of it. */
  const goOn = Effect.fnUntraced(function* (refund: DueRefund) {
    const { id, provider, providerRefundId, sentAt } = refund
    if (Option.isNone(sentAt) && Option.isNone(providerRefundId)) return yield* send(refund)
    const found = yield* find(refund)
    if (Option.isSome(found)) return yield* record(refund, { _tag: "Seen", snapshot: found.value })
    const now = yield* Timestamp.now
    if (refund.unseen && now - refund.createdAt > unresolvedAfterMillis) return yield* store.forget(id)
    if (Option.isSome(providerRefundId)) {
      return yield* putOff(refund, Option.some(`${provider} does not find its refund ${providerRefundId.value} now`))
    }
    if (keyed.has(provider)) return yield* send(refund)
    const message = "it may have been sent, and is not found at the provider"
    if (now - Option.getOrElse(sentAt, () => now) < unresolvedAfterMillis) {
      return yield* putOff(refund, Option.some(message))
    }
    if (refund.status === "pending") {
      yield* Effect.logError(`${id} IS UNRESOLVED: whether ${provider} gave the money back must be looked up there`)
    }
    yield* store.record(id, { _tag: "Unresolved", message }, now + 3_600_000)
  })

  /** Never fails: what could not be done stays due. */
  const proceed = (refund: DueRefund): Effect.Effect<void> =>
    goOn(refund).pipe(
      Effect.catch((error) =>
        Effect.logWarning(`${refund.id} is not done yet: ${error.message}`).pipe(
          Effect.andThen(putOff(refund, Option.some(error.message))),
          Effect.catchTag("StorageError", () => Effect.void),
        ),
      ),
      Effect.annotateLogs({ refund_id: refund.id, checkout_id: refund.checkoutId, provider: refund.provider }),
      Effect.withSpan("Refunds.proceed", { attributes: { provider: refund.provider } }),
    )

  const current = (refund: Refund) =>
    Effect.map(store.find(refund.id), (found) => Option.orElseSome(found, () => refund))

  const begin = Effect.fnUntraced(function* (wish: Wish) {
    const reserved = yield* store.reserve(wish, leaseMillis)
    switch (reserved._tag) {
      case "NoPayment":
        return Option.none<Refund>()
      case "TooLarge":
        return yield* new RefundTooLarge({ paymentId: wish.paymentId, left: reserved.left })
      case "Disputed":
        return yield* new PaymentDisputed({ paymentId: wish.paymentId, disputeId: reserved.disputeId })
      case "Existing":
        return Option.some<Refund>(reserved.refund)
      case "Fresh": {
        const sent = yield* Effect.forkIn(proceed(reserved.refund), scope)
        yield* Effect.timeoutOption(Fiber.await(sent), answerWithin)
        return yield* current(reserved.refund)
      }
    }
  })

  /** Once begun it goes on even when the caller goes away. */
  const refund: Service["refund"] = (wish) =>
    Tracing.span("Refunds.refund")(Effect.flatMap(Effect.forkIn(begin(wish), scope), Fiber.join))

  const giveBackDuplicates = Effect.gen(function* () {
    const now = yield* Timestamp.now
    const which = refundDuplicates ? "all" : "ended"
    const payments = yield* store.duplicates(which, now - duplicatesOfMillis, duplicatesAtOnce)
    for (const paymentId of payments) {
      yield* Effect.logWarning(`${paymentId} is a second payment and goes back`)
      yield* refund({
        paymentId,
        amount: Option.none(),
        reason: Option.some("duplicate"),
        despiteDispute: false,
        origin: `duplicate:${paymentId}`,
      }).pipe(Effect.catchTag(["RefundTooLarge", "PaymentDisputed"], (error) => Effect.logWarning(error.message)))
    }
  })

  const sweep = Effect.andThen(
    giveBackDuplicates,
    Sweeping.drain((limit) => store.takeDue(limit, leaseMillis), proceed),
  )

  return Refunds.of({
    refund,
    get: (id, tenantId) =>
      Effect.map(
        store.find(id),
        Option.filter((refund) => tenantId === undefined || refund.tenantId === tenantId),
      ),
    list: store.list,
    sweep,
    run: sweeper.run(sweep),
    wake: sweeper.wake,
    hurry: (provider) =>
      store.hurry(provider).pipe(
        Effect.andThen(sweeper.wake),
        Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      ),
  })
})
