/** Signs what is sent as Standard Webhooks say (standardwebhooks.com): HMAC-SHA256 over id, time and body. */
import { Effect, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64 } from "effect/encoding"
import { createHmac } from "node:crypto"

const prefix = "whsec_"
const secretBytes = 32

/** A new secret as its owner gets it: `whsec_` and base64. */
export const makeSecret: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(`${prefix}${Base64.encode(SecureRandom.randomBytesUnsafe(secretBytes))}`, { label: "endpoint secret" }),
)

const signature = (secret: Redacted.Redacted, signed: string): string =>
  `v1,${createHmac("sha256", Buffer.from(Redacted.value(secret).slice(prefix.length), "base64"))
    .update(signed)
    .digest("base64")}`

export interface Message {
  /** The same however often it is sent. */
  readonly id: string
  /** When it is sent, in epoch milliseconds. */
  readonly at: number
  readonly body: string
}

/** The headers of a message. Every secret signs it, so that a receiver may know the old one or the new one. */
export const headers = (
  secrets: ReadonlyArray<Redacted.Redacted>,
  { at, body, id }: Message,
): { readonly [name: string]: string } => {
  const seconds = String(Math.floor(at / 1000))
  return {
    "webhook-id": id,
    "webhook-timestamp": seconds,
    "webhook-signature": secrets.map((secret) => signature(secret, `${id}.${seconds}.${body}`)).join(" "),
  }
}
