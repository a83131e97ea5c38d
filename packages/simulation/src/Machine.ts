/** Where the database is: in memory, or in a file that outlives a power cut. */
import { Database, Storage } from "@payment-orchestrator/storage"
import { type Context, Effect, Exit, Latch, Layer, Scope } from "effect"
import type { VirtualTime } from "./VirtualTime.ts"

export interface Machine {
  /** The database as it is reached now; waits while there is none. */
  readonly storage: Effect.Effect<Context.Context<Storage.Storage>>
  /** The connection ends at once; after so many milliseconds the file is opened again. */
  readonly cut: (millis: number) => Effect.Effect<void>
}

export const make = Effect.fnUntraced(function* (time: VirtualTime, file: string | undefined) {
  const world = yield* Effect.scope
  const running = yield* Latch.make(false)
  const layer = () =>
    file === undefined
      ? Storage.layerMemory
      : Layer.fresh(Storage.layerOver(Database.layerSqlite(file, { exclusive: false, durable: false })))

  const open = Effect.gen(function* () {
    const scope = yield* Scope.fork(world)
    const storage = yield* time.outside(Effect.orDie(Layer.buildWithScope(layer(), scope)))
    yield* running.open
    return { scope, storage }
  })
  let current = yield* open

  const machine: Machine = {
    storage: Effect.andThen(
      running.await,
      Effect.sync(() => current.storage),
    ),
    cut: Effect.fnUntraced(function* (millis) {
      yield* running.close
      yield* Scope.close(current.scope, Exit.void)
      yield* Effect.sleep(millis)
      current = yield* open
    }),
  }
  return machine
})
