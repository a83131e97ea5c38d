/**
 * `CircuitStore` on SQL: a restart remembers, and replicas agree, one step of a lane at a time under its row's lock. A
 * checkout waits for it, so a database that does not answer within a second counts as unreachable; circuits then go on
 * in memory.
 */
import { CircuitStore } from "@payment-orchestrator/core"
import type { StorageError } from "@payment-orchestrator/payments"
import { Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as CircuitRows from "./internal/CircuitRows.ts"
import * as Failure from "./internal/Failure.ts"

const answerWithin = Duration.seconds(1)

const make = Effect.map(SqlClient.SqlClient, (sql) => {
  const soon = <A>(effect: Effect.Effect<A, StorageError>) =>
    effect.pipe(
      Effect.provideService(Failure.AnswerWithin, answerWithin),
      Effect.mapError(() => new CircuitStore.StoreUnreachable()),
    )
  return CircuitStore.CircuitStore.of({
    load: soon(Failure.storing("read the circuits")(CircuitRows.all(sql))),
    change: (key, step) => soon(Failure.transaction(sql, "change a circuit")(CircuitRows.change(sql, key, step))),
  })
})

export const layer: Layer.Layer<CircuitStore.CircuitStore, never, SqlClient.SqlClient> = Layer.effect(
  CircuitStore.CircuitStore,
  make,
)
