/** A look at one session and what follows from it: money that was approved is taken, pages in the way are withdrawn. */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import { Ledger, PaymentError, type Session, Timestamp } from "@payment-orchestrator/domain"
import { Duration, Effect, Option, Result } from "effect"
import * as Clearing from "../Clearing.ts"
import { type DueSession, LedgerStore } from "../LedgerStore.ts"
import * as Metrics from "../Metrics.ts"
import * as Rhythm from "../Rhythm.ts"
import * as Sight from "../Sight.ts"
import type { StorageError } from "../StorageError.ts"
import { Traces } from "../Traces.ts"

/** Why a session could not be looked at. */
export type Trouble = PaymentError.PaymentError | OrchestratorError.UnknownProvider | StorageError

/** A process that looks holds the session for so long; then somebody else may take it. */
export const leaseMillis = 30_000

/** A provider that we do not ask, because it is given time to recover, may be asked again after so long at most. */
const heldBackMillis = 30_000

/** `wake` is told when a session has become due. */
export const make = Effect.fnUntraced(function* (wake: Effect.Effect<unknown>) {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* LedgerStore
  const traces = yield* Traces

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
      const at = ours ? 0 : yield* Timestamp.now
      const step = yield* store.transact(session.checkoutId, (state) => Ledger.withdrawn(state, session.sessionId, at))
      const status = Option.flatMap(step, ({ state }) => Rhythm.statusOf(state, session))
      if (!ours && Option.contains(status, "withdrawn")) yield* store.leave(session)
    }
    if (result === "being_paid") yield* store.makeDue(session)
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

  /** The buyer has paid on another page: nothing is taken here, but what was, or is under way, must become known. */
  const spare = Effect.fnUntraced(function* (session: DueSession) {
    const own = yield* find(session)
    return own.state === "approved"
      ? yield* store.transact(session.checkoutId, (state) => Ledger.spared(state, session.sessionId))
      : yield* apply(session, own)
  })

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
        return yield* store.transact(checkoutId, Ledger.unchanged)
      }
    }
    const now = yield* Timestamp.now
    const step = yield* store.transact(checkoutId, (state) => Ledger.taking(state, sessionId, now))
    const status = Option.flatMap(step, ({ state }) => Rhythm.statusOf(state, session))
    if (!Option.contains(status, "completing")) return step
    const elsewhere = Option.exists(step, ({ state }) => Ledger.hasPaidElsewhere(state, sessionId))
    return yield* elsewhere ? spare(session) : take(session)
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
        return store.makeDue(command).pipe(
          Effect.andThen(wake),
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

  /** Looks, and writes what was seen together with when to look again. */
  const look = Effect.fnUntraced(function* (session: DueSession) {
    const snapshot = yield* find(session)
    const now = yield* Timestamp.now
    const over = snapshot.state === "expired"
    const held = Option.some(now + leaseMillis)
    const isTaken = ({ commands }: Ledger.Step) =>
      commands.some((command) => command._tag === "Complete" && command.sessionId === session.sessionId)
    const next = (step: Ledger.Step) => (isTaken(step) ? held : Rhythm.next(session, step.state, now, over))
    const startedAt = snapshot.fetchStartedAt
    const step = yield* store.transact(session.checkoutId, (state) => Ledger.apply(state, snapshot), {
      look: { session, startedAt, next },
    })
    return { step, session: { ...session, dueAt: held } }
  })

  /** Takes approved money, and writes when to look again. */
  const proceedTaking = Effect.fnUntraced(function* (session: DueSession) {
    const startedAt = yield* Timestamp.now
    const step = yield* complete(session)
    const now = yield* Timestamp.now
    const next = ({ state }: Ledger.Step) => Rhythm.next(session, state, now, false)
    yield* store.transact(session.checkoutId, Ledger.unchanged, { look: { session, startedAt, next } })
    return { step, session }
  })

  const settleOnce = Effect.fnUntraced(function* (taken: DueSession) {
    const { session, step } = yield* taken.status === "completing" ? proceedTaking(taken) : look(taken)
    if (Option.isNone(step)) return
    yield* followAll(session, step)
    const now = yield* Timestamp.now
    if (now < session.checkoutExpiresAt || step.value.state.status !== "open") return
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

  return { settle, settleOnce, withdraw, follow }
})
