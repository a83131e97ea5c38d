/** A process that opens the file it is given as a server does, records a checkout, says its id, and stays. */
import { Database, Storage } from "@payment-orchestrator/storage"
import { Console, Effect, Logger } from "effect"
import * as Sample from "../Sample.ts"

const [, , filename = ""] = process.argv

const program = Effect.gen(function* () {
  const checkout = yield* Sample.shown()
  yield* Console.log(checkout.id)
  yield* Effect.sleep("1 minute")
}).pipe(
  Effect.provide(Storage.layerOver(Database.layerSqlite(filename))),
  Effect.catch((error) => Console.log(error.message)),
)

await Effect.runPromise(Effect.provide(program, Logger.layer([])))
