/**
 * Deliveries of PayPal's: checked here by certificate and signature, or by asking PayPal.
 *
 * The signature covers a CRC32 of the body only, so a genuine delivery can be turned into another event: what an event
 * names is always fetched again before it is believed.
 */
import { verify as verifySignature, type X509Certificate } from "node:crypto"
import { crc32 } from "node:zlib"
import { type PaymentError, Webhook } from "@payment-orchestrator/domain"
import { Clock, Effect, Option, Result, Schema } from "effect"
import * as Certificates from "./internal/Certificates.ts"
import * as Events from "./internal/Events.ts"
import { name } from "./internal/Name.ts"
import { timeOf } from "./internal/SubscriptionSnapshots.ts"
import type { PayPalClient } from "./PayPalClient.ts"
import type { Options } from "./PayPalConfig.ts"

/** What a delivery says of itself in its headers. */
interface Claim {
  readonly id: string
  readonly time: string
  readonly signature: string
  readonly certUrl: string
  readonly algorithm: string
}

/** PayPal signs no time window and sends again for three days; older than a week is a replay. */
const replayWindowMillis = 7 * 86_400_000

const rejected = (reason: Webhook.WebhookRejectedReason, detail?: string) =>
  new Webhook.WebhookRejected({ provider: name, reason, ...(detail === undefined ? {} : { detail }) })

const headerOf = (webhook: Webhook.RawWebhook, header: string) =>
  Effect.fromResult(Webhook.header(name, webhook, header))

const claimOf = Effect.fnUntraced(function* (webhook: Webhook.RawWebhook) {
  const claim: Claim = {
    id: yield* headerOf(webhook, "paypal-transmission-id"),
    time: yield* headerOf(webhook, "paypal-transmission-time"),
    signature: yield* headerOf(webhook, "paypal-transmission-sig"),
    certUrl: yield* headerOf(webhook, "paypal-cert-url"),
    algorithm: yield* headerOf(webhook, "paypal-auth-algo"),
  }
  return claim
})

/** PKCS#1 v1.5 with SHA-256 over `id|time|webhook id|CRC32 of the raw body`. */
const signed = (certificate: X509Certificate, claim: Claim, webhookId: string, body: Uint8Array): boolean =>
  Result.getOrElse(
    Result.try(
      () =>
        certificate.publicKey.asymmetricKeyType === "rsa" &&
        verifySignature(
          "RSA-SHA256",
          Buffer.from(`${claim.id}|${claim.time}|${webhookId}|${crc32(body)}`),
          certificate.publicKey,
          Buffer.from(claim.signature, "base64"),
        ),
    ),
    () => false,
  )

const json = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const text = (body: Uint8Array): Option.Option<string> =>
  Result.getSuccess(Result.try(() => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body)))

const Verdict = Schema.Struct({ verification_status: Schema.String })

/** Asks PayPal about one webhook id. The event goes in as its raw text, which must be exactly one JSON value. */
const ask = (client: PayPalClient, claim: Claim, webhookId: string, rawEvent: string) => {
  const fields = JSON.stringify({
    auth_algo: claim.algorithm,
    cert_url: claim.certUrl,
    transmission_id: claim.id,
    transmission_sig: claim.signature,
    transmission_time: claim.time,
    webhook_id: webhookId,
  })
  return client
    .call(
      {
        operation: "verifyWebhook",
        request: {
          method: "POST",
          path: "/v1/notifications/verify-webhook-signature",
          body: `${fields.slice(0, -1)},"webhook_event":${rawEvent}}`,
        },
      },
      Verdict,
    )
    .pipe(
      Effect.map(({ value }) => value.verification_status === "SUCCESS"),
      // what was delivered is not even well-formed to PayPal
      Effect.catchIf(
        ({ reason, status }) => reason === "http" && (status === 400 || status === 422),
        () => Effect.succeed(false),
      ),
    )
}

export interface PayPalWebhook {
  readonly verify: (
    webhook: Webhook.RawWebhook,
  ) => Effect.Effect<ReadonlyArray<Webhook.ProviderEvent>, Webhook.WebhookRejected | PaymentError.PaymentError>
}

export const make = (client: PayPalClient, options: Options): Effect.Effect<PayPalWebhook> =>
  Effect.gen(function* () {
    const settings: Certificates.Settings = { mode: options.mode, baseUrl: options.baseUrl }
    const certificates = yield* Certificates.make(settings)

    const postback = Effect.fnUntraced(function* (
      claim: Claim,
      ids: ReadonlyArray<string>,
      body: Uint8Array,
    ): Effect.fn.Return<void, Webhook.WebhookRejected | PaymentError.PaymentError> {
      const raw = text(body)
      // without this guard `{…},"webhook_id":"…"` would overwrite our own fields
      if (Option.isNone(raw) || Option.isNone(json(raw.value)))
        return yield* rejected("malformed", "the body is not JSON")
      for (const id of ids) if (yield* ask(client, claim, id, raw.value)) return
      return yield* rejected("bad_signature")
    })

    const offline = Effect.fnUntraced(function* (
      claim: Claim,
      ids: ReadonlyArray<string>,
      body: Uint8Array,
    ): Effect.fn.Return<void, Webhook.WebhookRejected | PaymentError.PaymentError> {
      if (Option.isNone(Certificates.place(settings, claim.certUrl))) {
        return yield* rejected("bad_signature", "paypal-cert-url is not an address of PayPal's certificates")
      }
      const now = yield* Clock.currentTimeMillis
      const certificate = Option.filter(yield* Effect.option(certificates.get(claim.certUrl)), (found) =>
        Certificates.validAt(found, now),
      )
      if (Option.isNone(certificate)) return yield* postback(claim, ids, body)
      if (!ids.some((id) => signed(certificate.value, claim, id, body))) return yield* rejected("bad_signature")
    })

    return {
      verify: Effect.fnUntraced(function* (webhook) {
        const claim = yield* claimOf(webhook)
        const ids = webhook.secret === undefined ? options.webhookIds : [webhook.secret]
        if (ids.length === 0) return yield* rejected("not_configured", "no webhook id is configured")
        if (claim.algorithm !== "SHA256withRSA")
          return yield* rejected("bad_signature", "paypal-auth-algo is not SHA256withRSA")
        const sentAt = timeOf(claim.time)
        if (Option.isNone(sentAt)) return yield* rejected("bad_signature", "paypal-transmission-time is no time")
        if (sentAt.value < (yield* Clock.currentTimeMillis) - replayWindowMillis) return yield* rejected("stale")
        yield* (options.webhookVerify === "offline" ? offline : postback)(claim, ids, webhook.body)
        const event = Option.flatMap(text(webhook.body), json)
        if (Option.isNone(event)) return yield* rejected("malformed", "the body is not JSON")
        return yield* Result.match(Events.read(event.value), {
          onFailure: (detail) => Effect.fail(rejected("malformed", detail)),
          onSuccess: (events) => Effect.succeed(events),
        })
      }),
    }
  })
