/** What is no longer wanted ends at once, on the wire too. */
import { Duration, Effect, Fiber } from "effect"
import * as Check from "../Check.ts"
import type { Harness, ScriptedFault } from "../Harness.ts"
import * as Life from "./Life.ts"

const group = "interruption"

/** Connections of this process that something still waits on. */
const connections = Effect.sync(
  () => process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length,
)

const interrupted = (harness: Harness, name: string, fault: ScriptedFault): Check.Check => ({
  group,
  name,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const { backend, provider } = made
    const request = yield* Life.anyOrder(harness, made)
    yield* backend.script(fault)
    const fiber = yield* Effect.forkDetach(provider.createCheckoutSession(request))
    yield* Check.eventually(backend.createCalls, (count) => count === 1, "the request must reach the back end")
    // long enough for the beginning of a body to arrive
    yield* Effect.sleep("50 millis")
    const poll = fiber.pollUnsafe()
    yield* Check.that(poll === undefined, "the call must still be waiting for its answer", poll)
    const before = yield* connections
    yield* Check.within(Fiber.interrupt(fiber), Duration.seconds(1), "an interruption")
    yield* Check.eventually(connections, (count) => count < before, "the request's connection must be closed")
    if (backend.abortedCalls !== undefined) {
      yield* Check.eventually(
        backend.abortedCalls,
        (count) => count >= 1,
        "the back end must see the connection closed",
      )
    }
    yield* Check.equal(yield* backend.createCalls, 1, "create requests at the back end")
    yield* backend.heal
    yield* Check.succeeds(
      Effect.flatMap(Life.anyOrder(harness, made), provider.createCheckoutSession),
      "the next call, after an interrupted one,",
    )
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  interrupted(harness, "interrupting a call that gets no answer ends its request within a second", { _tag: "Hang" }),
  interrupted(harness, "F4: interrupting a call in the middle of a body ends its request within a second", {
    _tag: "StallBody",
  }),
]
