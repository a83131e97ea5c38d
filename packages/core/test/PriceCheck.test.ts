import { assert, describe, it } from "@effect/vitest"
import {
  type Catalog,
  type CheckoutRequest,
  Money,
  PaymentError,
  PaymentProvider,
  type Price,
  ProviderName,
} from "@payment-orchestrator/domain"
import { PaymentOrchestrator, PriceCheck } from "@payment-orchestrator/core"
import { Clock, Context, Duration, Effect, Layer, Logger, Option } from "effect"
import { TestClock } from "effect/testing"
import * as Fake from "./FakeProvider.ts"

const catalog: Catalog.Catalog = {
  gold: { amount: "19.99", currency: "USD", interval: "month", one: "price_gold", two: "price_2" },
  silver: { amount: "19.99", currency: "USD", interval: "month", one: "price_gold" },
  book: { amount: "5.00", currency: "USD", one: "price_book" },
  tin: { amount: "19.99", currency: "USD", interval: "month", three: "price_3" },
  lead: { amount: "9.99", currency: "USD", interval: "month", three: "price_3" },
}

/** What a provider says of a price: an amount in cents, that it has none, that it is archived, nothing, or no amount; or it breaks. */
type Say = number | "none" | "archived" | "503" | "403" | "unclear" | "bug"

const snapshot = (provider: ProviderName.ProviderName, priceId: string, say: Say): Price.PriceSnapshot => ({
  provider,
  priceId,
  active: say !== "archived",
  amounts: typeof say === "number" ? [Money.make(say, "USD")] : [],
  period: Option.some({ unit: "month", count: 1 }),
  unclear: say === "unclear" ? Option.some("it has no price of its own") : Option.none(),
})

/** A provider that says so of each of its prices; 19.99 a month unless told otherwise. */
const shelf = (name: string, options: { readonly configured?: boolean } = {}) => {
  const provider = ProviderName.ProviderName.make(name)
  const says = new Map<string, Say>()
  const asked: Array<string> = []
  const failure = { provider, operation: "findPrice" } as const
  const fake = Fake.make(name, ["ok"], {
    ...options,
    operations: {
      findPrice: (priceId) =>
        Effect.suspend((): Effect.Effect<Option.Option<Price.PriceSnapshot>, PaymentError.PaymentError> => {
          asked.push(priceId)
          const say = says.get(priceId) ?? (priceId === "price_book" ? 500 : 1999)
          if (say === "bug") throw new TypeError("undefined is not a function")
          if (say === "none") return Effect.succeedNone
          if (say === "503") {
            return Effect.fail(
              new PaymentError.TransientPaymentError({ ...failure, reason: "http", status: 503, outcome: "unknown" }),
            )
          }
          return say === "403"
            ? Effect.fail(
                new PaymentError.PermanentPaymentError({ ...failure, reason: "http", status: 403, outcome: "refused" }),
              )
            : Effect.succeedSome(snapshot(provider, priceId, say))
        }),
    },
  })
  return { ...fake, provider, says, asked }
}

type Shelf = ReturnType<typeof shelf>

/** An orchestrator over these, whose prices are checked from now on, and what is logged. */
const shop = Effect.fnUntraced(function* (...shelves: ReadonlyArray<Shelf>) {
  const log: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => void log.push(`${logLevel} ${String(message)}`))
  const layers = shelves.map(({ layer }) => layer)
  const bare = yield* Layer.build(PaymentOrchestrator.layer({ providers: layers, catalog }))
  const { providers } = Context.get(bare, PaymentOrchestrator)
  const context = yield* Layer.build(
    Layer.fresh(PaymentOrchestrator.layer({ providers: layers, catalog })).pipe(
      Layer.provideMerge(PriceCheck.layer({ providers, catalog, timeout: Duration.seconds(30) })),
    ),
  )
  const check = Context.get(context, PriceCheck.PriceCheck)
  yield* check.run.pipe(Effect.provide(Logger.layer([logger])), Effect.forkScoped({ startImmediately: true }))
  yield* TestClock.adjust("3 seconds")
  const subscribe = (request: Partial<CheckoutRequest.CheckoutRequestInput> = {}) =>
    Context.get(context, PaymentOrchestrator)
      .createCheckoutSession({ mode: "subscription", priceId: "gold", ...request })
      .pipe(
        Effect.match({
          onSuccess: ({ attempts }) => attempts,
          onFailure: (error) => ("attempts" in error ? error.attempts : []),
        }),
        Effect.map((attempts) => attempts.map(({ provider, reason, result }) => `${provider} ${reason ?? result}`)),
      )
  return { log, check, subscribe }
})

const drift = (log: ReadonlyArray<string>) => log.filter((line) => line.includes("PRICE"))

describe("F23: the prices of the catalog", () => {
  it.effect("are asked for once per id of a provider at the start, and again within every hour", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      const unconfigured = shelf("two", { configured: false })
      const { check, log } = yield* shop(one, unconfigured)
      assert.deepStrictEqual(one.asked, ["price_gold", "price_book"])
      yield* TestClock.adjust("50 minutes")
      assert.strictEqual(one.asked.length, 2)
      yield* TestClock.adjust("11 minutes")
      assert.strictEqual(one.asked.length, 4)
      assert.deepStrictEqual(unconfigured.asked, [])
      assert.deepStrictEqual(log, [])
      assert.deepStrictEqual(
        (yield* check.findings).map(({ priceId, verdict }) => [priceId, Option.getOrThrow(verdict)._tag]),
        [
          ["gold", "Same"],
          ["silver", "Same"],
          ["book", "Same"],
        ],
      )
    }),
  )

  it.effect(
    "one that differs is told once, keeps subscriptions from that provider alone, and is over when mended",
    () =>
      Effect.gen(function* () {
        const [one, two] = [shelf("one"), shelf("two")]
        one.says.set("price_gold", 2499)
        const { log, subscribe } = yield* shop(one, two)
        assert.deepStrictEqual(yield* subscribe(), ["one price_mismatch", "two opened"])
        assert.strictEqual(one.calls.length, 0)
        yield* TestClock.adjust("30 minutes")
        assert.deepStrictEqual(drift(log), [
          'Warn PRICE DRIFT: price gold differs from One\'s price_gold: amount is 19.99 USD in the catalog, 24.99 USD at One. No subscription to it is opened at One. Change the price at One, or what the catalog says of gold, or map "one" of gold in the catalog to another id.',
          'Warn PRICE DRIFT: price silver differs from One\'s price_gold: amount is 19.99 USD in the catalog, 24.99 USD at One. No subscription to it is opened at One. Change the price at One, or what the catalog says of silver, or map "one" of silver in the catalog to another id.',
        ])
        one.says.delete("price_gold")
        yield* TestClock.adjust("6 minutes")
        assert.deepStrictEqual(yield* subscribe(), ["one opened"])
        assert.deepStrictEqual(drift(log).slice(2), [
          "Info PRICE MENDED: gold agrees with price_gold at One again",
          "Info PRICE MENDED: silver agrees with price_gold at One again",
        ])
      }),
  )

  it.effect(
    "one that is unknown or archived there is skipped; when nobody is left it is the request that cannot be served",
    () =>
      Effect.gen(function* () {
        const [one, two] = [shelf("one"), shelf("two")]
        one.says.set("price_gold", "none")
        two.says.set("price_2", "archived")
        const { subscribe } = yield* shop(one, two)
        assert.deepStrictEqual(yield* subscribe(), ["one price_mismatch", "two price_mismatch"])
      }),
  )

  it.effect("a payment, whose amount is sent with it, goes there all the same", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      one.says.set("price_gold", 2499)
      one.says.set("price_book", 1)
      const { subscribe } = yield* shop(one)
      assert.deepStrictEqual(yield* subscribe({ mode: "payment" }), ["one opened"])
      assert.deepStrictEqual(yield* subscribe({ mode: "payment", priceId: "book" }), ["one opened"])
    }),
  )

  it.effect("what cannot be compared keeps nobody out, and is no warning", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      one.says.set("price_gold", "unclear")
      const { log, subscribe } = yield* shop(one)
      assert.deepStrictEqual(yield* subscribe(), ["one opened"])
      assert.deepStrictEqual(log, [
        "Info price gold cannot be compared with price_gold at One: it has no price of its own",
        "Info price silver cannot be compared with price_gold at One: it has no price of its own",
      ])
    }),
  )

  it.effect("a provider that cannot be asked is told once, is not skipped, and is asked again in five minutes", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      one.says.set("price_gold", "503")
      one.says.set("price_book", "503")
      const { check, log, subscribe } = yield* shop(one)
      assert.deepStrictEqual(yield* subscribe(), ["one opened"])
      assert.isTrue((yield* check.findings).every(({ verdict }) => Option.isNone(verdict)))
      yield* TestClock.adjust("4 minutes")
      assert.strictEqual(one.asked.length, 2)
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual(one.asked.length, 4)
      one.says.set("price_gold", "403")
      yield* TestClock.adjust("30 minutes")
      const troubles = () => log.map((line) => line.replace(/.*five minutes: /, ""))
      assert.deepStrictEqual(troubles(), ["One 503 Service Unavailable", "One 403 Forbidden"])
      one.says.clear()
      yield* TestClock.adjust("6 minutes")
      one.says.set("price_gold", "503")
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(troubles().slice(2), ["One 503 Service Unavailable"])
    }),
  )

  it.effect("an id that one price is right about and another wrong is asked for every five minutes, too", () =>
    Effect.gen(function* () {
      const three = shelf("three")
      const { check } = yield* shop(three)
      assert.deepStrictEqual(
        (yield* check.findings).map(({ priceId, verdict }) => [priceId, Option.getOrThrow(verdict)._tag]),
        [
          ["tin", "Same"],
          ["lead", "Differs"],
        ],
      )
      yield* TestClock.adjust("6 minutes")
      assert.deepStrictEqual(three.asked, ["price_3", "price_3"])
    }),
  )

  it.effect("are asked for again when the clock was put back", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      const clock = yield* Clock.Clock
      let ahead = 86_400_000
      const ours: Clock.Clock = {
        currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + ahead,
        currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + ahead),
        currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe(),
        currentTimeNanos: clock.currentTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        monotonicTimeNanos: clock.monotonicTimeNanos,
        sleep: (duration) => clock.sleep(duration),
      }
      const provider = Context.get(yield* Layer.build(one.layer), PaymentProvider.PaymentProvider)
      const layer = PriceCheck.layer({ providers: [provider], catalog, timeout: Duration.seconds(30) })
      const { run } = Context.get(yield* Layer.build(layer), PriceCheck.PriceCheck)
      yield* Effect.forkScoped(Effect.provideService(run, Clock.Clock, ours), { startImmediately: true })
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(one.asked, ["price_gold", "price_book"])
      ahead = 0
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(one.asked, ["price_gold", "price_book", "price_gold", "price_book"])
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(one.asked.length, 4)
    }),
  )

  it.effect("an adapter that breaks is told, and the other prices are asked for all the same", () =>
    Effect.gen(function* () {
      const one = shelf("one")
      one.says.set("price_gold", "bug")
      one.says.set("price_book", 499)
      const { log } = yield* shop(one)
      assert.lengthOf(log, 2)
      assert.include(log[0], "its adapter failed unexpectedly")
      assert.include(log[1], "amount is 5.00 USD in the catalog, 4.99 USD at One")
    }),
  )

  it.effect("what was found last counts while the provider cannot be asked", () =>
    Effect.gen(function* () {
      const [one, two] = [shelf("one"), shelf("two")]
      one.says.set("price_gold", 2499)
      const { subscribe } = yield* shop(one, two)
      one.says.set("price_gold", "503")
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* subscribe(), ["one price_mismatch", "two opened"])
    }),
  )
})
