/**
 * A merchant's webhook endpoint that answers what it is told.
 */
import { Effect, Schedule } from "effect"
import * as Answer from "../../src/Answer.ts"
import * as Emulator from "../../src/Emulator.ts"
import type { Entry } from "../../src/Journal.ts"

export const make = Effect.gen(function* () {
  let status = 200
  const running = yield* Emulator.serve({
    name: "merchant",
    routes: [Emulator.route("POST", "/hook", () => Effect.sync(() => Answer.empty(status)))],
    notFound: () => Effect.succeed(Answer.empty(404)),
    errorAnswer: (code) => Effect.succeed(Answer.empty(code)),
  })
  const received = Effect.map(running.journal.requests, (all) => all.filter((entry) => entry.route === "POST /hook"))
  return {
    running,
    url: `${running.url}/hook`,
    /** What comes next is answered with this status. */
    answer: (next: number) =>
      Effect.sync(() => {
        status = next
      }),
    received,
    /** The parsed bodies, in the order they came. */
    bodies: Effect.map(received, (all) => all.map((entry) => JSON.parse(entry.body))),
    /** Waits until there are at least so many. */
    atLeast: (count: number): Effect.Effect<ReadonlyArray<Entry>> =>
      received.pipe(
        Effect.filterOrFail(
          (all) => all.length >= count,
          () => "not yet" as const,
        ),
        Effect.retry({ times: 300, schedule: every }),
        Effect.orDie,
      ),
  }
})

const every = Schedule.spaced("10 millis")
