import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  type Capabilities,
  HttpFailure,
  Id,
  Money,
  type PaymentError,
  PaymentProvider,
  ProviderCurrencies,
  ProviderName,
  type Session,
  Text,
  Timestamp,
  type Webhook,
} from "../src/index.ts"

const name = ProviderName.ProviderName.make("acme")
const asked = { provider: name, operation: "checkAvailability" } as const

describe("availability", () => {
  it.effect("is what the answer to the cheapest call shows, and never a failure", () =>
    Effect.gen(function* () {
      const seen = (status: number) =>
        PaymentProvider.availabilityBy(Effect.fail(HttpFailure.refused(asked, { status }, 0)))
      const good = yield* PaymentProvider.availabilityBy(Effect.void)
      expect(good).toMatchObject({
        configured: true,
        reachable: true,
        credentials: "accepted",
        reason: Option.none(),
      })
      expect(yield* seen(401)).toMatchObject({ configured: true, reachable: true, credentials: "refused" })
      expect(yield* seen(403)).toMatchObject({ reachable: true, credentials: "accepted" })
      expect(yield* seen(429)).toMatchObject({ reachable: true, credentials: "unknown" })
      const down = yield* seen(503)
      expect(down).toMatchObject({ reachable: false, credentials: "unknown" })
      assert.deepStrictEqual(down.reason, Option.some("Acme 503 Service Unavailable"))
    }),
  )
})

const capabilities: Capabilities.Capabilities = {
  livemode: false,
  currencies: ProviderCurrencies.polar,
  modes: ["payment"],
  goods: ["digital"],
  idempotentCreate: true,
  idempotentRefund: true,
  fence: { payment: "local", subscription: "local" },
  findByAttempt: true,
  partialRefunds: true,
  cancelAtPeriodEnd: true,
  priceIdPattern: /^x/,
}

/** When a call that never answers was told to be slow, and how it ended, in seconds. */
const watched = (timeout: number, after: number | undefined) =>
  Effect.gen(function* () {
    const heard: Array<number> = []
    const began = yield* Timestamp.now
    const since = Effect.map(Timestamp.now, (now) => (now - began) / 1_000)
    const tell = Effect.map(since, (at) => void heard.push(at))
    const call = PaymentProvider.withDeadline(
      name,
      "findSession",
    )(Effect.never).pipe(
      Effect.provideService(PaymentProvider.CallTimeout, Duration.seconds(timeout)),
      after === undefined
        ? (self) => self
        : Effect.provideService(PaymentProvider.SlowCall, { after: Duration.seconds(after), tell }),
    )
    const fiber = yield* Effect.forkChild(
      Effect.flip(call).pipe(Effect.flatMap((error) => Effect.all([Effect.succeed(error), since]))),
    )
    yield* TestClock.adjust("1 minute")
    const [error, ended] = yield* Fiber.join(fiber)
    return { error, ended, heard }
  })

describe("F2: a call that never answers", () => {
  it.effect("ends with its time as a time-out of which nobody knows what happened", () =>
    Effect.gen(function* () {
      const { ended, error } = yield* watched(20, undefined)
      assert.strictEqual(ended, 20)
      assert.deepInclude(
        { ...error },
        { operation: "findSession", reason: "timeout", outcome: "unknown", timeoutMillis: 20_000 },
      )
    }),
  )

  it.effect("is told of once it has taken long, and ends at the same time all the same", () =>
    Effect.gen(function* () {
      const { ended, heard } = yield* watched(20, 5)
      assert.deepStrictEqual({ ended, heard }, { ended: 20, heard: [5] })
      // Time that telling takes is not added.
      const slowly = yield* Effect.forkChild(
        Effect.flip(PaymentProvider.withDeadline(name, "findSession")(Effect.never)).pipe(
          Effect.provideService(PaymentProvider.CallTimeout, Duration.seconds(20)),
          Effect.provideService(PaymentProvider.SlowCall, {
            after: Duration.seconds(5),
            tell: Effect.sleep("10 seconds"),
          }),
        ),
      )
      yield* TestClock.adjust("19999 millis")
      assert.isUndefined(slowly.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.isDefined(slowly.pollUnsafe())
    }),
  )

  it.effect("is not told of where it would end by then anyway", () =>
    Effect.gen(function* () {
      for (const after of [20, 30]) {
        const { ended, heard } = yield* watched(20, after)
        assert.deepStrictEqual({ ended, heard }, { ended: 20, heard: [] })
      }
    }),
  )

  it.effect("makes its provider unreachable, and says nothing of its credentials", () =>
    Effect.gen(function* () {
      for (const configured of [true, false]) {
        const provider = PaymentProvider.make({
          ...PaymentProvider.notConfigured(name, capabilities),
          configured,
          checkAvailability: Effect.never,
        })
        const fiber = yield* Effect.forkChild(provider.checkAvailability)
        yield* TestClock.adjust("30 seconds")
        assert.deepStrictEqual(yield* Fiber.join(fiber), {
          configured,
          reachable: false,
          credentials: "unknown",
          reason: Option.some("Acme timeout after 30 s"),
        })
      }
    }),
  )
})

describe("a session that a provider cannot serve", () => {
  it.effect("is refused unsent with the reason, whoever asks for it", () =>
    Effect.gen(function* () {
      let asked = 0
      const provider = PaymentProvider.make({
        ...PaymentProvider.notConfigured(name, capabilities),
        createCheckoutSession: () => {
          asked += 1
          return Effect.never
        },
      })
      const request: Session.SessionRequest = {
        attemptId: yield* Id.makeAttemptId,
        checkoutId: yield* Id.makeCheckoutId,
        mode: "payment",
        money: Option.some(Money.make(999, "USD")),
        priceId: Option.none(),
        goods: Option.none(),
        description: Option.none(),
        customerEmail: Option.none(),
        customerId: Option.none(),
        orderId: Option.none(),
        metadata: {},
        successUrl: "https://shop.example",
        cancelUrl: "https://shop.example",
        expiresAt: 1,
      }
      const wishes: ReadonlyArray<readonly [wish: Partial<Session.SessionRequest>, reason: string]> = [
        [{ mode: "subscription" }, "mode_unsupported"],
        [{ goods: Option.some("physical") }, "goods_unsupported"],
        [{ money: Option.some(Money.make(999, "KPW")) }, "currency_unsupported"],
        [{ money: Option.some(Money.make(1, "USD")) }, "amount_unrepresentable"],
      ]
      for (const [wish, reason] of wishes) {
        const error = yield* Effect.flip(provider.createCheckoutSession({ ...request, ...wish }))
        expect(error).toMatchObject({ _tag: "PermanentPaymentError", reason, outcome: "not_sent" })
      }
      assert.strictEqual(asked, 0)
    }),
  )
})

describe("a provider without credentials", () => {
  it.effect("is known by name, and refuses whatever it is asked, unsent", () =>
    Effect.gen(function* () {
      const provider = PaymentProvider.notConfigured(name, capabilities)
      assert.isFalse(provider.configured)
      assert.deepStrictEqual(yield* provider.checkAvailability, {
        configured: false,
        reachable: false,
        credentials: "unknown",
        reason: Option.some("no credentials are configured"),
      })
      const session = { sessionId: "s_1", mode: "payment" } as const
      const refund = {
        refundId: yield* Id.makeRefundId,
        moneyId: "m_1",
        amount: Option.none(),
        reason: Option.none(),
      }
      const refusals: ReadonlyArray<Effect.Effect<unknown, PaymentError.PaymentError | Webhook.WebhookRejected>> = [
        provider.findSession({ _tag: "BySessionId", ...session }),
        provider.complete({ ...session, approval: 1 }),
        provider.withdraw(session),
        provider.getSubscription("sub_1"),
        provider.cancelSubscription({ subscriptionId: "sub_1", reason: Option.none(), atPeriodEnd: false }),
        provider.refund(refund),
        provider.findRefund({ ...refund, providerRefundId: Option.none() }),
        provider.findDispute("dp_1"),
        provider.findPrice("price_1"),
        provider.verifyWebhook({ headers: {}, body: new Uint8Array() }),
        Stream.runDrain(provider.missedEvents(0)),
      ]
      const errors = yield* Effect.forEach(refusals, (refusal) => Effect.flip(Effect.asVoid(refusal)))
      for (const error of errors) expect(error).toMatchObject({ reason: "not_configured", outcome: "not_sent" })
    }),
  )
})

describe("a provider that takes payments only", () => {
  it.effect("has no subscription, price or dispute, and refuses to cancel what it cannot have", () =>
    Effect.gen(function* () {
      const provider = PaymentProvider.paymentsOnly(name)
      assert.isTrue(Option.isNone(yield* provider.getSubscription("any")))
      assert.isTrue(Option.isNone(yield* provider.findPrice("any")))
      assert.isTrue(Option.isNone(yield* provider.findDispute("any")))
      const request = { subscriptionId: "any", reason: Option.none(), atPeriodEnd: false }
      expect(yield* Effect.flip(provider.cancelSubscription(request))).toMatchObject({
        _tag: "PermanentPaymentError",
        reason: "not_supported",
        outcome: "not_sent",
      })
    }),
  )
})

describe("a text for a provider with a limit", () => {
  it("is cut between characters, has no control characters and no blanks at its ends", () => {
    assert.strictEqual(Text.fit("x😀😀", 4), "x😀")
    assert.strictEqual(Text.fit(" a\u0000\nb ", 10), "a b")
    assert.strictEqual(Text.fit("ab cd", 3), "ab")
    assert.strictEqual(Text.fit("a\ud800", 10), "a\ufffd")
    assert.strictEqual(Text.fit("\u0001\u0002", 10), "")
  })

  it("is cut before a character that would be halved, be it the first or the last of its kind, and nowhere else", () => {
    for (const whole of ["\u{10000}", "\u{10ffff}"]) {
      assert.strictEqual(Text.cut(`ab${whole}`, 3), "ab")
      assert.strictEqual(Text.cut(`ab${whole}`, 4), `ab${whole}`)
      assert.strictEqual(Text.cut(`ab${whole}c`, 4), `ab${whole}`)
    }
    for (const usual of ["\ud7ff", "\ue000", "c"]) assert.strictEqual(Text.cut(`ab${usual}d`, 3), `ab${usual}`)
    assert.strictEqual(Text.cut("ab", 3), "ab")
    assert.strictEqual(Text.cut("ab\ud800", 3), "ab")
  })
})
