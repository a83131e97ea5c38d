import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Amount from "../src/paypal/Amount.ts"
import * as RawMember from "../src/paypal/RawMember.ts"
import * as Router from "../src/internal/Router.ts"

describe("money", () => {
  it.effect.prop(
    "F12: units survive the way to a decimal string and back, in every currency",
    [
      Schema.Int.check(Schema.isBetween({ minimum: -9_999_999, maximum: 9_999_999 })),
      Schema.Literals(["EUR", "JPY", "HUF", "USD"]),
    ],
    ([units, currency]) =>
      Effect.sync(() => {
        const amount = Amount.of(currency, BigInt(units))
        assert.strictEqual(Amount.minor(amount), BigInt(units))
        assert.match(amount.value, Amount.decimals(currency) === 0 ? /^-?\d+$/ : /^-?\d+\.\d\d$/)
      }),
  )

  it("short forms are completed", () => {
    assert.strictEqual(Amount.normal({ currency_code: "EUR", value: "10" }).value, "10.00")
    assert.strictEqual(Amount.normal({ currency_code: "EUR", value: ".5" }).value, "0.50")
    assert.strictEqual(Amount.normal({ currency_code: "JPY", value: "10" }).value, "10")
  })
})

describe("the raw text of a member", () => {
  it.effect.prop(
    "F46: is exactly what stood there, whatever it is and whatever stands around it",
    [Schema.Json, Schema.Json, Schema.String],
    ([wanted, other, name]) =>
      Effect.sync(() => {
        const raw = JSON.stringify(wanted, null, 2)
        const text = `{ "x" : ${JSON.stringify(other)},\n${JSON.stringify(`${name}_`)}:"}\\"]," , "webhook_event" :  ${raw} }`
        assert.strictEqual(RawMember.of(text, "webhook_event"), raw)
      }),
  )

  it("the last of two counts, as for JSON.parse, and a nested one does not", () => {
    assert.strictEqual(RawMember.of(`{"a":1,"b":{"a":2},"a":1.0}`, "a"), "1.0")
    assert.strictEqual(RawMember.of(`{"b":{"a":2}}`, "a"), undefined)
    assert.strictEqual(RawMember.of(`[1]`, "a"), undefined)
  })
})

describe("routing", () => {
  it("counts a trailing slash, decodes parameters and survives malformed escapes", () => {
    assert.deepStrictEqual(Router.match("/a/:id", "/a/b%2Fc"), { id: "b/c" })
    assert.strictEqual(Router.match("/a/:id", "/a/b/"), undefined)
    assert.strictEqual(Router.match("/a/:id", "/a/"), undefined)
    assert.deepStrictEqual(Router.match("/a/:id", "/a/%E0%A4%A"), { id: "%E0%A4%A" })
  })
})
