import { assert, describe, it } from "@effect/vitest"
import { Currency, CurrencyTable, Money, ProviderCurrencies } from "@payment-orchestrator/domain"
import { Option, Result } from "effect"

const { paypal, stripe } = ProviderCurrencies

/** The provider's units of an amount; why not, where it takes none. */
const units = (table: CurrencyTable.CurrencyTable, text: string, currency: Currency.Currency) =>
  Result.merge(
    Result.flatMap(Money.fromDecimal(text, currency), (money) => CurrencyTable.toProviderUnits(table, money)),
  )

const least = (currency: Currency.Currency) => Option.getOrNull(Option.fromUndefinedOr(stripe.get(currency)?.minimum))

describe("PayPal", () => {
  it("takes whole forints, yen and Taiwan dollars, and hundredths of everything else", () => {
    for (const currency of ["HUF", "JPY", "TWD"] as const) {
      assert.strictEqual(units(paypal, "1500", currency), 1_500)
      assert.strictEqual(paypal.get(currency)?.exponent, 0)
    }
    for (const currency of ["HUF", "TWD"] as const) {
      assert.strictEqual(units(paypal, "1500.50", currency), "amount_unrepresentable")
    }
    assert.strictEqual(units(paypal, "15.01", "EUR"), 1_501)
    assert.strictEqual(paypal.size, 24)
  })
})

describe("Stripe", () => {
  it("takes no less than it names, currency by currency, and of the others one unit", () => {
    const named = {
      AED: 200,
      AUD: 50,
      BGN: 100,
      BRL: 50,
      CAD: 50,
      CHF: 50,
      CZK: 1_500,
      DKK: 250,
      EUR: 50,
      GBP: 30,
      HKD: 400,
      HUF: 17_500,
      INR: 50,
      JPY: 50,
      MXN: 1_000,
      MYR: 200,
      NOK: 300,
      NZD: 50,
      PLN: 200,
      RON: 200,
      SEK: 300,
      SGD: 50,
      THB: 1_000,
      USD: 50,
    } as const
    assert.deepStrictEqual(
      Object.keys(named).map((code) => (Currency.isCurrency(code) ? least(code) : code)),
      Object.values(named),
    )
    assert.strictEqual(least("ISK"), 1)
    assert.deepStrictEqual([units(stripe, "0.49", "USD"), units(stripe, "0.50", "USD")], ["amount_unrepresentable", 50])
    assert.deepStrictEqual([units(stripe, "49", "JPY"), units(stripe, "50", "JPY")], ["amount_unrepresentable", 50])
  })

  it("takes thousandths that end in 0, and kronur and shillings with two decimals that are 00", () => {
    for (const currency of ["BHD", "JOD", "KWD", "OMR", "TND"] as const) {
      assert.strictEqual(units(stripe, "1.230", currency), 1_230, currency)
      assert.strictEqual(units(stripe, "1.234", currency), "amount_unrepresentable", currency)
    }
    for (const currency of ["ISK", "UGX"] as const) {
      assert.strictEqual(units(stripe, "12", currency), 1_200, currency)
    }
  })

  it("takes at most eight digits", () => {
    assert.strictEqual(units(stripe, "999999.99", "USD"), 99_999_999)
    assert.strictEqual(units(stripe, "1000000.00", "USD"), "amount_unrepresentable")
    assert.strictEqual(units(stripe, "99999999", "JPY"), 99_999_999)
    assert.strictEqual(units(stripe, "100000000", "JPY"), "amount_unrepresentable")
  })

  it("takes the currencies that it lists, and no other", () => {
    for (const currency of ["AED", "CNY", "INR", "MYR", "SLE", "BIF"] as const) assert.isTrue(stripe.has(currency))
    for (const currency of ["KPW", "IRR", "SYP"] as const) assert.isFalse(stripe.has(currency), currency)
    assert.strictEqual(stripe.size, 137)
  })
})
