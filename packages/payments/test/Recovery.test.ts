import { assert, describe, it } from "@effect/vitest"
import { Circuits, PaymentOrchestrator } from "@payment-orchestrator/core"
import { type Ledger, Id, PaymentError, ProviderName } from "@payment-orchestrator/domain"
import { LedgerStore, Recovery, Refunds, Settlement } from "@payment-orchestrator/payments"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"

const paypal = ProviderName.ProviderName.make("paypal")

const failing = (reason: PaymentError.TransientReason) =>
  Effect.fail(
    new PaymentError.TransientPaymentError({
      provider: paypal,
      operation: "findSession",
      reason,
      outcome: reason === "circuit_open" ? "not_sent" : "unknown",
    }),
  )

describe("a provider that recovers", () => {
  it.effect("has its captures and refunds gone on with when its circuit closes, and not before", () =>
    Effect.gen(function* () {
      const hurried: Array<string> = []
      const note = (what: string) => (provider: string) => Effect.sync(() => void hurried.push(`${what} ${provider}`))
      yield* Effect.gen(function* () {
        const circuits = yield* Circuits.Circuits
        const capture = { provider: paypal, laneClass: "money_moving" } as const
        yield* Effect.forkChild(Recovery.run, { startImmediately: true })
        yield* Effect.replicateEffect(
          circuits.guard(capture, () => failing("http")),
          3,
        )
        yield* TestClock.adjust("5 seconds")
        yield* circuits.guard(capture, () => failing("http"))
        yield* TestClock.adjust("10 seconds")
        assert.deepStrictEqual(hurried, [])
        yield* circuits.guard(capture, () => Effect.void)
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(hurried, ["captures of paypal", "refunds of paypal"])
      }).pipe(
        Effect.provide([
          Circuits.layer,
          Layer.mock(Settlement.Settlement)({ hurry: note("captures of") }),
          Layer.mock(Refunds.Refunds)({ hurry: note("refunds of") }),
        ]),
      )
    }),
  )
})

describe("a look that could not take place", () => {
  const session: LedgerStore.DueSession = {
    checkoutId: Id.CheckoutId.make("co_00000000000000000000000000"),
    provider: paypal,
    sessionId: "5O1",
    mode: "payment",
    status: "payable",
    approvals: 0,
    fence: "local",
    hinted: false,
    shownAt: 0,
    looks: 6,
    expiresAt: Option.none(),
    dueAt: Option.none(),
    checkoutExpiresAt: 86_400_000,
  }

  const state: Ledger.State = {
    mode: "payment",
    status: "open",
    asked: Option.none(),
    late: false,
    sessions: [
      {
        attemptId: Id.AttemptId.make("att_00000000000000000000000000"),
        provider: paypal,
        sessionId: "5O1",
        status: "payable",
        fence: "local",
        approvals: 0,
        seenAt: 0,
        hintedAt: 0,
        refused: false,
      },
    ],
    payments: [],
    paidBy: Option.none(),
    reported: [],
  }

  const after = (reason: PaymentError.TransientReason) =>
    Effect.gen(function* () {
      const put: Array<string> = []
      yield* Effect.flatMap(Settlement.Settlement, ({ settle }) => settle(session)).pipe(
        Effect.provide(
          Settlement.Settlement.layer.pipe(
            Layer.provide([
              Layer.mock(PaymentOrchestrator)({ providers: [], findSession: () => failing(reason) }),
              Layer.mock(LedgerStore.LedgerStore)({
                transact: (_, step) => Effect.sync(() => Option.some(step(state))),
                lookAgain: (_, at) => Effect.sync(() => void put.push(`looked, again at ${Option.getOrNull(at)}`)),
                postpone: (_, at) => Effect.sync(() => void put.push(`not looked, again at ${at}`)),
              }),
            ]),
          ),
        ),
      )
      return put
    })

  it.effect("because the provider is given time to recover is made up for within 30 seconds, and not counted", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* after("circuit_open"), ["not looked, again at 30000"])
      assert.deepStrictEqual(yield* after("overloaded"), ["not looked, again at 30000"])
      assert.deepStrictEqual(yield* after("http"), ["looked, again at 3600000"])
    }),
  )
})
