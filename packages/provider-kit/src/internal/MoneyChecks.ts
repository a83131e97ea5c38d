/** Money that comes: only after approval, once, and exactly what was asked. */
import { Effect, Option } from "effect"
import { type CheckoutRequest, Currency } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "completing and withdrawing"

const opened = (harness: Harness, mode: CheckoutRequest.Mode) =>
  Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, mode)
    return yield* Life.open(harness, made, mode)
  })

const early = (harness: Harness): Check.Check => ({
  group,
  name: "completing a session that the buyer has not approved moves no money",
  run: Effect.gen(function* () {
    const session = yield* opened(harness, "payment")
    const { request, provider } = session
    const result = yield* Effect.result(
      provider.complete({ sessionId: session.session.sessionId, mode: request.mode, approval: 1 }),
    )
    if (result._tag === "Failure") {
      yield* Check.equal(result.failure._tag, "PermanentPaymentError", "the kind of the error, if it fails")
    } else {
      yield* Check.that(result.success.state !== "completed", "it must not be completed", result.success)
    }
    yield* Check.equal((yield* Life.find(session)).payments.length, 0, "payments")
  }),
})

const exact = (harness: Harness): Check.Check => ({
  group,
  name: "completing after approval gives one completed payment of exactly what was asked",
  run: Effect.gen(function* () {
    const completed = yield* Life.live(harness, "payment")
    const payment = yield* Life.payment(completed)
    yield* Check.equal(payment.state, "completed", "the state of the payment")
    yield* Check.equal(Option.some(payment.gross), completed.request.money, "the gross amount")
    yield* Check.that(payment.moneyId.length > 0, "the payment must have an id", payment)
    yield* Check.equal(completed.snapshot.attemptId, Option.some(completed.request.attemptId), "our attempt id")
    const found = yield* Life.find(completed)
    yield* Check.equal(found.state, "completed", "the state that findSession tells")
    yield* Check.equal(
      found.payments.map((one) => one.moneyId),
      [payment.moneyId],
      "the payments that it tells",
    )
  }),
})

const again = (harness: Harness): Check.Check => ({
  group,
  name: "F33, F34: completing again, even at the same time, gives the same one payment",
  run: Effect.gen(function* () {
    const session = yield* opened(harness, "payment")
    yield* session.backend.approve(session.session.sessionId)
    yield* Effect.all([Effect.result(Life.complete(session)), Effect.result(Life.complete(session))], {
      concurrency: "unbounded",
    })
    const completed = yield* Check.eventually(
      Life.complete(session),
      (seen) => seen.state === "completed",
      "a session that the buyer approved must be completed",
    )
    const first = yield* Life.payment({ ...session, snapshot: completed })
    const second = yield* Life.payment({ ...session, snapshot: yield* Life.complete(session) })
    yield* Check.equal(second.moneyId, first.moneyId, "the payment's id the second time")
  }),
})

/** One currency for each way of counting: by ISO 4217 and by the provider. */
const countings = (made: Made) => {
  const { capabilities } = made.provider
  const seen = new Map<string, Currency.Currency>()
  for (const [currency, rule] of capabilities.currencies) {
    const counting = `${Currency.exponent(currency)} ${rule.exponent} ${rule.step}`
    if (!seen.has(counting) && Option.isSome(Sample.moneyIn(capabilities, currency))) seen.set(counting, currency)
  }
  return [...seen.values()]
}

const decimals = (harness: Harness): Check.Check => ({
  group,
  name: "F12: what is paid is what was asked in currencies of every number of decimals that it takes",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, "payment")
    yield* Effect.forEach(countings(made), (currency) =>
      Effect.gen(function* () {
        const money = Sample.moneyIn(made.provider.capabilities, currency)
        const completed = yield* Effect.flatMap(Life.open(harness, made, "payment", { money }), Life.settle)
        const payment = yield* Life.payment(completed)
        yield* Check.equal(Option.some(payment.gross), money, `the gross amount in ${currency}`)
      }),
    )
  }),
})

const withdrawn = (harness: Harness, mode: CheckoutRequest.Mode, what: string): Check.Check => ({
  group,
  name: `${what} is withdrawn as the fence says (local, remote or none), twice as well as once`,
  run: Effect.gen(function* () {
    const session = yield* opened(harness, mode)
    const { backend, provider, request } = session
    const { sessionId } = session.session
    const fence = provider.capabilities.fence[mode]
    const expected = fence === "none" ? "cannot" : "withdrawn"
    const withdraw = Check.succeeds(provider.withdraw({ sessionId, mode: request.mode }), "withdraw")
    yield* Check.equal(yield* withdraw, expected, "the answer")
    yield* Check.equal(yield* withdraw, expected, "the answer the second time")
    if (fence === "none") return
    // a back end may refuse the buyer in any way; what counts is that no money came
    yield* Effect.exit(backend.approve(sessionId))
    // where the fence is ours, it is that we do not complete
    if (fence === "remote") yield* Effect.result(Life.complete(session))
    const found = yield* Life.find(session)
    yield* Check.that(
      found.payments.every((payment) => payment.state !== "completed" || payment.gross.amount === 0) &&
        (mode === "payment" || found.state !== "completed"),
      "a withdrawn session must not be payable",
      found,
    )
  }),
})

const tooLate = (harness: Harness): Check.Check => ({
  group,
  name: "F26: a session that was paid is not withdrawn: the answer is being_paid (or cannot)",
  run: Effect.gen(function* () {
    const completed = yield* Life.live(harness, "payment")
    const { provider, request } = completed
    const answer = yield* Check.succeeds(
      provider.withdraw({ sessionId: completed.session.sessionId, mode: request.mode }),
      "withdraw",
    )
    const possible = provider.capabilities.fence.payment === "none" ? ["being_paid", "cannot"] : ["being_paid"]
    yield* Check.that(possible.includes(answer), `the answer must be ${possible.join(" or ")}`, answer)
    yield* Check.equal((yield* Life.payment(completed)).state, "completed", "the payment afterwards")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  early(harness),
  exact(harness),
  again(harness),
  decimals(harness),
  withdrawn(harness, "payment", "an open session"),
  withdrawn(harness, "subscription", "an open page of a subscription"),
  tooLate(harness),
]
