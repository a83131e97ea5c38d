import { assert, describe, it } from "@effect/vitest"
import { Encryption } from "@payment-orchestrator/storage"
import { ConfigProvider, Effect, Layer, Option } from "effect"

const keyOf = (byte: number) => Buffer.alloc(32, byte).toString("base64")
const secret = new TextEncoder().encode("whsec_canary")

const using = <A, E>(
  keys: string | undefined,
  body: (encryption: Option.Option<Encryption.Service>) => Effect.Effect<A, E>,
) =>
  Effect.flatMap(Encryption.Encryption, body).pipe(
    Effect.provide(
      Encryption.layer.pipe(
        Layer.provide(
          ConfigProvider.layer(ConfigProvider.fromUnknown(keys === undefined ? {} : { PAYMENT_ENCRYPTION_KEY: keys })),
        ),
      ),
      { local: true },
    ),
  )

const sealed = (keys: string) => using(keys, (service) => Option.getOrThrow(service).seal(secret, "endpoint:1"))
const opened = (keys: string, text: string, purpose = "endpoint:1") =>
  using(keys, (service) => Option.getOrThrow(service).open(text, purpose))

describe("what is kept encrypted", () => {
  it.effect("is read again with the key it was sealed with, and shows nothing meanwhile", () =>
    Effect.gen(function* () {
      const text = yield* sealed(keyOf(1))
      assert.notInclude(text, "canary")
      assert.notInclude(Buffer.from(text.split(":")[2] ?? "", "base64").toString("latin1"), "canary")
      assert.notStrictEqual(text, yield* sealed(keyOf(1)), "the same text twice must not look the same")
      assert.deepStrictEqual(yield* opened(keyOf(1), text), secret)
    }),
  )

  it.effect("is read in the form it was sealed in by WebCrypto, which did it before", () =>
    Effect.gen(function* () {
      const before = "v1:54360ea2:cxJ+envd6nt6iE+89terzwVePtPUMzxC2bY/Xwi5/En2KSdLtLkaiw=="
      assert.deepStrictEqual(yield* opened(keyOf(1), before), secret)
    }),
  )

  it.effect("is read with an older key that stands after a comma, and sealed with the first", () =>
    Effect.gen(function* () {
      const old = yield* sealed(keyOf(1))
      const rotated = `${keyOf(2)}, ${keyOf(1)}`
      assert.deepStrictEqual(yield* opened(rotated, old), secret)
      assert.deepStrictEqual(yield* opened(keyOf(2), yield* sealed(rotated)), secret)
    }),
  )

  it.effect("is not read with another key, for another purpose, or after a change", () =>
    Effect.gen(function* () {
      const text = yield* sealed(keyOf(1))
      const changed = `${text.slice(0, -6)}${text.at(-6) === "A" ? "B" : "A"}${text.slice(-5)}`
      for (const attempt of [
        opened(keyOf(2), text),
        opened(keyOf(1), text, "endpoint:2"),
        opened(keyOf(1), changed),
        opened(keyOf(1), text.slice(0, -24)),
        opened(keyOf(1), `${text.slice(0, 12)}AAAA`),
        opened(keyOf(1), text.slice(0, 12)),
        opened(keyOf(1), "v1:no"),
        opened(keyOf(1), ""),
      ]) {
        const error = yield* Effect.flip(attempt)
        assert.strictEqual(error._tag, "CannotOpen")
      }
    }),
  )

  it.effect("is nothing without a key; a key that is none stops the start without being repeated", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* using(undefined, (service) => Effect.succeed(Option.isNone(service))))
      for (const wrong of ["canary", keyOf(1).slice(4), `${keyOf(1)},`, `${keyOf(1)},canary`]) {
        const error = yield* Effect.flip(using(wrong, () => Effect.void))
        assert.include(String(error), "PAYMENT_ENCRYPTION_KEY must be 32 random bytes in base64")
        assert.notInclude(String(error), "canary")
      }
    }),
  )
})
