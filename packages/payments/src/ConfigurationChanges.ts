/**
 * What has changed in the environment since the last start, for the audit log. Of a secret only a salted, slow digest is
 * kept, so that whoever reads the database cannot try passwords by the million.
 */
import { Tracing } from "@payment-orchestrator/domain"
import { Effect, Option, Redacted } from "effect"
import { Base64 } from "effect/encoding"
import { SecureRandom } from "effect/crypto"
import { pbkdf2, timingSafeEqual } from "node:crypto"
import { ConfigurationStore, type Recorded, type Variable } from "./ConfigurationStore.ts"
import type { StorageError } from "./StorageError.ts"

/** What a variable holds now. */
export type Held =
  | { readonly name: string; readonly value: Option.Option<string> }
  | { readonly name: string; readonly secret: Option.Option<Redacted.Redacted> }

/**
 * Rounds of PBKDF2-SHA-512: about 30 ms on one core, which a start takes for each secret. Not scrypt: the memory that it
 * wants for a moment stays with the process, 30 MB for as long as it lives.
 */
const rounds = 20_000
const saltBytes = 16
const digestBytes = 32

const derive = (secret: Redacted.Redacted, salt: Uint8Array): Effect.Effect<Uint8Array> =>
  Effect.callback((resume) => {
    pbkdf2(Redacted.value(secret), salt, rounds, digestBytes, "sha512", (error, key) =>
      resume(error === null ? Effect.succeed(key) : Effect.die(error)),
    )
  })

const digestOf = Effect.fnUntraced(function* (secret: Redacted.Redacted) {
  const salt = yield* Effect.sync(() => SecureRandom.randomBytesUnsafe(saltBytes))
  return Base64.encode(new Uint8Array([...salt, ...(yield* derive(secret, salt))]))
})

const matches = Effect.fnUntraced(function* (secret: Redacted.Redacted, digest: string) {
  const bytes = yield* Effect.fromResult(Base64.decode(digest)).pipe(Effect.orElseSucceed(() => new Uint8Array()))
  if (bytes.length !== saltBytes + digestBytes) return false
  return timingSafeEqual(yield* derive(secret, bytes.subarray(0, saltBytes)), bytes.subarray(saltBytes))
})

interface Difference {
  readonly words: string
  /** None: it is not set any more. */
  readonly put: Option.Option<Variable>
  readonly name: string
}

const longest = 200
const shown = (value: string | null) => (value === null ? "not set" : value.slice(0, longest))

const differenceOf = Effect.fnUntraced(function* (held: Held, before: Variable | undefined) {
  const { name } = held
  if ("value" in held) {
    const value = Option.getOrNull(held.value)
    const old = before?.value ?? null
    if (value === old && (before === undefined || before.digest === null)) return Option.none<Difference>()
    const put = Option.map(held.value, (text): Variable => ({ name, value: text, digest: null }))
    return Option.some<Difference>({ name, put, words: `${name}: ${shown(old)} → ${shown(value)}` })
  }
  if (Option.isNone(held.secret)) {
    return before === undefined
      ? Option.none<Difference>()
      : Option.some<Difference>({ name, put: Option.none(), words: `${name} removed` })
  }
  const secret = held.secret.value
  if (before !== undefined && before.digest !== null && (yield* matches(secret, before.digest))) {
    return Option.none<Difference>()
  }
  const put = Option.some({ name, value: null, digest: yield* digestOf(secret) })
  return Option.some<Difference>({ name, put, words: `${name} ${before === undefined ? "added" : "changed"}` })
})

const compare = (held: ReadonlyArray<Held>, recorded: Option.Option<Recorded>) => {
  const known = new Map(
    Option.match(recorded, { onNone: () => [], onSome: ({ variables }) => variables }).map((one) => [one.name, one]),
  )
  return Effect.map(
    Effect.forEach(held, (one) => differenceOf(one, known.get(one.name)), { concurrency: 4 }),
    (all) => all.flatMap(Option.toArray),
  )
}

/**
 * Records the environment of this start. Where it is another than the last one's, one row of the audit log tells what has
 * changed, and so does the answer; of several processes that start with the same one only the first tells it.
 */
export const record: (
  held: ReadonlyArray<Held>,
) => Effect.Effect<ReadonlyArray<string>, StorageError, ConfigurationStore> = Effect.fnUntraced(function* (held) {
  const store = yield* ConfigurationStore
  const names = held.map(({ name }) => name)
  for (;;) {
    const recorded = yield* store.read(names)
    const differences = yield* compare(held, recorded)
    if (Option.isSome(recorded) && differences.length === 0) return []
    const words = Option.isNone(recorded) ? [] : differences.map((one) => one.words)
    const isWritten = yield* store.write({
      since: Option.map(recorded, ({ version }) => version),
      put: differences.flatMap(({ put }) => Option.toArray(put)),
      removed: differences.filter(({ put }) => Option.isNone(put)).map(({ name }) => name),
      entry:
        words.length === 0
          ? Option.none()
          : Option.some({
              action: "configuration.changed",
              target: "configuration",
              tenantId: Option.none(),
              reason: Option.some(words.join("; ")),
            }),
    })
    if (isWritten) return words
  }
}, Tracing.span("ConfigurationChanges.record"))
