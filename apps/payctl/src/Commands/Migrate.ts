/** `payctl migrate`: brings the database of `DATABASE_URL` to this version. */
import { Console, Effect, Schema } from "effect"
import { Command } from "effect/cli"
import { Failure } from "../Failure.ts"
import * as Output from "../Output.ts"

const Steps = Schema.Struct({ done: Schema.Array(Schema.String) })

export const migrate = Command.make(
  "migrate",
  {},
  Effect.fn(function* () {
    const { run } = yield* Effect.promise(() => import("../Doctor/Migration.ts"))
    const done = yield* Effect.mapError(run, ({ message }) => new Failure({ why: "failed", detail: message }))
    if (!(yield* Output.Json))
      yield* Console.error(done.length === 0 ? "the database is as new as this version" : "done:")
    yield* Output.done(Steps, { done }, done.join("\n"))
  }),
).pipe(
  Command.withDescription("Brings the database of DATABASE_URL to this version; the server does so at its start too"),
)
