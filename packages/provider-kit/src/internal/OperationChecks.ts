/** The other operations while the back end fails: no verdict that is none, and no money moved twice. */
import { Clock, Effect, Option, Stream } from "effect"
import { Money, type Operation, PaymentError, PaymentProvider } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made, ScriptedFault } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"
import { deadline, longest } from "./Provoke.ts"

const group = "other operations"

const scriptEvery = (made: Made) =>
  made.backend.scriptEvery === undefined
    ? Check.skip("the back end plays faults only on the route that opens sessions")
    : Effect.succeed(made.backend.scriptEvery)

type Call = Effect.Effect<unknown, PaymentError.PaymentError>

/** One way to ask for an operation, after whatever must have happened before. */
interface Asked {
  readonly operation: Operation.Operation
  readonly prepare: (
    harness: Harness,
  ) => Effect.Effect<
    readonly [made: Made, call: Call],
    Check.CheckFailed | Check.CheckSkipped,
    Effect.Services<ReturnType<Harness["make"]>>
  >
}

const asked: ReadonlyArray<Asked> = [
  {
    operation: "findSession",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* harness.make()
        const { request, session } = yield* Life.open(harness, made, Life.anyMode(made))
        const { sessionId } = session
        return [made, made.provider.findSession({ _tag: "BySessionId", sessionId, mode: request.mode })]
      }),
  },
  {
    operation: "complete",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* harness.make()
        const { request, session } = yield* Life.open(harness, made, Life.anyMode(made))
        yield* made.backend.approve(session.sessionId)
        return [made, made.provider.complete({ sessionId: session.sessionId, mode: request.mode, approval: 1 })]
      }),
  },
  {
    operation: "withdraw",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* harness.make()
        const mode = Life.anyMode(made)
        if (made.provider.capabilities.fence[mode] !== "remote") return yield* Check.skip("its fence is not remote")
        const { request, session } = yield* Life.open(harness, made, mode)
        return [made, made.provider.withdraw({ sessionId: session.sessionId, mode: request.mode })]
      }),
  },
  {
    operation: "refund",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* Life.live(harness, "payment")
        const { moneyId } = yield* Life.payment(made)
        return [made, made.provider.refund(yield* Sample.refundRequest(moneyId))]
      }),
  },
  {
    operation: "findRefund",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* Life.live(harness, "payment")
        const { moneyId } = yield* Life.payment(made)
        const request = yield* Sample.refundRequest(moneyId)
        const refund = yield* Check.succeeds(made.provider.refund(request), "refund")
        const providerRefundId = Option.some(refund.providerRefundId)
        return [made, made.provider.findRefund({ ...request, providerRefundId })]
      }),
  },
  {
    operation: "getSubscription",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* Life.live(harness, "subscription")
        return [made, made.provider.getSubscription(yield* Life.subscriptionId(made))]
      }),
  },
  {
    operation: "cancelSubscription",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* Life.live(harness, "subscription")
        const subscriptionId = yield* Life.subscriptionId(made)
        return [made, made.provider.cancelSubscription({ subscriptionId, reason: Option.none(), atPeriodEnd: false })]
      }),
  },
  {
    operation: "findDispute",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* Life.disputed(harness)
        return [made, made.provider.findDispute(made.disputeId)]
      }),
  },
  {
    operation: "findPrice",
    prepare: (harness) =>
      Effect.gen(function* () {
        const made = yield* harness.make()
        yield* Life.needsMode(made, "subscription")
        return [made, made.provider.findPrice((yield* Life.price(harness)).id)]
      }),
  },
  {
    operation: "missedEvents",
    prepare: (harness) =>
      Effect.gen(function* () {
        if (harness.noBackfill !== undefined) return yield* Check.skip(harness.noBackfill)
        const made = yield* harness.make()
        const since = (yield* Clock.currentTimeMillis) - 60_000
        return [made, Stream.runCollect(made.provider.missedEvents(since))]
      }),
  },
]

interface Weather {
  readonly name: string
  readonly fault: ScriptedFault
  readonly code: string
  /** `not_sent` is right too, for an operation that looks first and so was never sent. */
  readonly outcomes: ReadonlyArray<PaymentError.Outcome>
}

const unknown: ReadonlyArray<PaymentError.Outcome> = ["unknown", "not_sent"]

const weathers: ReadonlyArray<Weather> = [
  { name: "503", fault: { _tag: "Status", status: 503 }, code: "http_503", outcomes: unknown },
  { name: "429", fault: { _tag: "Status", status: 429 }, code: "rate_limited", outcomes: ["refused", "not_sent"] },
  { name: "JSON of another shape", fault: { _tag: "WrongShape" }, code: "bad_response", outcomes: unknown },
  { name: "no answer", fault: { _tag: "Hang" }, code: "timeout", outcomes: unknown },
]

const inWeather = (harness: Harness, { operation, prepare }: Asked, weather: Weather): Check.Check => ({
  group,
  name: `${operation}: ${weather.name} is ${weather.code}, transient, and the next call works`,
  run: Effect.gen(function* () {
    const [made, call] = yield* prepare(harness)
    const every = yield* scriptEvery(made)
    yield* every(weather.fault)
    const error = yield* Check.within(
      Check.fails(Effect.provideService(call, PaymentProvider.CallTimeout, deadline), operation),
      longest,
      "a call",
    )
    yield* Check.equal(error._tag, "TransientPaymentError", `the kind of the error (${error.message})`)
    yield* Check.equal(PaymentError.reasonCode(error), weather.code, "the reason")
    yield* Check.equal(error.operation, operation, "the operation")
    yield* Check.that(weather.outcomes.includes(error.outcome), "the outcome must be right", error)
    yield* made.backend.heal
    yield* Check.succeeds(call, "the next call, once the back end works again,")
  }),
})

/** How an answer gets lost after the money moved. */
const losses: ReadonlyArray<readonly [name: string, fault: ScriptedFault]> = [
  ["whose connection was reset", { _tag: "Reset" }],
  ["that was answered 500", { _tag: "Status", status: 500 }],
]

/** Asks with a lost answer: an error must say that the outcome is unknown; reading back instead is as good. */
const losing = (made: Made, fault: ScriptedFault, call: Call) =>
  Effect.gen(function* () {
    const every = yield* scriptEvery(made)
    yield* every(fault, { times: 1, apply: true, only: "writes" })
    const result = yield* Effect.result(call)
    yield* made.backend.heal
    if (result._tag === "Success") return
    const { _tag, outcome } = result.failure
    yield* Check.equal(_tag, "TransientPaymentError", "the kind of the error of a lost answer")
    yield* Check.equal(outcome, "unknown", "the outcome of a lost answer")
  })

const lostCapture = (harness: Harness, [name, fault]: (typeof losses)[number]): Check.Check => ({
  group,
  name: `F33: a completion ${name} after the money moved is unknown, and again it gives the same one payment`,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, "payment")
    const opened = yield* Life.open(harness, made, "payment")
    const { request, session } = opened
    yield* made.backend.approve(session.sessionId)
    yield* losing(
      made,
      fault,
      made.provider.complete({ sessionId: session.sessionId, mode: request.mode, approval: 1 }),
    )
    const snapshot = yield* Check.eventually(
      Life.complete(opened),
      (seen) => seen.state === "completed",
      "the session must be completed",
    )
    const payment = yield* Life.payment({ ...opened, snapshot })
    yield* Check.equal(Option.some(payment.gross), request.money, "the gross amount")
  }),
})

const lostRefund = (harness: Harness, [name, fault]: (typeof losses)[number]): Check.Check => ({
  group,
  name: `F36: a refund ${name} after the money went back is unknown, is found again, and goes back once`,
  run: Effect.gen(function* () {
    const made = yield* Life.live(harness, "payment")
    const { provider } = made
    const { gross, moneyId } = yield* Life.payment(made)
    if (!provider.capabilities.partialRefunds) return yield* Check.skip("it offers no partial refunds")
    const part = Money.make(Math.floor(gross.amount / 3), gross.currency)
    const request = yield* Sample.refundRequest(moneyId, { amount: Option.some(part) })
    yield* losing(made, fault, provider.refund(request))
    const look = provider.findRefund({ ...request, providerRefundId: Option.none() })
    const found = yield* Check.succeeds(look, "findRefund")
    // where the provider keeps keys the same request may be sent again instead
    const first = Option.isSome(found)
      ? found.value
      : yield* Check.succeeds(provider.refund(request), "the same refund")
    const rest = yield* Check.succeeds(
      Effect.flatMap(Sample.refundRequest(moneyId), provider.refund),
      "a refund of the rest",
    )
    yield* Check.equal(first.amount.amount + rest.amount.amount, gross.amount, "all that went back")
  }),
})

const lostCancel = (harness: Harness, [name, fault]: (typeof losses)[number]): Check.Check => ({
  group,
  name: `F41: a cancellation ${name} after it was done is unknown, and again it is a success`,
  run: Effect.gen(function* () {
    const made = yield* Life.live(harness, "subscription")
    const subscriptionId = yield* Life.subscriptionId(made)
    const cancel = made.provider.cancelSubscription({ subscriptionId, reason: Option.none(), atPeriodEnd: false })
    yield* losing(made, fault, cancel)
    yield* Check.equal((yield* Check.succeeds(cancel, "the same cancellation")).state, "canceled", "the state")
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  ...asked.flatMap((one) =>
    // a listing takes as many calls as it needs: the deadline of one call does not end it
    weathers
      .filter(({ fault }) => fault._tag !== "Hang" || one.operation !== "missedEvents")
      .map((weather) => inWeather(harness, one, weather)),
  ),
  ...losses.flatMap((loss) => [lostCapture(harness, loss), lostRefund(harness, loss), lostCancel(harness, loss)]),
]
