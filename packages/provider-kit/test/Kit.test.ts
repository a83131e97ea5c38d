import { assert, describe, expect, it } from "@effect/vitest"
import { Effect, Option, Schema } from "effect"
import { Capabilities, CurrencyTable, PaymentError, ProviderCurrencies } from "@payment-orchestrator/domain"
import * as Canary from "../src/internal/Canary.ts"
import { Conformance, ErrorTable, Sample } from "../src/index.ts"
import * as Acme from "./acme/Harness.ts"

const secret = "sk_live_51-Canary/é"

describe("a canary", () => {
  it.prop(
    "is found plain and in Base64, whatever stands before and after it",
    [Schema.String, Schema.String],
    ([a, b]) => {
      const text = `${a}${secret}${b}`
      const disguises = [
        text,
        Buffer.from(text).toString("base64"),
        Buffer.from(text).toString("base64url"),
        Buffer.from(text).toString("hex"),
        encodeURIComponent(text.toWellFormed()),
      ]
      for (const disguise of disguises) assert.deepStrictEqual(Canary.found([secret], disguise), ["canary 0"])
    },
  )

  it("is not found where it is not, and is never named by its value", () => {
    assert.deepStrictEqual(Canary.found([secret, "another-secret"], "Authorization: Bearer another-secret"), [
      "canary 1",
    ])
    assert.deepStrictEqual(Canary.found([secret], "sk_live_51-Canar"), [])
  })
})

describe("the error table", () => {
  it("has a row for every reason of a transient error, and no two rows of one name", () => {
    const reasons = ErrorTable.rows.flatMap(({ expected }) => (expected._tag === "Transient" ? expected.reasons : []))
    // What we do not ask a provider at all is no answer of it.
    const ours = new Set<string>(["circuit_open", "overloaded"])
    assert.deepStrictEqual(
      [...new Set(reasons)].toSorted(),
      PaymentError.TransientReason.literals.filter((reason) => !ours.has(reason)).toSorted(),
    )
    assert.strictEqual(new Set(ErrorTable.rows.map((row) => row.name)).size, ErrorTable.rows.length)
  })

  it("calls nothing refused that may have happened, and nothing unknown that was never sent", () => {
    for (const { calls, expected, name } of ErrorTable.rows) {
      if (expected._tag === "Success") continue
      assert.strictEqual(calls === 0, expected.outcome === "not_sent", name)
      if (expected._tag === "Permanent") assert.isTrue(expected.status >= 400 && expected.status < 500, name)
    }
  })
})

describe("the suite", () => {
  it("has no two checks of one name, so that a failure names its check", () => {
    const names = Conformance.checks(Acme.make()).map((check) => check.name)
    assert.strictEqual(new Set(names).size, names.length)
  })
})

const capabilities = (currencies: CurrencyTable.CurrencyTable): Capabilities.Capabilities => ({
  livemode: false,
  currencies,
  modes: ["payment"],
  goods: ["digital"],
  idempotentCreate: false,
  idempotentRefund: false,
  fence: { payment: "none", subscription: "none" },
  findByAttempt: false,
  partialRefunds: false,
  cancelAtPeriodEnd: false,
  priceIdPattern: /^p/,
})

describe("samples", () => {
  it("of money fit the provider's currencies, and the unrepresentable ones do not", () => {
    for (const table of [ProviderCurrencies.paypal, ProviderCurrencies.polar, ProviderCurrencies.stripe]) {
      const can = capabilities(table)
      const misfit = (money: ReturnType<typeof Sample.money>) =>
        Capabilities.misfit(can, { mode: "payment", money, goods: Option.none() })
      assert.deepStrictEqual(misfit(Sample.money(can)), Option.none())
      assert.isTrue(Option.isSome(Sample.unrepresentable(can)))
      assert.deepStrictEqual(misfit(Sample.unrepresentable(can)), Option.some("amount_unrepresentable" as const))
      for (const currency of table.keys()) assert.isTrue(Option.isSome(Sample.moneyIn(can, currency)), currency)
    }
  })

  it("of unknown ids keep the form of the known ones", () => {
    expect(Sample.unknownId("5O190127TN364715T")).toMatch(/^5O190127TN364715[A-Z]$/)
    expect(Sample.unknownId("cs_test_a1B2c9")).toBe("cs_test_a1B2c8")
    expect(Sample.unknownId("0b6f3b0e-58cf-4c22-8d5a-0a9c4b7d2f1e")).toBe("0b6f3b0e-58cf-4c22-8d5a-0a9c4b7d2f1a")
    expect(Sample.unknownId("I-BW452GLLEP1G")).toBe("I-BW452GLLEP1A")
  })

  it.effect("of requests are different every time and take what they are given", () =>
    Effect.gen(function* () {
      const first = yield* Sample.sessionRequest()
      const second = yield* Sample.sessionRequest({ customerEmail: Option.some("a@shop.example") })
      assert.notStrictEqual(first.attemptId, second.attemptId)
      assert.deepStrictEqual(second.customerEmail, Option.some("a@shop.example"))
    }),
  )
})
