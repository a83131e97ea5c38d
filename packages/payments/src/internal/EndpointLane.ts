/**
 * Serves one endpoint: what is due there is sent, some at once, as long as there is anything. How many at once grows with
 * every success and halves with failures, to no fewer than a few; while the endpoint fails it is one.
 */
import { Id, Timestamp } from "@payment-orchestrator/domain"
import { Effect, FiberSet, Option, Queue } from "effect"
import type { DeliveryStore, Due, Lane, Load, Try } from "../DeliveryStore.ts"

/** A lane is kept by renewing it; a process that was killed is succeeded after at most this. */
const leaseMillis = 8_000
const renewBefore = 6_000

const narrowest = 4
const widest = 16

/** Failing for less than this is a hiccup: the window alone answers it. */
const failingAfterMillis = 10_000

/** While something is being sent, what other processes made due is looked for so often. */
const lookEvery = "1 second"

export interface Surroundings {
  readonly store: DeliveryStore["Service"]
  readonly send: (load: Load, due: Due, isFailing: boolean, endpointId: Id.EndpointId) => Effect.Effect<Try>
  /** Ends once it is written. */
  readonly record: (one: Try) => Effect.Effect<void>
  /** Nothing more is begun once this is true. */
  readonly isStopping: () => boolean
}

export interface Options {
  readonly endpointId: Id.EndpointId
  /** Rings when something may have become due. */
  readonly bell: Queue.Queue<void>
  /** How long to wait for the bell when nothing is due. */
  readonly lingerMillis: number
}

/** Serves until nothing is due, or the lane is another process's. Answers how many tries were made. */
export const serve = Effect.fnUntraced(function* (
  { bell, endpointId, lingerMillis }: Options,
  { isStopping, record, send, store }: Surroundings,
) {
  const lane: Lane = { endpointId, holder: yield* Id.makeLinkToken }
  yield* Effect.addFinalizer(() => Effect.ignore(store.leave(lane)))
  const sending = yield* FiberSet.make<void>()
  const inFlight = new Set<Id.DeliveryId>()
  let window = narrowest
  let leaseEnds = 0
  let tries = 0

  const enter = Effect.gen(function* () {
    const now = yield* Timestamp.now
    if (now < leaseEnds - renewBefore) return true
    const entered = yield* store.enter(lane, leaseMillis)
    if (entered) leaseEnds = now + leaseMillis
    return entered
  })

  const isFailing = ({ failingSince }: Load) =>
    Effect.map(Timestamp.now, (now) => Option.exists(failingSince, (since) => now - since >= failingAfterMillis))

  const run = Effect.fnUntraced(function* (load: Load, due: Due, failing: boolean) {
    const one = yield* send(load, due, failing, endpointId)
    window =
      one.result._tag === "Succeeded" ? Math.min(widest, window + 1) : Math.max(narrowest, Math.floor(window / 2))
    yield* record(one)
  })

  const start = (load: Load, due: Due, failing: boolean) => {
    inFlight.add(due.id)
    tries += 1
    return FiberSet.run(
      sending,
      Effect.ensuring(
        run(load, due, failing),
        Effect.sync(() => {
          inFlight.delete(due.id)
          Queue.offerUnsafe(bell, undefined)
        }),
      ),
    )
  }

  /** Whether there is more to wait for. */
  const turn = Effect.gen(function* () {
    if (isStopping() || !(yield* enter)) return false
    // What ends while this reads is still read as due.
    const before = new Set(inFlight)
    const found = yield* store.load(lane, before.size + window)
    if (Option.isNone(found)) return false
    const load = found.value
    if (load.releasing) yield* store.release(endpointId)
    const failing = yield* isFailing(load)
    const room = Math.max(0, (failing ? 1 : window) - inFlight.size)
    const fresh = load.due.filter(({ id }) => !before.has(id)).slice(0, room)
    yield* Effect.forEach(fresh, (due) => start(load, due, failing), { discard: true })
    if (load.releasing) return true
    if (inFlight.size > 0) return yield* Effect.as(Effect.timeoutOption(Queue.take(bell), lookEvery), true)
    return lingerMillis > 0 && Option.isSome(yield* Effect.timeoutOption(Queue.take(bell), lingerMillis))
  })

  const ended = yield* Effect.exit(Effect.repeat(turn, { while: (goesOn) => goesOn }))
  yield* FiberSet.awaitEmpty(sending)
  yield* ended
  return tries
}, Effect.scoped)
