/**
 * Follows the money: the buyer's return, a webhook and the sweep are only reasons to look at a session. What the
 * provider says then goes through the one reducer, and what follows from it is done under keys that make it safe to
 * repeat. The session's row is the job: it stays due until it is over, whoever dies.
 */
import { type Checkout, type Id, Ledger, type ProviderName, Timestamp, Tracing } from "@payment-orchestrator/domain"
import { Context, Duration, Effect, Layer, Option, Queue, Schedule } from "effect"
import * as SessionLooks from "./internal/SessionLooks.ts"
import { leaseMillis, type Trouble } from "./internal/SessionLooks.ts"
import { type DueSession, LedgerStore } from "./LedgerStore.ts"
import type { StorageError } from "./StorageError.ts"

export { leaseMillis, type Trouble } from "./internal/SessionLooks.ts"

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
   * be looked at. Where somebody waits for it, at most `within`, money that is being taken then is waited for, too, whoever
   * has begun to take it: a webhook's look may be a moment ahead of the buyer.
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
  /** The sweep at the start and every five seconds, at once when something has become due, and what is handed over. */
  readonly run: Effect.Effect<never>
  /**
   * Hands over sessions that were leased for `leaseMillis`, to be looked at in a moment. More than can be are left to the
   * sweep, which takes them when their lease is over.
   */
  readonly proceed: (sessions: ReadonlyArray<DueSession>) => Effect.Effect<void>
  /**
   * Somebody asks how a checkout is: what may still be paid is looked at, though each session at most once in 15 s, and
   * nobody waits for it.
   */
  readonly asked: (checkoutId: Id.CheckoutId) => Effect.Effect<void>
  /** The same for the session of one attempt. */
  readonly askedByAttempt: (attemptId: Id.AttemptId) => Effect.Effect<void>
  /** The provider is there again: its money that is being taken does not wait for its next turn. */
  readonly hurry: (provider: ProviderName.ProviderName) => Effect.Effect<void>
}

export interface Expired {
  readonly status: Checkout.CheckoutStatus
  /** Epoch milliseconds. */
  readonly payableUntil: Option.Option<number>
}

const atOnce = 8
/** As many as are looked at before their lease is over. */
const handedOver = 256
/** A capture is over in a moment as a rule; while a provider is down, those who wait are many. */
const untilTakenEvery = Schedule.min([Schedule.exponential("50 millis", 1.5), Schedule.spaced("1 second")])
/** One look for whoever asks in this time. */
const askedEveryMillis = 15_000

export class Settlement extends Context.Service<Settlement, Service>()("@payment-orchestrator/payments/Settlement") {
  static readonly layer = Layer.effect(
    Settlement,
    Effect.suspend(() => make),
  )
}

const make = Effect.gen(function* () {
  const store = yield* LedgerStore
  const bell = yield* Queue.sliding<void>(1)
  const handed = yield* Queue.dropping<DueSession>(handedOver)
  const wake = Queue.offer(bell, undefined)
  const { follow, settle, settleOnce, withdraw } = yield* SessionLooks.make(wake)

  const untilTaken = (checkoutId: Id.CheckoutId) =>
    Effect.repeat(store.transact(checkoutId, Ledger.unchanged), {
      schedule: untilTakenEvery,
      while: Option.exists(({ state }: Ledger.Step) => Ledger.isBeingTaken(state)),
    })

  const settleCheckout: Service["settleCheckout"] = Effect.fnUntraced(
    function* (checkoutId, within) {
      const startedAt = yield* Timestamp.now
      const sessions = yield* store.openSessions(checkoutId)
      const troubles = yield* Effect.forEach(sessions, (session) => settle(session, within), { concurrency: atOnce })
      if (within !== undefined && sessions.length > 0) {
        const left = startedAt + Duration.toMillis(Duration.fromInputUnsafe(within)) - (yield* Timestamp.now)
        yield* Effect.timeoutOption(untilTaken(checkoutId), Math.max(0, left))
      }
      return troubles.flatMap(Option.toArray)
    },
    Effect.catchTag("StorageError", (error) => Effect.as(Effect.logWarning(error.message), [error])),
  )

  const withdrawElsewhere: Service["withdrawElsewhere"] = Effect.fnUntraced(function* (checkoutId, within) {
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
  }, Tracing.span("Settlement.withdrawElsewhere"))

  const expire: Service["expire"] = Effect.fnUntraced(function* (checkoutId) {
    yield* settleCheckout(checkoutId)
    const sessions = yield* store.openSessions(checkoutId)
    const step = yield* store.transact(checkoutId, Ledger.expire, { askedFor: "checkout.expire" })
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
  }, Tracing.span("Settlement.expire"))

  const sweep: Effect.Effect<number, StorageError> = Effect.gen(function* () {
    const due = yield* store.takeDue(atOnce, leaseMillis)
    yield* Effect.forEach(due, (session) => settle(session), { concurrency: atOnce, discard: true })
    return due.length < atOnce ? due.length : due.length + (yield* sweep)
  })

  const proceed: Service["proceed"] = (sessions) => Effect.asVoid(Queue.offerAll(handed, sessions))

  const ask = (of: Parameters<(typeof store)["takeAsked"]>[0]) =>
    store.takeAsked(of, askedEveryMillis, leaseMillis).pipe(
      Effect.flatMap(proceed),
      Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    )

  const sweeping = sweep.pipe(
    Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
    Effect.andThen(Effect.timeoutOption(Queue.take(bell), "5 seconds")),
    Effect.forever,
  )
  const looking = Effect.forever(Effect.flatMap(Queue.take(handed), (session) => settle(session)))

  return Settlement.of({
    settle,
    lookAt: settleOnce,
    settleCheckout,
    withdrawElsewhere,
    expire,
    sweep,
    run: Effect.raceAll([sweeping, ...Array.from({ length: atOnce }, () => looking)]),
    proceed,
    asked: (checkoutId) => ask({ checkoutId }),
    askedByAttempt: (attemptId) => ask({ attemptId }),
    hurry: (provider) =>
      store.hurry(provider).pipe(
        Effect.andThen(wake),
        Effect.asVoid,
        Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      ),
  })
})
