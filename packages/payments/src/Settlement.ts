/**
 * Follows the money: the buyer's return, a webhook and the sweep are only reasons to look at a session. What the
 * provider says then goes through the one reducer, and what follows from it is done under keys that make it safe to
 * repeat. The session's row is the job: it stays due until it is over, whoever dies.
 */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import {
  type Checkout,
  type Id,
  Ledger,
  PaymentError,
  type ProviderName,
  type Session,
  Timestamp,
} from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Layer, Option, Queue, Result } from "effect"
import * as Clearing from "./Clearing.ts"
import { type DueSession, LedgerStore } from "./LedgerStore.ts"
import * as Metrics from "./Metrics.ts"
import * as Rhythm from "./Rhythm.ts"
import * as Sight from "./Sight.ts"
import type { StorageError } from "./StorageError.ts"
import { Traces } from "./Traces.ts"

/** Why a session could not be looked at. */
export type Trouble = PaymentError.PaymentError | OrchestratorError.UnknownProvider | StorageError

export interface Service {
  /**
   * Looks at one session and does what follows. Tells what kept it from being done (after `within`, where somebody waits
   * for it); then it stays due.
   */
  readonly settle: (session: DueSession, within?: Duration.Input) => Effect.Effect<Option.Option<Trouble>>
  /** Looks at one session and does what follows; what could not be done is for the caller to do again. */
  readonly lookAt: (session: DueSession) => Effect.Effect<void, Trouble>
  /**
   * Looks at every session of a checkout that may still be paid: what the buyer's return asks for. Tells what could not
   * be looked at, after `within` where that is given.
   */
  readonly settleCheckout: (checkoutId: Id.CheckoutId, within?: Duration.Input) => Effect.Effect<ReadonlyArray<Trouble>>
  /**
   * Asks the providers of a checkout's payable pages to withdraw them, each at most `within`; pages of which only we take
   * money are left as they are. What could not be withdrawn stays payable, and is watched as before. Tells whether one of
   * them is being paid; what the buyer does there has been looked up then.
   */
  readonly withdrawElsewhere: (
    checkoutId: Id.CheckoutId,
    within: Duration.Input,
  ) => Effect.Effect<boolean, StorageError>
  /**
   * Ends a checkout that nobody has approved: what the buyer did is looked up first, then its pages are withdrawn as far
   * as that can be done. Tells what it is now, and until when a page that could not be withdrawn may still be paid.
   */
  readonly expire: (checkoutId: Id.CheckoutId) => Effect.Effect<Option.Option<Expired>, StorageError>
  /** Takes what is due until nothing is left; answers how many sessions. */
  readonly sweep: Effect.Effect<number, StorageError>
  /** The sweep at the start and every five seconds, and at once when something has become due. */
  readonly run: Effect.Effect<never>
  /** Something has become due: the sweep does not wait for its turn. */
  readonly wake: Effect.Effect<void>
  /** The provider is there again: its money that is being taken does not wait for its next turn. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void>
}

export interface Expired {
  readonly status: Checkout.CheckoutStatus
  /** Epoch milliseconds. */
  readonly payableUntil: Option.Option<number>
}

/** A provider that we do not ask, because it is given time to recover, may be asked again after so long at most. */
const heldBackMillis = 30_000

/** A process that looks holds the session for so long; then somebody else may take it. */
const leaseMillis = 30_000
const atOnce = 8

export class Settlement extends Context.Service<Settlement, Service>()("@payment-orchestrator/payments/Settlement") {
  static readonly layer = Layer.effect(
    Settlement,
    Effect.suspend(() => make),
  )
}

const unchanged = (state: Ledger.State): Ledger.Step => ({ state, events: [], commands: [] })

const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* LedgerStore
  const traces = yield* Traces
  const bell = yield* Queue.sliding<void>(1)

  const apply = (session: DueSession, snapshot: Session.SessionSnapshot) =>
    store.transact(session.checkoutId, (state) => Ledger.apply(state, snapshot))

  const find = Effect.fnUntraced(function* (session: DueSession) {
    const now = yield* Timestamp.now
    const found = yield* orchestrator.findSession(session)
    return Option.getOrElse(found, () => Sight.gone(session, now))
  })

  /**
   * Makes sure that a page can no longer be paid. Where only we take money from it, it is merely left alone, and watched:
   * the buyer may go back to it.
   */
  const withdraw = Effect.fnUntraced(function* (
    session: Pick<DueSession, "checkoutId" | "provider" | "sessionId" | "mode" | "fence">,
  ) {
    const ours = session.fence === "local"
    const result = ours ? "withdrawn" : yield* orchestrator.withdraw(session)
    if (result === "withdrawn") {
      const step = yield* store.transact(session.checkoutId, (state) => Ledger.withdrawn(state, session.sessionId))
      const status = Option.flatMap(step, ({ state }) => Rhythm.statusOf(state, session))
      if (!ours && Option.contains(status, "withdrawn")) yield* store.lookAgain(session, Option.none())
    }
    if (result === "being_paid") yield* store.lookAgain(session, Option.some(yield* Timestamp.now))
    return result
  })

  /** Takes approved money. A refusal, a time-out and an unreadable answer end in a look, never in a guess. */
  const take = Effect.fnUntraced(function* (session: DueSession) {
    const { approvals, checkoutId, sessionId } = session
    const taken = yield* Effect.result(orchestrator.complete({ ...session, approval: approvals }))
    if (Result.isSuccess(taken)) return yield* apply(session, taken.success)
    const error = taken.failure
    if (error._tag !== "PermanentPaymentError") return yield* error
    yield* Effect.logWarning(`the money of ${checkoutId} was not taken: ${error.message}`)
    const snapshot = yield* find(session)
    const step = yield* apply(session, snapshot)
    return snapshot.state === "approved"
      ? yield* store.transact(checkoutId, (state) => Ledger.refused(state, sessionId))
      : step
  })

  const lookAt = (session: DueSession) =>
    Effect.tap(
      Effect.flatMap(find(session), (snapshot) => apply(session, snapshot)),
      (step) => followAll(session, step),
    )

  /** Takes approved money once no other page of the checkout stands in the way. */
  const complete = Effect.fnUntraced(function* (session: DueSession) {
    const { checkoutId, sessionId } = session
    const siblings = (yield* store.openSessions(checkoutId)).filter(
      (other) => other.sessionId !== sessionId && other.status !== "withdrawn",
    )
    if (siblings.length > 0) {
      const own = yield* find(session)
      if (own.state !== "approved") return yield* apply(session, own)
      const way = yield* Clearing.clear({ session, siblings, look: lookAt, withdraw })
      if (way === "blocked") {
        yield* Effect.logInfo(`${checkoutId} was approved, and waits for what becomes of its other page`)
        return yield* store.transact(checkoutId, unchanged)
      }
    }
    const spared = yield* store.transact(checkoutId, (state) => Ledger.spared(state, sessionId))
    const status = Option.flatMap(spared, ({ state }) => Rhythm.statusOf(state, session))
    return Option.contains(status, "completing") ? yield* take(session) : spared
  })

  const follow = (session: DueSession, command: Ledger.Command): Effect.Effect<void> => {
    switch (command._tag) {
      case "Complete":
        return Effect.asVoid(
          settle({ ...session, ...command, status: "completing", approvals: command.approval, looks: 0 }),
        )
      case "Withdraw":
        return withdraw({ ...session, ...command }).pipe(
          Effect.catch((error) => Effect.logWarning(`a page could not be withdrawn: ${error.message}`)),
          Effect.asVoid,
        )
      case "Look":
        return Effect.flatMap(Timestamp.now, (now) => store.lookAgain(command, Option.some(now))).pipe(
          Effect.andThen(Queue.offer(bell, undefined)),
          Effect.catch((error) => Effect.logWarning(error.message)),
          Effect.asVoid,
        )
      case "Duplicate":
        return Effect.andThen(
          Metrics.duplicateFound(command.provider),
          Effect.logError(
            `SECOND PAYMENT: ${session.checkoutId} was paid already, and ${command.provider} has ${command.moneyId} too`,
          ),
        ).pipe(Effect.annotateLogs({ checkout_id: session.checkoutId, provider: command.provider }))
      case "Follow":
        // The subscription's own row is there and due since the transaction that brought this command.
        return Effect.void
    }
  }

  const followAll = (session: DueSession, step: Option.Option<Ledger.Step>) =>
    Effect.forEach(
      Option.match(step, { onNone: () => [], onSome: ({ commands }) => commands }),
      (command) => follow(session, command),
      { discard: true },
    )

  const look = Effect.fnUntraced(function* (session: DueSession) {
    const snapshot = yield* find(session)
    return { step: yield* apply(session, snapshot), over: snapshot.state === "expired" }
  })

  const settleOnce = Effect.fnUntraced(function* (session: DueSession) {
    const { over, step } = yield* session.status === "completing"
      ? Effect.map(complete(session), (step) => ({ step, over: false }))
      : look(session)
    if (Option.isNone(step)) return
    const now = yield* Timestamp.now
    yield* store.lookAgain(session, Rhythm.next(session, step.value.state, now, over))
    yield* followAll(session, step)
    const status = Rhythm.statusOf(step.value.state, session)
    if (now < session.checkoutExpiresAt || !Option.contains(status, "payable")) return
    yield* followAll(session, yield* store.transact(session.checkoutId, Ledger.expire))
  })

  /**
   * What could not be looked at stays due; what a webhook said of it holds the checkout up until it can be. A look that
   * did not take place, because the provider is held back, is not counted, so that the next one is not the later for it.
   */
  const unseen = (session: DueSession, error: Trouble, waitedFor: boolean) =>
    Effect.gen(function* () {
      yield* Effect.logWarning(`${session.checkoutId} could not be settled now: ${error.message}`)
      const step = yield* store.transact(session.checkoutId, (state) => Ledger.unseen(state, session.sessionId))
      const now = yield* Timestamp.now
      if (Option.isNone(step)) return
      const again = Rhythm.retry(session, step.value.state, now, waitedFor)
      yield* PaymentError.isPaymentError(error) && PaymentError.isHeldBack(error)
        ? store.postpone(
            session,
            Math.min(
              now + heldBackMillis,
              Option.getOrElse(again, () => Infinity),
            ),
          )
        : store.lookAgain(session, again)
    }).pipe(
      Effect.catchTag("StorageError", () => Effect.void),
      Effect.as(Option.some(error)),
    )

  const settle = (session: DueSession, within?: Duration.Input): Effect.Effect<Option.Option<Trouble>> => {
    const once: Effect.Effect<void, Trouble> =
      within === undefined
        ? settleOnce(session)
        : Effect.timeoutOrElse(settleOnce(session), {
            duration: within,
            orElse: () => Effect.fail(Sight.slow(session, within)),
          })
    return Effect.andThen(traces.link(session.checkoutId), once).pipe(
      Effect.as(Option.none<Trouble>()),
      Effect.catch((error) => unseen(session, error, within !== undefined)),
      Effect.annotateLogs({ checkout_id: session.checkoutId, provider: session.provider }),
      Effect.withSpan("Settlement.settle", { attributes: { provider: session.provider } }),
    )
  }

  const settleCheckout: Service["settleCheckout"] = (checkoutId, within) =>
    store.openSessions(checkoutId).pipe(
      Effect.flatMap((sessions) =>
        Effect.forEach(sessions, (session) => settle(session, within), { concurrency: atOnce }),
      ),
      Effect.map((troubles) => troubles.flatMap(Option.toArray)),
      Effect.catchTag("StorageError", (error) => Effect.as(Effect.logWarning(error.message), [error])),
    )

  const withdrawElsewhere: Service["withdrawElsewhere"] = Effect.fn("Settlement.withdrawElsewhere")(
    function* (checkoutId, within) {
      const sessions = yield* store.openSessions(checkoutId)
      const results = yield* Effect.forEach(
        sessions.filter(Ledger.standsInTheWay),
        (session) =>
          withdraw(session).pipe(
            Effect.tap((result) => (result === "being_paid" ? settle(session) : Effect.void)),
            Effect.timeoutOption(within),
            Effect.catch((error) =>
              Effect.as(Effect.logWarning(`a page could not be withdrawn: ${error.message}`), Option.none()),
            ),
          ),
        { concurrency: atOnce },
      )
      return results.some(Option.contains("being_paid"))
    },
  )

  const expire: Service["expire"] = Effect.fn("Settlement.expire")(function* (checkoutId) {
    yield* settleCheckout(checkoutId)
    const sessions = yield* store.openSessions(checkoutId)
    const step = yield* store.transact(checkoutId, Ledger.expire, "checkout.expire")
    if (Option.isNone(step)) return Option.none()
    for (const command of step.value.commands) {
      const session = sessions.find(({ sessionId }) => sessionId === command.sessionId)
      if (session !== undefined) yield* follow(session, command)
    }
    const payable = (yield* store.openSessions(checkoutId)).filter(({ status }) => status === "payable")
    const ends = payable.map((session) => Option.getOrElse(session.expiresAt, () => session.checkoutExpiresAt))
    return Option.some({
      status: step.value.state.status,
      payableUntil: ends.length === 0 ? Option.none() : Option.some(Math.max(...ends)),
    })
  })

  const sweep: Effect.Effect<number, StorageError> = Effect.gen(function* () {
    const due = yield* store.takeDue(atOnce, leaseMillis)
    yield* Effect.forEach(due, (session) => settle(session), { concurrency: atOnce, discard: true })
    return due.length < atOnce ? due.length : due.length + (yield* sweep)
  })

  return Settlement.of({
    settle,
    lookAt: settleOnce,
    settleCheckout,
    withdrawElsewhere,
    expire,
    sweep,
    run: sweep.pipe(
      Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      Effect.andThen(Effect.timeoutOption(Queue.take(bell), "5 seconds")),
      Effect.forever,
    ),
    wake: Effect.asVoid(Queue.offer(bell, undefined)),
    hurry: (provider) =>
      store.hurry(provider).pipe(
        Effect.andThen(Queue.offer(bell, undefined)),
        Effect.asVoid,
        Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      ),
  })
})
