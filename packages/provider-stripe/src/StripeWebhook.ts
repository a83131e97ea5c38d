/**
 * Stripe's deliveries. Scheme (docs.stripe.com/webhooks/signature): the header `Stripe-Signature` is
 * `t=<seconds>,v1=<hex>[,v1=<hex>…]`, each `v1` the HMAC-SHA256 of `<t>.<raw body>` under one signing secret.
 *
 * Checked here and not by the SDK, which decodes the bytes to text first (so that other bytes can pass for the same
 * text), reads the system's clock, and takes timestamps of the future.
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { Clock, Effect, Option, Redacted, Result, Schema } from "effect"
import { type PaymentError, Webhook } from "@payment-orchestrator/domain"
import type { Client } from "./StripeClient.ts"
import { isLive, type Options } from "./StripeConfig.ts"
import { provider } from "./internal/errors.ts"
import * as Events from "./internal/Events.ts"
import * as Objects from "./internal/Objects.ts"
import * as Owners from "./internal/Owners.ts"

/** How far a delivery's time may be from ours, in seconds, both ways. */
const toleranceSeconds = 300

const reject = (reason: Webhook.WebhookRejectedReason, detail?: string) =>
  new Webhook.WebhookRejected({ provider, reason, ...(detail === undefined ? {} : { detail }) })

interface Signature {
  readonly timestamp: string
  readonly signatures: ReadonlyArray<Buffer>
}

/** Other schemes (`v0`) are ignored, as Stripe asks. */
const parseHeader = (header: string): Option.Option<Signature> => {
  const items = header.split(",").map((item) => item.trim())
  const valuesOf = (key: string) =>
    items.filter((item) => item.startsWith(`${key}=`)).map((item) => item.slice(key.length + 1))
  const [timestamp, ...more] = valuesOf("t")
  const signatures = valuesOf("v1")
    .filter((text) => /^[0-9a-f]{64}$/i.test(text))
    .map((text) => Buffer.from(text, "hex"))
  return timestamp === undefined || more.length > 0 || !/^[0-9]{1,12}$/.test(timestamp) || signatures.length === 0
    ? Option.none()
    : Option.some({ timestamp, signatures })
}

const signedBy = (secret: string, { signatures, timestamp }: Signature, body: Uint8Array): boolean => {
  const tag = createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest()
  return signatures.some((signature) => timingSafeEqual(signature, tag))
}

const decodeText = (body: Uint8Array): Option.Option<string> =>
  Result.getSuccess(Result.try(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)))

const decodeEvent = Schema.decodeUnknownOption(
  Schema.fromJsonString(Schema.Union([Objects.Event, Schema.Struct({ object: Schema.Literal("v2.core.event") })])),
)

/** Checks a delivery over its raw bytes against every secret, then its time; no network. */
const authenticate = Effect.fnUntraced(function* (
  secrets: ReadonlyArray<string>,
  webhook: Webhook.RawWebhook,
): Effect.fn.Return<void, Webhook.WebhookRejected> {
  if (secrets.length === 0) return yield* reject("not_configured")
  const signature = parseHeader(yield* Effect.fromResult(Webhook.header(provider, webhook, "stripe-signature")))
  if (Option.isNone(signature)) return yield* reject("bad_signature", "the header cannot be read")
  if (!secrets.some((secret) => signedBy(secret, signature.value, webhook.body))) return yield* reject("bad_signature")
  const now = yield* Clock.currentTimeMillis
  if (Math.abs(now / 1000 - Number(signature.value.timestamp)) > toleranceSeconds) return yield* reject("stale")
})

/**
 * Verifies a delivery and says what it is about: no events for a type that is not needed, for the other mode (live or
 * test) and for a connected account. Refunds and disputes made outside do not say whose money they touch; Stripe is
 * asked then, and a failure of that question is a `PaymentError`: the delivery will come again.
 */
export const verify =
  (client: Client, options: Options) =>
  (
    webhook: Webhook.RawWebhook,
  ): Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>, Webhook.WebhookRejected | PaymentError.PaymentError> =>
    Effect.gen(function* () {
      const configured = webhook.secret === undefined ? options.webhookSecrets.map(Redacted.value) : [webhook.secret]
      // A blank secret would let anybody sign.
      yield* authenticate(
        configured.filter((secret) => secret.trim() !== ""),
        webhook,
      )
      const event = Option.flatMap(decodeText(webhook.body), decodeEvent)
      if (Option.isNone(event)) return yield* reject("malformed", "not an event")
      if (event.value.object === "v2.core.event" || !Owners.isOurs(event.value, isLive(options.apiKey))) return []
      const reading = Events.read(event.value)
      if (Option.isNone(reading)) return yield* reject("malformed", event.value.type.slice(0, 100))
      return yield* Owners.resolve(client, "verifyWebhook", event.value, reading.value)
    })
