import { assert, describe, it } from "@effect/vitest"
import { Attempt, Catalog, CurrencyTable, ProviderName } from "@payment-orchestrator/domain"
import { Router, Settings } from "@payment-orchestrator/core"
import { Effect, Result, Schema } from "effect"

const obstacles = ["drained", "circuit_open", "health_down", "credentials_refused", "throttled", "overloaded"] as const
const firm = new Set<string>(["drained", "credentials_refused", "overloaded"])

/** A provider: whether it has credentials, whether it takes the currency, and what different people know against it. */
const Provider = Schema.Struct({
  configured: Schema.Boolean,
  takesCurrency: Schema.Boolean,
  known: Schema.Array(Schema.Literals(obstacles)).check(Schema.isMaxLength(3)),
})
const Case = Schema.Struct({
  providers: Schema.Array(Provider).check(Schema.isMinLength(1), Schema.isMaxLength(4)),
  preferred: Schema.Int.check(Schema.isBetween({ minimum: -1, maximum: 3 })),
})

const names = ["paypal", "polar", "stripe", "acme"].map((name) => ProviderName.ProviderName.make(name))

const planOf = ({ preferred, providers: given }: typeof Case.Type) => {
  const providers = given.map(({ configured, takesCurrency }, i) => ({
    name: names[i] ?? ProviderName.ProviderName.make("other"),
    configured,
    capabilities: {
      livemode: false,
      currencies: CurrencyTable.make([takesCurrency ? "USD" : "EUR"]),
      modes: ["payment"] as const,
      goods: ["digital"] as const,
      idempotentCreate: true,
      idempotentRefund: true,
      fence: { payment: "local", subscription: "local" } as const,
      findByAttempt: true,
      partialRefunds: true,
      cancelAtPeriodEnd: true,
      priceIdPattern: /^price_/,
    },
  }))
  const wish = providers[preferred]?.name
  const request = {
    amount: "5.00",
    currency: "USD" as const,
    mode: "payment" as const,
    metadata: {},
    ...(wish === undefined ? {} : { preferredProvider: wish }),
  }
  const resolved = Result.getOrThrow(Router.resolve(request, Catalog.empty, providers, Settings.defaults))
  // Everybody says one thing about each provider.
  const sources = [0, 1, 2].map(
    (who) =>
      new Map(
        given.flatMap(({ known }, i) => {
          const [name, obstacle] = [names[i], known[who]]
          return name === undefined || obstacle === undefined ? [] : [[name, obstacle] as const]
        }),
      ),
  )
  return {
    ...Router.plan(resolved, providers, { catalog: Catalog.empty, mismatched: new Map() }, Router.firmest(sources)),
    wish,
  }
}

describe("for every set of providers and whatever is known against them", () => {
  it.effect.prop(
    "each has one place, in its order, and nobody is asked who cannot or, but for panic, should not be",
    [Case],
    ([given]) =>
      Effect.sync(() => {
        const { panic, places, wish } = planOf(given)
        const order = [...names.filter((name) => name === wish), ...names.filter((name) => name !== wish)]
        const expected = order.filter((name) => names.indexOf(name) < given.providers.length)
        assert.deepStrictEqual(
          places.map(({ provider }) => provider.name),
          expected,
        )
        for (const place of places) {
          const about = given.providers[names.indexOf(place.provider.name)]
          const able = about?.configured === true && about.takesCurrency
          const known: ReadonlyArray<string> = about?.known ?? []
          if (place._tag === "Candidate") {
            assert.isTrue(able)
            assert.isFalse(known.some((obstacle) => firm.has(obstacle)))
            if (!panic) assert.lengthOf(known, 0)
          } else if (able) {
            assert.include(known, place.reason)
            // A firm reason is never hidden behind a guess.
            assert.strictEqual(
              firm.has(place.reason),
              known.some((obstacle) => firm.has(obstacle)),
            )
          } else {
            assert.isTrue(place.reason === "not_configured" || Attempt.isRequestFault(place.reason))
          }
        }
      }),
    { arbitrary: { runs: 2_000 } },
  )

  it.effect.prop(
    "F13: it is panic exactly when only guesses keep everybody out who could serve",
    [Case],
    ([given]) =>
      Effect.sync(() => {
        const { panic, places } = planOf(given)
        const able = given.providers.filter(({ configured, takesCurrency }) => configured && takesCurrency)
        const free = able.filter(({ known }) => known.length === 0)
        const guessed = able.filter(({ known }) => known.length > 0 && !known.some((obstacle) => firm.has(obstacle)))
        assert.strictEqual(panic, free.length === 0 && guessed.length > 0)
        const candidates = places.filter(({ _tag }) => _tag === "Candidate").length
        assert.strictEqual(candidates, panic ? guessed.length : free.length)
      }),
    { arbitrary: { runs: 2_000 } },
  )
})
