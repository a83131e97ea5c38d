import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, SchemaGetter } from "effect"
import { JsonText } from "../src/index.ts"

const counting = () => {
  const seen = { writes: 0 }
  const Counted = Schema.Struct({
    n: Schema.String.pipe(
      Schema.decodeTo(Schema.Int, {
        decode: SchemaGetter.transform(Number),
        encode: SchemaGetter.transform((n: number) => {
          seen.writes += 1
          return String(n)
        }),
      }),
    ),
  })
  return { seen, write: JsonText.writer(Counted) }
}

describe("JSON text", () => {
  it.effect("is what the schema says", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* counting().write({ n: 7 }), '{"n":"7"}')
    }),
  )

  it.effect("of the same object is written once, and of an equal one again", () =>
    Effect.gen(function* () {
      const { seen, write } = counting()
      const value = { n: 7 }
      const first = yield* write(value)
      assert.strictEqual(yield* write(value), first)
      assert.strictEqual(seen.writes, 1)
      assert.strictEqual(yield* write({ n: 7 }), first)
      assert.strictEqual(seen.writes, 2)
    }),
  )

  it.effect("of what the schema refuses fails each time", () =>
    Effect.gen(function* () {
      const { write } = counting()
      const wrong = { n: 0.5 }
      assert.strictEqual((yield* Effect.flip(write(wrong)))._tag, "SchemaError")
      assert.strictEqual((yield* Effect.flip(write(wrong)))._tag, "SchemaError")
    }),
  )
})
