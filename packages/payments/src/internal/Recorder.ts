/** Writes what came of tries: whatever has gathered while the last write ran goes into the next one. */
import { EndpointUrl } from "@payment-orchestrator/domain"
import { Deferred, Effect, Queue, Schedule } from "effect"
import type { DeliveryStore, Try, Turn } from "../DeliveryStore.ts"

interface Waiting {
  readonly one: Try
  readonly written: Deferred.Deferred<void>
}

const atOnce = 256

/** For the people who watch the log; an endpoint that is dead is an alert. */
const announce = ({ at, endpointId, signal, url }: Turn) =>
  signal._tag === "Recovered" && signal.after === "outage"
    ? Effect.logInfo(
        `${endpointId} at ${EndpointUrl.hostOf(new URL(url))} takes events again, after ${Math.round((at - signal.since) / 1000)} s`,
      )
    : Effect.void

/** A function that ends once its try is written, or cannot be: then it is sent again. Lives as long as the scope. */
export const make = Effect.fnUntraced(function* (store: DeliveryStore["Service"]) {
  const queue = yield* Queue.bounded<Waiting>(4 * atOnce)

  const write = Effect.fnUntraced(function* (waiting: ReadonlyArray<Waiting>) {
    const turns = yield* store.record(waiting.map(({ one }) => one)).pipe(
      Effect.retry(Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 3 }))),
      Effect.catchTag("StorageError", (error) =>
        Effect.as(Effect.logWarning(`${waiting.length} deliveries will be sent again: ${error.message}`), []),
      ),
    )
    for (const turn of turns) yield* announce(turn)
  })

  yield* Queue.takeBetween(queue, 1, atOnce).pipe(
    Effect.flatMap((waiting) =>
      Effect.ensuring(
        write(waiting),
        Effect.forEach(waiting, ({ written }) => Deferred.succeed(written, undefined), { discard: true }),
      ),
    ),
    Effect.catchDefect((defect) => Effect.logError("the results of deliveries could not be written", defect)),
    Effect.forever,
    Effect.forkScoped,
  )

  return Effect.fnUntraced(function* (one: Try) {
    const written = yield* Deferred.make<void>()
    yield* Queue.offer(queue, { one, written })
    yield* Deferred.await(written)
  })
})
