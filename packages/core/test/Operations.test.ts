import { assert, describe, it } from "@effect/vitest"
import {
  CheckoutRequest,
  Id,
  PaymentError,
  type PaymentProvider,
  ProviderName,
  type Webhook,
} from "@payment-orchestrator/domain"
import { Effect, Fiber, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type Circuits, type OrchestratorError, PaymentOrchestrator } from "@payment-orchestrator/core"
import * as Fake from "./FakeProvider.ts"

const polar = ProviderName.ProviderName.make("polar")

/** A provider that tells what it was asked, and can do none of it. */
const teller = (name: string) => {
  const heard: Array<readonly [operation: string, request: unknown]> = []
  const provider = ProviderName.ProviderName.make(name)
  const tell = (operation: PaymentError.PaymentError["operation"]) => (request: unknown) =>
    Effect.suspend(() => {
      heard.push([operation, request])
      return Effect.fail(
        new PaymentError.PermanentPaymentError({ provider, operation, reason: "not_found", outcome: "refused" }),
      )
    })
  const operations: Partial<PaymentProvider.Service> = {
    verifyWebhook: tell("verifyWebhook"),
    cancelSubscription: tell("cancelSubscription"),
    getSubscription: tell("getSubscription"),
    refund: tell("refund"),
    findRefund: tell("findRefund"),
    findDispute: tell("findDispute"),
    findSession: tell("findSession"),
    complete: tell("complete"),
    withdraw: tell("withdraw"),
    missedEvents: (since) => Stream.fromEffect(tell("missedEvents")(since)),
  }
  return { ...Fake.make(name, ["ok"], { operations }), heard }
}

const over = (...fakes: ReadonlyArray<Fake.Fake>) =>
  Effect.provide(PaymentOrchestrator.layer({ providers: fakes.map(({ layer }) => layer) }))

const refundId = Id.RefundId.make(`re_${"0".repeat(26)}`)
const of = { provider: "polar", sessionId: "s_1" } as const

type Named = (
  orchestrator: Effect.Success<typeof PaymentOrchestrator>,
  provider: string,
) => Effect.Effect<unknown, PaymentError.PaymentError | Webhook.WebhookRejected | OrchestratorError.UnknownProvider>

/** Every operation on what one provider holds, and what that provider is asked. */
const operations: ReadonlyArray<readonly [ask: Named, operation: string, request: unknown]> = [
  [
    (o, provider) => o.verifyWebhook({ provider, headers: { sig: "x" }, body: new Uint8Array([1]) }),
    "verifyWebhook",
    { headers: { sig: "x" }, body: new Uint8Array([1]) },
  ],
  [(o, provider) => Stream.runDrain(o.missedEvents({ provider, since: 7 })), "missedEvents", 7],
  [
    (o, provider) => o.cancelSubscription({ provider, subscriptionId: "sub_1" }),
    "cancelSubscription",
    { subscriptionId: "sub_1", atPeriodEnd: false, reason: Option.none() },
  ],
  [
    (o, provider) => o.cancelSubscription({ provider, subscriptionId: "sub_1", atPeriodEnd: true, reason: "moved" }),
    "cancelSubscription",
    { subscriptionId: "sub_1", atPeriodEnd: true, reason: Option.some("moved") },
  ],
  [(o, provider) => o.getSubscription({ provider, subscriptionId: "sub_1" }), "getSubscription", "sub_1"],
  [
    (o, provider) =>
      o.refund({ provider, moneyId: "m_1", refundId, amount: { amount: 5, currency: "USD" }, reason: "late" }),
    "refund",
    { refundId, moneyId: "m_1", amount: Option.some({ amount: 5, currency: "USD" }), reason: Option.some("late") },
  ],
  [
    (o, provider) => o.findRefund({ provider, moneyId: "m_1", refundId, providerRefundId: "r_1" }),
    "findRefund",
    {
      refundId,
      moneyId: "m_1",
      amount: Option.none(),
      reason: Option.none(),
      providerRefundId: Option.some("r_1"),
    },
  ],
  [(o, provider) => o.findDispute({ provider, disputeId: "dp_1" }), "findDispute", "dp_1"],
  [
    (o, provider) => o.findSession({ ...of, provider }),
    "findSession",
    { _tag: "BySessionId", sessionId: "s_1", mode: "payment" },
  ],
  [(o, provider) => o.complete({ ...of, provider }), "complete", { sessionId: "s_1", mode: "payment", approval: 1 }],
  [
    (o, provider) => o.complete({ ...of, provider, mode: "subscription", approval: 2 }),
    "complete",
    { sessionId: "s_1", mode: "subscription", approval: 2 },
  ],
  [(o, provider) => o.withdraw({ ...of, provider }), "withdraw", { sessionId: "s_1", mode: "payment" }],
]

describe("what is asked of one provider", () => {
  it.effect("goes to the provider that was named, as it was said, and to no other", () => {
    const [first, second] = [teller("paypal"), teller("polar")]
    return Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      for (const [ask, operation, request] of operations) {
        const error = yield* Effect.flip(Effect.asVoid(ask(orchestrator, "polar")))
        assert.deepInclude<object>({ ...error }, { provider: polar, operation })
        assert.deepStrictEqual(second.heard.pop(), [operation, request])
        assert.deepStrictEqual([first.heard, second.heard], [[], []])
      }
    }).pipe(over(first, second))
  })

  it.effect("is refused where no provider has that name, with the names there are", () => {
    const [first, second] = [teller("paypal"), teller("polar")]
    return Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      for (const [ask] of operations) {
        const error = yield* Effect.flip(Effect.asVoid(ask(orchestrator, "pay")))
        assert.deepInclude(error, { _tag: "UnknownProvider", provider: "pay", known: ["paypal", "polar"] })
      }
      assert.deepStrictEqual([first.heard, second.heard], [[], []])
    }).pipe(over(first, second))
  })
})

describe("a plan", () => {
  const planned = (request: CheckoutRequest.CheckoutRequestInput) =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      yield* TestClock.setTime(1_700_000_000_000)
      return yield* orchestrator.plan(yield* Schema.decodeEffect(CheckoutRequest.CheckoutRequest)(request))
    })

  it.effect("gives a checkout a day, or as long as was asked for, and every provider the same", () =>
    Effect.gen(function* () {
      const day = yield* planned({ amount: "9.99" })
      assert.deepInclude(day, { createdAt: 1_700_000_000_000, expiresAt: 1_700_086_400_000 })
      const hour = yield* planned({ amount: "9.99", expiresIn: 3_600 })
      assert.strictEqual(hour.expiresAt, 1_700_003_600_000)
      assert.deepStrictEqual(
        hour.turns.map((turn) => (turn._tag === "Candidate" ? turn.request.expiresAt : turn.reason)),
        [1_700_003_600_000, 1_700_003_600_000],
      )
    }).pipe(over(Fake.make("paypal", ["ok"]), Fake.make("polar", ["ok"]))),
  )
})

describe("a plan of a request that says little", () => {
  it.effect("is of the one tenant there is, and sends buyers back to where this runs", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      const request = yield* Schema.decodeEffect(CheckoutRequest.CheckoutRequest)({ amount: "9.99" })
      const { tenantId, turns } = yield* orchestrator.plan(request)
      assert.strictEqual(tenantId, "default")
      assert.deepStrictEqual(
        turns.map((turn) => (turn._tag === "Candidate" ? [turn.request.successUrl, turn.request.cancelUrl] : [])),
        [["http://localhost:8080", "http://localhost:8080"]],
      )
    }).pipe(over(Fake.make("paypal", ["ok"]))),
  )
})

describe("a buyer who goes away", () => {
  it.effect("says nothing about the provider that was being asked, however many do", () =>
    Effect.gen(function* () {
      const orchestrator = yield* PaymentOrchestrator
      for (let i = 0; i < 5; i++) {
        const fiber = yield* Effect.forkChild(orchestrator.createCheckoutSession({ amount: "9.99" }), {
          startImmediately: true,
        })
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
      }
      const [status] = yield* orchestrator.availableProviders
      assert.deepInclude(status, { available: true, circuit: "closed" satisfies Circuits.CircuitState })
    }).pipe(over(Fake.make("paypal", ["hang"]), Fake.make("polar", ["ok"]))),
  )
})
