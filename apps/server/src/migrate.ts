/** `pnpm migrate`: brings the database of `DATABASE_URL` to this version. The server does the same when it starts. */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Database, Migrations } from "@payment-orchestrator/storage"
import { Console, Effect, Layer } from "effect"
import * as EnvProvider from "./EnvProvider.ts"

const program = Effect.gen(function* () {
  const steps = yield* Migrations.migrate
  yield* Console.log(steps.length === 0 ? "nothing to do" : `done: ${steps.join(", ")}`)
}).pipe(
  Effect.provide(
    Database.layer({ exclusive: false }).pipe(Layer.provide(EnvProvider.layer), Layer.provide(NodeServices.layer)),
  ),
  Effect.catch((error) => Effect.andThen(Console.error(error.message), Effect.fail(error))),
)

NodeRuntime.runMain(program, { disableErrorReporting: true })
