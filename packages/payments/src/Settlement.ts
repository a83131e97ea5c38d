/**
 * Follows the money: the buyer's return, a webhook and the sweep are only reasons to look at a session. What the
 * provider says then goes through the one reducer, and what follows from it is done under keys that make it safe to
 * repeat. The session's row is the job: it stays due until it is over, whoever dies.
 */
import { type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import {
  type Checkout,
  type CheckoutRequest,
  type Id,
  Ledger,
  PaymentError,
  type ProviderName,
  type Session,
  Timestamp,
} from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Layer, Option, Queue, Result } from "effect"
import { type DueSession, LedgerStore } from "./LedgerStore.ts"
import type { StorageError } from "./StorageError.ts"

export interface Service {
  /** Looks at one session and does what follows. Never fails: what could not be done stays due. */
  readonly settle: (session: DueSession) => Effect.Effect<void>
  /** Looks at one session and does what follows; what could not be done is for the caller to do again. */
  readonly lookAt: (session: DueSession) => Effect.Effect<void, LookError>
  /** Looks at every open session of a checkout: what the buyer's return asks for. */
  readonly settleCheckout: (checkoutId: Id.CheckoutId) => Effect.Effect<void>
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

/** Why a look came to nothing. */
export type LookError = PaymentError.PaymentError | OrchestratorError.UnknownProvider | StorageError

export interface Expired {
  readonly status: Checkout.CheckoutStatus
  /** Epoch milliseconds. */
  readonly payableUntil: Option.Option<number>
}

/** Looks at a page that the buyer may have paid: 10 s, 30 s, 1, 2, 5, 15 min after it was shown, then hourly. */
const payable = ["10 seconds", "30 seconds", "1 minute", "2 minutes", "5 minutes", "15 minutes"] as const
/**
 * The same for the page of a subscription, of which not every provider tells: 10 s, 1, 2, 5, 10, 20, 40, 80 min after it
 * was shown, hourly for a day, daily for a month; then only a webhook makes it worth another look.
 */
const subscribing = [
  "10 seconds",
  "50 seconds",
  "1 minute",
  "3 minutes",
  "5 minutes",
  "10 minutes",
  "20 minutes",
  "40 minutes",
  ...Array.from({ length: 24 }, () => "1 hour" as const),
  ...Array.from({ length: 30 }, () => "1 day" as const),
] as const
/** Takes of approved money: after 5, 10, 20, 30 s, then every 60 s. */
const completing = ["5 seconds", "10 seconds", "20 seconds", "30 seconds"] as const

/** How long until the next look, by what the session is and how often it was looked at. */
export const nextLook = (
  status: Ledger.SessionStatus,
  looks: number,
  mode: CheckoutRequest.Mode = "payment",
): Option.Option<Duration.Duration> => {
  switch (status) {
    case "payable":
      return mode === "subscription"
        ? Option.map(Option.fromUndefinedOr(subscribing[looks]), Duration.fromInputUnsafe)
        : Option.some(Duration.fromInputUnsafe(payable[looks] ?? "1 hour"))
    case "completing":
      return Option.some(Duration.fromInputUnsafe(completing[looks] ?? "1 minute"))
    case "completed":
    case "withdrawn":
      return Option.none()
  }
}

/** A provider that we do not ask, because it is given time to recover, may be asked again after so long at most. */
const heldBackFor = Duration.seconds(30)

/** A process that looks holds the session for so long; then somebody else may take it. */
const leaseMillis = 30_000
const atOnce = 8

export class Settlement extends Context.Service<Settlement, Service>()("@payment-orchestrator/payments/Settlement") {
  static readonly layer = Layer.effect(
    Settlement,
    Effect.suspend(() => make),
  )
}

const statusOf = (state: Ledger.State, session: DueSession): Ledger.SessionStatus | undefined =>
  state.sessions.find(({ provider, sessionId }) => provider === session.provider && sessionId === session.sessionId)
    ?.status

/** A page that the provider no longer knows cannot be paid. */
const gone = (session: DueSession, fetchStartedAt: number): Session.SessionSnapshot => ({
  provider: session.provider,
  sessionId: session.sessionId,
  mode: session.mode,
  state: "expired",
  url: Option.none(),
  attemptId: Option.none(),
  payments: [],
  subscriptionId: Option.none(),
  expiresAt: Option.none(),
  fetchStartedAt,
  requestId: Option.none(),
  rawState: "not found",
})

const unchanged = (state: Ledger.State): Ledger.Step => ({ state, events: [], commands: [] })

const make = Effect.gen(function* () {
  const orchestrator = yield* PaymentOrchestrator
  const store = yield* LedgerStore
  const bell = yield* Queue.sliding<void>(1)

  const apply = (session: DueSession, snapshot: Session.SessionSnapshot) =>
    store.transact(session.checkoutId, (state) => Ledger.apply(state, snapshot))

  const find = Effect.fnUntraced(function* (session: DueSession) {
    const now = yield* Timestamp.now
    const found = yield* orchestrator.findSession(session)
    return Option.getOrElse(found, () => gone(session, now))
  })

  /** Looks, and applies what is seen. */
  const look = (session: DueSession) => Effect.flatMap(find(session), (snapshot) => apply(session, snapshot))

  /** Somebody else may have been paid since the buyer approved this page: a last look at every other one. */
  const paidElsewhere = Effect.fnUntraced(function* (session: DueSession) {
    const siblings = yield* store.openSessions(session.checkoutId)
    yield* Effect.forEach(
      siblings.filter(({ sessionId }) => sessionId !== session.sessionId),
      look,
      { discard: true },
    )
    const current = yield* store.transact(session.checkoutId, unchanged)
    return Option.exists(current, ({ state }) => Option.exists(state.paidBy, (payer) => payer !== session.sessionId))
  })

  /** Takes approved money. A refusal, a time-out and an unreadable answer end in a look, never in a guess. */
  const complete = Effect.fnUntraced(function* (session: DueSession) {
    const { approvals, checkoutId } = session
    if (yield* paidElsewhere(session)) {
      return yield* store.transact(checkoutId, (state) => Ledger.refused(state, session.sessionId))
    }
    const taken = yield* Effect.result(orchestrator.complete({ ...session, approval: approvals }))
    if (Result.isSuccess(taken)) return yield* apply(session, taken.success)
    const error = taken.failure
    if (error._tag !== "PermanentPaymentError") return yield* error
    yield* Effect.logWarning(`the money of ${checkoutId} was not taken: ${error.message}`)
    const snapshot = yield* find(session)
    const step = yield* apply(session, snapshot)
    return snapshot.state === "approved"
      ? yield* store.transact(checkoutId, (state) => Ledger.refused(state, session.sessionId))
      : step
  })

  const withdraw = Effect.fnUntraced(function* (
    session: Pick<DueSession, "checkoutId" | "provider" | "sessionId" | "mode">,
  ) {
    const result = yield* orchestrator.withdraw(session)
    if (result === "withdrawn") {
      yield* store.transact(session.checkoutId, (state) => Ledger.withdrawn(state, session.sessionId))
      yield* store.lookAgain(session, Option.none())
    }
  })

  const follow = (session: DueSession, command: Ledger.Command): Effect.Effect<void> => {
    switch (command._tag) {
      case "Complete":
        return settle({ ...session, ...command, status: "completing", approvals: command.approval, looks: 0 })
      case "Withdraw":
        return withdraw({ ...session, ...command }).pipe(
          Effect.catch((error) => Effect.logWarning(`a page could not be withdrawn: ${error.message}`)),
        )
      case "Duplicate":
        return Effect.logError(
          `SECOND PAYMENT: ${session.checkoutId} was paid already, and ${command.provider} has ${command.moneyId} too`,
        ).pipe(Effect.annotateLogs({ checkout_id: session.checkoutId, provider: command.provider }))
      case "Follow":
        // The subscription's own row is there and due since the transaction that brought this command.
        return Effect.void
    }
  }

  /** When to look again: by the session's state, and not after the checkout's own time is over. */
  const putOff = Effect.fnUntraced(function* (session: DueSession, status: Ledger.SessionStatus, looks: number) {
    const now = yield* Timestamp.now
    const at = Option.map(nextLook(status, looks, session.mode), (wait) => {
      const usual = now + Duration.toMillis(wait)
      return session.checkoutExpiresAt > now ? Math.min(usual, session.checkoutExpiresAt) : usual
    })
    yield* store.lookAgain(session, at)
  })

  const settleOnce = Effect.fnUntraced(function* (session: DueSession) {
    const step = yield* session.status === "completing" ? complete(session) : look(session)
    if (Option.isNone(step)) return
    const status = statusOf(step.value.state, session) ?? "withdrawn"
    yield* putOff(session, status, status === session.status ? session.looks + 1 : 0)
    yield* Effect.forEach(step.value.commands, (command) => follow(session, command), { discard: true })
    const now = yield* Timestamp.now
    if (now < session.checkoutExpiresAt || status !== "payable") return
    const expired = yield* store.transact(session.checkoutId, Ledger.expire)
    const commands = Option.match(expired, { onNone: () => [], onSome: ({ commands }) => commands })
    yield* Effect.forEach(commands, (command) => follow(session, command), { discard: true })
  })

  /** A look that did not take place is not counted, so that the next one is not the later for it. */
  const postpone = Effect.fnUntraced(function* (session: DueSession) {
    const usual = Option.getOrElse(nextLook(session.status, session.looks), () => heldBackFor)
    yield* store.postpone(session, (yield* Timestamp.now) + Duration.toMillis(Duration.min(usual, heldBackFor)))
  })

  const settle = (session: DueSession): Effect.Effect<void> =>
    settleOnce(session).pipe(
      Effect.catch((error) =>
        Effect.logWarning(`${session.checkoutId} could not be settled now: ${error.message}`).pipe(
          Effect.andThen(
            PaymentError.isPaymentError(error) && PaymentError.isHeldBack(error)
              ? postpone(session)
              : putOff(session, session.status, session.looks + 1),
          ),
          Effect.catchTag("StorageError", () => Effect.void),
        ),
      ),
      Effect.annotateLogs({ checkout_id: session.checkoutId, provider: session.provider }),
      Effect.withSpan("Settlement.settle", { attributes: { provider: session.provider } }),
    )

  const settleCheckout = (checkoutId: Id.CheckoutId) =>
    Effect.flatMap(store.openSessions(checkoutId), (sessions) =>
      Effect.forEach(sessions, settle, { concurrency: atOnce, discard: true }),
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
    yield* Effect.forEach(due, settle, { concurrency: atOnce, discard: true })
    return due.length < atOnce ? due.length : due.length + (yield* sweep)
  })

  return Settlement.of({
    settle,
    lookAt: settleOnce,
    settleCheckout: (checkoutId) =>
      Effect.catchTag(settleCheckout(checkoutId), "StorageError", (error) => Effect.logWarning(error.message)),
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
