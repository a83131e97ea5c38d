/**
 * Identifiers of one emulator: unpredictable enough to be unique, repeatable under a seeded `Random`.
 */
import { createHash } from "node:crypto"
import { Effect, Random } from "effect"

/** Makes ids without waiting, so that one request changes the state in one step. */
export interface Ids {
  /** A version 4 UUID, lower case. */
  readonly uuid: () => string
  /** `prefix` followed by `length` (at most 43) characters of `A-Z a-z 0-9`. */
  readonly token: (prefix: string, length: number) => string
}

/** A source of ids seeded from `Random`. */
export const make: Effect.Effect<Ids> = Effect.gen(function* () {
  const seed = [yield* Random.next, yield* Random.next].join(":")
  let count = 0
  const digest = () => {
    count += 1
    return createHash("sha256").update(`${seed}:${count}`)
  }
  return {
    uuid: () => {
      const hex = digest().digest("hex")
      const variant = "89ab"[Number.parseInt(hex.slice(16, 17), 16) % 4] ?? "8"
      return [
        hex.slice(0, 8),
        hex.slice(8, 12),
        `4${hex.slice(13, 16)}`,
        `${variant}${hex.slice(17, 20)}`,
        hex.slice(20, 32),
      ].join("-")
    },
    token: (prefix, length) => prefix + digest().digest("base64").replaceAll(/[+/=]/g, "x").slice(0, length),
  }
})

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text is a UUID of any version. */
export const isUuid = (text: string): boolean => uuidPattern.test(text)
