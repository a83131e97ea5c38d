/** Effect's `CircuitBreakerStore` over a `Mirror`: the steps of `Circuit`, written only when they change something. */
import { Timestamp } from "@payment-orchestrator/domain"
import { Duration, Effect, Schedule } from "effect"
import { CircuitBreaker } from "effect/persistence"
import * as Circuit from "../Circuit.ts"
import * as CircuitStore from "../CircuitStore.ts"
import type { Mirror } from "./Mirror.ts"

type Store = CircuitBreaker.CircuitBreakerStore["Service"]

const renewEvery = Duration.millis(Circuit.leaseMillis / 3)

const rejected = (reason: CircuitBreaker.CircuitBreakerErrorReason) =>
  Effect.fail(new CircuitBreaker.CircuitBreakerError({ reason }))

export const make = (mirror: Mirror): Store => {
  const change = <A>(key: string, step: CircuitStore.Step<A, Circuit.Circuit>) =>
    mirror.change(key, CircuitStore.onCircuit(step))

  const renewing = (key: string, generation: number) =>
    Effect.flatMap(Timestamp.now, (now) =>
      change(key, (circuit) => [undefined, Circuit.renew(circuit, generation, now)]),
    ).pipe(Effect.delay(renewEvery), Effect.repeat(Schedule.forever))

  return {
    admit: Effect.fnUntraced(function* (key) {
      const now = yield* Timestamp.now
      const admission = yield* change(key, (circuit) => Circuit.admit(circuit, now))
      switch (admission._tag) {
        case "Open": {
          const retryAfter = Duration.millis(admission.retryAfterMillis)
          return yield* rejected(new CircuitBreaker.CircuitOpen({ key, retryAfter }))
        }
        case "Probing":
          return yield* rejected(new CircuitBreaker.CircuitHalfOpen({ key }))
        case "Admitted": {
          const { generation, moved, openings, probe } = admission
          if (probe) {
            yield* renewing(key, generation).pipe(Effect.interruptible, Effect.forkScoped)
          }
          return {
            generation,
            probe,
            consecutiveOpenings: openings,
            transition: moved ? { key, from: "Open", to: "HalfOpen" } : undefined,
          } satisfies CircuitBreaker.Admission
        }
      }
    }),
    record: Effect.fnUntraced(function* ({ generation, key, openFor, outcome, tripPolicy }) {
      if (tripPolicy._tag === "Rate") {
        const message = "only failures in a row are counted here"
        return yield* rejected(new CircuitBreaker.CircuitBreakerStoreError({ message }))
      }
      const now = yield* Timestamp.now
      const openForMillis = Math.ceil(Duration.toMillis(openFor))
      const result = { generation, outcome, failures: tripPolicy.failures, openForMillis }
      return yield* change(key, (circuit): readonly [CircuitBreaker.Transition | undefined, Circuit.Circuit] => {
        const next = Circuit.record(circuit, result, now)
        return [transition(key, circuit, next), next]
      })
    }),
    state: Effect.fnUntraced(function* (key) {
      const now = yield* Timestamp.now
      const { circuit } = yield* mirror.look(key)
      const { isBlocked, millis } = Circuit.blocked(circuit, now)
      const consecutiveOpenings = circuit.openings
      switch (circuit.state) {
        case "closed":
          return { _tag: "Closed", key }
        case "open":
          return { _tag: "Open", key, retryAfter: Duration.millis(millis), consecutiveOpenings }
        case "half_open":
          return { _tag: "HalfOpen", key, probing: isBlocked, consecutiveOpenings }
      }
    }),
  }
}

const transition = (
  key: string,
  before: Circuit.Circuit,
  after: Circuit.Circuit,
): CircuitBreaker.Transition | undefined => {
  if (after.state === "open" && before.state !== "open") {
    const from = before.state === "closed" ? "Closed" : "HalfOpen"
    const retryAfter = Duration.millis(after.openFor)
    return { key, from, to: "Open", retryAfter, consecutiveOpenings: after.openings }
  }
  return before.state === "half_open" && after.state === "closed" ? { key, from: "HalfOpen", to: "Closed" } : undefined
}
