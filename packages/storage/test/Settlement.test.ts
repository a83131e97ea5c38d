import { assert, describe, it } from "@effect/vitest"
import { Circuits, OrchestratorLog, PaymentOrchestrator } from "@payment-orchestrator/core"
import {
  type Capabilities,
  CurrencyTable,
  type Id,
  PaymentError,
  PaymentProvider,
  ProviderName,
  type Session,
  Timestamp,
} from "@payment-orchestrator/domain"
import { CheckoutStore, LedgerStore, MoveStore, Settlement } from "@payment-orchestrator/payments"
import { Storage } from "@payment-orchestrator/storage"
import { type Duration, Effect, Fiber, Layer, Option, Record } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as Sample from "./Sample.ts"

/** A provider as its buyer and the network make it, with what it was asked. */
class Fake {
  state: Session.SessionState = "open"
  reachable = true
  /** Money is taken, but nobody hears of it. */
  losesAnswers = false
  /** How long the next looks take, and how long it takes to take money. */
  lookTakes: ReadonlyArray<Duration.Input> = []
  completeTakes: Duration.Input = 0
  private taking = false
  /** The money that is taken comes later. */
  pends = false
  readonly asked: Array<string> = []
  readonly name: ProviderName.ProviderName
  readonly fence: Capabilities.Fence

  constructor(name: string, fence: Capabilities.Fence) {
    this.name = ProviderName.ProviderName.make(name)
    this.fence = fence
  }

  private readonly snapshot = (sessionId: string) =>
    Effect.map(Timestamp.now, (now): Session.SessionSnapshot => ({
      provider: this.name,
      sessionId,
      mode: "payment",
      state: this.state,
      url: Option.none(),
      attemptId: Option.none(),
      payments:
        this.state === "completed" || (this.state === "processing" && this.pends)
          ? [
              {
                moneyId: `money-${sessionId}`,
                state: this.state === "completed" ? "completed" : "pending",
                gross: { amount: 9_999, currency: "USD" },
                fee: Option.none(),
                tax: Option.none(),
                net: Option.none(),
              },
            ]
          : [],
      subscriptionId: Option.none(),
      expiresAt: Option.none(),
      fetchStartedAt: now,
      requestId: Option.none(),
      rawState: this.state,
    }))

  private readonly down = (
    operation: "findSession" | "complete" | "withdraw",
    reason: PaymentError.TransientReason = "network",
  ) =>
    new PaymentError.TransientPaymentError({
      provider: this.name,
      operation,
      reason,
      outcome: operation === "complete" ? "unknown" : "not_sent",
    })

  get layer(): Layer.Layer<PaymentProvider.PaymentProvider> {
    const capabilities: Capabilities.Capabilities = {
      livemode: false,
      currencies: CurrencyTable.make(["USD"]),
      modes: ["payment"],
      goods: ["digital"],
      idempotentCreate: true,
      idempotentRefund: true,
      fence: { payment: this.fence, subscription: "none" },
      findByAttempt: true,
      partialRefunds: true,
      cancelAtPeriodEnd: true,
      priceIdPattern: /^x/,
    }
    const note = (what: string) => Effect.sync(() => void this.asked.push(what))
    return Layer.succeed(
      PaymentProvider.PaymentProvider,
      PaymentProvider.make({
        ...PaymentProvider.notConfigured(this.name, capabilities),
        configured: true,
        findSession: (by) =>
          Effect.andThen(
            note("look"),
            Effect.suspend(() => {
              if (!this.reachable || by._tag !== "BySessionId") return Effect.fail(this.down("findSession"))
              const [wait = 0, ...later] = this.lookTakes
              this.lookTakes = later
              return Effect.asSome(Effect.tap(this.snapshot(by.sessionId), Effect.sleep(wait)))
            }),
          ),
        complete: ({ approval, sessionId }) =>
          Effect.gen({ self: this }, function* () {
            yield* note(`complete ${approval}`)
            if (this.taking) return yield* this.down("complete", "in_progress")
            this.taking = true
            yield* Effect.sleep(this.completeTakes).pipe(Effect.ensuring(Effect.sync(() => (this.taking = false))))
            if (!this.reachable) return yield* this.down("complete")
            if (this.state === "approved") this.state = this.pends ? "processing" : "completed"
            return this.losesAnswers ? yield* this.down("complete") : yield* this.snapshot(sessionId)
          }),
        withdraw: () =>
          Effect.andThen(
            note("withdraw"),
            Effect.suspend(() => {
              if (!this.reachable) return Effect.fail(this.down("withdraw"))
              if (this.fence === "none") return Effect.succeed("cannot" as const)
              if (this.state === "open") this.state = "expired"
              return Effect.succeed(this.state === "expired" ? ("withdrawn" as const) : ("being_paid" as const))
            }),
          ),
      }),
    )
  }

  get completes(): number {
    return this.asked.filter((what) => what.startsWith("complete")).length
  }
}

const over = (...fakes: ReadonlyArray<Fake>) => {
  const orchestrator = PaymentOrchestrator.layerNoDeps({
    providers: fakes.map(({ layer }) => layer),
    settings: { maxRetries: 0 },
  }).pipe(Layer.provide([OrchestratorLog.layerMemory, Circuits.layer]))
  return Settlement.Settlement.layer.pipe(Layer.provide(orchestrator), Layer.provideMerge(Storage.layerMemory))
}

/** A checkout of 99.99 USD on the first provider's page, moved on to each further one's. */
const shown = Effect.fnUntraced(function* (first: Fake, ...further: ReadonlyArray<Fake>) {
  const checkouts = yield* CheckoutStore.CheckoutStore
  const moves = yield* MoveStore.MoveStore
  const outcome = yield* Sample.failedOver(yield* Sample.claim())
  const { id } = outcome.checkout
  const pageOf = (fake: Fake, attemptId: Id.AttemptId): CheckoutStore.ShownSession => ({
    attemptId,
    provider: fake.name,
    sessionId: `session-${fake.name}`,
    url: `https://${fake.name}.example.com`,
    fence: fake.fence,
    expiresAt: Option.none(),
  })
  yield* checkouts.commit({
    ...outcome,
    checkout: { ...outcome.checkout, provider: first.name, providerSessionId: `session-${first.name}` },
    session: Option.map(outcome.session, ({ attemptId }) => pageOf(first, attemptId)),
  })
  for (const fake of further) {
    const [attempt] = (yield* Sample.opening()).attempts
    if (attempt === undefined) return assert.fail("no attempt")
    const begun = yield* moves.begin(id, [attempt], Sample.takeOverAfterMillis)
    if (begun._tag !== "Begun") return assert.fail(begun._tag)
    yield* moves.commit({
      checkoutId: id,
      round: begun.round,
      planned: [attempt],
      attempts: [],
      session: Option.some(pageOf(fake, attempt.attemptId)),
      failovers: [],
      secondPage: "strict",
    })
  }
  return id
})

const statusOf = Effect.fnUntraced(function* (id: Id.CheckoutId) {
  const checkouts = yield* CheckoutStore.CheckoutStore
  return Option.getOrThrow(yield* checkouts.find(id)).checkout.status
})

/** The sweep runs every minute for so long. */
const sweepFor = Effect.fnUntraced(function* (minutes: number) {
  const settlement = yield* Settlement.Settlement
  for (let minute = 0; minute < minutes; minute += 1) {
    yield* TestClock.adjust("1 minute")
    yield* settlement.sweep
  }
})

const setBack = Effect.fnUntraced(function* (by: number) {
  yield* TestClock.setTime((yield* Timestamp.now) - by)
})

const hour = 3_600_000

const test = <K extends string, E>(
  name: string,
  fences: { readonly [name in K]: Capabilities.Fence },
  body: (fakes: { readonly [name in K]: Fake }) => Effect.Effect<void, E, Settlement.Settlement | Storage.Storage>,
  within?: number,
) =>
  it.effect(
    name,
    () => {
      const fakes = Record.map(fences, (fence, name) => new Fake(name, fence))
      return TestClock.setTime(1_800_000_000_000).pipe(
        Effect.andThen(body(fakes)),
        Effect.provide(over(...Object.values<Fake>(fakes)), { local: true }),
      )
    },
    within,
  )

const both = { paypal: "local", stripe: "remote" } as const

describe("F25: a page whose money is under way", () => {
  test(
    "is looked at until it has come, though another page is paid",
    { paypal: "local", polar: "none" },
    ({ paypal, polar }) =>
      Effect.gen(function* () {
        const id = yield* shown(paypal, polar)
        paypal.state = "processing"
        yield* sweepFor(2)
        polar.state = "completed"
        yield* sweepFor(70)
        assert.strictEqual(yield* statusOf(id), "paid")
        paypal.state = "completed"
        yield* sweepFor(2)
        const ledger = yield* LedgerStore.LedgerStore
        const kinds = (yield* ledger.listPayments({ checkoutId: id, limit: 5 })).map(({ kind }) => kind)
        assert.sameMembers(kinds, ["initial", "duplicate"])
      }),
  )
})

describe("F34: who comes back while a webhook's look takes the money", () => {
  /** The webhook's look takes 50 ms, and the buyer's 100 ms. Tells how long the buyer waits. */
  const race = Effect.fnUntraced(function* (id: Id.CheckoutId, paypal: Fake, buyerIsLaterBy: Duration.Input = 0) {
    paypal.state = "approved"
    paypal.lookTakes = ["50 millis", "100 millis"]
    const settlement = yield* Settlement.Settlement
    const startedAt = yield* Timestamp.now
    const webhook = yield* Effect.forkChild(settlement.settleCheckout(id))
    yield* TestClock.adjust(buyerIsLaterBy)
    const buyer = yield* Effect.forkChild(Effect.andThen(settlement.settleCheckout(id, "8 seconds"), Timestamp.now))
    const waiting = Effect.gen(function* () {
      while (buyer.pollUnsafe() === undefined) yield* TestClock.adjust("50 millis")
      return (yield* Fiber.join(buyer)) - startedAt
    })
    return { webhook, waiting }
  })

  test("waits until it is taken", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.completeTakes = "2 seconds"
      const { waiting } = yield* race(id, paypal)
      assert.isBelow(yield* waiting, 3_050)
      assert.strictEqual(yield* statusOf(id), "paid")
      assert.strictEqual(paypal.completes, 1)
    }),
  )

  test("waits for it also where the provider says that it is at it", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.completeTakes = "2 seconds"
      const { waiting } = yield* race(id, paypal, "1 second")
      assert.isBelow(yield* waiting, 3_050)
      assert.strictEqual(yield* statusOf(id), "paid")
      assert.deepStrictEqual(paypal.asked, ["look", "complete 1", "complete 1"])
    }),
  )

  test("does not wait for money that comes later", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.pends = true
      paypal.completeTakes = "2 seconds"
      const { waiting } = yield* race(id, paypal)
      assert.isBelow(yield* waiting, 3_050)
      assert.strictEqual(yield* statusOf(id), "processing")
    }),
  )

  test("waits 8 seconds at most, also for a process that died", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.completeTakes = "1 hour"
      const { waiting, webhook } = yield* race(id, paypal)
      yield* TestClock.adjust("1 second")
      yield* Fiber.interrupt(webhook)
      assert.strictEqual(yield* waiting, 8_000)
      assert.strictEqual(yield* statusOf(id), "processing")
      paypal.completeTakes = 0
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "paid")
    }),
  )
})

describe("F61: an approval on a page that was given up", () => {
  test("is charged at once when the other page could be withdrawn", both, ({ paypal, stripe }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal, stripe)
      paypal.state = "approved"
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "paid")
      assert.deepStrictEqual([paypal.completes, stripe.state], [1, "expired"])
    }),
  )

  test(
    "waits while the other provider cannot be reached, but is not let lapse: 30 minutes before it would be, it is charged",
    both,
    ({ paypal, stripe }) =>
      Effect.gen(function* () {
        const id = yield* shown(paypal, stripe)
        paypal.state = "approved"
        stripe.reachable = false
        yield* sweepFor(145)
        assert.deepStrictEqual([paypal.completes, yield* statusOf(id)], [0, "processing"])
        yield* sweepFor(10)
        assert.deepStrictEqual([paypal.completes, yield* statusOf(id)], [1, "paid"])
      }),
    60_000,
  )

  test("is charged as soon as the other provider answers again", both, ({ paypal, stripe }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal, stripe)
      paypal.state = "approved"
      stripe.reachable = false
      yield* sweepFor(10)
      assert.strictEqual(paypal.completes, 0)
      stripe.reachable = true
      yield* sweepFor(2)
      assert.deepStrictEqual([paypal.completes, yield* statusOf(id)], [1, "paid"])
    }),
  )

  test("is never charged once the other page was paid, however long it is looked for", both, ({ paypal, stripe }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal, stripe)
      stripe.state = "completed"
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "paid")
      paypal.state = "approved"
      yield* sweepFor(1)
      const before = paypal.asked.length
      yield* sweepFor(180)
      assert.deepStrictEqual([paypal.completes, paypal.asked.length], [0, before])
    }),
  )

  test(
    "is charged at once beside a page that cannot be withdrawn and was unpaid a moment ago",
    { paypal: "local", polar: "none" },
    ({ paypal, polar }) =>
      Effect.gen(function* () {
        const id = yield* shown(paypal, polar)
        paypal.state = "approved"
        yield* sweepFor(1)
        assert.deepStrictEqual([paypal.completes, yield* statusOf(id)], [1, "paid"])
        // The buyer pays that one, too: it is found, and told.
        polar.state = "completed"
        yield* sweepFor(70)
        const ledger = yield* LedgerStore.LedgerStore
        const kinds = (yield* ledger.listPayments({ checkoutId: id, limit: 5 })).map(({ kind }) => kind)
        assert.sameMembers(kinds, ["initial", "duplicate"])
        const sql = yield* SqlClient.SqlClient
        const told = yield* sql<{ readonly type: string; readonly n: number }>`
          select type, cast(count(*) as integer) as n from events
          where type in ('checkout.paid', 'payment.duplicate', 'checkout.moved') group by type order by type`
        assert.deepStrictEqual(
          told.map(({ n, type }) => [type, n]),
          [
            ["checkout.moved", 1],
            ["checkout.paid", 1],
            ["payment.duplicate", 1],
          ],
        )
      }),
  )

  test("is looked for by itself, when no webhook comes and the buyer does not return", both, ({ paypal, stripe }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal, stripe)
      yield* sweepFor(60)
      paypal.state = "approved"
      yield* sweepFor(61)
      assert.strictEqual(yield* statusOf(id), "paid")
    }),
  )
})

describe("F33: a capture whose answer was lost", () => {
  test(
    "is looked for until the provider can be asked again, under the same approval",
    { paypal: "local" },
    ({ paypal }) =>
      Effect.gen(function* () {
        const id = yield* shown(paypal)
        paypal.state = "approved"
        paypal.losesAnswers = true
        yield* sweepFor(1)
        assert.strictEqual(yield* statusOf(id), "processing")
        paypal.reachable = false
        yield* sweepFor(60)
        paypal.reachable = true
        paypal.losesAnswers = false
        yield* sweepFor(2)
        assert.strictEqual(yield* statusOf(id), "paid")
        assert.deepStrictEqual(new Set(paypal.asked.filter((what) => what.startsWith("complete"))).size, 1)
      }),
  )
})

describe("F59: a clock that is set back by three hours", () => {
  test("does not keep a payment from being seen, nor a look from being made", { polar: "none" }, ({ polar }) =>
    Effect.gen(function* () {
      const id = yield* shown(polar)
      yield* sweepFor(5)
      yield* setBack(3 * hour)
      polar.state = "completed"
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "paid")
    }),
  )

  test("does not keep approved money from being taken", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.state = "approved"
      paypal.reachable = false
      yield* sweepFor(1)
      yield* setBack(3 * hour)
      paypal.reachable = true
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "paid")
    }),
  )
})

describe("F28, F66: what is over", () => {
  test("is not watched any more, once its provider says so", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      paypal.state = "expired"
      yield* sweepFor(2)
      const before = paypal.asked.length
      yield* sweepFor(300)
      assert.strictEqual(paypal.asked.length, before)
      assert.strictEqual(yield* statusOf(id), "open")
    }),
  )

  test("expires with its checkout, though nobody looks there meanwhile", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      const id = yield* shown(paypal)
      yield* sweepFor(1)
      paypal.state = "expired"
      yield* sweepFor(2)
      const before = paypal.asked.length
      const { expiresAt } = Option.getOrThrow(yield* (yield* CheckoutStore.CheckoutStore).find(id)).checkout
      yield* TestClock.setTime(expiresAt - 60_000)
      yield* sweepFor(0)
      assert.strictEqual(yield* statusOf(id), "open")
      yield* sweepFor(1)
      assert.strictEqual(yield* statusOf(id), "expired")
      assert.strictEqual(paypal.asked.length, before + 1)
    }),
  )
})

describe("F30: the page of a subscription", () => {
  test("that is looked at once a day is not looked at before", { paypal: "local" }, ({ paypal }) =>
    Effect.gen(function* () {
      yield* shown(paypal)
      const sql = yield* SqlClient.SqlClient
      const tomorrow = (yield* Timestamp.now) + 24 * hour
      yield* sql`update checkouts set mode = 'subscription'`
      yield* sql`update sessions set look_at = ${tomorrow}`
      yield* sweepFor(2)
      assert.deepStrictEqual(paypal.asked, [])
    }),
  )
})
