import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result, Schema } from "effect"
import { Currency, CurrencyTable, Money, ProviderCurrencies } from "@payment-orchestrator/domain"

const runs = { arbitrary: { runs: 1_000 } }
const tables = { paypal: ProviderCurrencies.paypal, polar: ProviderCurrencies.polar, stripe: ProviderCurrencies.stripe }

const units = (table: CurrencyTable.CurrencyTable, text: string, currency: Currency.Currency) =>
  Result.match(
    Result.flatMap(Money.fromDecimal(text, currency), (money) => CurrencyTable.toProviderUnits(table, money)),
    {
      onFailure: String,
      onSuccess: (n): string | number => n,
    },
  )

describe("decimal text", () => {
  it.effect.prop(
    "out and in again is the same amount, in every currency",
    [Money.Money],
    ([money]) =>
      Effect.sync(() =>
        assert.deepStrictEqual(Money.fromDecimal(Money.toDecimal(money), money.currency), Result.succeed(money)),
      ),
    runs,
  )

  it.effect.prop(
    "beside its currency is money, out and in again",
    [Money.Money],
    ([money]) =>
      Effect.gen(function* () {
        const json = yield* Schema.encodeEffect(Money.MoneyJson)(money)
        assert.deepStrictEqual(json, { amount: Money.toDecimal(money), currency: money.currency })
        assert.deepStrictEqual(yield* Schema.decodeEffect(Money.MoneyJson)(json), money)
      }),
    runs,
  )

  it("beside its currency is refused when the currency cannot have it", () => {
    const read = Schema.decodeUnknownOption(Money.MoneyJson)
    for (const [amount, currency] of [
      ["1.001", "USD"],
      ["1.0", "JPY"],
      ["-1.00", "USD"],
      ["1.00", "XXX"],
      ["", "USD"],
    ]) {
      assert.isTrue(Option.isNone(read({ amount, currency })), `${amount} ${currency}`)
    }
  })

  it("is read without floats", () => {
    assert.deepStrictEqual(Money.fromDecimal("0.29", "USD"), Result.succeed({ amount: 29, currency: "USD" }))
    assert.deepStrictEqual(
      Money.fromDecimal("9007199254740.93", "USD"),
      Result.succeed({ amount: 900719925474093, currency: "USD" }),
    )
    assert.deepStrictEqual(Money.fromDecimal("1.5", "KWD"), Result.succeed({ amount: 1500, currency: "KWD" }))
    assert.deepStrictEqual(Money.fromDecimal("500", "JPY"), Result.succeed({ amount: 500, currency: "JPY" }))
  })

  it("with too many decimals is refused, never rounded", () => {
    for (const [text, currency] of [
      ["1.001", "USD"],
      ["1.000", "USD"],
      ["1.0", "JPY"],
      ["1.0001", "BHD"],
    ] as const) {
      assert.deepStrictEqual(Money.fromDecimal(text, currency), Result.fail("too_many_decimals"), text)
    }
  })

  it("that is no decimal is refused", () => {
    for (const text of [
      "",
      "-1",
      "+1",
      "1e3",
      "0x10",
      " 1",
      "1 ",
      "01",
      ".5",
      "5.",
      "1,00",
      "١",
      "NaN",
      "Infinity",
      "1.2.3",
    ]) {
      assert.deepStrictEqual(Money.fromDecimal(text, "USD"), Result.fail("not_a_decimal"), JSON.stringify(text))
    }
    assert.deepStrictEqual(Money.fromDecimal("99999999999999.99", "USD"), Result.fail("too_large"))
  })

  it.effect("that is refused says what is wrong, with an example in its currency", () =>
    Effect.gen(function* () {
      const fault = (text: string, currency: Currency.Currency) =>
        Effect.map(Effect.flip(Money.unitsOf(text, currency)), ({ annotations }) => annotations?.["message"])
      assert.strictEqual(yield* fault("x", "USD"), 'must be a positive decimal such as "99.99"')
      assert.strictEqual(yield* fault("x", "JPY"), 'must be a positive decimal such as "9999"')
      assert.strictEqual(yield* fault("1.5", "JPY"), "must have no decimals, because JPY has none")
      assert.strictEqual(yield* fault("1.999", "USD"), "must have at most 2 decimals, because USD has no more")
      assert.strictEqual(
        yield* fault("9999999999999999", "USD"),
        "is larger than any amount this service can hold (15 digits of minor units)",
      )
    }),
  )

  it.effect("beside its currency is an amount, and nothing unless both are there", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Money.fromParts("1.50", "USD"), Money.make(150, "USD"))
      assert.strictEqual(yield* Money.fromParts("1.50", null), null)
      assert.strictEqual(yield* Money.fromParts(null, "USD"), null)
      assert.deepStrictEqual(Money.toParts(null), { amount: null, currency: null })
    }),
  )

  it("is one amount with another only in the same currency", () => {
    assert.isTrue(Money.equals(Money.make(1, "USD"), Money.make(1, "USD")))
    assert.isFalse(Money.equals(Money.make(1, "USD"), Money.make(2, "USD")))
    assert.isFalse(Money.equals(Money.make(1, "USD"), Money.make(1, "EUR")))
  })
})

describe("F12: providers' own exponents", () => {
  for (const [name, table] of Object.entries(tables)) {
    it.effect.prop(
      `${name}: what can be represented comes back unchanged, and nothing is rounded`,
      [Money.Money],
      ([money]) =>
        Effect.sync(() => {
          const there = CurrencyTable.toProviderUnits(table, money)
          if (Result.isSuccess(there)) {
            assert.deepStrictEqual(
              CurrencyTable.fromProviderUnits(table, there.success, money.currency),
              Result.succeed(money),
            )
            const text = Result.getOrThrow(CurrencyTable.toProviderDecimal(table, money))
            assert.deepStrictEqual(CurrencyTable.fromProviderDecimal(text, money.currency), Result.succeed(money))
          }
        }),
      runs,
    )
  }

  it("PayPal counts HUF, JPY and TWD without decimals", () => {
    assert.strictEqual(units(tables.paypal, "1000.00", "HUF"), 1000)
    assert.strictEqual(units(tables.paypal, "1000.50", "HUF"), "amount_unrepresentable")
    assert.strictEqual(units(tables.paypal, "10.00", "TWD"), 10)
    assert.strictEqual(units(tables.paypal, "10", "JPY"), 10)
    assert.deepStrictEqual(
      CurrencyTable.toProviderDecimal(tables.paypal, { amount: 100_000, currency: "HUF" }),
      Result.succeed("1000"),
    )
    assert.deepStrictEqual(
      CurrencyTable.fromProviderDecimal("1000", "HUF"),
      Result.succeed({ amount: 100_000, currency: "HUF" }),
    )
    assert.strictEqual(units(tables.paypal, "1.000", "KWD"), "currency_unsupported")
  })

  it("Polar has 15 currencies without decimals, and counts ISK and UGX with two", () => {
    assert.strictEqual([...tables.polar.values()].filter(({ exponent }) => exponent === 0).length, 15)
    assert.strictEqual(tables.polar.size, 126)
    assert.strictEqual(units(tables.polar, "500", "ISK"), 50_000)
    assert.strictEqual(units(tables.polar, "5000", "UGX"), 500_000)
    assert.strictEqual(units(tables.polar, "5000.00", "MGA"), 5_000)
    assert.strictEqual(units(tables.polar, "5000.50", "MGA"), "amount_unrepresentable")
    assert.strictEqual(units(tables.polar, "1000.00", "HUF"), 100_000)
  })

  it("Polar takes no amount below its minimum or above its maximum", () => {
    assert.strictEqual(units(tables.polar, "0.49", "USD"), "amount_unrepresentable")
    assert.strictEqual(units(tables.polar, "0.50", "USD"), 50)
    assert.strictEqual(units(tables.polar, "79", "JPY"), "amount_unrepresentable")
    assert.strictEqual(units(tables.polar, "1000000.00", "USD"), "amount_unrepresentable")
  })

  it("Stripe wants 00 in ISK and UGX, and 0 at the end of three-decimal amounts", () => {
    assert.strictEqual(units(tables.stripe, "500", "ISK"), 50_000)
    assert.strictEqual(units(tables.stripe, "500", "UGX"), 50_000)
    assert.strictEqual(units(tables.stripe, "1.230", "KWD"), 1230)
    assert.strictEqual(units(tables.stripe, "1.234", "KWD"), "amount_unrepresentable")
    assert.strictEqual(units(tables.stripe, "10.00", "MGA"), 10)
  })

  it("takes what a provider counts in its own units, whole and not negative, in a currency that there is", () => {
    const read = (table: CurrencyTable.CurrencyTable, amount: number, currency: string) =>
      Result.match(CurrencyTable.fromProviderUnits(table, amount, currency), {
        onFailure: String,
        onSuccess: Money.toDecimal,
      })
    assert.strictEqual(read(tables.paypal, 1_000, "huf"), "1000.00")
    assert.strictEqual(read(tables.polar, 50_000, "ISK"), "500")
    assert.strictEqual(read(tables.polar, 50_050, "ISK"), "amount_unrepresentable")
    assert.strictEqual(read(tables.polar, 5_000, "MGA"), "5000.00")
    assert.strictEqual(read(tables.stripe, 0, "USD"), "0.00")
    for (const amount of [-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
      assert.strictEqual(read(tables.stripe, amount, "USD"), "amount_unrepresentable", String(amount))
    }
    assert.strictEqual(read(tables.paypal, Number.MAX_SAFE_INTEGER, "HUF"), "amount_unrepresentable")
    assert.strictEqual(read(tables.stripe, 1, "XXX"), "currency_unsupported")
  })

  it("takes a provider's decimals with zeros or without, before the point and after it", () => {
    const read = (text: string, currency: string) =>
      Result.match(CurrencyTable.fromProviderDecimal(text, currency), { onFailure: String, onSuccess: Money.toDecimal })
    assert.strictEqual(read("1000", "HUF"), "1000.00")
    assert.strictEqual(read("10.500", "USD"), "10.50")
    assert.strictEqual(read("10.00", "jpy"), "10")
    assert.strictEqual(read("100", "JPY"), "100")
    assert.strictEqual(read("0.00", "USD"), "0.00")
    assert.strictEqual(read(".50", "USD"), "0.50")
    assert.strictEqual(read(".00", "USD"), "0.00")
    assert.strictEqual(read("100.010", "USD"), "100.01")
  })

  it("refuses a provider's amount that cannot be read, an empty one too, instead of taking it for nothing", () => {
    for (const text of ["", ".", "5.", "10.505", "-1", "-.50", "1e3", "1,00", " 1", "1.0.0", "00"]) {
      assert.deepStrictEqual(
        CurrencyTable.fromProviderDecimal(text, "USD"),
        Result.fail("amount_unrepresentable"),
        JSON.stringify(text),
      )
    }
    assert.deepStrictEqual(CurrencyTable.fromProviderDecimal("1.00", "XXX"), Result.fail("currency_unsupported"))
  })

  it("can be narrowed to some currencies, and has limits that are still within it", () => {
    const table = CurrencyTable.make(["USD", "EUR"], {}, { minimum: 50, maximum: 100 })
    assert.deepStrictEqual([...CurrencyTable.restrict(table, ["EUR", "JPY"]).keys()], ["EUR"])
    const amounts = [49, 50, 100, 101].map((amount) =>
      Result.isSuccess(CurrencyTable.toProviderUnits(table, Money.make(amount, "USD"))),
    )
    assert.deepStrictEqual(amounts, [false, true, true, false])
  })

  it("only codes of ISO 4217 are currencies", () => {
    assert.isTrue(Currency.isCurrency("EUR"))
    for (const code of ["eur", "XXX", "EURO", "", "XAU"]) assert.isFalse(Currency.isCurrency(code))
    assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Currency.Currency)("usd")))
  })
})
