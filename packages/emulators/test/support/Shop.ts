/** A merchant's end of the webhooks, for the tests of every stand-in. */
import { Effect, Schedule } from "effect"
import * as Answer from "../../src/Answer.ts"
import * as Emulator from "../../src/Emulator.ts"

/** A shop whose `/hook` answers with the statuses of `script`, then 200. */
export const shop = (script: ReadonlyArray<number> = []) => {
  const left = [...script]
  return Emulator.serve({
    name: "shop",
    routes: [Emulator.route("POST", "/hook", () => Effect.sync(() => Answer.empty(left.shift() ?? 200)))],
    notFound: () => Effect.succeed(Answer.empty(404)),
    errorAnswer: (status) => Effect.succeed(Answer.empty(status)),
  })
}

/** Waits until `ready` is true, at most 5 seconds. */
export const until = (ready: Effect.Effect<boolean>) =>
  Effect.suspend(() => ready).pipe(
    Effect.flatMap((done) => (done ? Effect.void : Effect.fail("not yet"))),
    Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ times: 250 }))),
    Effect.orDie,
  )
