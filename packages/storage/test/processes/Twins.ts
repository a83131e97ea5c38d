/** A process that migrates the file it is given, claims one key 25 times at once, and says how often it was first. */
import { CheckoutStore } from "@payment-orchestrator/payments"
import { Database, Storage } from "@payment-orchestrator/storage"
import { Console, Effect, Logger, Option } from "effect"
import * as Sample from "../Sample.ts"

const [, , filename = ""] = process.argv

const program = Effect.gen(function* () {
  const store = yield* CheckoutStore.CheckoutStore
  const claims = yield* Effect.all(
    Array.from({ length: 25 }, () =>
      Effect.flatMap(Sample.opening(), (opening) =>
        store.claim(opening, Option.some(Sample.claimant()), Sample.takeOverAfterMillis),
      ),
    ),
    { concurrency: "unbounded" },
  )
  yield* Console.log(claims.map(({ _tag }) => _tag).join(" "))
}).pipe(Effect.provide(Storage.layerOver(Database.layerSqlite(filename, { exclusive: false }))))

await Effect.runPromise(Effect.provide(program, Logger.layer([])))
