/** A worker that sweeps what is due: at the start and every five seconds, and at once when it is woken. */
import { Effect, Queue } from "effect"
import type { StorageError } from "./StorageError.ts"

export interface Sweeper {
  /** Something has become due: the sweep does not wait for its turn. */
  readonly wake: Effect.Effect<void>
  /** Sweeps without end. A database that cannot be reached is tried again at the next turn. */
  readonly run: (sweep: Effect.Effect<unknown, StorageError>) => Effect.Effect<never>
}

export const make: Effect.Effect<Sweeper> = Effect.map(Queue.sliding<void>(1), (bell) => ({
  wake: Effect.asVoid(Queue.offer(bell, undefined)),
  run: (sweep) =>
    sweep.pipe(
      Effect.catchTag("StorageError", (error) => Effect.logWarning(error.message)),
      Effect.andThen(Effect.timeoutOption(Queue.take(bell), "5 seconds")),
      Effect.forever,
    ),
}))

/** Takes what is due, a handful at a time, until nothing is left; answers how many. */
export const drain = <A>(
  take: (limit: number) => Effect.Effect<ReadonlyArray<A>, StorageError>,
  proceed: (taken: A) => Effect.Effect<void>,
): Effect.Effect<number, StorageError> =>
  Effect.gen(function* () {
    const due = yield* take(atOnce)
    yield* Effect.forEach(due, proceed, { concurrency: atOnce, discard: true })
    return due.length < atOnce ? due.length : due.length + (yield* drain(take, proceed))
  })

const atOnce = 8
