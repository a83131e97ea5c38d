import { describe, expect, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as Texts from "../src/internal/Texts.ts"

const bytes = (text: string) => new TextEncoder().encode(text).length

describe("a text for PayPal", () => {
  it.prop(
    "is one line of well-formed text within its bytes, cut between letters, or none",
    [Schema.String, Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 300 }))],
    ([text, limit]) => {
      const cut = Texts.cut(text, limit)
      if (Option.isNone(cut)) return
      expect(bytes(cut.value)).toBeLessThanOrEqual(limit)
      expect(cut.value.length).toBeGreaterThan(0)
      expect(cut.value.isWellFormed()).toBe(true)
      expect(cut.value).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      expect(cut.value).toBe(cut.value.trim())
    },
    { arbitrary: { runs: 1_000 } },
  )

  it("keeps what fits as it is, and cuts no letter in two", () => {
    expect(Texts.cut("Ünïcode \u{1F4D7}", 127)).toEqual(Option.some("Ünïcode \u{1F4D7}"))
    expect(Texts.cut("a\u{1F4D7}b", 4)).toEqual(Option.some("a"))
    expect(Texts.cut("one\n\t two", 127)).toEqual(Option.some("one  two"))
    expect(Texts.cut("half \uD83D", 127)).toEqual(Option.some("half \uFFFD"))
    for (const text of ["", "   ", "\u0000\u0007"]) expect(Texts.cut(text, 127)).toEqual(Option.none())
  })

  it("is an e-mail address only if it is one that PayPal surely takes", () => {
    for (const address of ["a@b.co", "first.last+tag@sub.example.com"])
      expect(Texts.email(address)).toEqual(Option.some(address))
    for (const address of [
      "käthe@example.com",
      "a@bücher.example",
      '"a b"@example.com',
      "a@b",
      `${"a".repeat(65)}@b.co`,
      "a@-b.co",
      "",
    ]) {
      expect(Texts.email(address)).toEqual(Option.none())
    }
  })
})
