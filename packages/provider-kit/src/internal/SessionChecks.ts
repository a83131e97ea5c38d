/** Opening sessions: each capability of it proved, and what is outside them refused without a call. */
import { Effect, Option, Schema } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"
import { CheckoutRequest, Money, type PaymentError, type Session } from "@payment-orchestrator/domain"
import * as Check from "../Check.ts"
import type { Harness, Made } from "../Harness.ts"
import * as Sample from "../Sample.ts"
import * as Life from "./Life.ts"

const group = "opening sessions"

const isWebUrl = (text: string) => URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)

const isLoopback = (text: string) => ["127.0.0.1", "localhost", "[::1]"].includes(new URL(text).hostname)

/** The page answers, where it is one of the back end's own (a real provider's page is never fetched). */
const pageAnswers = (url: string) =>
  isLoopback(url)
    ? Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const response = yield* Check.succeeds(Effect.scoped(client.get(url)), "looking at the hosted page")
        yield* Check.that(response.status < 400, "the hosted page must answer", response.status)
      }).pipe(Effect.provide(FetchHttpClient.layer))
    : Effect.void

const opens = (harness: Harness, mode: CheckoutRequest.Mode): Check.Check => ({
  group,
  name: `mode ${mode}, where it is offered, opens a session with a working page that can be found by its id`,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, mode)
    const opened = yield* Life.open(harness, made, mode)
    const { request, session } = opened
    yield* Check.equal(session.provider, made.provider.name, "the session's provider")
    yield* Check.equal(session.livemode, made.provider.capabilities.livemode, "livemode")
    yield* Check.that(session.sessionId.length > 0 && isWebUrl(session.url), "it must have an id and a URL", session)
    yield* pageAnswers(session.url)
    const found = yield* Life.find(opened)
    yield* Check.equal(found.sessionId, session.sessionId, "the found session's id")
    yield* Check.equal(found.state, "open", "its state")
    yield* Check.equal(found.mode, mode, "its mode")
    yield* Check.that(
      Option.isSome(found.attemptId) && found.attemptId.value === request.attemptId,
      "it must carry our attempt id",
      found.attemptId,
    )
    yield* Check.equal(found.payments.length, 0, "its payments")
    const text = (yield* made.backend.requestTexts).join("\n")
    yield* Check.that(text.includes(request.attemptId), "our attempt id must have been sent")
  }),
})

const refusedUncalled = (
  harness: Harness,
  name: string,
  reason: PaymentError.PermanentReason,
  orderOf: (made: Made) => Effect.Effect<Session.SessionRequest, Check.CheckFailed | Check.CheckSkipped>,
): Check.Check => ({
  group,
  name,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const request = yield* orderOf(made)
    const error = yield* Check.fails(made.provider.createCheckoutSession(request), "a request that does not fit")
    yield* Check.equal(error._tag, "PermanentPaymentError", "the kind of the error")
    yield* Check.equal(error.reason, reason, "the reason")
    yield* Check.equal(error.outcome, "not_sent", "the outcome")
    yield* Check.equal(yield* made.backend.createCalls, 0, "create requests at the back end")
  }),
})

const misfits = (harness: Harness): ReadonlyArray<Check.Check> => [
  refusedUncalled(
    harness,
    "F11: a currency it does not take is refused without a call",
    "currency_unsupported",
    (made) =>
      Effect.gen(function* () {
        yield* Life.needsMode(made, "payment")
        const currency = Sample.foreignCurrency(made.provider.capabilities)
        if (Option.isNone(currency)) return yield* Check.skip("it takes every currency")
        return yield* Sample.sessionRequest({ money: Option.some(Money.make(2500, currency.value)) })
      }),
  ),
  refusedUncalled(
    harness,
    "F12: an amount it cannot represent is refused without a call",
    "amount_unrepresentable",
    (made) =>
      Effect.gen(function* () {
        yield* Life.needsMode(made, "payment")
        const money = Sample.unrepresentable(made.provider.capabilities)
        if (Option.isNone(money)) return yield* Check.skip("it can represent every amount")
        return yield* Sample.sessionRequest({ money })
      }),
  ),
  refusedUncalled(harness, "F11: a mode it does not offer is refused without a call", "mode_unsupported", (made) =>
    Effect.gen(function* () {
      const { modes } = made.provider.capabilities
      const mode = CheckoutRequest.Mode.literals.find((candidate) => !modes.includes(candidate))
      if (mode === undefined) return yield* Check.skip("it offers every mode")
      return yield* Sample.sessionRequest({
        mode,
        priceId: mode === "subscription" ? Option.some("price_of_nothing") : Option.none(),
      })
    }),
  ),
  refusedUncalled(harness, "F11: goods it does not sell are refused without a call", "goods_unsupported", (made) =>
    Effect.gen(function* () {
      const { goods } = made.provider.capabilities
      const foreign = CheckoutRequest.Goods.literals.find((candidate) => !goods.includes(candidate))
      if (foreign === undefined) return yield* Check.skip("it sells all goods")
      return yield* Life.anyOrder(harness, made, { goods: Option.some(foreign) })
    }),
  ),
]

const capabilitiesSane = (harness: Harness): Check.Check => ({
  group,
  name: "its capabilities name at least one mode and kind of goods, and its price ids look as it says they do",
  run: Effect.gen(function* () {
    const { provider } = yield* harness.make()
    const { goods, modes, priceIdPattern } = provider.capabilities
    yield* Check.that(modes.length > 0 && goods.length > 0, "there must be a mode and goods", { goods, modes })
    if (modes.includes("subscription")) {
      const { id } = yield* Life.price(harness)
      yield* Check.that(priceIdPattern.test(id), `the seeded price must match ${priceIdPattern.source}`, id)
    }
    yield* Check.that(
      Schema.is(Schema.Array(CheckoutRequest.Goods))(goods) && Schema.is(Schema.Array(CheckoutRequest.Mode))(modes),
      "modes and goods must be of the known ones",
      { goods, modes },
    )
  }),
})

const everyCurrency = (harness: Harness): Check.Check => ({
  group,
  name: "F11: every currency that it takes opens a session",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, "payment")
    const { capabilities } = made.provider
    yield* Effect.forEach(
      capabilities.currencies.keys(),
      (currency) =>
        Effect.gen(function* () {
          const money = Sample.moneyIn(capabilities, currency)
          yield* Check.that(Option.isSome(money), `${currency} must allow an everyday amount`)
          yield* Life.open(harness, made, "payment", { money })
        }),
      { concurrency: 4, discard: true },
    )
  }),
})

const goodsOpen = (harness: Harness): Check.Check => ({
  group,
  name: "all goods it sells can be ordered",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Effect.forEach(made.provider.capabilities.goods, (goods) =>
      Effect.flatMap(Life.anyOrder(harness, made, { goods: Option.some(goods) }), (request) =>
        Check.succeeds(made.provider.createCheckoutSession(request), `ordering ${goods} goods`),
      ),
    )
  }),
})

const concurrent = (harness: Harness): Check.Check => ({
  group,
  name: "ten orders at once open ten sessions, each with its own attempt",
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    const opened = yield* Effect.forEach(
      Array.from({ length: 10 }),
      () => Life.open(harness, made, Life.anyMode(made)),
      {
        concurrency: "unbounded",
      },
    )
    const ids = new Set(opened.map(({ session }) => session.sessionId))
    yield* Check.equal(ids.size, 10, "different sessions")
    yield* Check.equal(yield* made.backend.createCalls, 10, "create requests at the back end")
    yield* Effect.forEach(opened, (one) =>
      Effect.flatMap(Life.find(one), (found) =>
        Check.equal(found.attemptId, Option.some(one.request.attemptId), "the attempt of a session"),
      ),
    )
  }),
})

const unknownSession = (harness: Harness, mode: CheckoutRequest.Mode): Check.Check => ({
  group,
  name: `findSession of an unknown id in mode ${mode} is none`,
  run: Effect.gen(function* () {
    const made = yield* harness.make()
    yield* Life.needsMode(made, mode)
    const { session } = yield* Life.open(harness, made, mode)
    const found = yield* Check.succeeds(
      made.provider.findSession({ _tag: "BySessionId", sessionId: Sample.unknownId(session.sessionId), mode }),
      "findSession of an unknown id",
    )
    yield* Check.that(Option.isNone(found), "there must be no such session", found)
  }),
})

export const checks = (harness: Harness): ReadonlyArray<Check.Check> => [
  capabilitiesSane(harness),
  opens(harness, "payment"),
  opens(harness, "subscription"),
  ...misfits(harness),
  everyCurrency(harness),
  goodsOpen(harness),
  concurrent(harness),
  unknownSession(harness, "payment"),
  unknownSession(harness, "subscription"),
]
