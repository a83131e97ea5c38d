/**
 * Deliveries of Polar, checked by Standard Webhooks over the raw bytes.
 *
 * Not the SDK's `validateEvent`: that reads the time from `Date`, decodes the bytes before it checks them, takes one
 * secret, and calls an unknown type an error. Its two kinds of key are taken over: Polar signs with the UTF-8 bytes of
 * the whole secret (secrets made before 2026-09-08, and a merchant's own) or with what is base64 after `whsec_`.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto"
import { Webhook } from "@payment-orchestrator/domain"
import { Clock, Effect, Redacted, Result } from "effect"
import { provider } from "./internal/errors.ts"
import * as Events from "./internal/Events.ts"

/** How far a delivery's time may be from ours, either way, in milliseconds (the SDK's tolerance). */
export const toleranceMillis = 300_000

const rejected = (reason: Webhook.WebhookRejectedReason, detail?: string) =>
  new Webhook.WebhookRejected({ provider, reason, ...(detail === undefined ? {} : { detail }) })

/** Both keys a secret may stand for. As objects of Node's: it takes four times as long to sign with bytes. */
const keysOf = (secret: string): ReadonlyArray<KeyObject> => {
  const whole = Buffer.from(secret, "utf8")
  const encoded = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : secret
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) && encoded.replace(/=+$/, "").length % 4 !== 1
  const keys = isBase64 ? [whole, Buffer.from(encoded, "base64")] : [whole]
  return keys.map((key) => createSecretKey(key))
}

/** `v1,<base64>` signatures, separated by spaces; other versions are passed over. */
const signaturesOf = (header: string): ReadonlyArray<Buffer> =>
  header
    .split(" ")
    .filter((signature) => signature.startsWith("v1,"))
    .map((signature) => Buffer.from(signature.slice("v1,".length), "base64"))

/**
 * Whether the body was signed with one of the secrets. Compared in constant time.
 */
const isSigned = (
  keys: ReadonlyArray<KeyObject>,
  signed: { readonly id: string; readonly timestamp: string; readonly body: Uint8Array },
  header: string,
): boolean => {
  const signatures = signaturesOf(header)
  return keys
    .map((key) => createHmac("sha256", key).update(`${signed.id}.${signed.timestamp}.`).update(signed.body).digest())
    .some((mac) => signatures.some((signature) => signature.length === mac.length && timingSafeEqual(signature, mac)))
}

const textOf = (body: Uint8Array): Result.Result<string, Webhook.WebhookRejected> =>
  Result.try({
    try: () => new TextDecoder("utf-8", { fatal: true }).decode(body),
    catch: () => rejected("malformed", "not UTF-8"),
  })

/** The check, with the time (epoch milliseconds) as an argument. */
const check = Effect.fnUntraced(function* (
  webhook: Webhook.RawWebhook,
  keys: ReadonlyArray<KeyObject>,
  nowMillis: number,
) {
  if (keys.length === 0) return yield* rejected("not_configured")
  const id = yield* Effect.fromResult(Webhook.header(provider, webhook, "webhook-id"))
  const timestamp = yield* Effect.fromResult(Webhook.header(provider, webhook, "webhook-timestamp"))
  const signature = yield* Effect.fromResult(Webhook.header(provider, webhook, "webhook-signature"))
  if (!/^[0-9]{1,12}$/.test(timestamp)) return yield* rejected("bad_signature", "webhook-timestamp")
  if (!isSigned(keys, { id, timestamp, body: webhook.body }, signature)) return yield* rejected("bad_signature")
  if (Math.abs(Number(timestamp) * 1000 - nowMillis) > toleranceMillis) {
    return yield* rejected("stale", "webhook-timestamp")
  }
  const events = Events.fromBody(yield* Effect.fromResult(textOf(webhook.body)), id)
  return yield* Effect.fromResult(Result.mapError(events, (detail) => rejected("malformed", detail)))
})

const keysOfAll = (secrets: ReadonlyArray<string>) => secrets.filter((secret) => secret !== "").flatMap(keysOf)

/** Checks a delivery against the configured secrets, or against the one it brings. */
export const verify = (secrets: ReadonlyArray<Redacted.Redacted>) => {
  const configured = keysOfAll(secrets.map(Redacted.value))
  return (webhook: Webhook.RawWebhook): Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>, Webhook.WebhookRejected> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      check(webhook, webhook.secret === undefined ? configured : keysOfAll([webhook.secret]), now),
    )
}
