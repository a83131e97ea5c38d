/** Lost answers and repeated orders: the same attempt must never become two sessions where the provider keeps keys. */
import { Effect, Option } from "effect"
import { Money, PaymentProvider } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, ScriptedFault } from "../Harness.ts"
import * as Life from "./Life.ts"
import { deadline } from "./Provoke.ts"

const group = "repeated orders and lost answers"

const repeated = (harness: Harness): Check.Check => ({
  group,
  name: "the same attempt twice gives the same session if idempotentCreate says so, else two",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const { backend, provider } = made
    const request = yield* Life.anyOrder(harness, made)
    const first = yield* Check.succeeds(provider.createCheckoutSession(request), "the first order")
    const second = yield* Check.succeeds(provider.createCheckoutSession(request), "the same order again")
    const { idempotentCreate } = provider.capabilities
    yield* Check.equal(first.sessionId === second.sessionId, idempotentCreate, "whether both are one session")
    yield* Check.equal(yield* backend.sessionCount, idempotentCreate ? 1 : 2, "sessions at the back end")
  }),
})

const reused = (harness: Harness): Check.Check => ({
  group,
  name: "F8: the same attempt with another amount is never answered with a session of the first one",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const { backend, provider } = made
    yield* Life.needsMode(made, "payment")
    if (!provider.capabilities.idempotentCreate) return yield* Check.skip("this provider keeps no keys on creates")
    const request = yield* Life.order(harness, made, "payment")
    yield* Check.succeeds(provider.createCheckoutSession(request), "the first order")
    const error = yield* Check.fails(
      provider.createCheckoutSession({
        ...request,
        money: Option.map(request.money, (money) => Money.make(money.amount * 2, money.currency)),
      }),
      "the same key with another amount",
    )
    yield* Check.that(
      error.reason === "key_reused" || error.reason === "bad_response",
      "it must be told as key_reused, or found by the echoed amount",
      error,
    )
    yield* Check.equal(yield* backend.sessionCount, 1, "sessions at the back end")
  }),
})

interface Loss {
  readonly name: string
  readonly fault: ScriptedFault
}

const losses: ReadonlyArray<Loss> = [
  { name: "F2: a session whose answer never came", fault: { _tag: "Hang" } },
  { name: "F3: a session that was answered 500", fault: { _tag: "Status", status: 500 } },
  { name: "F4: a session whose answer was cut", fault: { _tag: "CutBody" } },
  { name: "F5: a session whose answer was empty", fault: { _tag: "EmptyBody" } },
]

const lost = (harness: Harness, loss: Loss): Check.Check => ({
  group,
  name: `${loss.name} is an unknown outcome, and is found by its attempt if findByAttempt says so`,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const { backend, provider } = made
    const request = yield* Life.anyOrder(harness, made)
    yield* backend.script(loss.fault, { times: 1, apply: true })
    const call = provider.createCheckoutSession(request)
    const error = yield* Check.fails(
      loss.fault._tag === "Hang" ? Effect.provideService(call, PaymentProvider.CallTimeout, deadline) : call,
      "a call whose answer is lost",
    )
    yield* Check.equal(error.outcome, "unknown", "the outcome")
    yield* Check.eventually(backend.sessionCount, (count) => count === 1, "the back end must have opened the session")
    yield* backend.heal
    const found = yield* Effect.result(Life.byAttempt(made, request))
    if (!provider.capabilities.findByAttempt) {
      return yield* Check.that(
        found._tag === "Failure" ? found.failure._tag === "PermanentPaymentError" : Option.isNone(found.success),
        "without findByAttempt the look-up must find nothing, or say not_supported",
        found,
      )
    }
    if (found._tag === "Failure") return yield* Check.fail("the look-up must succeed", found.failure)
    if (Option.isNone(found.success)) return yield* Check.fail("the lost session must be found")
    yield* Check.equal(found.success.value.attemptId, Option.some(request.attemptId), "the attempt of what was found")
    yield* Check.equal(yield* backend.sessionCount, 1, "sessions at the back end")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  repeated(harness),
  reused(harness),
  ...losses.map((loss) => lost(harness, loss)),
]
