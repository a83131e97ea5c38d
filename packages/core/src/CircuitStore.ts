/**
 * Where circuits and holds are kept: the port behind `Circuits`. In memory here; a service with a database brings its
 * own, so that a restart remembers and replicas agree.
 */
import { Context, Effect, Layer, Schema } from "effect"
import * as Circuit from "./Circuit.ts"
import * as Holds from "./Holds.ts"

/** What is kept of one lane. Holds are kept beside the circuit of opening sessions. */
export interface Row {
  readonly circuit: Circuit.Circuit
  readonly holds: Holds.Holds
}

/** A lane of which nothing is known. */
export const initial: Row = { circuit: Circuit.initial, holds: Holds.none }

/** What becomes of a row, and what is answered. The same row back: nothing is written. Pure; may be run more than once. */
export type Step<A, S = Row> = (before: S) => readonly [answer: A, after: S]

/** A step of the circuit alone. */
export const onCircuit =
  <A>(step: Step<A, Circuit.Circuit>): Step<A> =>
  (row) => {
    const [answer, circuit] = step(row.circuit)
    return [answer, circuit === row.circuit ? row : { ...row, circuit }]
  }

/** A step of the holds alone. */
export const onHolds =
  <A>(step: Step<A, Holds.Holds>): Step<A> =>
  (row) => {
    const [answer, holds] = step(row.holds)
    return [answer, holds === row.holds ? row : { ...row, holds }]
  }

/** Where circuits are kept cannot be reached; what is known in this process goes on. */
export class StoreUnreachable extends Schema.TaggedError<StoreUnreachable>()("StoreUnreachable", {}) {
  override readonly message = "the store of the circuits cannot be reached"
}

export interface Service {
  /** Everything that is kept, by `Lane.key`. Must answer soon: a checkout waits for it. */
  readonly load: Effect.Effect<ReadonlyMap<string, Row>, StoreUnreachable>
  /** One step of one lane, by its key: nobody else changes it meanwhile. */
  readonly change: <A>(key: string, step: Step<A>) => Effect.Effect<A, StoreUnreachable>
}

export class CircuitStore extends Context.Service<CircuitStore, Service>()("@payment-orchestrator/core/CircuitStore") {}

/** Kept in the process's memory: lost with it, and not shared between processes. */
export const makeMemory: Effect.Effect<Service> = Effect.sync(() => {
  const rows = new Map<string, Row>()
  return {
    load: Effect.sync(() => new Map(rows)),
    change: (key, step) =>
      Effect.sync(() => {
        const [answer, next] = step(rows.get(key) ?? initial)
        rows.set(key, next)
        return answer
      }),
  }
})

export const layerMemory: Layer.Layer<CircuitStore> = Layer.effect(CircuitStore, makeMemory)
